package sandbox

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEveryOperationIsReached(t *testing.T) {
	b := open(t, Options{})
	fill := strings.NewReplacer("{project_id}", b.p, "{domain_id}", domainID, "{agency_id}", "0", "{role_id}", "0")
	for _, o := range operations {
		b.call(o.service, o.method, fill.Replace(o.path), "{}")
		log := b.requests()
		require.Equal(t, o.name, log[len(log)-1].Operation)
	}
}

func TestUnknownPathsAndMethodsAreTheGateways404(t *testing.T) {
	b := open(t, Options{})
	b.refused(404, "APIGW.0101", "mpc", "GET", "/v1/{p}/agency", "")
	b.refused(404, "APIGW.0101", "modelarts", "GET", "/v2/{p}/agency", "")
	b.refused(404, "APIGW.0101", "mpc", "GET", "/mpc/v1/{p}/agencies", "")
	b.refused(404, "APIGW.0101", "mpc", "GET", "/-/state", "")
}

func TestForeignProjectsAreRefusedBeforeArgumentsAreRead(t *testing.T) {
	b := open(t, Options{})
	b.refused(403, "ModelArts.0210", "modelarts", "POST", "/v2/ffff/authorizations", "nonsense")
	b.refused(403, "APIGW.0302", "mpc", "POST", "/v1/ffff/agencies", "nonsense")
}

func TestDBSSListsTheBucketsOfTheDefaultCloud(t *testing.T) {
	b := open(t, Options{})
	b.expect(200, `{"obs_list":[{"bucket_name":"1202","location":"cn-north-7"},
		{"bucket_name":"aosblueprints-example","location":"cn-north-7"}]}`,
		"dbss", "GET", "/v2/{p}/audit/backup/obs-buckets", "")
}

func TestDLIAuthorizesBucketsForGood(t *testing.T) {
	b := open(t, Options{})
	const path = "/v1.0/{p}/dli/obs-authorize"
	for range 2 {
		b.expect(200, `{"is_success":"true","message":"The following OBS bucket is authorized successfully, 1202."}`,
			"dli", "POST", path, `{"obs_buckets":["1202"]}`)
	}
	require.Contains(t, b.state(), "\"authorized_buckets\": [\n          \"1202\"\n        ]")
	log := b.requests()
	require.True(t, log[0].Changed)
	require.False(t, log[1].Changed)
	for _, body := range []string{``, `{}`, `[]`, `{"obs_buckets":[]}`, `{"obs_buckets":"1202"}`, `{"obs_buckets":[null]}`} {
		b.refused(400, "DLI.0001", "dli", "POST", path, body)
	}
	before := b.state()
	b.refused(400, "DLI.0002", "dli", "POST", path, `{"obs_buckets":["aosblueprints-example","none"]}`)
	require.Equal(t, before, b.state())
}

func TestDLIAgencyIsReplacedNotAddedTo(t *testing.T) {
	b := open(t, Options{})
	const path = "/v2/{p}/agency"
	b.refused(404, "DLI.0002", "dli", "GET", path, "")
	for _, body := range []string{``, `{}`, `{"roles":"obs_adm"}`, `{"roles":["root"]}`, `{"roles":null}`} {
		b.refused(400, "DLI.0001", "dli", "POST", path, body)
	}
	b.expect(200, `{"is_success":true,"message":""}`, "dli", "POST", path, `{"roles":["vpc_netadm","obs_adm","ief_adm"]}`)
	b.expect(200, `{"is_success":true,"message":"","version":"v2","current_roles":["ief_adm","obs_adm","vpc_netadm"]}`,
		"dli", "GET", path, "")
	b.call("dli", "POST", path, `{"roles":["te_admin"]}`)
	require.Equal(t, []any{"te_admin"}, b.call("dli", "GET", path, "").field(t, "current_roles"))
	b.call("dli", "POST", path, `{"roles":[]}`)
	require.Equal(t, []any{}, b.call("dli", "GET", path, "").field(t, "current_roles"))
}

func TestDLIAgencyKeepsARoleOfAnUnknownName(t *testing.T) {
	b := seeded(t, `{"projects":{"p1":{"dli":{"agency":{"roles":["old_adm"]}}}}}`)
	before := b.state()
	require.Equal(t, 200, b.call("dli", "POST", "/v2/{p}/agency", `{"roles":["old_adm","obs_adm"]}`).status)
	require.Equal(t, 200, b.call("dli", "POST", "/v2/{p}/agency", `{"roles":["old_adm"]}`).status)
	require.Equal(t, before, b.state())
}

