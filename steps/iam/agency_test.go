package iam

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
	steptest.Arguments(t, "iam.agency", agencyIn{})
	steptest.Arguments(t, "iam.agency_role", agencyRoleIn{})
}

// run drives a kind as the engine does, without its journal.
type run struct {
	t      *testing.T
	kind   step.Kind
	in     json.RawMessage
	before json.RawMessage
}

func begin(t *testing.T, kind step.Kind, in string) run {
	t.Helper()
	r := run{t: t, kind: kind, in: json.RawMessage(in)}
	r.before = r.read()
	return r
}

func (r run) read() json.RawMessage {
	r.t.Helper()
	s, err := r.kind.Read(r.t.Context(), r.in)
	require.NoError(r.t, err)
	return s
}

func (r run) goal() json.RawMessage {
	r.t.Helper()
	will, err := r.kind.Assess(r.in, r.before)
	require.NoError(r.t, err)
	return will.Goal
}

func (r run) apply() error { return r.kind.Apply(r.t.Context(), r.in, r.before) }

// made applies, and answers what then stands: the goal, or what the kind takes for it.
func (r run) made() json.RawMessage {
	r.t.Helper()
	require.NoError(r.t, r.apply())
	now := r.read()
	takes, err := r.kind.Accepts(r.in, r.before, now)
	require.NoError(r.t, err)
	if !takes {
		assert.JSONEq(r.t, r.counts(r.goal()), r.counts(now))
	}
	return now
}

// undo leads back as far as Reverse says, twice, and holds the result to it.
func (r run) undo(now json.RawMessage) step.Reverse {
	r.t.Helper()
	rev, err := r.kind.Reverse(r.in, now, r.before)
	require.NoError(r.t, err)
	for range 2 {
		require.NoError(r.t, r.kind.Undo(r.t.Context(), r.in, now, rev.Want))
		assert.JSONEq(r.t, r.counts(rev.Want), r.counts(r.read()))
	}
	return rev
}

func (r run) counts(state json.RawMessage) string {
	r.t.Helper()
	out, err := r.kind.Counts(state)
	require.NoError(r.t, err)
	return string(out)
}

func (r run) outputs(state json.RawMessage) string {
	r.t.Helper()
	out, err := r.kind.Outputs(r.in, state)
	require.NoError(r.t, err)
	return string(out)
}

// account is a sandbox whose account has these agencies, and what reads its state.
func account(t *testing.T, agencies string) steptest.World {
	t.Helper()
	return steptest.Seeded(t, `{"projects":{"p1":{}},"iam":{"agencies":[`+agencies+`]}}`)
}

const theirs = `{"id":"a1","name":"team","trust_domain_name":"op_svc_obs","description":"theirs","duration":"480"}`

func TestAnAgencyIsMadeAndDeleted(t *testing.T) {
	for _, tc := range []struct{ in, duration, shown string }{
		{`{"name":"team","trust_domain_name":"op_svc_uquery"}`, "FOREVER", ""},
		{`{"name":"team","trust_domain_name":"op_svc_uquery","duration":"ONEDAY"}`, "1", ""},
		{`{"name":"team","trust_domain_name":"op_svc_uquery","duration":"20","description":"logs"}`, "20", "logs"},
	} {
		w := account(t, ``)
		r, state := begin(t, Agency(w.Client), tc.in), w.State()
		known := fmt.Sprintf(`"name":"team","trust_domain_name":"op_svc_uquery","domain_id":"5a9db0c5000000000000000000000d0d","description":%q,"duration":%q`, tc.shown, tc.duration)
		assert.JSONEq(t, `{`+known+`}`, r.outputs(r.goal()), "what is known before")
		now := r.made()
		var out agencyOut
		require.NoError(t, json.Unmarshal([]byte(r.outputs(now)), &out))
		assert.NotEmpty(t, out.TrustDomainID)
		assert.JSONEq(t, fmt.Sprintf(`{"id":%q,"trust_domain_id":%q,%s}`, out.ID, out.TrustDomainID, known), r.outputs(now))
		assert.JSONEq(t, r.counts(now), r.counts(begin(t, r.kind, tc.in).goal()), "the same again is nothing to do")
		rev := r.undo(now)
		assert.True(t, rev.Exact())
		assert.Equal(t, "undo deletes the agency team and with it every role it has been given", rev.Says)
		assert.Equal(t, state, w.State())
	}
}

