package referee_test

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A role in these calls is given by its id or by IAM's name for it.

func onRole(f func(c sdk, id, agency, role string) (any, error), at where, role string) call {
	return func(c sdk) (any, error) {
		id := role
		if known, ok := c.known.roles[role]; ok {
			id = known
		}
		return f(c, at.id(c), agencyID, id)
	}
}

func (at where) grants(role string) call  { return onRole(at.put, at, role) }
func (at where) removes(role string) call { return onRole(at.del, at, role) }
func (at where) checks(role string) call  { return onRole(at.head, at, role) }

func (at where) lists() call {
	return func(c sdk) (any, error) { return at.get(c, at.id(c), agencyID) }
}

// operate is one of IAM's roles.
const operate = "system_all_72"

var (
	missingRole   = keystoned(404, "Not Found", "Could not find role: none")
	missingAgency = keystoned(404, "Not Found", noAgency)
	unseen404     = refused(404, "", "") // HEAD has no body to say why
)

// grantRows are the outcomes of the four calls in one scope.
func grantRows(at where) []row {
	return slices.Concat(associateRows(at), removeRows(at), checkRows(at), listGrantRows(at))
}

// line is a row about an agency that has these roles.
func (at where) line(verb, outcome string, roles []string, c call, want answer) row {
	return row{operation: at.named(verb), outcome: outcome, account: agencyWith(at.scope, roles), call: c, want: want}
}

// leaving is a row after which the agency has these.
func (at where) leaving(r row, roles ...string) row {
	r.part, r.then = "iam.agencies", stateWith(at.scope, roles)
	return r
}

// without is a row about an agency that is not there.
func without(r row) row {
	r.outcome, r.account = "404: no such agency", custom
	return r
}

func associateRows(at where) []row {
	const verb = "Associate"
	again := at.leaving(at.line(verb, "again", nil, at.grants(operate), empty), "{role system_all_72}")
	again.first = at.grants(operate)
	elsewhere := at.line(verb, "elsewhere", nil, at.grants(operate), at.another)
	elsewhere.strange = func(p place, k keys) (place, keys) {
		p.project, p.domain = absent, absent
		return p, k
	}
	return []row{
		at.leaving(at.line(verb, "grants", nil, at.grants(operate), empty), "{role system_all_72}"),
		at.leaving(at.line(verb, "grants a role of the account", nil, at.grants(customRole), empty), customRole),
		again, elsewhere,
		at.line(verb, "404: no such role", nil, at.grants("none"), missingRole),
		without(at.line(verb, "", nil, at.grants(operate), missingAgency)),
		at.line(verb, "403: a role that no agency may have", nil, at.grants("secu_admin"), keystoned(403, "Forbidden", forbidden)),
	}
}

func removeRows(at where) []row {
	const verb = "Remove"
	one, two := []string{operate}, []string{operate, customRole}
	again := at.line(verb, "again: 404", one, at.removes(operate),
		keystoned(404, "Not Found", "Could not find role assignment with role: {role system_all_72}"))
	again.first = at.removes(operate)
	return []row{
		at.leaving(at.line(verb, "takes it back", one, at.removes(operate), empty)),
		at.leaving(at.line(verb, "takes one of two back", two, at.removes(operate), empty), customRole),
		again,
		at.line(verb, "404: no such role", nil, at.removes("none"), missingRole),
		without(at.line(verb, "", nil, at.removes(operate), missingAgency)),
	}
}

func checkRows(at where) []row {
	const verb = "Check"
	unseen := at.line(verb, "404: granted, and not seen yet", nil, at.checks(operate), unseen404)
	unseen.variants, unseen.first, unseen.later = `"role_propagation_seconds": 60`, at.grants(operate), 59*time.Second
	seen := unseen
	seen.outcome, seen.later, seen.want = "granted, and seen at last", time.Minute, empty
	return []row{
		at.line(verb, "granted", []string{operate}, at.checks(operate), empty),
		at.line(verb, "404: not granted", nil, at.checks(operate), unseen404),
		without(at.line(verb, "", nil, at.checks(operate), unseen404)),
		unseen, seen,
	}
}

func listGrantRows(at where) []row {
	const verb = "List"
	unseen := at.line(verb, "lists none that is not seen yet", nil, at.lists(), ok(200, `{"roles": []}`))
	unseen.variants, unseen.first, unseen.later = `"role_propagation_seconds": 60`, at.grants(operate), 59*time.Second
	return []row{
		at.line(verb, "lists", []string{customRole}, at.lists(), ok(200, `{"roles": [`+at.shown()+`]}`)),
		at.line(verb, "lists none", nil, at.lists(), ok(200, `{"roles": []}`)),
		unseen,
		without(at.line(verb, "", nil, at.lists(), missingAgency)),
	}
}

// shown is the account's role in a list: for all projects with less of it.
func (at where) shown() string {
	if at.scope == "inherited" {
		return `{"id": "` + customRole + `", "name": "custom_1"}`
	}
	return `{"id": "` + customRole + `", "name": "custom_1", "display_name": "Reads our buckets", "domain_id": "{domain}", "type": "AX",
		"catalog": "CUSTOMED", "description": "ours", "description_cn": "ours", "policy": {"Version": "1.1", "Statement": [], "Depends": []}}`
}

// agencyWith is an account with a role of its own and an agency that has roles in a scope.
func agencyWith(scope string, roles []string) string {
	return fmt.Sprintf(`%s, "agencies": [{"id": %q, "name": "mine", "trust_domain_name": "op_svc_obs", "grants": [%s]}]`,
		custom, agencyID, strings.Join(grants(scope, roles), ","))
}

func grants(scope string, roles []string) []string {
	place := ""
	if scope == "project" {
		place = ours
	}
	var list []string
	for _, role := range roles {
		list = append(list, fmt.Sprintf(`{"scope": %q, "scope_id": %q, "role_id": %q}`, scope, place, role))
	}
	return list
}

// stateWith is such an agency as the state shows it.
func stateWith(scope string, roles []string) string {
	given := ""
	if len(roles) > 0 {
		given = `, "grants": [` + strings.Join(grants(scope, roles), ",") + `]`
		given = strings.ReplaceAll(given, `"scope_id": ""`, `"scope_id": "{domain}"`)
	}
	return `[{"id": "` + agencyID + `", "name": "mine", "domain_id": "{domain}", "trust_domain_id": "{trusted}",
		"trust_domain_name": "op_svc_obs", "description": "", "duration": "FOREVER"` + given + `}]`
}
