package sandbox

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// The services of a sandbox: one listener, one prefix and one host name each.
var services = []string{"dbss", "dli", "iam", "metadata", "modelarts", "mpc", "obs"}

// access is what an operation asks of its caller.
type access int

const (
	ofProject access = iota // a key, or a token for the project of the path
	ofAccount               // a key, or a token for the account
	ofAnyone                // a key, or any token
	unguarded               // nothing; a signature that is given all the same must be right
)

// operation is one call of the cloud's API under the name that the official SDK gives it.
type operation struct {
	access  access
	service string
	name    string
	method  string
	path    string // segments in braces are parameters
	run     func(*call) answer
}

// operations is everything that the sandbox can do. DLI and ModelArts share a path, so the service is part of the key.
// The SDK has no names for HEAD and DELETE of tokens and for the metadata service; POST of tokens has several there.
var operations = []operation{
	{ofProject, "dbss", "ListAuditObsBuckets", "GET", "/v2/{project_id}/audit/backup/obs-buckets", listAuditObsBuckets},

	{ofProject, "dli", "RegisterBucket", "POST", "/v1.0/{project_id}/dli/obs-authorize", registerBucket},
	{ofProject, "dli", "ShowDliAgency", "GET", "/v2/{project_id}/agency", showDliAgency},
	{ofProject, "dli", "CreateDliAgency", "POST", "/v2/{project_id}/agency", createDliAgency},

	{ofProject, "mpc", "ShowAgenciesTask", "GET", "/v1/{project_id}/agencies", showAgenciesTask},
	{ofProject, "mpc", "CreateAgenciesTask", "POST", "/v1/{project_id}/agencies", createAgenciesTask},
	{ofProject, "mpc", "ListAllBuckets", "GET", "/v1/{project_id}/buckets", listAllBuckets},
	{ofProject, "mpc", "UpdateBucketAuthorized", "PUT", "/v1/{project_id}/authority", updateBucketAuthorized},

	{ofProject, "modelarts", "GetAuthorizations", "GET", "/v2/{project_id}/authorizations", getAuthorizations},
	{ofProject, "modelarts", "CreateAuthorization", "POST", "/v2/{project_id}/authorizations", createAuthorization},
	{ofProject, "modelarts", "DeleteAuthorizations", "DELETE", "/v2/{project_id}/authorizations", deleteAuthorizations},
	{ofProject, "modelarts", "CreateModelArtsAgency", "POST", "/v2/{project_id}/agency", createModelArtsAgency},

	{unguarded, "iam", "KeystoneCreateUserTokenByPassword", "POST", "/v3/auth/tokens", createToken},
	{ofAnyone, "iam", "KeystoneValidateToken", "GET", "/v3/auth/tokens", showToken},
	{ofAnyone, "iam", "KeystoneCheckToken", "HEAD", "/v3/auth/tokens", showToken},
	{ofAnyone, "iam", "KeystoneRevokeToken", "DELETE", "/v3/auth/tokens", revokeToken},
	{unguarded, "iam", "CreateTemporaryAccessKeyByToken", "POST", "/v3.0/OS-CREDENTIAL/securitytokens", createTemporaryKey},
	{ofAnyone, "iam", "KeystoneListAuthDomains", "GET", "/v3/auth/domains", keystoneListAuthDomains},
	{ofAnyone, "iam", "KeystoneListAuthProjects", "GET", "/v3/auth/projects", keystoneListAuthProjects},
	{ofAnyone, "iam", "KeystoneListProjects", "GET", "/v3/projects", keystoneListProjects},
	{ofAccount, "iam", "KeystoneListUsers", "GET", "/v3/users", keystoneListUsers},
	{ofAccount, "iam", "KeystoneListPermissions", "GET", "/v3/roles", keystoneListPermissions},

	{ofAccount, "iam", "ListAgencies", "GET", "/v3.0/OS-AGENCY/agencies", listAgencies},
	{ofAccount, "iam", "ShowAgency", "GET", "/v3.0/OS-AGENCY/agencies/{agency_id}", showAgency},
	{ofAccount, "iam", "CreateAgency", "POST", "/v3.0/OS-AGENCY/agencies", createAgency},
	{ofAccount, "iam", "UpdateAgency", "PUT", "/v3.0/OS-AGENCY/agencies/{agency_id}", updateAgency},
	{ofAccount, "iam", "DeleteAgency", "DELETE", "/v3.0/OS-AGENCY/agencies/{agency_id}", deleteAgency},

	{ofAccount, "iam", "AssociateAgencyWithDomainPermission", "PUT", domainGrants + "/{role_id}", putGrant(scopeDomain)},
	{ofAccount, "iam", "RemoveDomainPermissionFromAgency", "DELETE", domainGrants + "/{role_id}", deleteGrant(scopeDomain)},
	{ofAccount, "iam", "CheckDomainPermissionForAgency", "HEAD", domainGrants + "/{role_id}", checkGrant(scopeDomain)},
	{ofAccount, "iam", "ListDomainPermissionsForAgency", "GET", domainGrants, listGrants(scopeDomain)},

	{ofAccount, "iam", "AssociateAgencyWithProjectPermission", "PUT", projectGrants + "/{role_id}", putGrant(scopeProject)},
	{ofAccount, "iam", "RemoveProjectPermissionFromAgency", "DELETE", projectGrants + "/{role_id}", deleteGrant(scopeProject)},
	{ofAccount, "iam", "CheckProjectPermissionForAgency", "HEAD", projectGrants + "/{role_id}", checkGrant(scopeProject)},
	{ofAccount, "iam", "ListProjectPermissionsForAgency", "GET", projectGrants, listGrants(scopeProject)},

	{ofAccount, "iam", "AssociateAgencyWithAllProjectsPermission", "PUT", inheritedGrant, putGrant(scopeInherited)},
	{ofAccount, "iam", "RemoveAllProjectsPermissionFromAgency", "DELETE", inheritedGrant, deleteGrant(scopeInherited)},
	{ofAccount, "iam", "CheckAllProjectsPermissionForAgency", "HEAD", inheritedGrant, checkGrant(scopeInherited)},
	{ofAccount, "iam", "ListAllProjectsPermissionsForAgency", "GET", inheritedGrants, listInheritedGrants},

	{ofAnyone, "obs", "ListBuckets", "GET", "/", listBuckets},

	{unguarded, "metadata", "CreateMetadataToken", "PUT", "/meta-data/latest/api/token", createMetadataToken},
	{unguarded, "metadata", "ShowSecurityKey", "GET", "/openstack/latest/securitykey", showSecurityKey},
}

