package engine_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"writ/engine"
	"writ/engine/journal"
	"writ/engine/step"
	"writ/engine/toy"
)

// In these tests time is virtual; and a goroutine that outlives its run fails them.

const three = `
name: three
steps:
  - {id: a, uses: toy.cell, with: {name: a, value: new}}
  - {id: s, uses: toy.set, with: {name: s, members: [m]}}
  - {id: b, uses: toy.cell, with: {name: b, value: "${{ steps.a.outputs.value }}"}, needs: [s]}
outputs:
  b: ${{ steps.b.outputs.value }}
`

// bad is a step behind those of three that the cloud refuses.
const bad = `
  - {id: bad, uses: toy.cell, with: {name: bad, value: x}, needs: [b]}
`

func threeAnd(more string) string {
	steps, outputs, _ := strings.Cut(three, "outputs:\n")
	return steps + strings.TrimPrefix(more, "\n") + "outputs:\n" + outputs
}

func TestApplyDoesWhatThePlanSaysOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, map[string]string{"a": "old", "s": "l"})
		run := b.apply(three)
		require.Equal(t, end{journal.Over, journal.ClosedDone, engine.ExitDone, map[string]string{"a": "applied", "s": "applied", "b": "applied"}}, ending(run))
		require.Equal(t, map[string]string{"a": "new", "s": "l,m", "b": "new"}, b.cloud.snapshot())
		require.Equal(t, []string{"apply a", "apply s", "apply b"}, b.cloud.writes())
		require.JSONEq(t, `{"b":"new"}`, text(run.Results))

		again := b.apply(three)
		require.Empty(t, again.Open.Run, "a preview with nothing to do is answered as it is")
		require.Equal(t, 3, b.cloud.sent())

		loaded, err := b.Load(run.Open.Run)
		require.NoError(t, err)
		require.Equal(t, ending(run), ending(loaded))
		require.Equal(t, len(b.watched), len(records(b, run.Open.Run)), "each record is shown once")
	})
}

func records(b *bench, id string) []journal.Record {
	b.t.Helper()
	recs, notices, err := b.Folder.Read(id)
	require.NoError(b.t, err)
	require.Empty(b.t, notices)
	return recs
}

func TestNoWriteLeavesBeforeItsIntentIsOnDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, map[string]string{"a": "old", "s": "l"})
		b.options.Parallelism = 4
		b.cloud.fails("apply bad", refused)
		b.cloud.fails("apply a", lost, throttled)
		b.cloud.onCall = func(op string) {
			verb, name, _ := strings.Cut(op, " ")
			want := map[string]journal.Type{"apply": journal.StepIntent, "undo": journal.UndoIntent}[verb]
			if want == "" {
				return
			}
			paths, _ := filepath.Glob(b.dir + "/runs/*/journal")
			data, err := os.ReadFile(paths[0])
			require.NoError(t, err)
			last := journal.Type("")
			for line := range strings.Lines(string(data)) {
				for _, k := range []journal.Type{journal.StepIntent, journal.StepOutcome, journal.UndoIntent, journal.UndoOutcome} {
					if strings.Contains(line, `{"k":"`+string(k)+`"`) && strings.Contains(line, `"step":"`+name+`"`) {
						last = k
					}
				}
			}
			require.Equal(t, want, last, op)
		}
		require.Equal(t, journal.ClosedRolledBack, b.apply(threeAnd(bad)).Closed)
	})
}

func TestARunThatFailsPutsEverythingBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := map[string]string{"a": "old", "s": "l"}
		b := newBench(t, start)
		b.cloud.fails("apply bad", refused)
		run := b.apply(threeAnd(bad))
		require.Equal(t, end{journal.Over, journal.ClosedRolledBack, engine.ExitFailed, map[string]string{
			"a": "applied, undo done", "s": "applied, undo done", "b": "applied, undo done", "bad": "failed",
		}}, ending(run))
		require.Equal(t, start, b.cloud.snapshot())
		require.Equal(t, []string{"apply a", "apply s", "apply b", "undo b", "undo s", "undo a"}, b.cloud.writes(), "newest first")
		require.Empty(t, run.Residue)
		require.Equal(t, "bad", run.Failure.Address)
	})
}

