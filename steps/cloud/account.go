package cloud

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"writ/engine/step"
)

// Domain is the id of the account that the credentials belong to: the configured one, or found by a call and kept.
func (c *Client) Domain(ctx context.Context) (string, error) {
	return c.domain.get(ctx, func(ctx context.Context) (string, error) {
		if c.byToken {
			who, err := c.tokenIdentity(ctx)
			return c.sure("account", who.DomainID, err)
		}
		domains, err := c.domains(ctx)
		d, _ := only(domains, "")
		return c.sure("account", d.ID, err)
	})
}

// sure refuses an id that is none. Whoever needs one asks about something else than the calls that find it.
func (c *Client) sure(what, id string, err error) (string, error) {
	if e := (*step.Error)(nil); errors.As(err, &e) {
		err = beside(e, step.Invalid)
	}
	if err == nil && !identifier.MatchString(id) {
		err = &step.Error{
			Class:     step.Invalid,
			Operation: "iam",
			Message:   "the " + what + " cannot be told from the credentials: set " + configures[what],
		}
	}
	return id, err
}

// configures says how to set what cannot be found.
var configures = map[string]string{
	"account": "HUAWEICLOUD_SDK_DOMAIN_ID",
	"project": "HUAWEICLOUD_SDK_PROJECT_ID, or say --project-id",
}

// Project is the id of the project that service calls are for: the configured one, or found by a call and kept. A token
// is for one project; an access key is used for that which has the region's name, as the official SDK does it.
func (c *Client) Project(ctx context.Context) (string, error) {
	if c.project != "" {
		return c.project, nil
	}
	return c.foundProject.get(ctx, func(ctx context.Context) (string, error) {
		if c.byToken {
			who, err := c.tokenIdentity(ctx)
			return c.sure("project", who.ProjectID, err)
		}
		if c.region == "" {
			return c.sure("project", "", nil)
		}
		projects, err := c.projects(ctx)
		if err == nil && len(projects) != 1 {
			err = &step.Error{Class: step.Invalid, Operation: "iam KeystoneListProjects", Message: c.choice(projects)}
			return "", err
		}
		p, _ := only(projects, "")
		return c.sure("project", p.ID, err)
	})
}

// maxChoice is how many ids are named to choose from.
const maxChoice = 5

// choice says why the project is not clear.
func (c *Client) choice(projects []named) string {
	if len(projects) == 0 {
		return "no project is called " + c.region + " like the region: set " + configures["project"]
	}
	var ids []string
	for _, p := range projects[:min(len(projects), maxChoice)] {
		ids = append(ids, short(p.ID))
	}
	list := strings.Join(ids, ", ")
	if more := len(projects) - len(ids); more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	return fmt.Sprintf("%d projects are called %s like the region, %s: set %s", len(projects), c.region, list, configures["project"])
}

// named is a project or an account, as IAM writes it.
type named struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	DomainID string `json:"domain_id"`
	Domain   *named `json:"domain"`
}

// domains are the accounts that the credentials reach.
func (c *Client) domains(ctx context.Context) ([]named, error) {
	var out struct {
		Domains []named `json:"domains"`
	}
	err := c.Call(ctx, Call{
		Service: "iam", Operation: "KeystoneListAuthDomains", Method: http.MethodGet, Path: "/v3/auth/domains",
		Out: &out, unscoped: true,
	})
	return out.Domains, err
}

// usableProjects are all that the credentials may use.
func (c *Client) usableProjects(ctx context.Context) ([]named, error) {
	var out struct {
		Projects []named `json:"projects"`
	}
	err := c.Call(ctx, Call{
		Service: "iam", Operation: "KeystoneListAuthProjects", Method: http.MethodGet, Path: "/v3/auth/projects",
		Out: &out, unscoped: true,
	})
	return out.Projects, err
}

// projects are those that have the region's name; none without a region.
func (c *Client) projects(ctx context.Context) ([]named, error) {
	if c.region == "" {
		return nil, nil
	}
	var out struct {
		Projects []named `json:"projects"`
	}
	err := c.Call(ctx, c.projectsCall(&out))
	var found []named
	for _, p := range out.Projects {
		if p.Name == c.region {
			found = append(found, p)
		}
	}
	return found, err
}

// projectsCall is the call that lists the projects with the region's name.
func (c *Client) projectsCall(out any) Call {
	call := Call{
		Service: "iam", Operation: "KeystoneListProjects", Method: http.MethodGet, Path: "/v3/projects",
		Out: out, unscoped: true,
	}
	if c.region != "" {
		call.Query = url.Values{"name": {c.region}}
	}
	return call
}
