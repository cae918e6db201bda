package step

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func raw(s string) json.RawMessage {
	if s == "" {
		return nil
	}
	return json.RawMessage(s)
}

func TestMergeTakesBackWhatAStepDidAndNothingElse(t *testing.T) {
	for _, c := range []struct {
		name               string
		before, after, now string
		force              bool
		want               string
		foreign            []string
	}{
		{"nothing happened since", `{"a":1}`, `{"a":2}`, `{"a":2}`, false, `{"a":1}`, nil},
		{"the step changed nothing", `{"a":1}`, `{"a":1}`, `{"a":3}`, false, `{"a":3}`, nil},
		{"somebody put it back already", `{"a":1}`, `{"a":2}`, `{"a":1}`, false, `{"a":1}`, nil},
		{"somebody changed the same field", `{"a":1,"b":1}`, `{"a":2,"b":2}`, `{"a":3,"b":2}`, false, `{"a":3,"b":1}`, []string{"a"}},
		{"the same, by force", `{"a":1,"b":1}`, `{"a":2,"b":2}`, `{"a":3,"b":2}`, true, `{"a":1,"b":1}`, nil},
		{"somebody changed another field", `{"a":1,"b":1}`, `{"a":2,"b":1}`, `{"a":2,"b":9}`, false, `{"a":1,"b":9}`, nil},
		{"somebody added a key", `{}`, `{"a":1}`, `{"a":1,"z":1}`, false, `{"z":1}`, nil},
		{"the step removed a key", `{"a":1}`, `{}`, `{"z":1}`, false, `{"a":1,"z":1}`, nil},
		{"deep down", `{"a":{"b":{"c":1}}}`, `{"a":{"b":{"c":2}}}`, `{"a":{"b":{"c":3},"d":1}}`, false, `{"a":{"b":{"c":3},"d":1}}`, []string{"a.b"}},
		{"others' elements stay", `["a","b"]`, `["b","c"]`, `["b","c","d"]`, false, `["a","b","d"]`, nil},
		{"others' removals stay", `["a","b"]`, `["a","b","c"]`, `["a","c"]`, false, `["a"]`, nil},
		{"elements are whole values", `[{"id":1,"x":1}]`, `[{"id":1,"x":2}]`, `[{"id":1,"x":2},{"id":2,"x":1}]`, false, `[{"id":1,"x":1},{"id":2,"x":1}]`, nil},
		{"null counts as an empty set", `null`, `["a"]`, `["a","b"]`, false, `["b"]`, nil},
		{"a missing set counts as an empty one", `{}`, `{"s":["a"]}`, `{"s":["a","b"]}`, false, `{"s":["b"]}`, nil},
		{"a missing object counts as an empty one", `{}`, `{"o":{"a":{"x":1}}}`, `{"o":{"a":{"x":1},"b":{"x":2}}}`, false, `{"o":{"b":{"x":2}}}`, nil},
		{"nothing is left where nothing stood", `{}`, `{"s":["a","b"]}`, `{"s":["a"]}`, false, `{}`, nil},
		{"null is left where null stood", `{"s":null}`, `{"s":["a","b"]}`, `{"s":["a"]}`, false, `{"s":null}`, nil},
		{"somebody removed what the step changed", `{"o":{"a":1}}`, `{"o":{"a":2}}`, `{}`, false, `{}`, []string{"o"}},
		{"somebody removed it all", `{"a":1}`, `{"a":2}`, `null`, false, `null`, []string{""}},
		{"large numbers stay to the digit", `{"n":1}`, `{"n":2}`, `{"n":2,"id":12345678901234567890}`, false, `{"id":12345678901234567890,"n":1}`, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			want, foreign := Merge(raw(c.before), raw(c.after), raw(c.now), c.force)
			require.Equal(t, c.want, string(want))
			require.Equal(t, c.foreign, foreign)
		})
	}
}

