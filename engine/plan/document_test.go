package plan_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"writ/engine/plan"
)

const shelf = `{"type": "object", "additionalProperties": false, "required": ["books"], "properties": {
	"books": {"type": "array", "items": {"type": "object", "additionalProperties": false, "properties": {
		"title": {"type": "string"}, "pages": {"type": "integer", "minimum": 1}}}},
	"rest": {}}}`

func TestADocumentIsHeldToItsSchema(t *testing.T) {
	for text, want := range map[string]string{
		"books: [{titel: x}]":          `shelf.yaml:1:10: books[0]: unknown key "titel"; did you mean title?`,
		"books:\n- pages: 0":           `shelf.yaml:2:10: books[0].pages must be at least 1, not 0`,
		"rest: 1":                      `shelf.yaml:1:1: a shelf needs books`,
		"bocks: []":                    `shelf.yaml:1:1: unknown key "bocks"; did you mean books?`,
		"books: []\nbooks: []":         `shelf.yaml:2:1: key "books" stands twice; the first is in line 1`,
		"books: []\nrest: ${{ x }}":    `shelf.yaml:2:7: no expression is worked out here`,
		"books: &a []":                 `shelf.yaml:1:8: &a is an anchor; plans have none: vars and defaults do their work`,
		"books: [{title: x, pages: y}": `shelf.yaml:1:1: the YAML cannot be read from here on: did not find expected ',' or ']'`,
	} {
		v, faults := plan.DecodeBy("shelf.yaml", []byte(text), []byte(shelf), "a shelf")
		assert.Nil(t, v)
		require.Len(t, faults, 1, text)
		assert.Equal(t, want, faults[0].String())
	}
}

func TestPartsOfADocumentAreFoundAndFaulted(t *testing.T) {
	v, faults := plan.DecodeBy("shelf.yaml", []byte("books:\n- {title: 1984, pages: 328}\n"), []byte(shelf), "a shelf")
	require.Empty(t, faults)
	tree, ok := v.Literal()
	require.True(t, ok)
	assert.Equal(t, map[string]any{"books": []any{map[string]any{"title": "1984", "pages": int64(328)}}}, tree)
	title := v.Find("books", "0", "title")
	require.NotNil(t, title)
	assert.Equal(t, "shelf.yaml:2:11: read already; take another", title.Fault("read already", "take another").String())
	for _, path := range [][]string{{"books", "1"}, {"books", "x"}, {"books", "0", "title", "x"}, {"none", "0"}} {
		assert.Nil(t, v.Find(path...), path)
	}
}

func TestASchemaThatIsNoneIsAMistakeOfOurs(t *testing.T) {
	assert.Panics(t, func() { plan.DecodeBy("f", nil, []byte("{"), "it") })
	assert.Panics(t, func() { plan.DecodeBy("f", nil, []byte(`{"$ref": "other.json"}`), "it") })
}
