package referee_test

import (
	iam "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/iam/v3/model"
)

const (
	customRole = "cccccccccccccccccccccccccccccccc"
	custom     = `"roles": [{"id": "` + customRole + `", "name": "custom_1", "display_name": "Reads our buckets", "type": "AX", "catalog": "CUSTOMED", "description": "ours"}]`
)

func listPermissions(f func(sdk) iam.KeystoneListPermissionsRequest) call {
	return func(c sdk) (any, error) {
		r := f(c)
		return c.iam.KeystoneListPermissions(&r)
	}
}

// namesOf is a list of roles without all that describes them.
func namesOf(list call) call {
	return func(c sdk) (any, error) {
		resp, err := list(c)
		if err != nil {
			return nil, err
		}
		roles := resp.(*iam.KeystoneListPermissionsResponse)
		out := struct {
			Names          []string
			Total          int32
			HttpStatusCode int `json:"-"` //nolint:revive // the SDK's name
		}{Names: []string{}, Total: *roles.TotalNumber, HttpStatusCode: roles.HttpStatusCode}
		for _, r := range *roles.Roles {
			out.Names = append(out.Names, r.Name)
		}
		return &out, nil
	}
}

func roleRows() []row {
	type request = iam.KeystoneListPermissionsRequest
	list := func(outcome string, f func(sdk) request, body string) row {
		return row{
			operation: "iam KeystoneListPermissions", outcome: outcome, account: custom,
			call: namesOf(listPermissions(f)), want: ok(200, body),
		}
	}
	by := func(r request) func(sdk) request { return func(sdk) request { return r } }
	whole := list("describes one", nil, `{"total_number": 1, "roles": [{"id": "{role te_admin}", "name": "te_admin",
		"display_name": "Tenant Administrator", "type": "AA", "catalog": "BASE", "description": "Full permissions for all services but IAM.",
		"description_cn": "Full permissions for all services but IAM.",
		"policy": {"Version": "1.0", "Statement": [{"Effect": "Allow", "Action": ["*:*:*"]}], "Depends": []}}]}`)
	whole.call = listPermissions(by(request{Name: ptr("te_admin")}))
	foreign := list("403: of another account", nil, "")
	foreign.call, foreign.want = listPermissions(by(request{DomainId: ptr(absent)})), keystoned(403, "Forbidden", forbidden)
	noSize := list("400: a page without its size", nil, "")
	noSize.call, noSize.want = listPermissions(by(request{Page: ptr(int32(1))})), keystoned(400, "Bad Request", "Invalid page or per_page.")
	return []row{
		whole,
		list("lists the system's, not the account's", by(request{}),
			`{"Total": 6, "Names": ["obs_b_list", "secu_admin", "system_all_159", "system_all_64", "system_all_72", "te_admin"]}`),
		list("lists the account's, not the system's", func(c sdk) request { return request{DomainId: &c.place.domain} },
			`{"Total": 1, "Names": ["custom_1"]}`),
		list("finds by a part of the display name", by(request{DisplayName: ptr("Administrator")}),
			`{"Total": 3, "Names": ["secu_admin", "system_all_159", "te_admin"]}`),
		list("lists policies", by(request{PermissionType: ptr("policy")}),
			`{"Total": 3, "Names": ["system_all_159", "system_all_64", "system_all_72"]}`),
		list("lists a page", by(request{Page: ptr(int32(2)), PerPage: ptr(int32(4))}), `{"Total": 6, "Names": ["system_all_72", "te_admin"]}`),
		list("lists none of that name", by(request{Name: ptr("system_all_0")}), `{"Total": 0, "Names": []}`),
		foreign, noSize,
	}
}
