package engine_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"writ/engine"
	"writ/engine/journal"
	"writ/engine/step"
)

const tour = `
inputs: {names: {type: array, items: {type: string}, default: [e1, e2]}}
steps:
  - {id: list, uses: toy.list, with: {names: [a, s]}}
  - {id: create, uses: toy.cell, with: {name: fresh, value: x}}
  - {id: update, uses: toy.cell, with: {name: a, value: "${{ steps.list.outputs.values[0] }}2"}}
  - {id: remove, uses: toy.cell, with: {name: gone}}
  - {id: same, uses: toy.cell, with: {name: same, value: same}}
  - {id: each, uses: toy.cell, for_each: "${{ inputs.names }}", with: {name: "${{ each.key }}", value: v}}
  - {id: make, uses: toy.make, with: {name: m}}
  - {id: hidden, uses: toy.cell, with: {name: hidden, value: "${{ steps.make.outputs.id }}"}}
  - {id: later, uses: toy.cell, for_each: "${{ [steps.make.outputs.id] }}", with: {name: "${{ each.key }}", value: v}}
  - {id: maybe, uses: toy.cell, if: "${{ steps.make.outputs.id != '' }}", with: {name: maybe, value: v}}
  - {id: grant, uses: toy.grant, irreversible: accept, with: {buckets: [b]}}
`

func tourStart() map[string]string {
	return map[string]string{"a": "1", "s": "m", "gone": "x", "same": "same"}
}

func TestAPreviewWritesNothingAndItsKnownLinesComeTrue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, tourStart())
		preview := b.preview(tour)
		require.Equal(t, tourStart(), b.cloud.snapshot())
		require.Zero(t, b.cloud.sent())
		ids, err := b.Folder.Runs()
		require.NoError(t, err)
		require.Empty(t, ids)
		require.Empty(t, b.watched)

		changes := map[string]journal.Change{}
		for _, n := range preview.Nodes {
			for _, p := range n.Parts {
				changes[p.Address] = p.Change
			}
		}
		require.Equal(t, map[string]journal.Change{
			"list": "", "create": journal.Create, "update": journal.Update, "remove": journal.Remove, "same": journal.NoChange,
			`each["e1"]`: journal.Create, `each["e2"]`: journal.Create, "make": journal.Create, "hidden": journal.Hidden,
			"later[?]": journal.Hidden, "maybe": journal.Hidden, "grant": journal.Create,
		}, changes)
		known, unknown := engine.Changes(preview, b.Kinds)
		require.Equal(t, []int{6, 4}, []int{known, unknown})
		require.Equal(t, []string{"for_each", "name"}, preview.Part("later[?]").Unknown)
		require.Contains(t, preview.Part("maybe").Unknown, "if")
		require.NoError(t, engine.Obstacle(preview))

		run := b.apply(tour)
		require.Equal(t, engine.ExitDone, engine.Exit(run.Exit))
		for address, change := range changes {
			if change != journal.Hidden {
				was, is := preview.Part(address), run.Part(address)
				require.Equal(t, []any{was.Change, text(was.Before), text(was.Goal), was.Reverse}, []any{is.Change, text(is.Before), text(is.Goal), is.Reverse}, address)
			}
		}
		require.Equal(t, map[string]string{
			"a": "12", "s": "m", "same": "same", "fresh": "x", "e1": "v", "e2": "v", "m": "id-1", "hidden": "id-1", "id-1": "v", "maybe": "v", "granted/b": "yes",
		}, b.cloud.snapshot())
	})
}

func TestAPreviewShowsWhatItMayNotReadAndApplyRefuses(t *testing.T) {
	for class, exit := range map[step.Class]engine.Exit{
		step.Denied: engine.ExitDenied, step.Unauthenticated: engine.ExitDenied, step.Invalid: engine.ExitWrong,
		step.NotFound: engine.ExitFailed, step.Internal: engine.ExitInternal,
	} {
		t.Run(string(class), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, map[string]string{"s": "l"})
				b.cloud.always["read a"] = failing(class)
				preview := b.preview(three)
				require.Equal(t, class, preview.Part("a").Error.Class)
				require.Equal(t, journal.Update, preview.Part("s").Change)
				_, err := b.Apply(context.Background(), b.job(three, nil, nil), yes)
				b.refused(err, exit)
				require.Zero(t, b.cloud.sent())
			})
		})
	}
}

func TestNothingBeginsWithoutAgreement(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, nil)
		no := errors.New("no")
		preview, err := b.Apply(context.Background(), b.job(three, nil, nil), func(*journal.Run) error { return no })
		require.ErrorIs(t, err, no)
		require.Equal(t, journal.Create, preview.Part("a").Change)
		require.Zero(t, b.cloud.sent())
	})
}

func TestAStalePreviewFailsBeforeTheFirstWrite(t *testing.T) {
	for name, c := range map[string]struct{ plan, cell string }{
		"a change": {three, "a"},
		"a read":   {"steps:\n  - {id: l, uses: toy.list, with: {names: [a]}}\n  - {id: c, uses: toy.cell, needs: [l], with: {name: c, value: x}}\n", "a"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, map[string]string{"a": "old"})
				run, err := b.Apply(context.Background(), b.job(c.plan, nil, nil), func(*journal.Run) error {
					b.cloud.set(c.cell, "theirs")
					return nil
				})
				require.NoError(t, err)
				require.Equal(t, engine.ExitStale, engine.Exit(run.Exit))
				require.Equal(t, journal.ClosedRolledBack, run.Closed)
				require.Zero(t, b.cloud.sent())
			})
		})
	}
}

func TestAPreviewThatGoesStaleMidwayPutsBackWhatWasDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, map[string]string{"s": "l"})
		b.cloud.fails("apply a", fault{acts: true, do: func() { b.cloud.set("s", "theirs") }})
		run := b.apply(three)
		require.Equal(t, end{journal.Over, journal.ClosedRolledBack, engine.ExitFailed, map[string]string{"a": "applied, undo done", "s": "failed"}}, ending(run))
		require.Equal(t, map[string]string{"s": "theirs"}, b.cloud.snapshot())
	})
}

func TestStepsTellWhatARunWillKnow(t *testing.T) {
	b := newBench(t, nil)
	job := b.job("defaults: {on_failure: stop}\nsteps:\n  - {id: a, uses: toy.slow, rollback: none, wait: {for: 5m, every: 10s}, with: {name: a}}\n  - {id: b, uses: toy.cell, needs: [a], on_failure: continue, with: {name: b}}\n", nil, nil)
	steps := b.Steps(job)
	require.Equal(t, "none", steps[0].Rollback)
	require.Equal(t, []string{"stop", "continue"}, []string{steps[0].OnFailure, steps[1].OnFailure})
	require.Equal(t, []int{0}, steps[1].Parents)
	require.Equal(t, 5*60, int(steps[0].WaitFor.Seconds()))
	job.Options.OnFailure = "rollback"
	require.Equal(t, "rollback", b.Steps(job)[1].OnFailure, "the run's choice wins over the plan's")
}
