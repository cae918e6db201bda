package engine_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"writ/engine"
	"writ/engine/journal"
	"writ/engine/step"
)

// drift asks what changed since a run, and holds the look to writing nothing.
func (b *bench) drift(id string) *engine.Drift {
	b.t.Helper()
	sent, kept, watched, cells := b.cloud.sent(), len(records(b, id)), len(b.watched), b.cloud.snapshot()
	drift, err := b.Drift(context.Background(), id)
	require.NoError(b.t, err)
	require.Equal(b.t, []any{sent, kept, watched, cells}, []any{b.cloud.sent(), len(records(b, id)), len(b.watched), b.cloud.snapshot()})
	return drift
}

// fates are an instance's fate and those of its fields, in one line for each instance.
func fates(drift *engine.Drift) map[string]string {
	out := map[string]string{}
	for _, p := range drift.Parts {
		words := []string{string(p.Fate)}
		for _, f := range p.Fields {
			words = append(words, fmt.Sprintf("%s %s→%s→%s %s", f.Path, f.Before, f.Wrote, f.Live, f.Fate))
		}
		out[p.Step] = strings.Join(words, "; ")
	}
	return out
}

func TestDriftTellsWhatBecameOfEachField(t *testing.T) {
	const plan = `
steps:
  - {id: a, uses: toy.cell, with: {name: a, value: new}}
  - {id: s, uses: toy.set, with: {name: s, members: [m]}}
  - {id: same, uses: toy.cell, with: {name: same, value: same}}
  - {id: rows, uses: toy.rows, with: {names: [r1, r2], value: v}}
  - {id: made, uses: toy.make, with: {name: made}}
  - {id: list, uses: toy.list, with: {names: [x, y]}}
  - {id: off, uses: toy.cell, if: "${{ false }}", with: {name: off, value: v}}
  - {id: grant, uses: toy.grant, irreversible: accept, with: {buckets: [b]}}
`
	asLeft := map[string]string{
		"a": `kept; value "old"→"new"→"new" kept`, "s": `kept; members ["l"]→["l","m"]→["l","m"] kept`, "same": "kept",
		"rows": `kept; rows.r1.value "1"→"v"→"v" kept; rows.r2.value "2"→"v"→"v" kept`, "made": "kept; made false→true→true kept",
		"list": "kept", "off": "apart", "grant": `unreadable; buckets →["b"]→ unreadable`,
	}
	for name, tc := range map[string]struct {
		since map[string]string
		want  map[string]string
	}{
		"nothing":        {nil, nil},
		"back":           {map[string]string{"a": "old"}, map[string]string{"a": `back; value "old"→"new"→"old" back`}},
		"changed":        {map[string]string{"a": "theirs"}, map[string]string{"a": `changed; value "old"→"new"→"theirs" changed`}},
		"added":          {map[string]string{"s": "l,m,x"}, map[string]string{"s": `added; members ["l"]→["l","m"]→["l","m","x"] added`}},
		"a set, back":    {map[string]string{"s": "l"}, map[string]string{"s": `back; members ["l"]→["l","m"]→["l"] back`}},
		"what was found": {map[string]string{"same": "other"}, map[string]string{"same": `changed; value "same"→"same"→"other" changed`}},
		"one row of two": {map[string]string{"r1": "1"}, map[string]string{"rows": `back; rows.r1.value "1"→"v"→"1" back; rows.r2.value "2"→"v"→"v" kept`}},
		"rows, each its own way": {map[string]string{"r1": "1", "r2": "3"}, map[string]string{
			"rows": `changed; rows.r1.value "1"→"v"→"1" back; rows.r2.value "2"→"v"→"3" changed`,
		}},
		"what does not count": {map[string]string{"made": "id-9"}, nil},
		"a thing is gone":     {map[string]string{"made": ""}, map[string]string{"made": "back; made false→true→false back"}},
		"what was read":       {map[string]string{"y": "z"}, map[string]string{"list": `added; values ["x"]→["x"]→["x","z"] added`}},
		"what nobody can see": {map[string]string{"granted/b": ""}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, map[string]string{"a": "old", "s": "l", "same": "same", "r1": "1", "r2": "2", "x": "x"})
				id := b.apply(plan).Open.Run
				for cell, value := range tc.since {
					b.cloud.set(cell, value)
				}
				want := map[string]string{}
				for address, words := range asLeft {
					want[address] = words
				}
				for address, words := range tc.want {
					want[address] = words
				}
				drift := b.drift(id)
				require.Equal(t, want, fates(drift))
				require.Equal(t, len(tc.want) > 0, drift.Changed())
				require.NoError(t, drift.Obstacle())
				var order []string
				for _, p := range drift.Parts {
					order = append(order, p.Step)
				}
				require.Equal(t, []string{"a", "s", "same", "rows", "made", "list", "off", "grant"}, order)
			})
		})
	}
}