func TestOverlayChangesWhatAWriteKnows(t *testing.T) {
	for _, c := range []struct{ name, state, before, after, want string }{
		{"what it set", `{"r":{"a":{"v":1},"b":{"v":1}}}`, `{"r":{"a":{"v":2}}}`, `{"r":{"a":{"v":3}}}`, `{"r":{"a":{"v":3},"b":{"v":1}}}`},
		{"what it set anew as it was", `{"r":{"a":{"v":1},"b":{"v":1}}}`, `{"r":{"a":{"v":3}}}`, `{"r":{"a":{"v":3}}}`, `{"r":{"a":{"v":3},"b":{"v":1}}}`},
		{"what it added", `{"r":{"b":{"v":1}}}`, `{"r":{}}`, `{"r":{"a":{"v":3}}}`, `{"r":{"a":{"v":3},"b":{"v":1}}}`},
		{"what it removed", `{"r":{"a":{"v":1},"b":{"v":1}}}`, `{"r":{"a":{"v":2}}}`, `{"r":{}}`, `{"r":{"b":{"v":1}}}`},
		{"all that there was", `{"r":{"a":{"v":1}}}`, `{"r":{"a":{"v":1}}}`, `{}`, `{}`},
		{"a record and a list as one", `{"r":{"a":{"v":1,"w":1}},"l":[1]}`, `{"r":{"a":{"v":2}}}`, `{"r":{"a":{"v":3}},"l":[2]}`, `{"l":[2],"r":{"a":{"v":3}}}`},
		{"a plain value", `1`, `2`, `3`, `3`},
	} {
		require.Equal(t, c.want, string(Overlay(raw(c.state), raw(c.before), raw(c.after))), c.name)
	}
}

func TestDiffNamesEveryPlaceInOrder(t *testing.T) {
	got := Diff(raw(`{"a":1,"b":{"x":1,"y":2},"l":["a"],"gone":true}`), raw(`{"a":2,"b":{"x":1,"y":3},"l":["b"],"new":null}`))
	require.Equal(t, []Field{
		{Path: "a", Old: raw(`1`), New: raw(`2`)},
		{Path: "b.y", Old: raw(`2`), New: raw(`3`)},
		{Path: "gone", Old: raw(`true`)},
		{Path: "l", Old: raw(`["a"]`), New: raw(`["b"]`)},
		{Path: "new", New: raw(`null`)},
	}, got)
	require.Equal(t, []Field{{Old: raw(`null`), New: raw(`"x"`)}}, Diff(nil, raw(`"x"`)))
	require.Empty(t, Diff(raw(`{"a":[1]}`), raw(`{ "a" : [1] }`)))
}

func TestEqualIgnoresSpellingAndNothingElse(t *testing.T) {
	require.True(t, Equal(raw(`{"a":1,"b":2}`), raw(`{"b":2, "a":1}`)))
	require.True(t, Equal(nil, raw(`null`)))
	require.False(t, Equal(raw(`["a","b"]`), raw(`["b","a"]`)), "kinds sort their sets")
	require.False(t, Equal(raw(`{"a":null}`), raw(`{}`)))
	require.False(t, Equal(raw(`9007199254740993`), raw(`9007199254740992`)))
	require.Panics(t, func() { Equal(raw(`{`), raw(`null`)) })
}

func TestUnionKeepsWhatEitherHas(t *testing.T) {
	for _, c := range [][3]string{
		{`["b","a"]`, `["c","a"]`, `["a","b","c"]`},
		{`{"a":1,"s":["x"]}`, `{"b":2,"s":["y"]}`, `{"a":1,"b":2,"s":["x","y"]}`},
		{`1`, `2`, `2`},
		{`1`, `null`, `1`},
		{``, `["a"]`, `["a"]`},
		{`["a"]`, `{"b":1}`, `{"b":1}`},
		{`{"a":1}`, `["b"]`, `["b"]`},
	} {
		var all Union
		all.Add(raw(c[0]))
		require.Equal(t, c[2] != string(all.State()), all.Add(raw(c[1])), c)
		require.Equal(t, c[2], string(all.State()), c)
	}
}

func TestEmptySaysNothing(t *testing.T) {
	for _, s := range []string{``, `null`, `""`, `false`, `0`, `[]`, `{}`, `{"a":"","b":{"c":[]}}`} {
		require.True(t, Empty(raw(s)), s)
	}
	for _, s := range []string{`"a"`, `true`, `1`, `[null]`, `{"a":{"b":"x"}}`} {
		require.False(t, Empty(raw(s)), s)
	}
}

// states draws states as kinds make them: objects of texts, numbers, sets of texts, and objects.
func states(depth int) *rapid.Generator[any] {
	leaf := rapid.OneOf(
		rapid.Map(rapid.SampledFrom([]string{"", "a", "b", "c"}), func(s string) any { return s }),
		rapid.Map(rapid.IntRange(0, 3), func(n int) any { return n }),
		rapid.Map(sets(), func(s []string) any { return s }),
	)
	if depth == 0 {
		return leaf
	}
	object := rapid.Map(rapid.MapOfN(rapid.SampledFrom([]string{"k", "l", "m"}), states(depth-1), 0, 3), func(m map[string]any) any { return m })
	return rapid.OneOf(leaf, object, object)
}

