package engine_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"writ/engine"
	"writ/engine/journal"
	"writ/engine/step"
)

func TestRollbackRestoresWhatAFinishedRunChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := map[string]string{"a": "old", "s": "l"}
		b := newBench(t, start)
		id := b.apply(three).Open.Run
		run := b.rollback(id, false)
		require.Equal(t, end{journal.Over, journal.ClosedRolledBack, engine.ExitDone, map[string]string{"a": "applied, undo done", "s": "applied, undo done", "b": "applied, undo done"}}, ending(run))
		require.Equal(t, start, b.cloud.snapshot())

		before := len(records(b, id))
		_, err := b.Rollback(context.Background(), id, false)
		var nothing *engine.NothingToUndo
		require.ErrorAs(t, err, &nothing)
		require.Equal(t, &engine.NothingToUndo{}, nothing)
		require.EqualError(t, err, "nothing left to undo")
		require.Len(t, records(b, id), before)
	})
}

func TestRollbackLeavesAloneWhatOthersChangedSinceAndListsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, map[string]string{"a": "old", "s": "l"})
		id := b.apply(three).Open.Run
		b.cloud.set("a", "theirs")
		b.cloud.set("s", "l,m,theirs")
		run := b.rollback(id, false)
		require.Equal(t, []any{journal.ClosedResidue, engine.ExitResidue}, []any{run.Closed, engine.Exit(run.Exit)})
		require.Equal(t, []journal.Residue{{Step: "a", Field: "value", Why: "somebody changed it since; --force puts back what stood before", Foreign: true}}, run.Residue)
		require.Equal(t, map[string]string{"a": "theirs", "s": "l,theirs"}, b.cloud.snapshot(), "a set is undone element by element")

		run = b.rollback(id, true)
		require.Equal(t, []any{journal.ClosedRolledBack, engine.ExitDone}, []any{run.Closed, engine.Exit(run.Exit)})
		require.Equal(t, map[string]string{"a": "old", "s": "l,theirs"}, b.cloud.snapshot())
	})
}

func TestResidueIsNamedFieldByField(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, map[string]string{"a": "~part"})
		preview := b.preview(three)
		require.Equal(t, []step.Residue{{Field: "value", Why: "only its beginning can be restored"}}, preview.Part("a").Reverse.Left)
		run := b.rollback(b.apply(three).Open.Run, false)
		require.Equal(t, []any{journal.ClosedResidue, engine.ExitResidue}, []any{run.Closed, engine.Exit(run.Exit)})
		require.Equal(t, []journal.Residue{{Step: "a", Field: "value", Why: "only its beginning can be restored"}}, run.Residue)
		require.Equal(t, map[string]string{"a": "~"}, b.cloud.snapshot())
	})
}

func TestAFailedUndoBlocksWhatItFollowsAndNothingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, map[string]string{"a": "old"})
		b.cloud.fails("undo s", failing(step.Denied))
		p := threeAnd("\n  - {id: top, uses: toy.cell, with: {name: top, value: x}}\n  - {id: low, uses: toy.set, needs: [top], with: {name: low, members: [m]}}\n")
		b.cloud.fails("undo low", failing(step.Denied))
		id := b.apply(p).Open.Run
		run := b.rollback(id, false)
		require.Equal(t, end{journal.Over, journal.ClosedResidue, engine.ExitResidue, map[string]string{
			"a": "applied, undo done", "s": "applied, undo failed", "b": "applied, undo done", "top": "applied, undo left", "low": "applied, undo failed",
		}}, ending(run))
		require.Equal(t, []journal.Residue{
			{Step: "s", Why: "its undo failed: toy"},
			{Step: "top", Why: "low follows it and could not be undone"},
			{Step: "low", Why: "its undo failed: toy"},
		}, run.Residue)
		require.Equal(t, map[string]string{"a": "old", "s": "m", "top": "x", "low": "m"}, b.cloud.snapshot())

		run = b.rollback(id, false)
		require.Equal(t, []any{journal.ClosedRolledBack, engine.ExitDone}, []any{run.Closed, engine.Exit(run.Exit)})
		require.Equal(t, map[string]string{"a": "old"}, b.cloud.snapshot())
	})
}

