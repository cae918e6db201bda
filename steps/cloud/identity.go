package cloud

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"writ/engine/step"
)

// Identity is whose credentials they are, and until when. What is not known is empty.
type Identity struct {
	DomainID, DomainName, ProjectID, ProjectName, UserID, UserName string

	// ProjectKnown tells that the project calls are for is one that the credentials are good for: IAM listed its id among
	// theirs, or the token is for it.
	ProjectKnown bool
	Expires      time.Time
}

// Identity asks the cloud whose the credentials are. A token tells all of it; an access key tells the account, and the
// project that it is used for. What these credentials may not ask stays empty.
func (c *Client) Identity(ctx context.Context) (Identity, error) {
	if c.byToken {
		return c.tokenBearer(ctx)
	}
	return c.keyBearer(ctx)
}

// tokenBearer is whom a token is for. One for the account says nothing of a project: IAM lists those it may be used for.
func (c *Client) tokenBearer(ctx context.Context) (Identity, error) {
	who, err := c.tokenIdentity(ctx)
	switch {
	case err != nil || c.project == "" && who.ProjectID == "":
		return who, err
	case who.ProjectID != "":
		who.ProjectKnown = c.project == "" || c.project == who.ProjectID
		return who, nil
	}
	who.ProjectID = c.project
	usable, err := c.usableProjects(ctx)
	if p, ok := only(usable, c.project); ok {
		who.ProjectName, who.ProjectKnown = p.Name, true
	}
	return who, allowed(err)
}

func (c *Client) keyBearer(ctx context.Context) (Identity, error) {
	creds, err := c.own.current(ctx)
	if err != nil {
		return Identity{}, c.cannotRenew(Call{Service: "iam", Operation: "Identity"}, err)
	}
	who := Identity{Expires: creds.Expires, ProjectID: c.project}
	domains, err := c.domains(ctx)
	if err = allowed(err); err != nil {
		return who, err
	}
	p, ok, err := c.ownProject(ctx)
	if err != nil {
		return who, err
	}
	if ok {
		who.ProjectID, who.ProjectName, who.DomainID, who.ProjectKnown = p.ID, p.Name, p.DomainID, true
	}
	if d, ok := only(domains, who.DomainID); ok {
		who.DomainID, who.DomainName = d.ID, d.Name
	}
	return who, nil
}

// ownProject is the project that a key is used for, as IAM lists it: a configured one among all that the key may use, and
// where it may not ask that or is not told, as any other among those with the region's name.
func (c *Client) ownProject(ctx context.Context) (p named, ok bool, err error) {
	if c.project != "" {
		usable, err := c.usableProjects(ctx)
		if p, ok = only(usable, c.project); ok || allowed(err) != nil {
			return p, ok, allowed(err)
		}
	}
	projects, err := c.projects(ctx)
	p, ok = only(projects, c.project)
	return p, ok, allowed(err)
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
