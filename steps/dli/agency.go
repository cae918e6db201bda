package dli

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"writ/engine/step"
	"writ/schemas"
	"writ/steps/cloud"
)

type agency struct{ c *cloud.Client }

type agencyIn struct {
	Roles []string `json:"roles"`
	Mode  string   `json:"mode,omitempty"`
}

type agencyState struct {
	CurrentRoles []string `json:"current_roles"`
}

// admins is who may authorise DLI: its table of actions has no row for that.
var admins = step.Permission{
	Role: "member of the user group admin", Note: "or the account itself: DLI has no action for authorising it",
}

// Agency gives DLI's agency roles. The service replaces the whole list, so what others put there is posted again.
func Agency(c *cloud.Client) step.Kind {
	k := agency{c}
	return step.Define(step.Spec[agencyIn, agencyState]{
		Name:    "dli.agency",
		Summary: "the roles of DLI's agency in this project",
		Notes: []string{
			"Each call replaces the list of roles: writ posts those that are there with the wanted ones, unless mode is replace.",
			"The list that is found may hold roles that the write call does not name, such as ief_adm; undo posts them back as they were.",
			"Roles take 15 to 60 minutes to work. The IAM agency dli_admin_agency stays when undo has emptied the list.",
			"Only the account itself or a member of its admin group may authorise DLI. The API is deprecated.",
		},
		Schema: schemas.Kind("dli.agency"),
		Effect: step.Reversible,
		Actions: step.Actions{
			Read:  step.Undocumented("dli ShowDliAgency"),
			Apply: step.Permissions{admins},
			Undo:  step.Permissions{admins},
		},
		Read:    k.read,
		Goal:    goal,
		Apply:   func(ctx context.Context, in agencyIn, before agencyState) error { return k.post(ctx, goal(in, before)) },
		Undo:    k.undo,
		Reverse: reverse,
		Outputs: func(_ agencyIn, s agencyState) any { return agencyState{CurrentRoles: set(s.CurrentRoles)} },
		Objects: func(agencyIn) []string { return []string{"dli.agency"} },
	})
}

// goal is the old roles and the wanted ones; only the wanted ones when the plan says replace.
func goal(in agencyIn, before agencyState) agencyState {
	if in.Mode == "replace" {
		return agencyState{CurrentRoles: set(in.Roles)}
	}
	return agencyState{CurrentRoles: set(before.CurrentRoles, in.Roles)}
}

func reverse(_ agencyIn, now, want agencyState) step.Reversal[agencyState] {
	r := step.Reversal[agencyState]{Want: agencyState{CurrentRoles: set(want.CurrentRoles)}, Says: "undo changes nothing"}
	if !now.same(want) {
		r.Says = fmt.Sprintf("undo posts the roles [%s]", strings.Join(r.Want.CurrentRoles, " "))
	}
	return r
}

func (s agencyState) same(other agencyState) bool {
	return slices.Equal(set(s.CurrentRoles), set(other.CurrentRoles))
}

type agencyAnswer struct {
	verdict
	CurrentRoles []string `json:"current_roles"`
}

// read takes an agency that was never made for one without roles.
func (k agency) read(ctx context.Context, _ agencyIn) (agencyState, error) {
	var out agencyAnswer
	err := k.c.Call(ctx, cloud.Call{
		Service: "dli", Operation: "ShowDliAgency", Method: http.MethodGet, Path: "/v2/{project_id}/agency", Out: &out,
	})
	if step.IsClass(err, step.NotFound) {
		return agencyState{CurrentRoles: set()}, nil
	}
	return agencyState{CurrentRoles: set(out.CurrentRoles)}, err
}

func (k agency) undo(ctx context.Context, _ agencyIn, now, want agencyState) error {
	if now.same(want) {
		return nil
	}
	return k.post(ctx, want)
}

// post makes these roles, and no others, the agency's.
func (k agency) post(ctx context.Context, s agencyState) error {
	return k.c.Call(ctx, cloud.Call{
		Service: "dli", Operation: "CreateDliAgency", Method: http.MethodPost, Path: "/v2/{project_id}/agency",
		Body: struct {
			Roles []string `json:"roles"`
		}{set(s.CurrentRoles)},
		Out: new(verdict),
	})
}