func TestMPCRefusesWhatAlreadyHolds(t *testing.T) {
	b := open(t, Options{})
	const path = "/v1/{p}/agencies"
	b.refused(400, "MPC.10224", "mpc", "POST", path, `{"operate_type":"CANCELED"}`)
	b.expect(200, `{"operate_type":"CANCELED"}`, "mpc", "GET", path, "")
	before := b.state()
	b.expect(204, "", "mpc", "POST", path, `{"operate_type":"CREATED"}`+"\n")
	b.expect(200, `{"operate_type":"CREATED"}`, "mpc", "GET", path, "")
	b.refused(403, "MPC.10223", "mpc", "POST", path, `{"operate_type":"CREATED"}`)
	b.expect(204, "", "mpc", "POST", path, `{"operate_type":"CANCELED"}`)
	require.Equal(t, before, b.state())
	for _, body := range []string{``, `{}`, `{"operate_type":"created"}`, `{"operate_type":1}`, `[]`} {
		b.refused(400, "MPC.10202", "mpc", "POST", path, body)
	}
}

func TestMPCSwitchesSingleBuckets(t *testing.T) {
	b := seeded(t, `{"projects":{"p1":{"mpc":{"buckets":[{"bucket":"plain"},{"bucket":"sealed","kms":true}]}}}}`)
	const path = "/v1/{p}/authority"
	for range 2 {
		b.expect(204, "", "mpc", "PUT", path, `{"bucket":"plain","operation":"1"}`)
	}
	b.expect(200, `{"buckets":[{"bucket":"plain","creation_date":"20221026152511","is_authorized":1},
		{"bucket":"sealed","creation_date":"20221026152511","is_authorized":0}]}`, "mpc", "GET", "/v1/{p}/buckets", "")
	b.expect(204, "", "mpc", "PUT", path, `{"bucket":"plain","operation":0}`)
	require.NotContains(t, b.state(), `"is_authorized": 1`)
	b.refused(403, "MPC.10209", "mpc", "PUT", path, `{"bucket":"sealed","operation":"1"}`)
	b.refused(403, "MPC.10209", "mpc", "PUT", path, `{"bucket":"none","operation":"1"}`)
	for _, body := range []string{``, `{"bucket":"plain"}`, `{"operation":"1"}`, `{"bucket":"plain","operation":"2"}`,
		`{"bucket":"plain","operation":true}`, `{"bucket":"plain","operation":null}`} {
		b.refused(400, "MPC.10202", "mpc", "PUT", path, body)
	}
}

const authorizations = "/v2/{p}/authorizations"

func TestModelArtsDeleteForEverybodyWipesTheTable(t *testing.T) {
	b := seeded(t, `{"projects":{"p1":{}},"iam":{"users":[{"id":"user-1","name":"ann"}]}}`)
	for _, body := range []string{`{"user_id":"user-1","type":"agency","content":"a"}`, `{"user_id":"user-2","content":"b"}`,
		`{"user_id":"all","type":"AGENCY","content":"c"}`} {
		b.expect(200, `{"result":"true"}`, "modelarts", "POST", authorizations, body)
	}
	require.JSONEq(t, `[{"user_id":"all-users","user_name":"all-users","type":"agency","content":"c"},
		{"user_id":"user-1","user_name":"ann","type":"agency","content":"a"},
		{"user_id":"user-2","user_name":null,"type":"agency","content":"b"}]`, b.rows())
	b.refused(400, "ModelArts.0104", "modelarts", "DELETE", authorizations, "")
	b.expect(200, `{"result":"true"}`, "modelarts", "DELETE", authorizations+"?user_id=user-1", "")
	b.refused(400, "ModelArts.0429", "modelarts", "DELETE", authorizations+"?user_id=user-1", "")
	b.expect(200, `{"result":"true","success_message":"Delete all-users auth info successfully!"}`,
		"modelarts", "DELETE", authorizations+"?user_id=all-users", "")
	require.JSONEq(t, `[]`, b.rows())
}

// rows are the authorizations of the state document.
func (b *box) rows() string {
	b.t.Helper()
	var document struct {
		Projects map[string]struct {
			ModelArts struct{ Authorizations json.RawMessage }
		}
	}
	require.NoError(b.t, json.Unmarshal([]byte(b.state()), &document))
	return string(document.Projects[b.p].ModelArts.Authorizations)
}

func TestModelArtsChecksWhatIsPosted(t *testing.T) {
	b := open(t, Options{})
	long := fmt.Sprintf("%065d", 0)
	for body, code := range map[string]string{
		``:                                   "ModelArts.4105",
		`[]`:                                 "ModelArts.4105",
		`{"user_id":1,"content":"a"}`:        "ModelArts.4105",
		`{"content":"a"}`:                    "ModelArts.6377",
		`{"user_id":"user-1"}`:               "ModelArts.6378",
		`{"user_id":"u","content":"a"}`:      "ModelArts.0104",
		`{"user_id":"user_1","content":"a"}`: "ModelArts.0104",
		`{"user_id":"user-1","content":"` + long + `"}`:                                 "ModelArts.0104",
		`{"user_id":"user-1","content":"a","type":"x"}`:                                 "ModelArts.0104",
		`{"user_id":"user-1","content":"a","type":"credential"}`:                        "ModelArts.0104",
		`{"user_id":"user-1","content":"a","type":"credential","secret_key":"short"}`:   "ModelArts.0104",
		`{"user_id":"user-1","content":"a","user_type":"all-users"}`:                    "ModelArts.0104",
		`{"user_id":"user-1","content":"a","user_type":"federate","user_name":"smith"}`: "ModelArts.0104",
	} {
		b.refused(400, code, "modelarts", "POST", authorizations, body)
	}
	require.JSONEq(t, `[]`, b.rows())
}

