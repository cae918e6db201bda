package expr

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTypesAreNamedForPeople(t *testing.T) {
	for want, typ := range map[string]Type{
		"any": Any, "text": Text, "boolean": Bool, "integer": Int, "number": Number, "object": bucket(),
		"list": ListOf(Any), "list of text": ListOf(Text), "map of list of integer": MapOf(ListOf(Int)),
	} {
		require.Equal(t, want, typ.String())
	}
}

func TestAcceptsComparesByElementAndField(t *testing.T) {
	ab := Object("ab", map[string]Type{"a": Int, "b": Text})
	for _, c := range []struct {
		asked, got Type
		want       bool
	}{
		{Any, bucket(), true},
		{Text, Any, true},
		{Number, Int, true},
		{Int, Number, false},
		{Text, Int, false},
		{ListOf(Number), ListOf(Int), true},
		{ListOf(Text), ListOf(Int), false},
		{ListOf(Text), ListOf(Any), true},
		{ListOf(Text), Text, false},
		{MapOf(Text), MapOf(Text), true},
		{MapOf(Text), ab, false},
		{MapOf(Any), ab, true},
		{ab, MapOf(Any), true},
		{ab, MapOf(Int), true},
		{ab, MapOf(Bool), false},
		{ab, Object("", map[string]Type{"a": Int}), true},
		{ab, Object("", map[string]Type{"a": Text}), false},
		{ab, Object("", map[string]Type{"c": Int}), false},
		{ab, Text, false},
	} {
		require.Equal(t, c.want, c.asked.Accepts(c.got), "%v accepts %v", c.asked, c.got)
	}
}

func TestFieldsAndElementsAreFound(t *testing.T) {
	field, found := bucket().Field("size")
	require.True(t, found && field.IsInt())
	_, found = bucket().Field("sise")
	require.False(t, found)
	elem, found := ListOf(Text).Elem()
	require.True(t, found && elem.IsText())
	_, found = Text.Elem()
	require.False(t, found)
}

func TestSchemasBecomeTypes(t *testing.T) {
	for schema, want := range map[string]Type{
		`{"type": "string"}`:                              Text,
		`{"type": ["string", "null"]}`:                    Text,
		`{"type": ["null", "integer", "number"]}`:         Number,
		`{"type": ["string", "integer"]}`:                 Any,
		`{"enum": ["a", "b"]}`:                            Text,
		`{"enum": ["a", null]}`:                           Text,
		`{"enum": ["a", 1]}`:                              Any,
		`{"const": true}`:                                 Bool,
		`{"type": "array", "items": {"type": "integer"}}`: ListOf(Int),
		`{"type": "array"}`:                               ListOf(Any),
		`{"type": "object"}`:                              MapOf(Any),
		`{"type": "object", "additionalProperties": {"type": "boolean"}}`: MapOf(Bool),
		`{"type": "object", "additionalProperties": false}`:               MapOf(Any),
		`{"oneOf": [{"type": "string"}]}`:                                 Any,
		`{"type": "object", "additionalProperties": false, "properties": {"a": {"type": "array", "items": {"properties": {"b": {"type": "number"}}, "additionalProperties": false}}}}`: Object("T",
			map[string]Type{"a": ListOf(Object("T/a/items", map[string]Type{"b": Number}))}),
	} {
		var decoded map[string]any
		require.NoError(t, json.Unmarshal([]byte(schema), &decoded))
		require.Equal(t, want, FromSchema("T", decoded), schema)
	}
	require.Equal(t, Any, FromSchema("T", nil))
}

func TestOpenObjectsAcceptFieldsThatTheyDoNotKnow(t *testing.T) {
	open := FromSchema("T", map[string]any{"properties": map[string]any{"a": map[string]any{"type": "string"}}})
	require.True(t, open.Accepts(Object("", map[string]Type{"b": Int})))
	require.False(t, open.Accepts(Object("", map[string]Type{"a": Int})))
}

func TestSchemasThatHoldThemselvesEnd(t *testing.T) {
	schema := map[string]any{"type": "array"}
	schema["items"] = schema
	require.True(t, FromSchema("T", schema).IsList())
}