func sets() *rapid.Generator[[]string] {
	return rapid.Map(rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"p", "q", "r", "s"}), 0, 4, rapid.ID[string]), func(s []string) []string {
		slices.Sort(s)
		return s
	})
}

func state(rt *rapid.T, label string) json.RawMessage { return encode(states(3).Draw(rt, label)) }

func TestMergeOfWhatAStepLeftIsWhatItFound(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		before, after, force := state(rt, "before"), state(rt, "after"), rapid.Bool().Draw(rt, "force")
		want, foreign := Merge(before, after, after, force)
		require.JSONEq(rt, string(before), string(want))
		require.Empty(rt, foreign)
	})
}

func TestMergeNeverTouchesWhatTheStepDidNot(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		before, now, force := state(rt, "before"), state(rt, "now"), rapid.Bool().Draw(rt, "force")
		want, foreign := Merge(before, before, now, force)
		require.JSONEq(rt, string(now), string(want))
		require.Empty(rt, foreign)
	})
}

func TestMergeKeepsOthersAdditions(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		object := rapid.Map(rapid.MapOfN(rapid.SampledFrom([]string{"k", "l", "m"}), states(2), 0, 3), func(m map[string]any) map[string]any { return m })
		before, after := object.Draw(rt, "before"), object.Draw(rt, "after")
		setBefore, setAfter := sets().Draw(rt, "set before"), sets().Draw(rt, "set after")
		before["set"], after["set"] = setBefore, setAfter
		now, want := maps.Clone(after), maps.Clone(before)
		now["set"] = sortedTexts(append(slices.Clone(setAfter), "other"))
		want["set"] = sortedTexts(append(slices.Clone(setBefore), "other"))
		now["other"], want["other"] = "theirs", "theirs"
		got, foreign := Merge(encode(before), encode(after), encode(now), false)
		require.JSONEq(rt, string(encode(want)), string(got))
		require.Empty(rt, foreign)
	})
}

func sortedTexts(s []string) []string {
	slices.Sort(s)
	return s
}

func TestMergeByForceRestoresOrNamesNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		before, after, now := state(rt, "before"), state(rt, "after"), state(rt, "now")
		_, foreign := Merge(before, after, now, true)
		require.Empty(rt, foreign)
		want, foreign := Merge(before, after, now, false)
		again, _ := Merge(before, after, want, false)
		require.JSONEq(rt, string(want), string(again), "an undo done twice is done once")
		_ = foreign
	})
}

func TestDiffIsEmptyExactlyForEqualStates(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a, b := state(rt, "a"), state(rt, "b")
		require.Equal(rt, Equal(a, b), len(Diff(a, b)) == 0)
		require.Empty(rt, Diff(a, a))
	})
}

func TestARowIsMergedWholeOrNotAtAll(t *testing.T) {
	for name, c := range map[string]struct{ before, after, now, want, foreign string }{
		"a row we made and they changed stays theirs": {
			`{"rows":{}}`, `{"rows":{"a":{"type":"agency","content":"x"}}}`, `{"rows":{"a":{"type":"agency","content":"y"}}}`,
			`{"rows":{"a":{"type":"agency","content":"y"}}}`, "rows.a",
		},
		"a row of which both changed something is not half restored": {
			`{"rows":{"a":{"type":"key","content":"1"}}}`, `{"rows":{"a":{"type":"agency","content":"2"}}}`,
			`{"rows":{"a":{"type":"agency","content":"3"}}}`, `{"rows":{"a":{"type":"agency","content":"3"}}}`, "rows.a",
		},
		"others' rows are no hindrance": {
			`{}`, `{"rows":{"a":{"content":"1"}}}`, `{"rows":{"a":{"content":"1"},"b":{"content":"2"}}}`,
			`{"rows":{"b":{"content":"2"}}}`, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			want, foreign := Merge(json.RawMessage(c.before), json.RawMessage(c.after), json.RawMessage(c.now), false)
			require.JSONEq(t, c.want, string(want))
			require.Equal(t, c.foreign, strings.Join(foreign, " "))
		})
	}
}