func TestAStepThatFoundItsGoalMetIsNeverUndone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, map[string]string{"a": "new", "s": "l,m"})
		b.cloud.fails("apply bad", refused)
		run := b.apply(threeAnd(bad))
		require.Equal(t, map[string]string{"a": "satisfied", "s": "satisfied", "b": "applied, undo done", "bad": "failed"}, ending(run).Steps)
		require.Equal(t, map[string]string{"a": "new", "s": "l,m"}, b.cloud.snapshot())
	})
}

func TestALostReplyIsSettledByReading(t *testing.T) {
	const one = "steps:\n  - {id: a, uses: toy.cell, with: {name: a, value: new}}\n"
	for name, c := range map[string]struct {
		faults []fault
		how    string
		sent   int
	}{
		"it acted":                     {[]fault{lostActed}, "adopted", 1},
		"it did not act":               {[]fault{lost}, "applied", 2},
		"twice":                        {[]fault{lost, lostActed}, "adopted", 2},
		"throttled, then lost":         {[]fault{throttled, lostActed}, "adopted", 2},
		"lost, then throttled":         {[]fault{lost, throttled}, "applied", 3},
		"a panic that acted":           {[]fault{{acts: true, panics: true}}, "adopted", 1},
		"a panic that did not act":     {[]fault{{panics: true}}, "applied", 2},
		"already so, says the service": {[]fault{{acts: true, err: &step.Error{Class: step.AlreadySo}}}, "satisfied", 1},
		"lost, then already so":        {[]fault{lost, {acts: true, err: &step.Error{Class: step.AlreadySo}}}, "adopted", 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, map[string]string{"a": "old"})
				b.cloud.fails("apply a", c.faults...)
				run := b.apply(one)
				require.Equal(t, end{journal.Over, journal.ClosedDone, engine.ExitDone, map[string]string{"a": c.how}}, ending(run))
				require.Equal(t, c.sent, b.cloud.sent())
				require.Equal(t, "new", b.cloud.snapshot()["a"])
			})
		})
	}
}

func TestWhatSomebodyElseDidInTheMeantimeIsNotUndone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, map[string]string{"a": "old"})
		b.cloud.fails("apply a", fault{err: &step.Error{Class: step.AlreadySo}, do: func() { b.cloud.set("a", "new") }})
		b.cloud.fails("apply bad", refused)
		run := b.apply("steps:\n  - {id: a, uses: toy.cell, with: {name: a, value: new}}\n  - {id: bad, uses: toy.cell, with: {name: bad, value: x}}\n")
		require.Equal(t, map[string]string{"a": "satisfied", "bad": "failed"}, ending(run).Steps)
		require.Equal(t, map[string]string{"a": "new"}, b.cloud.snapshot())
	})
}

func TestAlreadySoThatIsNotSoFailsTheStep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, map[string]string{"a": "old"})
		b.cloud.fails("apply a", failing(step.AlreadySo))
		run := b.apply("defaults: {on_failure: continue}\nsteps:\n  - {id: a, uses: toy.cell, with: {name: a, value: new}}\n  - {id: b, uses: toy.cell, with: {name: b, value: x}}\n")
		require.Equal(t, end{journal.Over, journal.ClosedFailed, engine.ExitResidue, map[string]string{"a": "failed", "b": "applied"}}, ending(run))
	})
}

func TestThrottledWritesAreSentAgainLaterAndLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, nil)
		asked := throttled
		asked.err = &step.Error{Class: step.Throttled, RetryAfter: 50 * time.Second}
		var at []time.Duration
		begin := time.Now()
		b.cloud.onCall = func(op string) {
			if op == "apply a" {
				at = append(at, time.Since(begin))
			}
		}
		b.cloud.fails("apply a", throttled, throttled, asked)
		run := b.apply("steps:\n  - {id: a, uses: toy.cell, with: {name: a, value: new}, retry: {max: 3, backoff: 2s}}\n")
		require.Equal(t, engine.ExitDone, engine.Exit(run.Exit))
		require.Len(t, at, 4)
		for i, between := range [][2]time.Duration{{time.Second, 3 * time.Second}, {2 * time.Second, 6 * time.Second}, {50 * time.Second, 50 * time.Second}} {
			wait := at[i+1] - at[i]
			require.True(t, between[0] <= wait && wait <= between[1], "pause %d took %s", i+1, wait)
		}
	})
}

func TestRetriesEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, nil)
		b.cloud.always["apply a"] = throttled
		run := b.apply("steps:\n  - {id: a, uses: toy.cell, with: {name: a, value: new}, retry: {max: 2, backoff: 2s}}\n")
		require.Equal(t, end{journal.Paused, "", engine.ExitPaused, map[string]string{"a": "stalled"}}, ending(run))
		require.Equal(t, 3, b.cloud.sent())

		b = newBench(t, nil)
		b.cloud.always["apply a"] = lost
		run = b.apply("steps:\n  - {id: a, uses: toy.cell, with: {name: a, value: new}, retry: {max: 2, backoff: 2s}}\n")
		require.Equal(t, end{journal.Over, journal.ClosedRolledBack, engine.ExitFailed, map[string]string{"a": "failed, undo done"}}, ending(run))
		require.Equal(t, 3, b.cloud.sent())
	})
}

func TestReadsAreTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, nil)
		b.cloud.fails("read a", throttled, failing(step.Unavailable))
		begin := time.Now()
		run := b.apply("steps:\n  - {id: a, uses: toy.cell, with: {name: a, value: new}}\n")
		require.Equal(t, engine.ExitDone, engine.Exit(run.Exit))
		require.Greater(t, time.Since(begin), 3*time.Second)
	})
}

func TestAReadThatLagsBehindIsReadAgainUntilItSettles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, map[string]string{"a": "old"})
		b.cloud.lag = 10 * time.Second
		b.cloud.fails("apply bad", refused)
		var said []string
		b.Warn = func(err error) { said = append(said, err.Error()) }
		run := b.apply("steps:\n  - {id: a, uses: toy.cell, with: {name: a, value: new}}\n  - {id: bad, uses: toy.cell, with: {name: bad, value: x}}\n")
		require.Equal(t, journal.ClosedRolledBack, run.Closed)
		require.Equal(t, []string{"apply a", "undo a"}, b.cloud.writes())
		require.Len(t, said, 2, "once there, once back")
		require.Contains(t, said[0], "a: what was sent does not show yet; looking for up to ")
	})
}

// The last look begins when no read can show the old any more, however the pauses before it fell.
func TestWhatShowsAtTheLastMomentIsSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, map[string]string{"a": "old"})
		b.cloud.lag = 2 * time.Second
		late := toy.Cell(b.cloud, "toy.late")
		late.Doubt = func(toy.CellIn, toy.CellState) step.Doubt { return step.Doubt{Class: step.Set, Settle: b.cloud.lag} }
		b.Kinds = append(b.Kinds, step.Define(late))
		run := b.apply("steps:\n  - {id: a, uses: toy.late, with: {name: a, value: new}}\n")
		require.Equal(t, journal.ClosedDone, run.Closed, run.Why)
	})
}

func TestOnFailureStopLeavesThingsAsTheyAre(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, map[string]string{"a": "old"})
		b.cloud.fails("apply bad", refused)
		b.options.OnFailure = "stop"
		run := b.apply(threeAnd(bad + "  - {id: never, uses: toy.cell, with: {name: never, value: x}, needs: [b]}\n"))
		require.Equal(t, end{journal.Over, journal.ClosedFailed, engine.ExitResidue, map[string]string{"a": "applied", "s": "applied", "b": "applied", "bad": "failed"}}, ending(run))

		b = newBench(t, nil)
		b.cloud.fails("apply a", refused)
		b.options.OnFailure = "stop"
		require.Equal(t, engine.ExitFailed, engine.Exit(b.apply(three).Exit), "nothing changed")
	})
}

