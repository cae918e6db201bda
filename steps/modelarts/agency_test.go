package modelarts

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"writ/engine/step"
)

const suffixed = `{"agency_name_suffix":"x"}`

func TestAnAgencyIsMadeAndDeleted(t *testing.T) {
	w := begin(t, "", "")
	r := w.run(Agency(w.Client), suffixed)
	assert.JSONEq(t, `{"agency_name":""}`, string(r.before))
	state := w.State()
	require.NoError(t, r.apply())
	will, err := r.kind.Assess(r.in, r.before)
	require.NoError(t, err)
	r.same(will.Goal, r.read())
	assert.True(t, step.IsClass(r.apply(), step.AlreadySo))
	assert.Equal(t, "undo deletes the agency ma_agency_x in IAM", r.undo().Says)
	assert.Equal(t, state, w.State())
}

func TestAnAgencyThatWasThereStays(t *testing.T) {
	w := seeded(t, `{"projects":{"p1":{}},"iam":{"agencies":[{"name":"modelarts_agency","trust_domain_name":"op_svc_eiwizard"}]}}`)
	r := w.run(Agency(w.Client), `{}`)
	state := w.State()
	will, err := r.kind.Assess(r.in, r.before)
	require.NoError(t, err)
	r.same(will.Goal, r.before)
	assert.True(t, step.IsClass(r.apply(), step.AlreadySo), "ModelArts.4502")
	assert.Equal(t, "undo changes nothing", r.undo().Says)
	assert.Equal(t, state, w.State())
}

func TestAnAgencyInUseStays(t *testing.T) {
	w := begin(t, "", "")
	r := w.run(Agency(w.Client), suffixed)
	require.NoError(t, r.apply())
	now := r.read()
	require.NoError(t, authorization{w.Client}.post(t.Context(), postBody{UserID: "u01", Type: typeAgency, Content: "ma_agency_x"}))
	err := r.kind.Undo(t.Context(), r.in, now, r.before)
	assert.True(t, step.IsClass(err, step.Conflict), "%v", err)
	rev := r.reverse(r.read())
	assert.Equal(t, []step.Residue{{Field: "agency_name", Why: "the authorization of u01 names the agency ma_agency_x"}}, rev.Left)
	r.undo()
	assert.Contains(t, w.State(), "ma_agency_x")
}

func TestTheNameIsKnownBeforeAndTheIDIsNot(t *testing.T) {
	k := Agency(nil)
	for in, name := range map[string]string{`{}`: "modelarts_agency", `{"agency_name_suffix":""}`: "modelarts_agency", suffixed: "ma_agency_x"} {
		will, err := k.Assess(json.RawMessage(in), json.RawMessage(`{"agency_name":""}`))
		require.NoError(t, err)
		assert.JSONEq(t, `{"agency_name":"`+name+`"}`, string(will.Outputs))
	}
}
