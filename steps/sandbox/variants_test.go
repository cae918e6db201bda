package sandbox

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// with starts a sandbox with one project, in which user-1 has a row and MPC is on, and one variant.
func with(t *testing.T, variants string) *box {
	t.Helper()
	return seeded(t, `{"projects":{"p1":{"dbss":{"obs_buckets":[{"bucket_name":"b"}]},
		"mpc":{"agency":"CREATED","buckets":[{"bucket":"b"}]},
		"modelarts":{"authorizations":[{"user_id":"user-1","content":"old"}]}}},"variants":{`+variants+`}}`)
}

func TestVariantsChangeAnswers(t *testing.T) {
	const create = `{"operate_type":"CREATED"}`
	for _, c := range []struct {
		variant                     string
		service, method, path, body string
		status                      int
		want                        string
	}{
		{`"dli_is_success":"boolean"`, "dli", "POST", "/v1.0/{p}/dli/obs-authorize", `{"obs_buckets":["b"]}`,
			200, `"is_success":true`},
		{`"dli_fresh":"empty"`, "dli", "GET", "/v2/{p}/agency", "", 200, `"current_roles":[]`},
		{`"mpc_conflict_status":400`, "mpc", "POST", "/v1/{p}/agencies", create, 400, `MPC.10223`},
		{`"mpc_creation_date":"integer"`, "mpc", "GET", "/v1/{p}/buckets", "", 200, `"creation_date":20221026152511`},
		{`"modelarts_result":"boolean"`, "modelarts", "POST", authorizations, `{"user_id":"user-2","content":"a"}`,
			200, `"result":true`},
		{`"modelarts_repost":"refuse"`, "modelarts", "POST", authorizations, `{"user_id":"user-1","content":"a"}`,
			400, "ModelArts.0424"},
		{`"modelarts_everybody_name":"all"`, "modelarts", "POST", authorizations, `{"user_id":"all-users","content":"a"}`,
			400, "ModelArts.0107"},
		{`"modelarts_everybody_name":"all-users"`, "modelarts", "DELETE", authorizations + "?user_id=all", "",
			400, "ModelArts.0107"},
		{`"modelarts_everybody_name":"all"`, "modelarts", "POST", authorizations, `{"user_id":"all","content":"a"}`,
			200, "true"},
	} {
		t.Run(c.variant+" "+c.path, func(t *testing.T) {
			b := with(t, c.variant)
			got := b.call(c.service, c.method, c.path, c.body)
			require.Equal(t, c.status, got.status)
			require.Contains(t, got.body, c.want)
			require.Contains(t, b.state(), `"variants": {`+"\n")
		})
	}
}

func TestMPCOfAFreshProjectCanBeEmpty(t *testing.T) {
	b := seeded(t, `{"projects":{"p1":{"mpc":{"agency":null}}},"variants":{"mpc_fresh":"empty"}}`)
	b.expect(200, `{}`, "mpc", "GET", "/v1/{p}/agencies", "")
	b.expect(204, "", "mpc", "POST", "/v1/{p}/agencies", `{"operate_type":"CREATED"}`)
	b.expect(200, `{"operate_type":"CREATED"}`, "mpc", "GET", "/v1/{p}/agencies", "")
}

func TestEverybodyCanOverwriteEveryRow(t *testing.T) {
	b := with(t, `"modelarts_everybody":"overwrite"`)
	b.call("modelarts", "POST", authorizations, `{"user_id":"all-users","content":"new"}`)
	require.JSONEq(t, `[{"user_id":"all-users","user_name":"all-users","type":"agency","content":"new"},
		{"user_id":"user-1","user_name":null,"type":"agency","content":"new"}]`, b.rows())
}

func TestDBSSErrorsCanBeNested(t *testing.T) {
	b := with(t, `"dbss_error":"nested"`)
	b.fault(`{"service":"dbss","do":"status","status":400}`)
	b.expect(400, `{"error":{"error_code":"DBSS.10000001","error_msg":"Enter a valid request message"}}`,
		"dbss", "GET", "/v2/{p}/audit/backup/obs-buckets", "")
}
