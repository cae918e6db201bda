package iam

import "writ/engine/step"

func allow(actions ...string) step.Permissions { return orAdministrator(step.Allow(actions...)) }

// orAdministrator adds the role that stands in for actions: IAM's list of actions names them for these calls, the pages
// of the calls ask for the role.
func orAdministrator(ps step.Permissions) step.Permissions {
	return append(ps, step.Permission{
		Role: "Security Administrator", Unsure: true, Note: "where the actions alone are refused: older pages of IAM ask for it",
	})
}

// onScopes lists the action of a verb on each scope: a step needs that of its own.
func onScopes(verb string) step.Permissions {
	var ps step.Permissions
	for _, name := range []string{domain, project, inherited} {
		ps = append(ps, step.Permission{Action: scopes[name].action(verb), If: &step.Argument{Name: "scope", Value: name}})
	}
	return ps
}

func (s scope) action(verb string) string { return "iam:permissions:" + verb + "Agency" + s.suffix }
