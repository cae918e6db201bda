package schemas_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"writ/schemas"
)

type document struct {
	Schema      string `json:"$schema"`
	Title       string
	Description string
	Definitions struct{ Input, Output map[string]any }
}

func read(t *testing.T, kind string) document {
	t.Helper()
	var d document
	require.NoError(t, json.Unmarshal(schemas.Kind(kind), &d), kind)
	return d
}

func compile(t *testing.T, schema any) *jsonschema.Schema {
	t.Helper()
	raw, err := json.Marshal(schema)
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	c.Draft = jsonschema.Draft7
	require.NoError(t, c.AddResource("mem:schema", bytes.NewReader(raw)))
	s, err := c.Compile("mem:schema")
	require.NoError(t, err)
	return s
}

func TestEveryKindHasItsWholeDocument(t *testing.T) {
	require.NotEmpty(t, schemas.Names())
	for _, kind := range schemas.Names() {
		d := read(t, kind)
		assert.Equal(t, "http://json-schema.org/draft-07/schema#", d.Schema, kind)
		assert.Equal(t, kind, d.Title)
		assert.NotEmpty(t, d.Description, kind)
		for name, s := range map[string]map[string]any{"input": d.Definitions.Input, "output": d.Definitions.Output} {
			compile(t, s)
			assert.Equal(t, "object", s["type"], "%s %s", kind, name)
			assert.Equal(t, false, s["additionalProperties"], "%s %s", kind, name)
			checkFields(t, kind+" "+name, s, name == "input")
		}
	}
}

// checkFields holds every field to a description and an example that it lets through, and an argument to a limit.
func checkFields(t *testing.T, path string, s map[string]any, limits bool) {
	t.Helper()
	assert.NotEmpty(t, s["description"], path)
	assert.NotEmpty(t, s["type"], path)
	for _, name := range asList(s["required"]) {
		assert.Contains(t, s["properties"], name, path)
	}
	for name, p := range asMap(s["properties"]) {
		checkField(t, path+"."+name, asMap(p), limits)
	}
	if items, ok := s["items"]; ok {
		checkField(t, path+"[]", asMap(items), limits)
	}
}

func checkField(t *testing.T, path string, s map[string]any, limits bool) {
	t.Helper()
	checkFields(t, path, s, limits)
	if s["type"] == "object" {
		return
	}
	assert.NotEmpty(t, s["examples"], path)
	for _, example := range asList(s["examples"]) {
		assert.NoError(t, compile(t, s).Validate(example), path)
	}
	if limits {
		limited := slices.ContainsFunc([]string{"enum", "pattern", "maxLength", "minItems"}, func(word string) bool { return s[word] != nil })
		assert.True(t, limited, "%s has no limit", path)
	}
}

func TestOutputsThatMayBeMissingAreNotRequired(t *testing.T) {
	assert.NotContains(t, read(t, "modelarts.agency").Definitions.Output["required"], "id")
}

func TestAuthorizationsHoldASecretExactlyForCredentials(t *testing.T) {
	s := compile(t, read(t, "modelarts.authorization").Definitions.Input)
	secret := strings.Repeat("a", 40)
	for want, inputs := range map[bool][]map[string]any{
		true: {
			{"user_id": "all-users", "content": "a"},
			{"user_id": "all", "content": "a", "type": "agency", "user_type": "all-users"},
			{"user_id": "u01", "content": "AK", "type": "credential", "secret_key": secret},
		},
		false: {
			{"content": "a"},
			{"user_id": "", "content": "a"},
			{"user_id": "  ", "content": "a"},
			{"user_id": "u/1", "content": "a"},
			{"user_id": "u01", "content": strings.Repeat("a", 65)},
			{"user_id": "u01", "content": "AK", "type": "credential"},
			{"user_id": "u01", "content": "AK", "type": "credential", "secret_key": "short"},
			{"user_id": "u01", "content": "a", "secret_key": secret},
			{"user_id": "u01", "content": "a", "type": "agency", "secret_key": secret},
			{"user_id": "u01", "content": "a", "extra": 1},
		},
	} {
		for _, in := range inputs {
			assert.Equal(t, want, s.Validate(in) == nil, "%v", in)
		}
	}
}

func TestMarksThatTheEngineReads(t *testing.T) {
	fields := asMap(read(t, "modelarts.authorization").Definitions.Input["properties"])
	assert.Equal(t, []any{"all", "all-users"}, asMap(fields["user_id"])["x-writ-literal"])
	assert.Equal(t, true, asMap(fields["secret_key"])["x-writ-sensitive"])
}

func TestUnknownKindsPanic(t *testing.T) {
	assert.Panics(t, func() { schemas.Kind("mpc.agancy") })
	assert.Panics(t, func() { schemas.Kind("plan") })
	assert.NotContains(t, schemas.Names(), "plan")
}

func asMap(v any) map[string]any { m, _ := v.(map[string]any); return m }

func asList(v any) []any { l, _ := v.([]any); return l }
