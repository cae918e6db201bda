package sandbox

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// systemRole is a role that every account has: a policy, or a role of the older kind.
type systemRole struct {
	role
	isPolicy bool
	actions  []string
}

// systemRoles are those that a bootstrap grants or must not grant, under the names that the Terraform provider's list of
// roles gives them. Where they are shown (type, catalog) and their actions are abridged from IAM's and OBS's permission pages.
var systemRoles = []systemRole{
	{newSystemRole("obs_b_list", "OBS Buckets Viewer", "AX", "OBS", "Lists buckets and shows their location and metadata."),
		false, []string{"obs:bucket:ListAllMyBuckets", "obs:bucket:HeadBucket", "obs:bucket:GetBucketLocation"}},
	{newSystemRole("secu_admin", "Security Administrator", "AX", "BASE", "Full permissions for IAM."),
		false, []string{"iam:*:*"}},
	{newSystemRole("system_all_159", "OBS Administrator", "AX", "OBS", "Full permissions for OBS."),
		true, []string{"obs:*:*"}},
	{newSystemRole("system_all_64", "OBS ReadOnlyAccess", "AX", "OBS", "Lists buckets and objects, and shows their metadata."),
		true, []string{"obs:*:Get*", "obs:*:List*", "obs:*:Head*"}},
	{newSystemRole("system_all_72", "OBS OperateAccess", "AX", "OBS", "Lists buckets, and lists, gets, puts and deletes objects."),
		true, []string{"obs:bucket:ListAllMyBuckets", "obs:bucket:ListBucket", "obs:object:*"}},
	{newSystemRole("te_admin", "Tenant Administrator", "AA", "BASE", "Full permissions for all services but IAM."),
		false, []string{"*:*:*"}},
}

func newSystemRole(name, displayName, kind, catalog, description string) role {
	return role{
		ID: roleID(name), Name: name, DisplayName: displayName, Type: kind, Catalog: catalog, Description: description,
	}
}

func roleID(name string) string { return derivedID("role", name) }

// neverForAgencies are the roles that IAM gives to no agency.
var neverForAgencies = []string{"secu_admin", "te_agency"}

type roleAnswer struct {
	ID            string     `json:"id"`
	Name          string     `json:"name"`
	DisplayName   string     `json:"display_name"`
	Description   string     `json:"description"`
	DescriptionCN string     `json:"description_cn"`
	Catalog       string     `json:"catalog"`
	Type          string     `json:"type"`
	Flag          string     `json:"flag,omitempty"`
	DomainID      *string    `json:"domain_id"`
	Policy        rolePolicy `json:"policy"`
	Links         selfLink   `json:"links"`
}

type rolePolicy struct {
	Version   string      `json:"Version"`
	Statement []statement `json:"Statement"`
	Depends   []any       `json:"Depends"`
}

type statement struct {
	Effect string   `json:"Effect"`
	Action []string `json:"Action"`
}

func (r role) answer() roleAnswer {
	return roleAnswer{
		ID: r.ID, Name: r.Name, DisplayName: r.DisplayName, Description: r.Description, DescriptionCN: r.Description,
		Catalog: r.Catalog, Type: r.Type, Links: linkTo("/v3/roles/" + r.ID),
		Policy: rolePolicy{Version: "1.1", Statement: []statement{}, Depends: []any{}},
	}
}

func (r systemRole) answer() roleAnswer {
	out := r.role.answer()
	out.Policy.Statement = []statement{{"Allow", r.actions}}
	if r.isPolicy {
		out.Flag = "fine_grained"
	} else {
		out.Policy.Version = "1.0"
	}
	return out
}

// customAnswer shows a role of the account. What it permits is not kept.
func (r role) customAnswer() roleAnswer {
	out, domain := r.answer(), domainID
	out.DomainID = &domain
	return out
}

// keystoneListPermissions lists the system's roles, or with a domain_id the account's own.
func keystoneListPermissions(c *call) answer {
	var all []roleAnswer
	switch c.query.Get("domain_id") {
	case "":
		all = systemAnswers(c.query.Get("permission_type"))
	case domainID:
		for _, r := range c.cloud.roles {
			all = append(all, r.customAnswer())
		}
	default:
		return notAuthorized()
	}
	list := slices.DeleteFunc(all, func(r roleAnswer) bool { return !r.passes(c.query) })
	page, ok := pageOf(c.query, list, rolesMax)
	if !ok {
		return keystoneRefusal(http.StatusBadRequest, "Invalid page or per_page.")
	}
	return reply(http.StatusOK, map[string]any{
		"roles": append([]roleAnswer{}, page[:min(len(page), rolesMax)]...), "links": listLinks("/v3/roles"), "total_number": len(list),
	})
}

// rolesMax is the size of a page, also when none is asked for.
const rolesMax = 300

func systemAnswers(permissionType string) (list []roleAnswer) {
	for _, r := range systemRoles {
		if permissionType == "" || (permissionType == "policy") == r.isPolicy {
			list = append(list, r.answer())
		}
	}
	return list
}

// passes applies the filters: the name exactly, any part of the display name.
func (r roleAnswer) passes(query url.Values) bool {
	return matches(query, "name", r.Name) && strings.Contains(r.DisplayName, query.Get("display_name")) &&
		matches(query, "catalog", r.Catalog) && r.isShownAt(query.Get("type"))
}

// isShownAt reads the type: AX is shown for the account, XA for projects, AA for both, XX for none.
func (r roleAnswer) isShownAt(level string) bool {
	switch level {
	case "domain":
		return r.Type == "AX" || r.Type == "AA"
	case "project":
		return r.Type == "XA" || r.Type == "AA"
	case "all":
		return r.Type != "XX"
	}
	return true
}

// roleBy finds a role of the system or of the account by its id or, for who writes documents by hand, by its name.
func roleBy(own []role, idOrName string) (roleAnswer, bool) {
	for _, r := range systemRoles {
		if idOrName == r.ID || idOrName == r.Name {
			return r.answer(), true
		}
	}
	for _, r := range own {
		if idOrName == r.ID || idOrName == r.Name {
			return r.customAnswer(), true
		}
	}
	return roleAnswer{}, false
}

// allRoles are the system's and the account's own.
func (a account) allRoles() (list []role) {
	for _, r := range systemRoles {
		list = append(list, r.role)
	}
	return append(list, a.Roles...)
}

func (r *role) fillIn() {
	r.ID = cmp.Or(r.ID, roleID(r.Name))
	r.DisplayName = cmp.Or(r.DisplayName, r.Name)
	r.Type = cmp.Or(r.Type, "AX")
	r.Catalog = cmp.Or(r.Catalog, "CUSTOMED")
}