func TestOnFailureContinueSkipsOnlyWhatFollows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, nil)
		b.cloud.fails("apply a", refused)
		run := b.apply("defaults: {on_failure: continue}" + threeAnd("\n  - {id: after, uses: toy.cell, with: {name: after, value: x}, needs: [b]}\n  - {id: free, uses: toy.cell, with: {name: free, value: x}}\n"))
		require.Equal(t, end{journal.Over, journal.ClosedFailed, engine.ExitResidue, map[string]string{
			"a": "failed", "s": "applied", "b": "skipped", "after": "skipped", "free": "applied",
		}}, ending(run))
		require.Equal(t, "step a failed", run.Part("b").Why)
		require.True(t, run.Node("after").Blocked)
	})
}

func TestASkippedParentSatisfiesNeedsAndSkipsWhatReadsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, nil)
		run := b.apply(`
inputs: {on: {type: boolean, default: false}}
steps:
  - {id: off, uses: toy.cell, if: "${{ inputs.on }}", with: {name: off, value: x}}
  - {id: needs, uses: toy.cell, needs: [off], with: {name: needs, value: x}}
  - {id: reads, uses: toy.cell, with: {name: reads, value: "${{ steps.off.outputs.value }}"}}
  - {id: maybe, uses: toy.cell, with: {name: maybe, value: "${{ steps.?off.outputs.value.orValue('none') }}"}}
  - {id: below, uses: toy.cell, with: {name: below, value: "${{ steps.reads.outputs.value }}"}}
`)
		require.Equal(t, end{journal.Over, journal.ClosedDone, engine.ExitDone, map[string]string{
			"off": "skipped", "needs": "applied", "reads": "skipped", "maybe": "applied", "below": "skipped",
		}}, ending(run))
		require.Equal(t, map[string]string{"needs": "x", "maybe": "none"}, b.cloud.snapshot())
	})
}

func TestForEachMakesAnInstanceOfEachKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, map[string]string{"list": "x,y,z"})
		b.options.Parallelism = 3
		run := b.apply(`
inputs:
  none: {type: array, items: {type: string}, default: []}
  map: {type: object, additionalProperties: {type: string}, default: {k: v, l: w}}
steps:
  - {id: each, uses: toy.cell, for_each: ["x", "y", "z"], if: "${{ each.key != 'y' }}", with: {name: "${{ each.key }}", value: "${{ each.value }}1"}}
  - {id: empty, uses: toy.cell, for_each: "${{ inputs.none }}", with: {name: "${{ each.key }}", value: x}}
  - {id: map, uses: toy.cell, for_each: "${{ inputs.map }}", with: {name: "${{ each.key }}", value: "${{ each.value }}"}}
  - {id: same, uses: toy.list, for_each: [a, b], with: {names: [list]}}
  - {id: all, uses: toy.cell, needs: [empty], with: {name: all, value: "${{ steps.each.outputs.x.value + steps.map.outputs['l'].value }}"}}
`)
		require.Equal(t, end{journal.Over, journal.ClosedDone, engine.ExitDone, map[string]string{
			`each["x"]`: "applied", `each["y"]`: "skipped", `each["z"]`: "applied", `map["k"]`: "applied", `map["l"]`: "applied", "all": "applied",
			`same["a"]`: "read", `same["b"]`: "read",
		}}, ending(run))
		require.Equal(t, map[string]string{"list": "x,y,z", "x": "x1", "z": "z1", "k": "v", "l": "w", "all": "x1w"}, b.cloud.snapshot())
	})
}