func TestModelArtsUpdatesARowAndKeepsItsTime(t *testing.T) {
	b := open(t, Options{})
	b.call("modelarts", "POST", authorizations, `{"user_id":"user-1","content":"a"}`)
	before := b.call("modelarts", "GET", authorizations, "")
	b.call("modelarts", "POST", authorizations, `{"user_id":"user-1","content":"b"}`)
	b.call("modelarts", "POST", authorizations, `{"user_id":"user-1","content":"a"}`)
	require.Equal(t, before.body, b.call("modelarts", "GET", authorizations, "").body)
}

func TestSecretKeysAreNeverShown(t *testing.T) {
	b := open(t, Options{})
	const secret = "0123456789012345678901234567890123456789"
	b.expect(200, `{"result":"true"}`, "modelarts", "POST", authorizations,
		`{"user_id":"user-1","type":"credential","content":"AK","secret_key":"`+secret+`"}`)
	b.call("modelarts", "POST", authorizations, `{"secret_key":"`+secret+`"`)
	b.call("modelarts", "POST", authorizations, `{"secret\u005fkey":"`+secret+`"}`)
	list := b.call("modelarts", "GET", authorizations, "").body
	log := b.control("GET", "/-/requests", "").body
	require.NotContains(t, list+log+b.state(), secret)
	require.NotContains(t, list, "secret_key")
	require.Contains(t, b.state(), `"secret_key": "(secret)"`)
	require.Contains(t, b.requests()[0].Body, `"content":"AK"`)
}

func TestModelArtsListsInPages(t *testing.T) {
	b := seeded(t, `{"projects":{"p1":{"modelarts":{"authorizations":[
		{"user_id":"user-3","content":"c","create_time":1},{"user_id":"user-1","content":"a","create_time":3},
		{"user_id":"user-2","content":"b","create_time":2}]}}}}`)
	ids := func(query string) (ids []string) {
		var list struct {
			Total int `json:"total_count"`
			Auth  []struct {
				ID string `json:"user_id"`
			}
		}
		require.NoError(t, json.Unmarshal([]byte(b.call("modelarts", "GET", authorizations+query, "").body), &list))
		require.Equal(t, 3, list.Total)
		for _, row := range list.Auth {
			ids = append(ids, row.ID)
		}
		return ids
	}
	require.Equal(t, []string{"user-1", "user-2", "user-3"}, ids(""))
	require.Equal(t, []string{"user-3", "user-2", "user-1"}, ids("?order=DESC"))
	require.Equal(t, []string{"user-3", "user-2", "user-1"}, ids("?sort_by=create_time"))
	require.Equal(t, []string{"user-3"}, ids("?limit=2&offset=1"))
	require.Empty(t, ids("?limit=2&offset=9223372036854775807"))
	for _, query := range []string{"?limit=0", "?limit=1001", "?offset=-1", "?limit=x", "?sort_by=id", "?order=up"} {
		b.refused(400, "ModelArts.0107", "modelarts", "GET", authorizations+query, "")
	}
}

func TestModelArtsAgencyLivesInIAM(t *testing.T) {
	b := open(t, Options{})
	const path = "/v2/{p}/agency"
	b.expect(200, `{"agency_name":"modelarts_agency"}`, "modelarts", "POST", path, "")
	b.expect(200, `{"agency_name":"ma_agency_x"}`, "modelarts", "POST", path, `{"agency_name_suffix":"x"}`)
	b.refused(400, "ModelArts.3818", "modelarts", "POST", path, `{"agency_name_suffix":"x"}`)
	b.refused(400, "ModelArts.0104", "modelarts", "POST", path, `{"agency_name_suffix":1}`)
	id := b.agencyID("ma_agency_x")
	b.expect(204, "", "iam", "DELETE", agencies+"/"+id, "")
	require.NotContains(t, b.state(), "ma_agency_x", "ModelArts forgets what IAM has deleted")
	b.expect(200, `{"agency_name":"ma_agency_x"}`, "modelarts", "POST", path, `{"agency_name_suffix":"x"}`)
	require.NotEqual(t, id, b.agencyID("ma_agency_x"))
	b.call("iam", "POST", agencies, newAgency("ma_agency_y"))
	b.refused(400, "ModelArts.4502", "modelarts", "POST", path, `{"agency_name_suffix":"y"}`)
}

func TestModelArtsMakesNoMoreThanFiftyAgencies(t *testing.T) {
	b := open(t, Options{})
	for i := range agenciesMax {
		b.call("iam", "POST", agencies, newAgency(fmt.Sprint("a", i)))
	}
	b.refused(403, "ModelArts.4500", "modelarts", "POST", "/v2/{p}/agency", "{}")
}