func TestDriftComparesARolledBackRunWithWhatStoodBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, map[string]string{"a": "old", "s": "l"})
		id := b.apply(three).Open.Run
		b.cloud.set("s", "l,m,theirs")
		b.rollback(id, false)
		require.Equal(t, map[string]string{"a": "kept", "s": `added; members ["l"]→["l"]→["l","theirs"] added`, "b": "kept"}, fates(b.drift(id)))

		b.cloud.set("s", "l")
		b.cloud.set("a", "new")
		drift := b.drift(id)
		require.Equal(t, map[string]string{"a": `changed; value "old"→"old"→"new" changed`, "s": "kept", "b": "kept"}, fates(drift))
		require.False(t, drift.Parts[0].Wrote)
	})
}

func TestDriftTellsWhatARollbackLeftFromWhatChangedSince(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, map[string]string{"a": "~part"})
		id := b.apply(three).Open.Run
		b.rollback(id, false)
		drift := b.drift(id)
		require.Equal(t, `kept; value "~part"→"~part"→"~" remains`, fates(drift)["a"])
		require.Equal(t, []journal.Residue{{Step: "a", Field: "value", Why: "only its beginning can be restored"}}, drift.Parts[0].Left)
		require.False(t, drift.Changed())

		b.cloud.set("a", "theirs")
		require.Equal(t, `changed; value "~part"→"~part"→"theirs" changed`, fates(b.drift(id))["a"])
		b.cloud.set("a", "~part")
		require.Equal(t, engine.Drifted{Step: "a", Uses: "toy.cell", Fate: step.Kept, Left: []journal.Residue{}}, b.drift(id).Parts[0])
	})
}

func TestDriftTakesWhatOthersChangedBeforeARollbackForTheirs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, map[string]string{"a": "old"})
		id := b.apply(three).Open.Run
		b.cloud.set("a", "theirs")
		b.rollback(id, false)
		drift := b.drift(id)
		require.Equal(t, `changed; value "old"→"old"→"theirs" changed`, fates(drift)["a"])
		require.True(t, drift.Parts[0].Left[0].Foreign)
	})
}

func TestDriftKnowsWhatTheRunItselfDidLaterToTheSameObject(t *testing.T) {
	const plan = `
steps:
  - {id: first, uses: toy.set, with: {name: s, members: [m]}}
  - {id: second, uses: toy.set, needs: [first], with: {name: s, members: [n]}}
  - {id: third, uses: toy.set, needs: [second], with: {name: s, members: [m]}}
  - {id: cell, uses: toy.cell, needs: [third], with: {name: t, value: one}}
  - {id: again, uses: toy.cell, needs: [cell], with: {name: t, value: two}}
`
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, map[string]string{"s": "l"})
		id := b.apply(plan).Open.Run
		require.False(t, b.drift(id).Changed(), fates(b.drift(id)))

		b.cloud.set("s", "l,m,n,x")
		require.Equal(t, map[string]string{
			"first":  `added; members ["l"]→["l","m","n"]→["l","m","n","x"] added`,
			"second": `added; members ["l"]→["l","m","n"]→["l","m","n","x"] added`,
			"third":  `added; members ["l"]→["l","m","n"]→["l","m","n","x"] added`,
			"cell":   `kept; value ""→"two"→"two" kept`,
			"again":  `kept; value "one"→"two"→"two" kept`,
		}, fates(b.drift(id)))
		b.cloud.set("s", "l,m,n")
		b.rollback(id, false)
		require.False(t, b.drift(id).Changed(), fates(b.drift(id)))
	})
}

func TestDriftDoesNotCompareWhatAnotherKindOfTheSameRunWrote(t *testing.T) {
	const plan = `
steps:
  - {id: cell, uses: toy.cell, with: {name: a, value: one}}
  - {id: rows, uses: toy.rows, needs: [cell], with: {names: [a], value: two}}
`
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, map[string]string{"a": "old"})
		id := b.apply(plan).Open.Run
		drift := b.drift(id)
		require.Equal(t, map[string]string{
			"cell": `apart; value "old"→"one"→"two" changed`, "rows": `kept; rows.a.value "one"→"two"→"two" kept`,
		}, fates(drift))
		require.Equal(t, "rows of the same run wrote it as well, as another kind", drift.Parts[0].Why)
		require.False(t, drift.Changed())

		b.cloud.set("a", "theirs")
		require.Equal(t, `changed; rows.a.value "one"→"two"→"theirs" changed`, fates(b.drift(id))["rows"])
		b.cloud.set("a", "two")
		b.rollback(id, false)
		require.Equal(t, map[string]string{"cell": "kept", "rows": `apart; rows.a.value "one"→"one"→"old" changed`}, fates(b.drift(id)))
	})
}