func TestAnInstanceThatCannotBeEvaluatedFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, s := range map[string]string{
			"twice the same key":  `{id: x, uses: toy.cell, for_each: "${{ steps.l.outputs.values }}", with: {name: "${{ each.key }}"}}`,
			"against the schema":  `{id: x, uses: toy.cell, with: {name: x, value: "${{ steps.l.outputs.values[0] + '12345678901234567890' }}"}}`,
			"out of range":        `{id: x, uses: toy.cell, with: {name: x, value: "${{ steps.l.outputs.values[7] }}"}}`,
			"an if that fails":    `{id: x, uses: toy.cell, if: "${{ steps.l.outputs.values[7] == '' }}", with: {name: x, value: y}}`,
			"for_each that fails": `{id: x, uses: toy.cell, for_each: "${{ [steps.l.outputs.values[7]] }}", with: {name: "${{ each.key }}"}}`,
		} {
			b := newBench(t, map[string]string{"p": "v", "q": "v"})
			plan := "defaults: {on_failure: continue}\nsteps:\n  - {id: l, uses: toy.list, with: {names: [p, q]}}\n  - " + s + "\n  - {id: c, uses: toy.cell, with: {name: c, value: x}}\n"
			preview := b.preview(plan)
			require.Equal(t, journal.PhaseFailed, preview.Node("x").Parts[0].Phase, name)
			_, err := b.Apply(context.Background(), b.job(plan, nil, nil), yes)
			b.refused(err, engine.ExitWrong)
			require.Zero(t, b.cloud.sent())
		}
	})
}

func TestIrreversibleStepsRunLast(t *testing.T) {
	const p = `
steps:
  - {id: grant, uses: toy.grant, irreversible: accept, with: {buckets: [b1]}}
  - {id: a, uses: toy.cell, with: {name: a, value: x}}
  - {id: c, uses: toy.cell, with: {name: c, value: x}, needs: [grant]}
`
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, nil)
		run := b.apply(p)
		require.Equal(t, engine.ExitDone, engine.Exit(run.Exit))
		require.Equal(t, []string{"apply a", "apply grant", "apply c"}, b.cloud.writes())
		require.Equal(t, []int{1, 0, 2}, b.Order(b.job(p, nil, nil)))

		b = newBench(t, nil)
		b.apply("defaults: {order: file}" + p)
		require.Equal(t, []string{"apply grant", "apply a", "apply c"}, b.cloud.writes())

		b = newBench(t, nil)
		b.cloud.fails("apply a", refused)
		require.Equal(t, engine.ExitFailed, engine.Exit(b.apply(p).Exit))
		require.Empty(t, b.cloud.writes(), "what cannot be undone has not begun")

		b = newBench(t, nil)
		b.cloud.fails("apply c", refused)
		run = b.apply(p)
		require.Equal(t, end{journal.Over, journal.ClosedResidue, engine.ExitResidue, map[string]string{"grant": "applied, undo left", "a": "applied, undo done", "c": "failed"}}, ending(run))
		require.Equal(t, []journal.Residue{{Step: "grant", Why: "no call takes it back"}}, run.Residue)
		require.Equal(t, map[string]string{"granted/b1": "yes"}, b.cloud.snapshot())
	})
}

func TestWhatCannotBeUndoneWantsToBeAccepted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, s := range map[string]string{
			"a kind":   "  - {id: x, uses: toy.grant, with: {buckets: [b1]}}\n",
			"a change": "  - {id: x, uses: toy.cell, with: {name: once, value: y}}\n",
		} {
			b := newBench(t, map[string]string{"once": "!key"})
			job := b.job("steps:\n  - {id: a, uses: toy.cell, with: {name: a, value: x}}\n"+s, nil, nil)
			_, err := b.Apply(context.Background(), job, yes)
			b.refused(err, engine.ExitWrong)
			require.ErrorContains(t, err, "irreversible: accept", name)
			require.Zero(t, b.cloud.sent())
			ids, err := b.Folder.Runs()
			require.NoError(t, err)
			require.Empty(t, ids)

			run := b.apply("steps:\n  - {id: a, uses: toy.cell, with: {name: a, value: x}}\n" + strings.Replace(s, "with:", "irreversible: accept, with:", 1))
			require.Equal(t, engine.ExitDone, engine.Exit(run.Exit))
		}
	})
}

