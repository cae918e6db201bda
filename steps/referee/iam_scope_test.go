package referee_test

import (
	"strings"

	iam "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/iam/v3/model"
)

// where is one of the three scopes of a grant, with the SDK's four calls for it.
type where struct {
	scope, suffix  string // the word in the state, and in the operations' names
	id             func(sdk) string
	put, del, head func(c sdk, id, agency, role string) (any, error)
	get            func(c sdk, id, agency string) (any, error)
	another        answer // of something that is not there or not ours
}

func wheres() []where {
	return []where{
		{
			scope: "domain", suffix: "DomainPermission", id: func(c sdk) string { return c.place.domain },
			another: keystoned(403, "Forbidden", forbidden),
			put: func(c sdk, id, agency, role string) (any, error) {
				return c.iam.AssociateAgencyWithDomainPermission(&iam.AssociateAgencyWithDomainPermissionRequest{DomainId: id, AgencyId: agency, RoleId: role})
			},
			del: func(c sdk, id, agency, role string) (any, error) {
				return c.iam.RemoveDomainPermissionFromAgency(&iam.RemoveDomainPermissionFromAgencyRequest{DomainId: id, AgencyId: agency, RoleId: role})
			},
			head: func(c sdk, id, agency, role string) (any, error) {
				return c.iam.CheckDomainPermissionForAgency(&iam.CheckDomainPermissionForAgencyRequest{DomainId: id, AgencyId: agency, RoleId: role})
			},
			get: func(c sdk, id, agency string) (any, error) {
				return c.iam.ListDomainPermissionsForAgency(&iam.ListDomainPermissionsForAgencyRequest{DomainId: id, AgencyId: agency})
			},
		}, {
			scope: "project", suffix: "ProjectPermission", id: func(c sdk) string { return c.place.project },
			another: keystoned(404, "Not Found", "Could not find project: "+absent),
			put: func(c sdk, id, agency, role string) (any, error) {
				return c.iam.AssociateAgencyWithProjectPermission(&iam.AssociateAgencyWithProjectPermissionRequest{ProjectId: id, AgencyId: agency, RoleId: role})
			},
			del: func(c sdk, id, agency, role string) (any, error) {
				return c.iam.RemoveProjectPermissionFromAgency(&iam.RemoveProjectPermissionFromAgencyRequest{ProjectId: id, AgencyId: agency, RoleId: role})
			},
			head: func(c sdk, id, agency, role string) (any, error) {
				return c.iam.CheckProjectPermissionForAgency(&iam.CheckProjectPermissionForAgencyRequest{ProjectId: id, AgencyId: agency, RoleId: role})
			},
			get: func(c sdk, id, agency string) (any, error) {
				return c.iam.ListProjectPermissionsForAgency(&iam.ListProjectPermissionsForAgencyRequest{ProjectId: id, AgencyId: agency})
			},
		}, {
			scope: "inherited", suffix: "AllProjectsPermission", id: func(c sdk) string { return c.place.domain },
			another: keystoned(403, "Forbidden", forbidden),
			put: func(c sdk, id, agency, role string) (any, error) {
				return c.iam.AssociateAgencyWithAllProjectsPermission(&iam.AssociateAgencyWithAllProjectsPermissionRequest{DomainId: id, AgencyId: agency, RoleId: role})
			},
			del: func(c sdk, id, agency, role string) (any, error) {
				return c.iam.RemoveAllProjectsPermissionFromAgency(&iam.RemoveAllProjectsPermissionFromAgencyRequest{DomainId: id, AgencyId: agency, RoleId: role})
			},
			head: func(c sdk, id, agency, role string) (any, error) {
				return c.iam.CheckAllProjectsPermissionForAgency(&iam.CheckAllProjectsPermissionForAgencyRequest{DomainId: id, AgencyId: agency, RoleId: role})
			},
			get: func(c sdk, id, agency string) (any, error) {
				return c.iam.ListAllProjectsPermissionsForAgency(&iam.ListAllProjectsPermissionsForAgencyRequest{DomainId: id, AgencyId: agency})
			},
		},
	}
}

func (at where) named(verb string) string {
	switch verb {
	case "Associate":
		return "iam AssociateAgencyWith" + at.suffix
	case "Remove":
		return "iam Remove" + at.suffix + "FromAgency"
	case "Check":
		return "iam Check" + at.suffix + "ForAgency"
	}
	return "iam List" + strings.Replace(at.suffix, "Permission", "Permissions", 1) + "ForAgency"
}