// The paths of grants: of global services, of one project, and of all projects with those to come.
const (
	domainGrants    = "/v3.0/OS-AGENCY/domains/{domain_id}/agencies/{agency_id}/roles"
	projectGrants   = "/v3.0/OS-AGENCY/projects/{project_id}/agencies/{agency_id}/roles"
	inheritedGrants = "/v3.0/OS-INHERIT/domains/{domain_id}/agencies/{agency_id}/roles/inherited_to_projects"
	inheritedGrant  = "/v3.0/OS-INHERIT/domains/{domain_id}/agencies/{agency_id}/roles/{role_id}/inherited_to_projects"
)

// writes tells whether the operation may change the cloud.
func (o *operation) writes() bool { return o.method != http.MethodGet && o.method != http.MethodHead }

// findOperation looks a request up in the table. The path is escaped; parameters come back unescaped.
func findOperation(service, method, path string) (*operation, map[string]string) {
	segments := strings.Split(path, "/")
	for i := range operations {
		o := &operations[i]
		if o.service != service || o.method != method {
			continue
		}
		if params, ok := matchPath(strings.Split(o.path, "/"), segments); ok {
			return o, params
		}
	}
	return nil, nil
}

func matchPath(pattern, segments []string) (map[string]string, bool) {
	if len(pattern) != len(segments) {
		return nil, false
	}
	params := map[string]string{}
	for i, want := range pattern {
		got, err := url.PathUnescape(segments[i])
		if err != nil {
			return nil, false
		}
		if strings.HasPrefix(want, "{") && got != "" {
			params[strings.Trim(want, "{}")] = got
		} else if got != want {
			return nil, false
		}
	}
	return params, true
}

// knowsOperation tells whether a service has an operation; an empty service stands for any.
func knowsOperation(service, name string) bool {
	return slices.ContainsFunc(operations, func(o operation) bool {
		return o.name == name && (service == "" || o.service == service)
	})
}
