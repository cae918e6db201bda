package iam

import (
	"context"
	"net/http"
	"strings"

	"writ/engine/step"
	"writ/schemas"
	"writ/steps/cloud"
)

type agencyRole struct{ c *cloud.Client }

type agencyRoleIn struct {
	AgencyID    string `json:"agency_id"`
	RoleID      string `json:"role_id,omitempty"`
	DisplayName string `json:"display_name,omitempty"`
	Scope       string `json:"scope,omitempty"`
	ProjectID   string `json:"project_id,omitempty"`
}

// agencyRoleState is whether the agency has the role there. Role explains it.
type agencyRoleState struct {
	Granted bool `json:"granted"`
	Role    role `json:"role,omitzero"`
}

// AgencyRole gives an agency a role.
func AgencyRole(c *cloud.Client) step.Kind {
	k := agencyRole{c}
	return step.Define(step.Spec[agencyRoleIn, agencyRoleState]{
		Name:    "iam.agency_role",
		Summary: "a role that an IAM agency has in the account, in a project or in all projects",
		Notes: []string{
			"A role that the agency had before the run is never taken away.",
			"Rights on global services, OBS among them, are granted with scope domain.",
			"A role takes 15 to 30 minutes to work, for OBS too; no call shows whether it does by now.",
			"display_name must fit exactly one role, of IAM's own and the account's custom policies together; role_id says which one is meant when several have the name.",
			"IAM gives secu_admin (Security Administrator) and te_agency to no agency; writ refuses them before it writes.",
			"The calls need Security Administrator.",
		},
		Schema: schemas.Kind("iam.agency_role"),
		Effect: step.Reversible,
		Actions: step.Actions{
			Read:  orAdministrator(append(step.Allow("iam:roles:listRoles"), onScopes("checkRoleFor")...)),
			Apply: orAdministrator(onScopes("grantRoleTo")),
			Undo:  orAdministrator(onScopes("revokeRoleFrom")),
		},
		Read: k.read,
		Goal: func(_ agencyRoleIn, before agencyRoleState) agencyRoleState {
			return agencyRoleState{Granted: true, Role: before.Role}
		},
		Apply:   k.apply,
		Undo:    k.undo,
		Reverse: reverseRole,
		Outputs: roleOutputs,
		Objects: func(in agencyRoleIn) []string { return []string{in.object()} },
		Doubt: func(agencyRoleIn, agencyRoleState) step.Doubt {
			return step.Doubt{Class: step.Set, Settle: cloud.AgencyLag}
		},
		Counts:  func(s agencyRoleState) agencyRoleState { return agencyRoleState{Granted: s.Granted} },
		Present: func(_ agencyRoleIn, s agencyRoleState) bool { return s.Granted },
	})
}

// object is the grant. Of a project that is not written out it is that of every project.
func (in agencyRoleIn) object() string {
	parts := []string{"iam.agency_role", in.AgencyID, in.RoleID + in.DisplayName, in.scope()}
	if in.scope() == project {
		parts = append(parts, in.projectOr("*"))
	}
	return strings.Join(parts, "/")
}

func (in agencyRoleIn) projectOr(other string) string {
	if in.ProjectID == "" {
		return other
	}
	return in.ProjectID
}

func (in agencyRoleIn) scope() string {
	if in.Scope == "" {
		return domain
	}
	return in.Scope
}

type agencyRoleOut struct {
	AgencyID    string `json:"agency_id"`
	RoleID      string `json:"role_id"`
	DisplayName string `json:"display_name,omitempty"`
	Scope       string `json:"scope"`
}

// roleOutputs has no display_name when the plan gives the id: nobody asked IAM for it.
func roleOutputs(in agencyRoleIn, s agencyRoleState) any {
	return agencyRoleOut{AgencyID: in.AgencyID, RoleID: s.Role.ID, DisplayName: s.Role.DisplayName, Scope: in.scope()}
}

func reverseRole(in agencyRoleIn, now, want agencyRoleState) step.Reversal[agencyRoleState] {
	r := step.Reversal[agencyRoleState]{Want: want, Says: "undo changes nothing"}
	if now.Granted && !want.Granted {
		r.Says = "undo takes the role " + in.RoleID + in.DisplayName + " from the agency " + in.AgencyID
	}
	return r
}

// read asks without a body, and is answered without one: 204 for granted, 404 for not. The pages on the three scopes
// name no other success.
func (k agencyRole) read(ctx context.Context, in agencyRoleIn) (agencyRoleState, error) {
	found, err := k.role(ctx, in)
	if err != nil {
		return agencyRoleState{}, err
	}
	err = k.grant(ctx, in, found.ID, http.MethodHead)
	if step.IsClass(err, step.NotFound) {
		return agencyRoleState{Role: found}, nil
	}
	return agencyRoleState{Granted: err == nil, Role: found}, err
}

func (k agencyRole) apply(ctx context.Context, in agencyRoleIn, before agencyRoleState) error {
	return k.grant(ctx, in, before.Role.ID, http.MethodPut)
}

// undo takes the role away. That it is gone already is no error.
func (k agencyRole) undo(ctx context.Context, in agencyRoleIn, now, want agencyRoleState) error {
	if want.Granted || !now.Granted {
		return nil
	}
	err := k.grant(ctx, in, now.Role.ID, http.MethodDelete)
	if step.IsClass(err, step.NotFound) {
		return nil
	}
	return err
}

func (k agencyRole) grant(ctx context.Context, in agencyRoleIn, role, method string) error {
	s := scopes[in.scope()]
	call := cloud.Call{
		Service: "iam", Operation: s.operations[method], Method: method, Path: s.path,
		IDs: map[string]string{"agency_id": in.AgencyID, "role_id": role}, OK: []int{http.StatusNoContent}, Domain: true,
	}
	if in.ProjectID != "" {
		call.IDs["project_id"] = in.ProjectID
	}
	return k.c.Call(ctx, call)
}

// The scopes.
const (
	domain    = "domain"
	project   = "project"
	inherited = "inherited"
)

type scope struct {
	path       string
	suffix     string            // of IAM's actions
	operations map[string]string // the official SDK's names
}

var scopes = map[string]scope{
	domain: {"/v3.0/OS-AGENCY/domains/{domain_id}/agencies/{agency_id}/roles/{role_id}", "OnDomain", map[string]string{
		http.MethodHead:   "CheckDomainPermissionForAgency",
		http.MethodPut:    "AssociateAgencyWithDomainPermission",
		http.MethodDelete: "RemoveDomainPermissionFromAgency",
	}},
	project: {"/v3.0/OS-AGENCY/projects/{project_id}/agencies/{agency_id}/roles/{role_id}", "OnProject", map[string]string{
		http.MethodHead:   "CheckProjectPermissionForAgency",
		http.MethodPut:    "AssociateAgencyWithProjectPermission",
		http.MethodDelete: "RemoveProjectPermissionFromAgency",
	}},
	inherited: {"/v3.0/OS-INHERIT/domains/{domain_id}/agencies/{agency_id}/roles/{role_id}/inherited_to_projects", "", map[string]string{
		http.MethodHead:   "CheckAllProjectsPermissionForAgency",
		http.MethodPut:    "AssociateAgencyWithAllProjectsPermission",
		http.MethodDelete: "RemoveAllProjectsPermissionFromAgency",
	}},
}
