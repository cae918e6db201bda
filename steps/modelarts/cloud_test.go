package modelarts

import (
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"writ/engine/step"
	"writ/schemas"
	"writ/steps/cloud"
	"writ/steps/sandbox"
)

// world is a sandbox and a client of it.
type world struct {
	t      *testing.T
	server *sandbox.Server
	client *cloud.Client
}

// begin starts a sandbox in which these authorizations and agencies stand.
func begin(t *testing.T, rows, variants string) world {
	t.Helper()
	return seeded(t, `{"projects":{"p1":{"modelarts":{"authorizations":[`+rows+`]}}},
		"iam":{"users":[{"id":"u01","name":"alice"},{"id":"u02","name":"bob"}]},"variants":{`+variants+`}}`)
}

func seeded(t *testing.T, seed string) world {
	t.Helper()
	s, err := sandbox.New(sandbox.Options{Seed: []byte(seed)})
	require.NoError(t, err)
	require.NoError(t, s.Start())
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	e := s.Endpoints()
	c, err := cloud.New(cloud.Config{
		Credentials: cloud.Credentials{AccessKey: e.AccessKey, SecretKey: cloud.Secret(e.SecretKey)},
		Region:      e.Region, ProjectID: e.ProjectID, DomainID: e.DomainID, Endpoints: e.Endpoints,
	})
	require.NoError(t, err)
	return world{t, s, c}
}

func (w world) get(path string) string {
	w.t.Helper()
	resp, err := http.Get(w.server.ControlURL() + path)
	require.NoError(w.t, err)
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	require.NoError(w.t, err)
	return string(raw)
}

func (w world) state() string { return w.get("/-/state") }

// writes lists the methods, operations and statuses of the requests that were not reads, in order.
func (w world) writes() []string {
	var log struct {
		Requests []struct{ Method, Operation string }
	}
	require.NoError(w.t, json.Unmarshal([]byte(w.get("/-/requests")), &log))
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

func fieldsOf(v any) []string {
	var names []string
	for f := range fields(reflect.TypeOf(v)) {
		names = append(names, f)
	}
	slices.Sort(names)
	return names
}

func fields(t reflect.Type) map[string]bool {
	names := map[string]bool{}
	for i := range t.NumField() {
		names[strings.Split(t.Field(i).Tag.Get("json"), ",")[0]] = true
	}
	return names
}

func TestArgumentsAreTheSchemasFields(t *testing.T) {
	for kind, in := range map[string]any{"modelarts.agency": agencyIn{}, "modelarts.authorization": authorizationIn{}} {
		var doc struct {
			Definitions struct {
				Input struct{ Properties map[string]any }
			}
		}
		require.NoError(t, json.Unmarshal(schemas.Kind(kind), &doc))
		var names []string
		for name := range doc.Definitions.Input.Properties {
			names = append(names, name)
		}
		slices.Sort(names)
		assert.Equal(t, names, fieldsOf(in), kind)
	}
}
