package cloud

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"writ/engine/step"
)

// Identity is whose credentials they are, and until when. What is not known is empty.
type Identity struct {
	DomainID, DomainName, ProjectID, ProjectName, UserID, UserName string

	Expires time.Time
}

// Identity asks the cloud whose the credentials are. A token tells all of it; an access key tells the account, and the
// project that it is used for. What these credentials may not ask stays empty.
func (c *Client) Identity(ctx context.Context) (Identity, error) {
	if c.byToken {
		return c.tokenIdentity(ctx)
	}
	creds, err := c.own.current(ctx)
	if err != nil {
		return Identity{}, c.cannotRenew(Call{Service: "iam", Operation: "Identity"}, err)
	}
	who := Identity{Expires: creds.Expires, ProjectID: c.project}
	domains, err := c.domains(ctx)
	if err = allowed(err); err != nil {
		return who, err
	}
	projects, err := c.projects(ctx)
	if err = allowed(err); err != nil {
		return who, err
	}
	if p, ok := only(projects, c.project); ok {
		who.ProjectID, who.ProjectName, who.DomainID = p.ID, p.Name, p.DomainID
	}
	if d, ok := only(domains, who.DomainID); ok {
		who.DomainID, who.DomainName = d.ID, d.Name
	}
	return who, nil
}

// allowed passes over an answer that says that these credentials may not ask.
func allowed(err error) error {
	if step.IsClass(err, step.Denied) || step.IsClass(err, step.NotFound) {
		return nil
	}
	return err
}

// only is the one with this id; without an id, the one there is.
func only(all []named, id string) (named, bool) {
	for _, n := range all {
		if n.ID == id || id == "" && len(all) == 1 {
			return n, true
		}
	}
	return named{}, false
}

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

// choice says why the project is not clear.
func (c *Client) choice(projects []named) string {
	if len(projects) == 0 {
		return "no project is called " + c.region + " like the region: set " + configures["project"]
	}
	ids := make([]string, len(projects))
	for i, p := range projects {
		ids[i] = short(p.ID)
	}
	return fmt.Sprintf("%d projects are called %s like the region, %s: set %s", len(ids), c.region, strings.Join(ids, ", "), configures["project"])
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

// tokenIdentity asks IAM about the token in use.
func (c *Client) tokenIdentity(ctx context.Context) (Identity, error) {
	var out struct {
		Token struct {
			Expires       string `json:"expires_at"`
			User, Project named
			Domain        named
		} `json:"token"`
	}
	err := c.Call(ctx, Call{
		Service: "iam", Operation: "KeystoneValidateToken", Method: http.MethodGet, Path: "/v3/auth/tokens",
		Query: url.Values{"nocatalog": {"true"}}, Out: &out, unscoped: true, subject: true,
	})
	t := out.Token
	who := Identity{ProjectID: t.Project.ID, ProjectName: t.Project.Name, UserID: t.User.ID, UserName: t.User.Name}
	for _, d := range []*named{t.User.Domain, &t.Domain, t.Project.Domain} { // the last that is there counts: an agency's user is of another account
		if d != nil && d.ID != "" {
			who.DomainID, who.DomainName = d.ID, d.Name
		}
	}
	who.Expires, _ = time.Parse(time.RFC3339, t.Expires)
	return who, err
}
