package dbss

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

	"writ/schemas"
	"writ/steps/cloud"
	"writ/steps/sandbox"
)

// begin starts a sandbox with that project and a client of it, and answers what reads the sandbox's state.
func begin(t *testing.T, project, variants string) (*cloud.Client, func() string) {
	t.Helper()
	s, err := sandbox.New(sandbox.Options{Seed: []byte(`{"projects":{"p1":` + project + `},"variants":{` + variants + `}}`)})
	require.NoError(t, err)
	require.NoError(t, s.Start())
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	e := s.Endpoints()
	return client(t, e.Endpoints, e.AccessKey, e.SecretKey), func() string {
		resp, err := http.Get(s.ControlURL() + "/-/state")
		require.NoError(t, err)
		defer resp.Body.Close()
		raw, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		return string(raw)
	}
}

// against makes a client of a server that speaks for the service.
func against(t *testing.T, h http.HandlerFunc) *cloud.Client {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return client(t, map[string]string{"dbss": s.URL}, "a", "s")
}

func client(t *testing.T, endpoints map[string]string, ak, sk string) *cloud.Client {
	t.Helper()
	c, err := cloud.New(cloud.Config{
		Credentials: cloud.Credentials{AccessKey: ak, SecretKey: cloud.Secret(sk)}, ProjectID: "p1", Endpoints: endpoints,
	})
	require.NoError(t, err)
	return c
}

// assertArguments holds a kind's Go fields to its schema's.
func assertArguments(t *testing.T, kind string, in any) {
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
