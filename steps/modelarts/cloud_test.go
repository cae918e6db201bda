package modelarts

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"writ/engine/step"
	"writ/steps/steptest"
)

// world is a sandbox and a client of it.
type world struct {
	t *testing.T
	steptest.World
}

// begin starts a sandbox in which these authorizations and agencies stand.
func begin(t *testing.T, rows, variants string) world {
	t.Helper()
	return seeded(t, `{"projects":{"p1":{"modelarts":{"authorizations":[`+rows+`]}}},
		"iam":{"users":[{"id":"u01","name":"alice"},{"id":"u02","name":"bob"}]},"variants":{`+variants+`}}`)
}

func seeded(t *testing.T, seed string) world {
	t.Helper()
	return world{t, steptest.Seeded(t, seed)}
}

// writes lists the methods, operations and statuses of the requests that were not reads, in order.
func (w world) writes() []string {
	var log struct {
		Requests []struct{ Method, Operation string }
	}
	require.NoError(w.t, json.Unmarshal([]byte(w.Get("/-/requests")), &log))
	var names []string
	for _, r := range log.Requests {
		if r.Method != http.MethodGet {
			names = append(names, r.Operation)
		}
	}
	return names
}

// run drives a kind as the engine does, without its journal.
type run struct {
	world
	kind   step.Kind
	in     json.RawMessage
	before json.RawMessage
}

func (w world) run(kind step.Kind, in string) run {
	w.t.Helper()
	before, err := kind.Read(w.t.Context(), json.RawMessage(in))
	require.NoError(w.t, err)
	return run{w, kind, json.RawMessage(in), before}
}

func (r run) apply() error { return r.kind.Apply(r.t.Context(), r.in, r.before) }

func (r run) read() json.RawMessage {
	r.t.Helper()
	s, err := r.kind.Read(r.t.Context(), r.in)
	require.NoError(r.t, err)
	return s
}

func (r run) reverse(now json.RawMessage) step.Reverse {
	r.t.Helper()
	rev, err := r.kind.Reverse(r.in, now, r.before)
	require.NoError(r.t, err)
	return rev
}

// undo leads back as far as Reverse says, and holds the result to it.
func (r run) undo() step.Reverse {
	r.t.Helper()
	now := r.read()
	rev := r.reverse(now)
	require.NoError(r.t, r.kind.Undo(r.t.Context(), r.in, now, rev.Want))
	r.same(rev.Want, r.read())
	return rev
}

func (r run) same(want, found json.RawMessage) {
	r.t.Helper()
	a, err := r.kind.Counts(want)
	require.NoError(r.t, err)
	b, err := r.kind.Counts(found)
	require.NoError(r.t, err)
	assert.JSONEq(r.t, string(a), string(b))
}

func TestArgumentsAreTheSchemasFields(t *testing.T) {
	steptest.Arguments(t, "modelarts.agency", agencyIn{})
	steptest.Arguments(t, "modelarts.authorization", authorizationIn{})
}