func TestAChangeThatTurnsOutNotReversibleAfterThePreviewIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, map[string]string{"a": "v"})
		run := b.apply(`
steps:
  - {id: m, uses: toy.make, with: {name: m}}
  - {id: c, uses: toy.cell, with: {name: "${{ steps.m.outputs.id }}", value: y}}
`)
		require.Equal(t, engine.ExitDone, engine.Exit(run.Exit))
		b.cloud.cells["id-2"] = "!key"
		run = b.apply(`
steps:
  - {id: n, uses: toy.make, with: {name: n}}
  - {id: c, uses: toy.cell, with: {name: "${{ steps.n.outputs.id }}", value: y}}
`)
		require.Equal(t, end{journal.Over, journal.ClosedRolledBack, engine.ExitFailed, map[string]string{"n": "applied, undo done", "c": "failed"}}, ending(run))
		require.Equal(t, map[string]string{"a": "v", "m": "id-1", "id-1": "y", "id-2": "!key"}, b.cloud.snapshot())
	})
}

func TestTwoStepsOnOneObjectFollowEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, map[string]string{"s": "l"})
		b.options.Parallelism = 4
		p := `
steps:
  - {id: x, uses: toy.set, with: {name: "${{ 's' }}", members: [x]}}
  - {id: y, uses: toy.set, with: {name: "${{ 's' }}", members: [y]}}
  - {id: after, uses: toy.cell, with: {name: after, value: x}, needs: [x, y]}
`
		preview := b.preview(p)
		require.Equal(t, journal.Update, preview.Part("x").Change)
		require.Equal(t, journal.Hidden, preview.Part("y").Change)
		b.cloud.fails("apply after", fault{do: func() { require.Equal(t, "l,x,y", b.cloud.snapshot()["s"]) }, err: refused.err})
		run := b.apply(p)
		require.Equal(t, end{journal.Over, journal.ClosedRolledBack, engine.ExitFailed, map[string]string{"x": "applied, undo done", "y": "applied, undo done", "after": "failed"}}, ending(run))
		require.Equal(t, map[string]string{"s": "l"}, b.cloud.snapshot())
	})
}

func TestAFanOutThatActedOnSomeIsSentAgainAndPutBackWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := map[string]string{"r1": "one", "r2": "two"}
		b := newBench(t, start)
		some := lostActed
		some.only = "r1"
		b.cloud.fails("apply rows", some)
		b.cloud.fails("apply bad", refused)
		run := b.apply(`
steps:
  - {id: rows, uses: toy.rows, with: {names: [r1, r2, r3], value: v}}
  - {id: bad, uses: toy.cell, with: {name: bad, value: x}, needs: [rows]}
`)
		require.Equal(t, end{journal.Over, journal.ClosedRolledBack, engine.ExitFailed, map[string]string{"rows": "applied, undo done", "bad": "failed"}}, ending(run))
		require.Equal(t, []string{"apply rows", "apply rows", "undo rows"}, b.cloud.writes())
		require.Equal(t, start, b.cloud.snapshot())
	})
}

func TestALostCreationIsNotSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, nil)
		b.cloud.fails("apply m", lostActed)
		run := b.apply("steps:\n  - {id: m, uses: toy.make, with: {name: m}}\noutputs: {id: \"${{ steps.m.outputs.id }}\"}\n")
		require.Equal(t, "adopted", ending(run).Steps["m"])
		require.JSONEq(t, `{"id":"id-1"}`, text(run.Results))

		b = newBench(t, nil)
		b.cloud.fails("apply m", lost)
		run = b.apply("steps:\n  - {id: m, uses: toy.make, with: {name: m}}\n")
		require.Equal(t, end{journal.Paused, "", engine.ExitUnknown, map[string]string{"m": "stuck"}}, ending(run))
		require.Equal(t, 1, b.cloud.sent())
		run = b.resume(run.Open.Run, engine.Assumption{Step: "m"})
		require.Equal(t, end{journal.Over, journal.ClosedDone, engine.ExitDone, map[string]string{"m": "applied"}}, ending(run))
	})
}

func TestSomebodyElseMeddlingStopsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, map[string]string{"a": "old"})
		b.cloud.fails("apply a", fault{err: lost.err, do: func() { b.cloud.set("a", "theirs") }})
		run := b.apply("steps:\n  - {id: a, uses: toy.cell, with: {name: a, value: new}}\n")
		require.Equal(t, end{journal.Paused, "", engine.ExitUnknown, map[string]string{"a": "stuck"}}, ending(run))
		require.Equal(t, "theirs", b.cloud.snapshot()["a"])

		run = b.rollback(run.Open.Run, false)
		require.Equal(t, engine.ExitResidue, engine.Exit(run.Exit))
		require.Equal(t, []journal.Residue{{Step: "a", Field: "value", Why: "somebody changed it since; --force puts back what stood before", Foreign: true}}, run.Residue)
		require.Equal(t, "theirs", b.cloud.snapshot()["a"])
	})
}

func TestAStepThatEndsWithItsTimeoutIsSettled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, map[string]string{"a": "old"})
		b.cloud.fails("read a", fault{}, fault{}, fault{do: func() { time.Sleep(2 * time.Minute) }})
		run := b.apply("defaults: {retry: {max: 1, backoff: 1s}}\nsteps:\n  - {id: a, uses: toy.cell, timeout: 90s, with: {name: a, value: new}}\n")
		require.Equal(t, end{journal.Paused, "", engine.ExitUnknown, map[string]string{"a": "stuck"}}, ending(run), "what cannot be read back in time is in doubt")
		require.Equal(t, engine.ExitDone, engine.Exit(b.resume(run.Open.Run).Exit))
		require.Equal(t, []string{"apply a"}, b.cloud.writes())
	})
}

func TestCredentialsThatEndPauseTheRun(t *testing.T) {
	for _, op := range []string{"apply a", "read a"} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, map[string]string{"s": "l"})
			b.cloud.fails("read a", fault{})
			b.cloud.fails(op, failing(step.Unauthenticated))
			run := b.apply(three)
			require.Equal(t, journal.Paused, run.Mode)
			require.Equal(t, engine.ExitPaused, engine.Exit(run.Exit))
			run = b.resume(run.Open.Run)
			require.Equal(t, end{journal.Over, journal.ClosedDone, engine.ExitDone, map[string]string{"a": "applied", "s": "applied", "b": "applied"}}, ending(run))
		})
	}
}

func TestASecondApplyIsRefusedWhileARunIsNotOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, nil)
		b.cloud.fails("apply m", lost)
		first := b.apply("steps:\n  - {id: m, uses: toy.make, with: {name: m}}\n")
		_, err := b.Apply(context.Background(), b.job(three, nil, nil), yes)
		b.refused(err, engine.ExitHeld)
		require.ErrorContains(t, err, "writ rollback "+first.Open.Run)

		b.rollback(first.Open.Run, false)
		require.Equal(t, engine.ExitDone, engine.Exit(b.apply(three).Exit))
	})
}

func TestWhileARunIsUnderWayNobodyElseBegins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, nil)
		var held *journal.HeldError
		b.cloud.fails("apply a", fault{acts: true, do: func() {
			_, err := b.Apply(context.Background(), b.job(three, nil, nil), yes)
			require.ErrorAs(t, err, &held)
			ids, _ := b.Folder.Runs()
			_, err = b.Rollback(context.Background(), ids[0], false)
			require.ErrorAs(t, err, &held)
			run, err := b.Load(ids[0])
			require.NoError(t, err)
			b.Judge(run)
			require.Equal(t, journal.Running, run.Mode)
		}})
		require.Equal(t, engine.ExitDone, engine.Exit(b.apply(three).Exit))
		require.NotNil(t, held)
	})
}