func TestAnAgencyThatWasThereIsPutBack(t *testing.T) {
	for _, tc := range []struct{ in, says string }{
		{`{"name":"team","trust_domain_name":"op_svc_obs"}`, "undo changes nothing"},
		{`{"name":"team","trust_domain_name":"op_svc_obs","description":"ours"}`, "undo puts back the description"},
		{`{"name":"team","trust_domain_name":"op_svc_obs","description":""}`, "undo puts back the description"},
		{`{"name":"team","trust_domain_name":"op_svc_obs","duration":"FOREVER"}`, "undo puts back the duration"},
		{`{"name":"team","trust_domain_name":"op_svc_dbss","description":"","duration":"7"}`, "undo puts back the trusted domain, the description, the duration"},
	} {
		w := account(t, theirs)
		r, state := begin(t, Agency(w.Client), tc.in), w.State()
		rev := r.undo(r.made())
		assert.True(t, rev.Exact())
		assert.Equal(t, tc.says, rev.Says, tc.in)
		assert.Equal(t, state, w.State())
	}
}

func TestATrustedDomainIsGivenByItsIDToo(t *testing.T) {
	const obs = `{"name":"n","trust_domain_name":"op_svc_obs"}`
	var out agencyOut
	r := begin(t, Agency(account(t, obs).Client), obs)
	require.NoError(t, json.Unmarshal([]byte(r.outputs(r.before)), &out))

	w := account(t, ``)
	r = begin(t, Agency(w.Client), `{"name":"n","trust_domain_id":"`+out.TrustDomainID+`"}`)
	assert.NotContains(t, r.outputs(r.goal()), "trust_domain_name")
	now := r.made()
	assert.Contains(t, r.outputs(now), `"trust_domain_name":"op_svc_obs"`)
	r.undo(now)
}

func TestANewTrustedDomainLeavesTheOthersNameUnknown(t *testing.T) {
	r := begin(t, Agency(account(t, theirs).Client), `{"name":"team","trust_domain_name":"op_svc_dbss"}`)
	assert.Contains(t, r.outputs(r.before), "trust_domain_id")
	assert.NotContains(t, r.outputs(r.goal()), "trust_domain_id")
}

func TestADurationThatIsNoWholeDaysIsNamed(t *testing.T) {
	w := account(t, `{"name":"team","trust_domain_name":"op_svc_obs","description":"a","duration":"36"}`)
	r := begin(t, Agency(w.Client), `{"name":"team","trust_domain_name":"op_svc_obs","description":"b","duration":"2"}`)
	rev := r.undo(r.made())
	assert.Equal(t, []step.Residue{{Field: "agency.duration", Why: "IAM takes whole days, and it was 36 hours"}}, rev.Left)
	assert.Equal(t, "undo puts back the description", rev.Says)
	assert.Contains(t, w.State(), `"duration": "48"`)
}

func TestDurationsAreReadInEveryForm(t *testing.T) {
	for raw, want := range map[string]string{
		`null`: "FOREVER", `""`: "FOREVER", `"FOREVER"`: "FOREVER", `"24"`: "1", `480`: "20", `"480"`: "20", `"30"`: "30 hours", `"0"`: "0 hours", `"ever"`: "ever",
	} {
		var value any
		require.NoError(t, json.Unmarshal([]byte(raw), &value))
		assert.Equal(t, want, shown(value), raw)
		assert.Equal(t, want == "FOREVER" || want == "1" || want == "20", canBeSet(want), want)
	}
}

// Between our look and our write somebody makes an agency of that name.
func TestANameThatIsTakenMeanwhile(t *testing.T) {
	const in = `{"name":"team","trust_domain_name":"op_svc_obs"}`
	for agencies, class := range map[string]step.Class{
		in:     step.AlreadySo,
		theirs: step.Conflict,
	} {
		w := account(t, agencies)
		r := run{t: t, kind: Agency(w.Client), in: json.RawMessage(in), before: json.RawMessage(`{"agency":null}`)}
		state := w.State()
		err := r.apply()
		assert.True(t, step.IsClass(err, class), "%v", err)
		assert.Equal(t, state, w.State())
	}
}

