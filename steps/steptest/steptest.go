// Package steptest is what the tests of kinds stand on: a sandbox with a client of it, a server that answers what a
// test wants, and the law that a kind's Go fields are its schema's. It knows no kind.
package steptest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"writ/engine/step"
	"writ/schemas"
	"writ/steps/cloud"
	"writ/steps/sandbox"
)

// Project is the id of the one project.
const Project = "p1"

// World is a sandbox and a client of it.
type World struct {
	t      *testing.T
	server *sandbox.Server
	Client *cloud.Client
}

// Begin starts a sandbox that holds one project, a JSON object, and these variants, the members of one. It answers a
// client of it, and what reads its state.
func Begin(t *testing.T, project, variants string) (*cloud.Client, func() string) {
	t.Helper()
	w := Seeded(t, `{"projects":{"`+Project+`":`+project+`},"variants":{`+variants+`}}`)
	return w.Client, w.State
}

// Seeded starts a sandbox with a state document.
func Seeded(t *testing.T, seed string) World {
	t.Helper()
	s, err := sandbox.New(sandbox.Options{Seed: []byte(seed)})
	require.NoError(t, err)
	require.NoError(t, s.Start())
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	e := s.Endpoints()
	c := client(t, cloud.Config{
		Credentials: cloud.Credentials{AccessKey: e.AccessKey, SecretKey: cloud.Hide(e.SecretKey)},
		Region:      e.Region, ProjectID: e.ProjectID, DomainID: e.DomainID, Endpoints: e.Endpoints,
	})
	return World{t, s, c}
}

// Get reads from the sandbox's control listener.
func (w World) Get(path string) string {
	w.t.Helper()
	return Control(w.t, w.server, http.MethodGet, path, "")
}

// Control makes a control call of a sandbox and answers its body.
func Control(t *testing.T, server *sandbox.Server, method, path, body string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, server.ControlURL()+path, strings.NewReader(body))
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Less(t, resp.StatusCode, 300, "%s", raw)
	return string(raw)
}

// State is the whole cloud as a document.
func (w World) State() string { return w.Get("/-/state") }

// Against makes a client of a server that speaks for a service.
func Against(t *testing.T, service string, h http.HandlerFunc) *cloud.Client {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return client(t, cloud.Config{
		Credentials: cloud.Credentials{AccessKey: "a", SecretKey: cloud.Hide("a-key-that-nothing-echoes")}, ProjectID: Project,
		Endpoints: map[string]string{service: s.URL},
	})
}

func client(t *testing.T, cfg cloud.Config) *cloud.Client {
	t.Helper()
	c, err := cloud.New(cfg)
	require.NoError(t, err)
	return c
}

// Arguments holds a kind's Go fields to its schema's.
func Arguments(t *testing.T, kind string, in any) {
	t.Helper()
	var doc struct {
		Definitions struct {
			Input struct{ Properties map[string]any }
		}
	}
	require.NoError(t, json.Unmarshal(schemas.Kind(kind), &doc))
	fields := map[string]any{}
	for i := range reflect.TypeOf(in).NumField() {
		name, _, _ := strings.Cut(reflect.TypeOf(in).Field(i).Tag.Get("json"), ",")
		fields[name] = doc.Definitions.Input.Properties[name]
	}
	assert.Equal(t, doc.Definitions.Input.Properties, fields, kind)
}

// Overlap reports whether two steps' objects have one in common.
func Overlap(a, b []string) bool {
	var x step.Index[string]
	for _, object := range a {
		x.Add(object, "a")
	}
	for _, object := range b {
		if _, ok := x.Other(object, "b"); ok {
			return true
		}
	}
	return false
}