func TestAnUndoInDoubtIsSettledByReading(t *testing.T) {
	for name, faults := range map[string][]fault{
		"it acted":       {lostActed},
		"it did not act": {lost},
		"twice":          {lost, lost, lostActed},
		"throttled":      {throttled, throttled},
		"already so":     {{acts: true, err: &step.Error{Class: step.AlreadySo}}},
		"a panic":        {{panics: true}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, map[string]string{"a": "old"})
				b.cloud.fails("undo a", faults...)
				b.cloud.fails("apply bad", refused)
				run := b.apply(threeAnd(bad))
				require.Equal(t, []any{journal.ClosedRolledBack, engine.ExitFailed}, []any{run.Closed, engine.Exit(run.Exit)})
				require.Equal(t, map[string]string{"a": "old"}, b.cloud.snapshot())
			})
		})
	}
}

func TestAnUndoThatNeverActsEndsAsResidue(t *testing.T) {
	for name, f := range map[string]fault{"lost": lost, "refused": refused, "answered": {}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, map[string]string{"a": "old"})
				b.cloud.always["undo a"] = f
				run := b.rollback(b.apply(three).Open.Run, false)
				require.Equal(t, []any{journal.ClosedResidue, engine.ExitResidue}, []any{run.Closed, engine.Exit(run.Exit)})
				require.Equal(t, "a", run.Residue[0].Step)
				require.Equal(t, map[string]string{"a": "new"}, b.cloud.snapshot())
			})
		})
	}
}

// What time or other credentials cure is no residue: the way back pauses, and goes on from there.
func TestAWayBackThatIsRefusedForNowPausesAndGoesOn(t *testing.T) {
	for name, faults := range map[string]map[string][]fault{
		"the look":               {"read a": {signedOut}},
		"the undo":               {"undo a": {signedOut}},
		"throttled for too long": {"undo a": {throttled, throttled, throttled, throttled, throttled}},
		"the read-back":          {"read a": {{}, signedOut}},
		"the last look":          {"read a": {{}, {}, signedOut}},
		"all of them":            {"read a": {signedOut}, "read s": {signedOut}, "read b": {signedOut}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, map[string]string{"a": "old"})
				id := b.apply(three).Open.Run
				for op, f := range faults {
					b.cloud.fails(op, f...)
				}
				run := b.rollback(id, false)
				require.Equal(t, []any{journal.Paused, engine.ExitPaused}, []any{run.Mode, engine.Exit(run.Exit)}, run.Why)
				require.NotEmpty(t, run.Why)
				for range 3 {
					if run.Mode == journal.Paused {
						run = b.resume(id)
					}
				}
				require.Equal(t, []any{journal.ClosedRolledBack, engine.ExitDone}, []any{run.Closed, engine.Exit(run.Exit)})
				require.Equal(t, map[string]string{"a": "old"}, b.cloud.snapshot())
			})
		})
	}
}

// A write that was answered is in no doubt because the credentials expired before it was read back.
func TestAReadBackThatIsRefusedForNowPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, map[string]string{"a": "old"})
		b.cloud.fails("read a", fault{}, fault{}, signedOut)
		run := b.apply(three)
		require.Equal(t, []any{journal.Paused, engine.ExitPaused}, []any{run.Mode, engine.Exit(run.Exit)}, run.Why)
		run = b.resume(run.Open.Run)
		require.Equal(t, journal.ClosedDone, run.Closed)
		require.Equal(t, 1, count(b.cloud.writes(), "apply a"))
	})
}

func count(list []string, what string) int {
	n := 0
	for _, s := range list {
		if s == what {
			n++
		}
	}
	return n
}

func TestAPanicWhileLookingBackIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, map[string]string{"a": "old"})
		id := b.apply(three).Open.Run
		b.cloud.fails("read a", fault{panics: true})
		run := b.rollback(id, false)
		require.Equal(t, []any{journal.ClosedResidue, engine.ExitInternal}, []any{run.Closed, engine.Exit(run.Exit)})
		require.Equal(t, []journal.Residue{{Step: "a", Why: "its undo failed: internal error"}}, run.Residue)
	})
}

func TestWhatChangesAgainAfterItWasPutBackIsResidue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, map[string]string{"a": "old"})
		id := b.apply(three).Open.Run
		b.cloud.fails("read a", fault{}, fault{}, fault{do: func() { b.cloud.set("a", "new") }})
		run := b.rollback(id, false)
		require.Equal(t, []journal.Residue{{Step: "a", Field: "value", Why: "it changed again after it was put back"}}, run.Residue)
		require.Equal(t, engine.ExitResidue, engine.Exit(run.Exit))
		run = b.rollback(id, false)
		require.Equal(t, engine.ExitDone, engine.Exit(run.Exit))
		require.Equal(t, map[string]string{"a": "old"}, b.cloud.snapshot())
	})
}

