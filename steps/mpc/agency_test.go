package mpc

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

var (
	on  = json.RawMessage(`{"operate_type":"CREATED"}`)
	off = json.RawMessage(`{"operate_type":"CANCELED"}`)
)

func TestArgumentsAreTheSchemasFields(t *testing.T) {
	steptest.Arguments(t, "mpc.agency", agencyState{})
}

func TestTheSwitchIsSetAndPutBack(t *testing.T) {
	for _, tc := range []struct {
		seed   string
		in     json.RawMessage
		before json.RawMessage
		says   string
	}{
		{`"CANCELED"`, on, off, "undo posts CANCELED"},
		{`"CREATED"`, off, on, "undo posts CREATED"},
	} {
		c, state := steptest.Begin(t, `{"mpc":{"agency":`+tc.seed+`}}`, "")
		k, old := Agency(c), state()
		before, err := k.Read(t.Context(), tc.in)
		require.NoError(t, err)
		require.JSONEq(t, string(tc.before), string(before))
		require.NoError(t, k.Apply(t.Context(), tc.in, before))
		now, err := k.Read(t.Context(), tc.in)
		require.NoError(t, err)
		will, err := k.Assess(tc.in, before)
		require.NoError(t, err)
		assert.JSONEq(t, string(will.Goal), string(now))
		r, err := k.Reverse(tc.in, now, before)
		require.NoError(t, err)
		assert.Equal(t, tc.says, r.Says)
		assert.True(t, r.Exact())
		for range 2 {
			require.NoError(t, k.Undo(t.Context(), tc.in, now, r.Want))
			assert.Equal(t, old, state())
		}
	}
}

func TestASwitchThatWasOnIsNotCanceled(t *testing.T) {
	c, state := steptest.Begin(t, `{"mpc":{"agency":"CREATED"}}`, "")
	k, old := Agency(c), state()
	r, err := k.Reverse(on, on, on)
	require.NoError(t, err)
	assert.Equal(t, "undo changes nothing", r.Says)
	require.NoError(t, k.Undo(t.Context(), on, on, r.Want))
	assert.Equal(t, old, state())
}

func TestAlreadySoIsReadUnderEachStatus(t *testing.T) {
	for seed, in := range map[string]json.RawMessage{`"CREATED"`: on, `"CANCELED"`: off} {
		for _, variant := range []string{"", `"mpc_conflict_status":400`} {
			c, _ := steptest.Begin(t, `{"mpc":{"agency":`+seed+`}}`, variant)
			err := Agency(c).Apply(t.Context(), in, off)
			assert.True(t, step.IsClass(err, step.AlreadySo), "%v", err)
		}
	}
	c := steptest.Against(t, "mpc", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, `{"error_code":"MPC.10202","error_msg":"x"}`, http.StatusForbidden)
	})
	assert.True(t, step.IsClass(Agency(c).Apply(t.Context(), on, off), step.Invalid), "403 alone is not already so")
}

func TestASwitchThatNobodyTouchedIsOff(t *testing.T) {
	for _, body := range []string{`{}`, `{"operate_type":null}`, `{"operate_type":""}`} {
		k := Agency(steptest.Against(t, "mpc", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) }))
		found, err := k.Read(t.Context(), on)
		require.NoError(t, err)
		assert.JSONEq(t, string(off), string(found))
		will, err := k.Assess(on, found)
		require.NoError(t, err)
		assert.False(t, will.Was)
	}
}

func TestAThirdPositionIsNotGuessed(t *testing.T) {
	k := Agency(steptest.Against(t, "mpc", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"operate_type":"CANCELLED"}`) }))
	_, err := k.Read(t.Context(), on)
	assert.True(t, step.IsClass(err, step.Unavailable), "%v", err)
}

func TestOnlyAnEmpty204IsASuccess(t *testing.T) {
	k := Agency(steptest.Against(t, "mpc", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `<html>`) }))
	assert.True(t, step.IsClass(k.Apply(t.Context(), on, off), step.UnknownOutcome))
}