func TestAnUnreadableDoubtIsSaidAndSentOnceMore(t *testing.T) {
	const p = "steps:\n  - {id: g, uses: toy.grant, irreversible: accept, with: {buckets: [b1]}}\n  - {id: c, uses: toy.cell, with: {name: c, value: x}, needs: [g]}\n"
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, nil)
		b.cloud.fails("apply grant", lost)
		run := b.apply(p)
		require.Equal(t, end{journal.Paused, "", engine.ExitUnknown, map[string]string{"g": "stuck"}}, ending(run))
		run = b.resume(run.Open.Run)
		require.Equal(t, end{journal.Over, journal.ClosedDone, engine.ExitDone, map[string]string{"g": "applied", "c": "applied"}}, ending(run))
		require.Equal(t, []string{"apply grant", "apply c"}, b.cloud.writes())

		for _, done := range []bool{true, false} {
			b := newBench(t, nil)
			b.cloud.fails("apply grant", lostActed, lostActed)
			run := b.apply(p)
			run = b.resume(run.Open.Run)
			require.Equal(t, engine.ExitUnknown, engine.Exit(run.Exit), "once more, and no more")
			require.Equal(t, 2, b.cloud.sent())
			_, err := b.Resume(context.Background(), run.Open.Run, engine.Assumption{Step: "c", Done: true})
			b.refused(err, engine.ExitWrong)
			run = b.resume(run.Open.Run, engine.Assumption{Step: "g", Done: done})
			require.Equal(t, map[bool]string{true: "assumed", false: "applied"}[done], ending(run).Steps["g"])
			require.Equal(t, engine.ExitDone, engine.Exit(run.Exit))
			require.Equal(t, map[bool]int{true: 3, false: 4}[done], b.cloud.sent())
		}
	})
}

func TestAnUnreadableThatIsRefusedFails(t *testing.T) {
	const p = "steps:\n  - {id: g, uses: toy.grant, irreversible: accept, with: {buckets: [b1]}}\n"
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, nil)
		b.cloud.fails("apply grant", failing(step.Denied))
		run := b.apply(p)
		require.Equal(t, end{journal.Over, journal.ClosedRolledBack, engine.ExitFailed, map[string]string{"g": "failed"}}, ending(run))
		b = newBench(t, nil)
		b.cloud.fails("apply grant", failing(step.AlreadySo))
		run = b.apply(p)
		require.Equal(t, end{journal.Over, journal.ClosedDone, engine.ExitDone, map[string]string{"g": "satisfied"}}, ending(run))
	})
}

func TestAFinishedRunIsEvidenceForWhatNobodyCanRead(t *testing.T) {
	const p = "steps:\n  - {id: g, uses: toy.grant, irreversible: accept, with: {buckets: [b1, b2]}}\n"
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, nil)
		first := b.apply(p)
		preview := b.preview(p)
		require.Equal(t, journal.Evidence, preview.Part("g").How)
		require.Equal(t, first.Open.Run, preview.Part("g").From)
		require.Empty(t, b.apply(p).Open.Run)
		require.Equal(t, 1, b.cloud.sent())

		more := b.apply(strings.Replace(p, "b2", "b3", 1))
		require.JSONEq(t, `{"buckets":["b1","b2","b3"]}`, text(more.Part("g").Goal))

		b.options.Resend = true
		require.Equal(t, "applied", ending(b.apply(p)).Steps["g"])
		require.Equal(t, 3, b.cloud.sent())
	})
}

func TestAPanicIsAnInternalErrorAndShowsNoValues(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, map[string]string{"a": "old"})
		b.cloud.fails("read a", fault{}, fault{panics: true})
		run := b.apply(three)
		require.Equal(t, end{journal.Over, journal.ClosedRolledBack, engine.ExitInternal, map[string]string{"a": "failed"}}, ending(run))
		require.Contains(t, run.Part("a").Error.Message, "internal error in a")
		require.NotContains(t, run.Part("a").Error.Message, "read panics")
	})
}

func TestAReadAfterAWriteOfOursMayShowIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, map[string]string{"a": "old"})
		run := b.apply(`
steps:
  - {id: a, uses: toy.cell, with: {name: a, value: new}}
  - {id: l, uses: toy.list, with: {names: [a]}, needs: [a]}
outputs: {all: "${{ steps.l.outputs.values }}"}
`)
		require.Equal(t, end{journal.Over, journal.ClosedDone, engine.ExitDone, map[string]string{"a": "applied", "l": "read"}}, ending(run))
		require.JSONEq(t, `{"all":["new"]}`, text(run.Results))
	})
}
