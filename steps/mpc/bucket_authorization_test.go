package mpc

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"writ/engine/step"
	"writ/steps/steptest"
)

func TestBucketArgumentsAreTheSchemasFields(t *testing.T) {
	steptest.Arguments(t, "mpc.bucket_authorization", bucketAuthorizationIn{})
}

func TestABucketIsAuthorizedAndPutBack(t *testing.T) {
	for _, tc := range []struct {
		is         int
		in         string
		says, undo string
	}{
		{0, `{"bucket":"mine","operation":"1"}`, `{"bucket":"mine","is_authorized":1}`, "undo takes the bucket mine away from MPC"},
		{1, `{"bucket":"mine","operation":"0"}`, `{"bucket":"mine","is_authorized":0}`, "undo authorizes MPC on the bucket mine"},
	} {
		for _, variant := range []string{``, `"mpc_creation_date":"integer"`} {
			seed := fmt.Sprintf(`{"mpc":{"agency":"CREATED","buckets":[{"bucket":"mine","is_authorized":%d},{"bucket":"other","is_authorized":1}]}}`, tc.is)
			c, state := steptest.Begin(t, seed, variant)
			k, in, old := BucketAuthorization(c), json.RawMessage(tc.in), state()
			before, err := k.Read(t.Context(), in)
			require.NoError(t, err)
			will, err := k.Assess(in, before)
			require.NoError(t, err)
			assert.JSONEq(t, tc.says, string(will.Outputs))
			for range 2 {
				require.NoError(t, k.Apply(t.Context(), in, before))
				now, err := k.Read(t.Context(), in)
				require.NoError(t, err)
				assert.JSONEq(t, string(will.Goal), string(now))
			}
			r, err := k.Reverse(in, will.Goal, before)
			require.NoError(t, err)
			assert.Equal(t, tc.undo, r.Says)
			assert.True(t, r.Exact())
			require.NoError(t, k.Undo(t.Context(), in, will.Goal, r.Want))
			assert.Equal(t, old, state())
		}
	}
}

func TestABucketThatIsAsAskedIsNotSent(t *testing.T) {
	k := BucketAuthorization(nil)
	in, on := json.RawMessage(`{"bucket":"mine","operation":"1"}`), json.RawMessage(`{"is_authorized":1}`)
	r, err := k.Reverse(in, on, on)
	require.NoError(t, err)
	assert.Equal(t, "undo changes nothing", r.Says)
	assert.NoError(t, k.Undo(t.Context(), in, on, on), "it would fail without a client")
}

func TestABucketThatMPCDoesNotListIsRefused(t *testing.T) {
	c, _ := steptest.Begin(t, `{"mpc":{"buckets":[{"bucket":"mine"}]}}`, "")
	for _, operation := range []string{authorize, revoke} {
		_, err := BucketAuthorization(c).Read(t.Context(), json.RawMessage(`{"bucket":"mino","operation":"`+operation+`"}`))
		assert.True(t, step.IsClass(err, step.Invalid), "%v", err)
		assert.ErrorContains(t, err, "mino")
	}
}

func TestABucketThatMPCRefusesSaysWhy(t *testing.T) {
	c, state := steptest.Begin(t, `{"mpc":{"buckets":[{"bucket":"mine","kms":true}]}}`, "")
	old := state()
	err := BucketAuthorization(c).Apply(t.Context(), json.RawMessage(`{"bucket":"mine","operation":"1"}`), json.RawMessage(`{}`))
	assert.True(t, step.IsClass(err, step.Invalid), "%v", err)
	assert.ErrorContains(t, err, "MPC.10209")
	assert.ErrorContains(t, err, "KMS")
	assert.Equal(t, old, state())
}

func TestTheOperationIsSentAsText(t *testing.T) {
	var sent string
	c := steptest.Against(t, "mpc", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		sent = string(body)
		w.WriteHeader(http.StatusNoContent)
	})
	in := json.RawMessage(`{"bucket":"mine","operation":"1"}`)
	require.NoError(t, BucketAuthorization(c).Apply(t.Context(), in, json.RawMessage(`{}`)))
	assert.JSONEq(t, string(in), sent)
}

func TestABucketsThirdPositionIsNotGuessed(t *testing.T) {
	for _, body := range []string{
		`{"buckets":[{"bucket":"mine","is_authorized":2}]}`, `{"buckets":[{"bucket":"mine"}]}`, `{"buckets":[{"bucket":"mine","is_authorized":"1"}]}`,
	} {
		k := BucketAuthorization(steptest.Against(t, "mpc", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) }))
		_, err := k.Read(t.Context(), json.RawMessage(`{"bucket":"mine","operation":"1"}`))
		assert.True(t, step.IsClass(err, step.Unavailable), "%v", err)
	}
}
