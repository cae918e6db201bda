package engine

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/engine/journal"
)

func TestEvidenceIsOfWhatAStepTouches(t *testing.T) {
	e := evidence{}
	for _, said := range []struct {
		run, goal string
		objects   []string
	}{
		{"1", `["a","b"]`, []string{"x/a", "x/b"}},
		{"2", `["b"]`, []string{"x/b"}},
		{"3", `["c"]`, []string{"x/c"}},
		{"4", `["c","d"]`, []string{"x/c", "x/d"}},
	} {
		e.add("kind", &journal.Progress{Goal: json.RawMessage(said.goal), Objects: said.objects}, said.run)
	}
	for _, c := range []struct {
		objects    []string
		state, run string
	}{
		{[]string{"x/b"}, `["a","b"]`, "1"}, // the second run adds nothing
		{[]string{"x/c"}, `["c","d"]`, "4"},
		{[]string{"x/a", "x/b", "x/c"}, `["a","b","c","d"]`, "4"},
		{[]string{"x/*"}, `["a","b","c","d"]`, "4"},
		{[]string{"x/e"}, ``, ""},
		{nil, ``, ""},
	} {
		for range 2 {
			k := e.of("kind", c.objects)
			require.Equal(t, c.state, string(k.state), c)
			require.Equal(t, c.run, k.run, c)
		}
	}
	require.Zero(t, e.of("another", []string{"x/a"}))
}
