package sandbox

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// The services of a sandbox: one listener, one prefix and one host name each.
var services = []string{"dbss", "dli", "iam", "modelarts", "mpc"}

// operation is one call of the cloud's API under the name that the official SDK gives it.
type operation struct {
	service string
	name    string
	method  string
	path    string // segments in braces are parameters; {project_id} must be a known project
	run     func(*call) answer
}

// operations is everything that the sandbox can do. DLI and ModelArts share a path, so the service is part of the key.
var operations = []operation{
	{"dbss", "ListAuditObsBuckets", "GET", "/v2/{project_id}/audit/backup/obs-buckets", listAuditObsBuckets},

	{"dli", "RegisterBucket", "POST", "/v1.0/{project_id}/dli/obs-authorize", registerBucket},
	{"dli", "ShowDliAgency", "GET", "/v2/{project_id}/agency", showDliAgency},
	{"dli", "CreateDliAgency", "POST", "/v2/{project_id}/agency", createDliAgency},

	{"mpc", "ShowAgenciesTask", "GET", "/v1/{project_id}/agencies", showAgenciesTask},
	{"mpc", "CreateAgenciesTask", "POST", "/v1/{project_id}/agencies", createAgenciesTask},
	{"mpc", "ListAllBuckets", "GET", "/v1/{project_id}/buckets", listAllBuckets},
	{"mpc", "UpdateBucketAuthorized", "PUT", "/v1/{project_id}/authority", updateBucketAuthorized},

	{"modelarts", "GetAuthorizations", "GET", "/v2/{project_id}/authorizations", getAuthorizations},
	{"modelarts", "CreateAuthorization", "POST", "/v2/{project_id}/authorizations", createAuthorization},
	{"modelarts", "DeleteAuthorizations", "DELETE", "/v2/{project_id}/authorizations", deleteAuthorizations},
	{"modelarts", "CreateModelArtsAgency", "POST", "/v2/{project_id}/agency", createModelArtsAgency},

	{"iam", "KeystoneListAuthDomains", "GET", "/v3/auth/domains", keystoneListAuthDomains},
	{"iam", "KeystoneListProjects", "GET", "/v3/projects", keystoneListProjects},
	{"iam", "KeystoneListUsers", "GET", "/v3/users", keystoneListUsers},
	{"iam", "ListAgencies", "GET", "/v3.0/OS-AGENCY/agencies", listAgencies},
	{"iam", "ShowAgency", "GET", "/v3.0/OS-AGENCY/agencies/{agency_id}", showAgency},
	{"iam", "CreateAgency", "POST", "/v3.0/OS-AGENCY/agencies", createAgency},
	{"iam", "UpdateAgency", "PUT", "/v3.0/OS-AGENCY/agencies/{agency_id}", updateAgency},
	{"iam", "DeleteAgency", "DELETE", "/v3.0/OS-AGENCY/agencies/{agency_id}", deleteAgency},
}

// writes tells whether the operation may change the cloud.
func (o *operation) writes() bool { return o.method != http.MethodGet }

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

// call is one authenticated request, on its way through an operation. The operation may change the cloud; what it
// changed is dropped when its answer is an error.
type call struct {
	cloud   *cloud
	project *project // nil in IAM
	params  map[string]string
	query   url.Values
	body    []byte
	now     time.Time
}

// answer is what a service says: a status and a body, or no body at all.
type answer struct {
	status     int
	body       []byte
	retryAfter string
}

func reply(status int, body any) answer {
	data, err := json.Marshal(body)
	if err != nil {
		panic(err) // our own values
	}
	return answer{status: status, body: data}
}

// noContent is a 204 as the documents have it: empty, and without a content type.
func noContent() answer { return answer{status: http.StatusNoContent} }

// object is a JSON body, its fields looked at one by one.
type object map[string]json.RawMessage

// readObject reads a body that must be a JSON object.
func readObject(body []byte) (object, bool) {
	var o object
	err := json.Unmarshal(body, &o)
	return o, err == nil && o != nil
}

// text is a string field, "" if absent or null; false if it is something else.
func (o object) text(name string) (string, bool) {
	var s string
	raw, ok := o[name]
	return s, !ok || json.Unmarshal(raw, &s) == nil
}

// texts is a field that must be an array of strings.
func (o object) texts(name string) ([]string, bool) {
	var list []*string
	if json.Unmarshal(o[name], &list) != nil || list == nil || slices.Contains(list, nil) {
		return nil, false
	}
	values := make([]string, len(list))
	for i, s := range list {
		values[i] = *s
	}
	return values, true
}
