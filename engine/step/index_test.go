package step

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestAStarOverlapsAllNamesBelowIt(t *testing.T) {
	var x Index[string]
	_, ok := x.Other("p/a", "me")
	require.False(t, ok, "the zero index is empty")
	x.Add("p/a", "a")
	x.Add("p/*", "all")
	for object, want := range map[string]string{"p/a": "a", "p/*": "all", "p/b": "all", "p/b/c": "all"} {
		other, ok := x.Other(object, "me")
		require.True(t, ok, object)
		require.Equal(t, want, other, object)
	}
	for _, object := range []string{"p", "q/a", "p2/a", "q/*", "*x"} {
		_, ok := x.Other(object, "me")
		require.False(t, ok, object)
	}
	other, _ := x.Other("p/a", "a")
	require.Equal(t, "all", other, "oneself is nobody else")
	x.Remove("p/*", "all")
	_, ok = x.Other("p/b", "me")
	require.False(t, ok)
	other, _ = x.Other("p/*", "me")
	require.Equal(t, "a", other)
	x.Remove("p/a", "a")
	require.Equal(t, Index[string]{exact: map[string][]string{}, below: map[string][]string{}}, x, "what is removed leaves nothing")
}

// overlap is the rule, said slowly.
func overlap(a, b string) bool {
	if a == b {
		return true
	}
	below := func(star, name string) bool {
		prefix, ok := strings.CutSuffix(star, "/*")
		return ok && strings.HasPrefix(name, prefix+"/")
	}
	return below(a, b) || below(b, a)
}

func TestIndexAgreesWithLookingAtEveryPair(t *testing.T) {
	names := []string{"a", "a/*", "a/b", "a/b/*", "a/b/c", "b", "b/*", "b/b"}
	type entry struct {
		object string
		who    int
	}
	rapid.Check(t, func(rt *rapid.T) {
		var x Index[int]
		var held []entry
		for range rapid.IntRange(0, 20).Draw(rt, "steps") {
			e := entry{rapid.SampledFrom(names).Draw(rt, "object"), rapid.IntRange(0, 3).Draw(rt, "who")}
			if i := slices.Index(held, e); i >= 0 {
				held = slices.Delete(held, i, i+1)
				x.Remove(e.object, e.who)
				continue
			}
			held = append(held, e)
			x.Add(e.object, e.who)
		}
		ask := entry{rapid.SampledFrom(names).Draw(rt, "asked"), rapid.IntRange(0, 3).Draw(rt, "asker")}
		want := slices.ContainsFunc(held, func(e entry) bool { return e.who != ask.who && overlap(e.object, ask.object) })
		_, got := x.Other(ask.object, ask.who)
		require.Equal(rt, want, got)
	})
}