func TestDriftShowsWhatItMayNotReadAndTheRestAllTheSame(t *testing.T) {
	for class, exit := range map[step.Class]engine.Exit{
		step.Denied: engine.ExitDenied, step.Unauthenticated: engine.ExitDenied, step.NotFound: engine.ExitFailed, step.Unavailable: engine.ExitFailed,
	} {
		t.Run(string(class), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, map[string]string{"a": "old", "s": "l"})
				id := b.apply(three).Open.Run
				b.cloud.set("s", "l,m,x")
				b.cloud.always["read a"] = fault{err: &step.Error{Class: class, Message: "secret-of-the-test"}}
				drift := b.drift(id)
				require.Equal(t, map[string]string{
					"a": "unread", "s": `added; members ["l"]→["l","m"]→["l","m","x"] added`, "b": `kept; value ""→"new"→"new" kept`,
				}, fates(drift))
				require.Equal(t, &step.Error{Class: class, Message: "(secret)"}, drift.Parts[0].Error)
				b.refused(drift.Obstacle(), exit)
			})
		})
	}
}

func TestDriftTriesReadsAgainAndOutlivesAPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, map[string]string{"a": "old"})
		id := b.apply(three).Open.Run
		b.cloud.fails("read a", throttled, failing(step.Unavailable))
		b.cloud.fails("read b", fault{panics: true})
		drift := b.drift(id)
		require.Equal(t, step.Kept, drift.Parts[0].Fate)
		require.Equal(t, step.Internal, drift.Parts[2].Error.Class)
	})
}

func TestDriftOfARunThatIsNotOverTellsHowFarItCame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, map[string]string{"a": "old"})
		b.cloud.fails("apply s", fault{err: lost.err, do: func() { close(b.stop) }})
		run := b.apply(three)
		require.Equal(t, journal.Paused, run.Mode)
		b.Stop = nil
		drift := b.drift(run.Open.Run)
		require.Equal(t, journal.Paused, drift.Run.Mode)
		require.Equal(t, map[string]string{
			"a": `kept; value "old"→"new"→"new" kept`, "s": `doubtful; members []→["m"]→[] back`, "b": "apart",
		}, fates(drift))
		require.False(t, drift.Changed(), "nobody knows whether the write acted")

		b.cloud.set("s", "theirs")
		require.Equal(t, `changed; members []→["m"]→["theirs"] changed`, fates(b.drift(run.Open.Run))["s"])
	})
}

func TestDriftStopsWhenAskedTo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, nil)
		id := b.apply(three).Open.Run
		b.cloud.fails("read a", fault{err: throttled.err, do: func() { close(b.stop) }})
		_, err := b.Drift(context.Background(), id)
		b.refused(err, engine.ExitPaused)
	})
}

func TestDriftReadsNoMoreAtOnceThanTheRunDid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, nil)
		b.options.Parallelism = 3
		id := b.apply(`
steps:
  - {id: many, uses: toy.cell, for_each: "${{ ['1', '2', '3', '4', '5', '6', '7'] }}", with: {name: "${{ each.key }}", value: v}}
`).Open.Run
		var now, most atomic.Int32
		b.cloud.onCall = func(string) {
			if n := now.Add(1); n > most.Load() {
				most.Store(n)
			}
			time.Sleep(time.Second)
			now.Add(-1)
		}
		began := time.Now()
		drift := b.drift(id)
		require.Len(t, drift.Parts, 7)
		require.Equal(t, int32(3), most.Load())
		require.Equal(t, 3*time.Second, time.Since(began))
	})
}

func TestDriftNeedsNeitherThePlanNorItsSecretsAndNamesLaterRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, nil)
		b.env["TOKEN"] = "secret-of-the-test"
		job := b.job(`
inputs: {token: {type: string, sensitive: true}}
steps:
  - {id: a, uses: toy.cell, with: {name: a, value: v, secret: "${{ inputs.token }}"}}
`, nil, map[string]string{"token": "env:TOKEN"})
		run, err := b.Apply(context.Background(), job, yes)
		require.NoError(t, err)
		delete(b.env, "TOKEN")
		require.False(t, b.drift(run.Open.Run).Changed())

		time.Sleep(time.Second)
		later := b.apply("\nsteps:\n  - {id: a, uses: toy.cell, with: {name: a, value: w}}\n")
		drift := b.drift(run.Open.Run)
		require.Equal(t, []string{later.Open.Run}, drift.Later)
		require.True(t, drift.Changed())
		require.Empty(t, b.drift(later.Open.Run).Later)
	})
}
