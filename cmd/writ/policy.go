package main

import (
	"slices"
	"strings"

	"writ/cmd/writ/view"
)

// scope is where a policy holds. IAM refuses one document with actions of global and of project-level services, and
// asks that OBS has one of its own, created for both (CreateCloudServiceCustomPolicy, on type and on Action).
type scope struct {
	name  string
	types []string // what IAM's API calls it
}

var (
	projectLevel = scope{"project", []string{"XA"}}
	globally     = scope{"global", []string{"AX"}}
	twice        = scope{"obs", []string{"AX", "XA"}}
)

// scopeOf tells by the service, the first part of an action.
func scopeOf(action string) scope {
	switch service, _, _ := strings.Cut(action, ":"); service {
	case "iam":
		return globally
	case "obs":
		return twice
	}
	return projectLevel
}

// policiesFor are the documents that allow the actions, and nothing else: in a statement of its own what only undo
// needs, so that one can leave it out. None names a resource: no action here works on a single bucket.
func policiesFor(needs []view.Need) []view.Policy {
	var policies []view.Policy
	for _, s := range []scope{projectLevel, globally, twice} {
		var forward, back []string
		for _, n := range needs {
			switch {
			case n.Scope != s.name:
			case slices.Equal(n.For, []string{view.ForUndo}):
				back = append(back, n.Action)
			default:
				forward = append(forward, n.Action)
			}
		}
		if len(forward)+len(back) > 0 {
			policies = append(policies, view.NewPolicy(s.name, s.types, forward, back))
		}
	}
	return policies
}
