package dli

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"writ/engine/step"
	"writ/steps/steptest"
)

func TestArgumentsAreTheSchemasFields(t *testing.T) {
	steptest.Arguments(t, "dli.agency", agencyIn{})
	steptest.Arguments(t, "dli.obs_authorization", obsAuthorizationIn{})
}

func TestRolesThatAreThereStay(t *testing.T) {
	for _, tc := range []struct{ before, in, goal []string }{
		{nil, []string{"obs_adm"}, []string{"obs_adm"}},
		{[]string{"ief_adm"}, []string{"vpc_netadm", "obs_adm"}, []string{"ief_adm", "obs_adm", "vpc_netadm"}},
		{[]string{"obs_adm"}, []string{"obs_adm"}, []string{"obs_adm"}},
	} {
		assert.Equal(t, agencyState{tc.goal}, goal(agencyIn{Roles: tc.in}, agencyState{tc.before}))
		assert.Equal(t, agencyState{set(tc.in)}, goal(agencyIn{Roles: tc.in, Mode: "replace"}, agencyState{tc.before}))
	}
}

func TestUndoPostsTheOldRolesUnknownOnesIncluded(t *testing.T) {
	for _, in := range []string{`{"roles":["obs_adm"]}`, `{"roles":["obs_adm"],"mode":"replace"}`} {
		c, state := steptest.Begin(t, `{"dli":{"agency":{"roles":["ief_adm","vpc_netadm"],"version":"v2"}}}`, "")
		k, in, old := Agency(c), json.RawMessage(in), state()
		before, err := k.Read(t.Context(), in)
		require.NoError(t, err)
		require.NoError(t, k.Apply(t.Context(), in, before))
		now, err := k.Read(t.Context(), in)
		require.NoError(t, err)
		will, err := k.Assess(in, before)
		require.NoError(t, err)
		assert.JSONEq(t, string(will.Goal), string(now))
		r, err := k.Reverse(in, now, before)
		require.NoError(t, err)
		assert.Equal(t, "undo posts the roles [ief_adm vpc_netadm]", r.Says)
		for range 2 {
			require.NoError(t, k.Undo(t.Context(), in, now, r.Want))
			assert.Equal(t, old, state())
		}
	}
}

func TestAnAgencyThatWasNeverMadeHasNoRoles(t *testing.T) {
	in := json.RawMessage(`{"roles":["te_admin"]}`)
	for _, variant := range []string{"", `"dli_fresh":"empty"`} {
		c, _ := steptest.Begin(t, `{"dli":{"agency":null}}`, variant)
		k := Agency(c)
		before, err := k.Read(t.Context(), in)
		require.NoError(t, err)
		require.JSONEq(t, `{"current_roles":[]}`, string(before))
		will, err := k.Assess(in, before)
		require.NoError(t, err)
		assert.False(t, will.Was)
		require.NoError(t, k.Apply(t.Context(), in, before))
		now, err := k.Read(t.Context(), in)
		require.NoError(t, err)
		require.NoError(t, k.Undo(t.Context(), in, now, before))
		now, err = k.Read(t.Context(), in)
		require.NoError(t, err)
		assert.JSONEq(t, `{"current_roles":[]}`, string(now))
	}
}

func TestAWrongAddressIsNotAMissingAgency(t *testing.T) {
	k := Agency(steptest.Against(t, "dli", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, `{"error_code":"APIGW.0101","error_msg":"The API does not exist"}`, http.StatusNotFound)
	}))
	_, err := k.Read(t.Context(), nil)
	assert.True(t, step.IsClass(err, step.Invalid), "%v", err)
}

func TestIsSuccessIsReadInAllItsForms(t *testing.T) {
	for body, want := range map[string]map[string]step.Class{
		`{"is_success":true}`:                  {},
		`{"is_success":"true","message":"ok"}`: {},
		`{"is_success":false,"message":"no"}`:  {"agency": step.Invalid, "bucket": step.Invalid},
		`{"is_success":"false"}`:               {"agency": step.Invalid, "bucket": step.Invalid},
		`{"message":""}`:                       {"bucket": step.UnknownOutcome},
		`{"is_success":"yes"}`:                 {"agency": step.UnknownOutcome, "bucket": step.UnknownOutcome},
	} {
		c := steptest.Against(t, "dli", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) })
		for name, err := range map[string]error{
			"agency": Agency(c).Apply(t.Context(), json.RawMessage(`{"roles":["obs_adm"]}`), nil),
			"bucket": ObsAuthorization(c).Apply(t.Context(), json.RawMessage(`{"obs_buckets":["b"]}`), nil),
		} {
			if want[name] == "" {
				assert.NoError(t, err, "%s %s", name, body)
				continue
			}
			assert.True(t, step.IsClass(err, want[name]), "%s %s: %v", name, body, err)
		}
	}
}

func TestBucketsAreAddedToWhatIsKnown(t *testing.T) {
	for _, variant := range []string{"", `"dli_is_success":"boolean"`} {
		c, state := steptest.Begin(t, `{"dbss":{"obs_buckets":[{"bucket_name":"bucket1","location":"r"}]},"mpc":{"buckets":[{"bucket":"bucket1"}]}}`, variant)
		k, in := ObsAuthorization(c), json.RawMessage(`{"obs_buckets":["bucket1"]}`)
		assert.False(t, k.Readable())
		will, err := k.Assess(in, json.RawMessage(`{"obs_buckets":["a"]}`))
		require.NoError(t, err)
		assert.JSONEq(t, `{"obs_buckets":["a","bucket1"]}`, string(will.Goal))
		assert.JSONEq(t, `{"obs_buckets":["bucket1"]}`, string(will.Outputs), "its own")
		require.NoError(t, k.Apply(t.Context(), in, json.RawMessage(`{"obs_buckets":["a"]}`)))
		assert.Contains(t, state(), `"bucket1"`)
		will, err = k.Assess(in, nil)
		require.NoError(t, err)
		assert.Equal(t, step.Unreadable, will.Doubt.Class)
		for before, want := range map[string]bool{`{"obs_buckets":[]}`: false, `{"obs_buckets":["bucket1","z"]}`: true} {
			will, err := k.Assess(in, json.RawMessage(before))
			require.NoError(t, err)
			assert.Equal(t, want, will.Was)
		}
	}
}

func TestStepsOnTheSameBucketTakeTurns(t *testing.T) {
	k := ObsAuthorization(nil)
	a, err := k.Objects(json.RawMessage(`{"obs_buckets":["a","b"]}`))
	require.NoError(t, err)
	b, err := k.Objects(json.RawMessage(`{"obs_buckets":["b"]}`))
	require.NoError(t, err)
	assert.True(t, steptest.Overlap(a, b))
}