// IAM may refuse a name and not show yet who has it: the engine then goes on reading.
func TestANameThatIsTakenAndDoesNotShowYetIsAsAsked(t *testing.T) {
	c := steptest.Against(t, "iam", func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/v3/auth/domains":
			fmt.Fprint(w, `{"domains":[{"id":"d1"}]}`)
		case "/v3.0/OS-AGENCY/agencies":
			if r.Method == http.MethodPost {
				http.Error(w, `{"error":{"message":"Conflict","code":409,"title":"Conflict"}}`, http.StatusConflict)
				return
			}
			fmt.Fprint(w, `{"agencies":[]}`)
		}
	})
	r := begin(t, Agency(c), `{"name":"team","trust_domain_name":"op_svc_obs"}`)
	assert.True(t, step.IsClass(r.apply(), step.AlreadySo))
}

func TestAnAgencyThatIsGoneIsNotMadeAgain(t *testing.T) {
	w := account(t, theirs)
	r := begin(t, Agency(w.Client), `{"name":"team","trust_domain_name":"op_svc_obs","description":"ours"}`)
	now := r.made()
	require.NoError(t, w.Client.DeleteAgency(t.Context(), "a1"))
	assert.NoError(t, r.kind.Undo(t.Context(), r.in, r.read(), r.before))
	rev, err := r.kind.Reverse(r.in, r.read(), r.before)
	require.NoError(t, err)
	assert.False(t, rev.Exact())
	assert.NotContains(t, w.State(), "team")
	assert.True(t, step.IsClass(r.kind.Undo(t.Context(), r.in, now, r.before), step.NotFound), "it went just now")
}

// Somebody deletes ours and makes another one of that name: the id tells.
func TestAnotherAgencyOfTheSameNameIsNotTakenForOurs(t *testing.T) {
	w := account(t, ``)
	r := begin(t, Agency(w.Client), `{"name":"team","trust_domain_name":"op_svc_obs"}`)
	ours := r.made()
	r.undo(ours)
	other := begin(t, r.kind, string(r.in)).made()
	_, foreign := step.Merge(json.RawMessage(r.counts(r.before)), json.RawMessage(r.counts(ours)), json.RawMessage(r.counts(other)), false)
	assert.Equal(t, []string{"agency"}, foreign)
	require.NoError(t, r.kind.Undo(t.Context(), r.in, ours, r.before))
	assert.JSONEq(t, string(other), string(r.read()), "deleting is by id")
}

func TestATrustedDomainThatIAMDoesNotKnowIsTold(t *testing.T) {
	w := account(t, ``)
	err := begin(t, Agency(w.Client), `{"name":"team","trust_domain_id":"nobody"}`).apply()
	assert.True(t, step.IsClass(err, step.NotFound), "%v", err)
	assert.ErrorContains(t, err, "TrustDomainNotFound")
}

func TestASuccessWithoutAnAgencyIsDoubted(t *testing.T) {
	c := steptest.Against(t, "iam", func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			w.WriteHeader(http.StatusCreated)
		}
		fmt.Fprint(w, `{"domains":[{"id":"d1"}]}`)
	})
	r := begin(t, Agency(c), `{"name":"team","trust_domain_name":"op_svc_obs"}`)
	assert.True(t, step.IsClass(r.apply(), step.UnknownOutcome))
}

func TestOnlyTheVeryNameIsTheAgency(t *testing.T) {
	c := steptest.Against(t, "iam", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v3/auth/domains" {
			fmt.Fprint(w, `{"domains":[{"id":"d1"}]}`)
			return
		}
		fmt.Fprint(w, `{"agencies":[{"id":"a1","name":"team-b"},{"id":"a2","name":"Team"},{"name":"team"}]}`)
	})
	r := begin(t, Agency(c), `{"name":"team","trust_domain_name":"op_svc_obs"}`)
	assert.JSONEq(t, `{"agency":null}`, r.counts(r.before))
}