func TestASecondRollbackKnowsWhatTheFirstPutBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := map[string]string{"r1": "one", "r2": "two"}
		b := newBench(t, start)
		id := b.apply(`
steps:
  - {id: row, uses: toy.rows, with: {names: [r1], value: u}}
  - {id: all, uses: toy.rows, with: {names: [r1, r2], value: v}, needs: [row]}
`).Open.Run
		b.cloud.fails("read r2", fault{}, fault{}, failing(step.Denied))
		run := b.rollback(id, false)
		require.Equal(t, []journal.Residue{{Step: "all", Why: "it could not be read once more: toy"}}, run.Residue)
		run = b.rollback(id, false)
		require.Empty(t, run.Residue, "what the first step wrote is gone since the second was undone: nobody else took it away")
		require.Equal(t, engine.ExitDone, engine.Exit(run.Exit))
		require.Equal(t, start, b.cloud.snapshot())
	})
}

func TestAReadThatFailsAtTheEndIsResidue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, map[string]string{"a": "old"})
		id := b.apply(three).Open.Run
		b.cloud.fails("read a", fault{}, fault{}, failing(step.Denied))
		run := b.rollback(id, false)
		require.Equal(t, []journal.Residue{{Step: "a", Why: "it could not be read once more: toy"}}, run.Residue)
	})
}

func TestAStepMayAskNotToBeUndone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, nil)
		p := "steps:\n  - {id: k, uses: toy.cell, rollback: none, with: {name: k, value: x}}\n  - {id: g, uses: toy.grant, irreversible: accept, with: {buckets: [b]}}\n"
		id := b.apply(p).Open.Run
		left := []journal.Residue{{Step: "k", Why: "its step says rollback: none"}, {Step: "g", Why: "no call takes it back"}}
		_, err := b.Rollback(context.Background(), id, false)
		var nothing *engine.NothingToUndo
		require.ErrorAs(t, err, &nothing)
		require.Equal(t, left, nothing.Left)

		b = newBench(t, nil)
		b.cloud.fails("apply c", refused)
		run := b.apply(p + "  - {id: c, uses: toy.cell, needs: [g], with: {name: c, value: x}}\n")
		require.Equal(t, []any{journal.ClosedResidue, engine.ExitResidue}, []any{run.Closed, engine.Exit(run.Exit)})
		require.Equal(t, left, run.Residue)
	})
}

func TestRollbackNeedsNeitherPlanNorSecrets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, map[string]string{"a": "old"})
		b.env["KEY"] = canary
		run, err := b.Apply(context.Background(), b.job(secretive, nil, map[string]string{"key": "env:KEY"}), yes)
		require.NoError(t, err)
		delete(b.env, "KEY")
		run = b.rollback(run.Open.Run, false)
		require.Equal(t, engine.ExitDone, engine.Exit(run.Exit))
		require.Equal(t, map[string]string{"a": "old"}, b.cloud.snapshot())
	})
}

func TestRollbackTakesARunFromAnyPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := map[string]string{"a": "old", "s": "l"}
		b := newBench(t, start)
		b.cloud.fails("apply s", fault{acts: true, do: func() { close(b.stop) }})
		run := b.apply(three)
		b.Engine.Stop = nil
		run = b.rollback(run.Open.Run, false)
		require.Equal(t, []any{journal.ClosedRolledBack, engine.ExitDone}, []any{run.Closed, engine.Exit(run.Exit)})
		require.Equal(t, start, b.cloud.snapshot())
		require.Equal(t, engine.ExitDone, engine.Exit(b.apply(three).Exit))
	})
}

func TestAFailureDoesNotWaitForTheEffectOfAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, nil)
		b.options.Parallelism = 2
		b.cloud.fails("apply b", refused)
		begin := time.Now()
		run := b.apply("steps:\n" +
			"  - {id: a, uses: toy.cell, with: {name: a, value: new}, wait: {until: '${{ false }}', every: 1s, for: 60m}}\n" +
			"  - {id: b, uses: toy.cell, with: {name: b, value: new}}\n")
		require.Equal(t, engine.ExitFailed, engine.Exit(run.Exit))
		require.Equal(t, journal.ClosedRolledBack, run.Closed)
		require.Less(t, time.Since(begin), time.Minute)
	})
}
