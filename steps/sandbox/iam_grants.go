package sandbox

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// What a role can be granted for: global services, of which OBS is one; one project; all projects with those to come.
const (
	scopeDomain    = "domain"
	scopeProject   = "project"
	scopeInherited = "inherited"
)

// grant is a role of an agency. Its key is what it is sorted by, and must not stand twice.
type grant struct {
	Scope     string `json:"scope"`
	ScopeID   string `json:"scope_id"` // of the project, or of the account
	RoleID    string `json:"role_id"`
	GrantedAt int64  `json:"granted_at,omitempty"` // milliseconds
}

func (g grant) key() string { return g.Scope + " " + g.ScopeID + " " + g.RoleID }

// place is what the path of a grant names, found.
type place struct {
	agency agency
	grant  grant // without a role where the path has none
}

func (p place) find() int {
	return slices.IndexFunc(p.agency.Grants, func(g grant) bool { return g.key() == p.grant.key() })
}

// place finds account or project, agency and role of a path, in this order, or says what there is not.
func (c *call) place(scope string) (place, *answer) {
	p := place{grant: grant{Scope: scope, ScopeID: c.params["domain_id"], RoleID: c.params["role_id"]}}
	if scope == scopeProject {
		p.grant.ScopeID = c.params["project_id"]
	}
	var bad answer
	a, found := c.findAgency()
	switch {
	case scope != scopeProject && p.grant.ScopeID != domainID:
		bad = notAuthorized()
	case scope == scopeProject && c.cloud.projects[p.grant.ScopeID] == nil:
		bad = keystoneRefusal(http.StatusNotFound, "Could not find project: "+p.grant.ScopeID)
	case !found:
		bad = c.noAgency()
	case p.grant.RoleID != "" && !hasRole(c.cloud.roles, p.grant.RoleID):
		bad = keystoneRefusal(http.StatusNotFound, "Could not find role: "+p.grant.RoleID)
	default:
		p.agency = a
		return p, nil
	}
	return p, &bad
}

func hasRole(own []role, id string) bool {
	r, ok := roleBy(own, id)
	return ok && r.ID == id
}

// putGrant grants a role; the second time changes nothing and is no error.
func putGrant(scope string) func(*call) answer {
	return func(c *call) answer {
		p, bad := c.place(scope)
		if bad != nil {
			return *bad
		}
		if r, _ := c.cloud.roleBy(p.grant.RoleID); slices.Contains(neverForAgencies, r.Name) {
			return notAuthorized()
		}
		if p.find() < 0 {
			p.grant.GrantedAt = c.now.UnixMilli()
			c.cloud.grant(p.agency, append(slices.Clip(p.agency.Grants), p.grant))
		}
		return noContent()
	}
}

// deleteGrant takes back a role, also one that is not seen yet.
func deleteGrant(scope string) func(*call) answer {
	return func(c *call) answer {
		p, bad := c.place(scope)
		if bad != nil {
			return *bad
		}
		i := p.find()
		if i < 0 {
			return c.noGrant()
		}
		c.cloud.grant(p.agency, slices.Delete(slices.Clone(p.agency.Grants), i, i+1))
		return noContent()
	}
}

func checkGrant(scope string) func(*call) answer {
	return func(c *call) answer {
		p, bad := c.place(scope)
		if bad != nil {
			return *bad
		}
		if i := p.find(); i < 0 || !c.hasPropagated(p.agency.Grants[i]) {
			return c.noGrant()
		}
		return noContent()
	}
}

func (c *call) noGrant() answer {
	return keystoneRefusal(http.StatusNotFound, "Could not find role assignment with role: "+c.params["role_id"])
}

func listGrants(scope string) func(*call) answer {
	return func(c *call) answer {
		roles, bad := c.granted(scope)
		if bad != nil {
			return *bad
		}
		return reply(http.StatusOK, map[string]any{"roles": roles})
	}
}

// listInheritedGrants shows less of each role, as documented.
func listInheritedGrants(c *call) answer {
	roles, bad := c.granted(scopeInherited)
	if bad != nil {
		return *bad
	}
	type row struct {
		ID    string   `json:"id"`
		Name  string   `json:"name"`
		Links selfLink `json:"links"`
	}
	list := []row{}
	for _, r := range roles {
		list = append(list, row{r.ID, r.Name, r.Links})
	}
	return reply(http.StatusOK, map[string]any{"roles": list, "links": linkTo(c.path)})
}

// granted are the roles of the path's agency in the path's scope.
func (c *call) granted(scope string) ([]roleAnswer, *answer) {
	p, bad := c.place(scope)
	if bad != nil {
		return nil, bad
	}
	roles := []roleAnswer{}
	for _, g := range p.agency.Grants {
		if g.Scope == scope && g.ScopeID == p.grant.ScopeID && c.hasPropagated(g) {
			r, _ := c.cloud.roleBy(g.RoleID)
			roles = append(roles, r)
		}
	}
	return roles, nil
}

func (c *call) hasPropagated(g grant) bool {
	return isOlder(g.GrantedAt, c.cloud.variants.RolePropagationSeconds, c.now)
}

// isOlder tells whether something of that many milliseconds is at least so many seconds old. Without a delay it always is.
func isOlder(made int64, seconds int, now time.Time) bool {
	return seconds == 0 || !now.Before(time.UnixMilli(made).Add(time.Duration(seconds)*time.Second))
}

// fillIn takes a role's name for its id, and the account where a grant names no other place.
func (g *grant) fillIn(roleBy func(idOrName string) (roleAnswer, bool)) {
	if g.Scope != scopeProject {
		g.ScopeID = cmp.Or(g.ScopeID, domainID)
	}
	if r, ok := roleBy(g.RoleID); ok {
		g.RoleID = r.ID
	}
}

func (d *document) checkGrant(g grant) error {
	switch {
	case !slices.Contains([]string{scopeDomain, scopeProject, scopeInherited}, g.Scope):
		return fmt.Errorf("scope: %q is not one of %s, %s, %s", g.Scope, scopeDomain, scopeProject, scopeInherited)
	case g.Scope == scopeProject && d.Projects[g.ScopeID] == nil:
		return fmt.Errorf("scope_id: %q is not a project of this cloud", g.ScopeID)
	case g.Scope != scopeProject && g.ScopeID != domainID:
		return fmt.Errorf("scope_id: %q is not the sandbox's account, %s", g.ScopeID, domainID)
	case !hasRole(d.IAM.Roles, g.RoleID):
		return fmt.Errorf("role_id: %q is neither a role of the system nor one of iam.roles", g.RoleID)
	}
	return nil
}
