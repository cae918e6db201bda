package modelarts

import "writ/engine/step"

// securityAdministrator is asked for by the page of the call, and not by the list of actions.
var securityAdministrator = step.Permission{
	Role: "Security Administrator", Unsure: true, Note: "where the action alone is refused: newer pages of ModelArts ask for both",
}

// toMakeAgency is what IAM has to allow to who lets ModelArts make an agency. ModelArts' page says it in the words of
// identity policies (iam:agencies:create, iam:agencies:grantRole and so on); these are IAM's own in custom policies.
func toMakeAgency() step.Permissions {
	ps := step.Allow(
		"iam:agencies:createAgency", "iam:permissions:grantRoleToAgency", "iam:permissions:grantRoleToAgencyOnDomain",
		"iam:permissions:grantRoleToAgencyOnProject", "iam:quotas:listQuotasForProject", "iam:roles:createRole",
	)
	for i := range ps {
		ps[i].Unsure, ps[i].Note = true, "worked out: ModelArts names what its agency needs in the words of identity policies"
	}
	return ps
}
