package schedule

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"writ/engine/journal"
	"writ/engine/step"
)

var (
	everyEffect = []step.Effect{step.Reads, step.Reversible, step.Reversible, step.Reversible, step.Irreversible}
	undoable    = []step.Effect{step.Reads, step.Reversible, step.Reversible}
	anyPolicy   = []string{"", "rollback", "stop", "continue"}
)

// fresh drives a world's run from its beginning.
func fresh(w *world, seed uint64, fail func(string, ...any)) *sim {
	return newSim(w, seed, w.start(), []journal.Record{w.open()}, fail)
}

func seeds() *rapid.Generator[uint64] { return rapid.Uint64() }

func TestWhateverHappensTheLawsHold(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := drawWorld(rt, chances{wobbles: 30, failures: 15, badUndos: 15, gone: 10, effects: everyEffect, policies: anyPolicy})
		m := fresh(w, seeds().Draw(rt, "seed"), rt.Fatalf).drive()
		for address, s := range w.scripts {
			if s.satisfied && (m.writes[address] > 0 || !m.cloud[address]) {
				rt.Fatalf("%s was met before, and was written\n%s", address, m)
			}
		}
	})
}

func TestTheSameSeedGivesTheSameCommands(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := drawWorld(rt, chances{wobbles: 30, failures: 15, badUndos: 15, gone: 10, effects: everyEffect, policies: anyPolicy})
		seed := seeds().Draw(rt, "seed")
		a, b := fresh(w, seed, rt.Fatalf).drive(), fresh(w, seed, rt.Fatalf).drive()
		require.Equal(rt, a.trace, b.trace)
		require.Equal(rt, a.records, b.records)
	})
}

// ending is what of a run's end does not depend on the order in which calls were answered.
func ending(m *sim) any {
	fates := map[string]string{}
	for _, n := range m.run.Nodes {
		for _, p := range n.Parts {
			fates[p.Address] = fmt.Sprint(p.Phase, " acted:", p.Acted, " undo:", p.Undo.Phase)
		}
	}
	return []any{m.run.Mode, m.run.Closed, fates, m.cloud}
}

func TestARunGoneOnFromAnyRecordEndsTheSame(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := drawWorld(rt, chances{wobbles: 30, failures: 10, gone: 10, effects: everyEffect, policies: []string{"continue"}})
		crashEverywhere(rt, w, func(whole, again *sim) {
			require.Equal(rt, ending(whole), ending(again), "%s\n--- went on ---\n%s", whole, again)
		})
	})
}

func TestARollbackGoneOnFromAnyRecordEndsTheSame(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := drawWorld(rt, chances{wobbles: 30, failures: 20, effects: undoable, policies: []string{"rollback"}})
		crashEverywhere(rt, w, func(whole, again *sim) {
			require.Equal(rt, whole.run.Closed, again.run.Closed, "%s\n--- went on ---\n%s", whole, again)
			require.Equal(rt, whole.cloud, again.cloud)
			if again.run.Closed == journal.ClosedRolledBack {
				require.Equal(rt, w.start(), again.cloud)
			}
		})
	})
}

// crashEverywhere drives a run, and then drives it again from each of its records, and from one record of each of
// those runs.
func crashEverywhere(rt *rapid.T, w *world, same func(whole, again *sim)) {
	seed := seeds().Draw(rt, "seed")
	clouds := map[int]map[string]bool{}
	keep := func(clouds map[int]map[string]bool) func(*sim) {
		return func(m *sim) { clouds[len(m.records)] = maps.Clone(m.cloud) }
	}
	whole := fresh(w, seed, rt.Fatalf)
	whole.each = keep(clouds)
	keep(clouds)(whole)
	whole.drive()
	for n := 1; n < len(whole.records); n++ {
		again := whole.crash(n, seed+uint64(n), clouds[n])
		later := map[int]map[string]bool{}
		again.each = keep(later)
		keep(later)(again)
		from := len(again.records)
		again.drive()
		same(whole, again)
		if twice := from + int(seed%7); twice < len(again.records) {
			third := again.crash(twice, seed+uint64(n), later[twice])
			same(whole, third.drive())
		}
	}
}

func TestAStopPausesAndTheRunGoesOnAfterIt(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := drawWorld(rt, chances{wobbles: 30, failures: 10, effects: everyEffect, policies: []string{"continue"}})
		seed := seeds().Draw(rt, "seed")
		whole := fresh(w, seed, rt.Fatalf).drive()
		m := fresh(w, seed, rt.Fatalf)
		m.stopAt = rapid.IntRange(1, len(whole.records)).Draw(rt, "stop")
		m.drive()
		if m.run.Mode == journal.Paused {
			m = newSim(w, seed, m.cloud, append(m.records, journal.Record{K: journal.RunResume}), rt.Fatalf).drive()
		}
		require.Equal(rt, ending(whole), ending(m), "%s", m)
	})
}

func TestARollbackRestoresAllThatCanBe(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := drawWorld(rt, chances{wobbles: 30, failures: 30, badUndos: 30, effects: undoable, policies: []string{"rollback"}})
		m := fresh(w, seeds().Draw(rt, "seed"), rt.Fatalf).drive()
		if !m.run.Rollback {
			return
		}
		bad := false
		for _, n := range m.run.Nodes {
			for _, p := range n.Parts {
				if !wantsUndo(p) {
					require.Equal(rt, w.scripts[p.Address].satisfied, m.cloud[p.Address], p.Address)
					continue
				}
				blocked := m.blockedByFailure(p)
				failed := p.Undo.Phase == journal.UndoFailed
				bad = bad || blocked || failed
				require.Equal(rt, blocked, p.Undo.Phase == journal.UndoLeft, "a failed undo blocks what it follows, and only that\n%s", m)
				require.Equal(rt, !blocked && !failed, p.Undo.Phase == journal.UndoFinished && !m.cloud[p.Address], "%s\n%s", p.Address, m)
			}
		}
		want := journal.ClosedRolledBack
		if bad {
			want = journal.ClosedResidue
		}
		require.Equal(rt, want, m.run.Closed, "%s", m)
	})
}

// blockedByFailure reports whether a step that follows p could not be undone.
func (m *sim) blockedByFailure(p *journal.Progress) bool {
	for i, n := range m.run.Nodes {
		if m.follows(i, p.Node) && slices.ContainsFunc(n.Parts, func(q *journal.Progress) bool { return q.Undo.Phase == journal.UndoFailed }) {
			return true
		}
	}
	return false
}

func TestASecondRollbackTriesAgainWhatTheFirstCouldNot(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := drawWorld(rt, chances{failures: 30, badUndos: 30, effects: undoable, policies: []string{"rollback"}})
		m := fresh(w, seeds().Draw(rt, "seed"), rt.Fatalf).drive()
		if m.run.Closed != journal.ClosedResidue {
			return
		}
		again := append(m.records, journal.Record{K: journal.RunResume}, journal.Record{K: journal.RunRollback})
		m = newSim(w, 1, m.cloud, again, rt.Fatalf).drive()
		require.Equal(rt, journal.ClosedRolledBack, m.run.Closed, "%s", m)
		require.Equal(rt, w.start(), m.cloud)
	})
}

func TestOneAtATimeKeepsTheOrderOfThePreview(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := drawWorld(rt, chances{effects: everyEffect, policies: []string{"rollback"}})
		w.options.Parallelism = 1
		clear(w.skips)
		for i := range w.steps {
			delete(w.keys, w.steps[i].ID)
			w.scripts[w.steps[i].ID] = script{}
		}
		var order []int
		m := fresh(w, 1, rt.Fatalf)
		m.handed = func(_ *sim, c Command) {
			if c.Do == Read {
				order = append(order, c.Node)
			}
		}
		m.drive()
		require.Equal(rt, journal.ClosedDone, m.run.Closed)
		require.Equal(rt, Order(w.open().Open), order)
		require.Len(rt, order, len(w.steps))
	})
}

func TestWithoutAnythingInTheWayStepsStartInTheOrderOfTheFile(t *testing.T) {
	open := &journal.Opening{Steps: []journal.Step{
		{ID: "grant", Effect: step.Irreversible}, {ID: "b", Effect: step.Reversible, Parents: []int{3}},
		{ID: "c", Effect: step.Reversible}, {ID: "list", Effect: step.Reads}, {ID: "after", Effect: step.Reversible, Parents: []int{0}},
	}}
	require.Equal(t, []int{2, 3, 1, 0, 4}, Order(open))
	open.Options.Order = "file"
	require.Equal(t, []int{0, 2, 3, 1, 4}, Order(open))
	require.Empty(t, Order(&journal.Opening{}))
}

// plain is a world in which all goes well.
func plain(parallelism int, steps ...journal.Step) *world {
	w := &world{
		steps: steps, options: journal.Options{Parallelism: parallelism, OnFailure: "rollback"},
		keys: map[string][]string{}, objects: map[string][]string{}, scripts: map[string]script{},
	}
	for _, s := range steps {
		w.scripts[s.ID] = script{}
	}
	return w
}

func change(id string, parents ...int) journal.Step {
	return journal.Step{ID: id, Effect: step.Reversible, Parents: parents}
}

func TestAChangeThatIsLostForGoodWaitsAndIsReadAgain(t *testing.T) {
	w := plain(1, change("gone"), change("late", 2), change("c"))
	w.scripts["gone"] = script{gone: true}
	m := fresh(w, 1, t.Fatalf).drive()
	require.Equal(t, []string{
		"evaluate gone", "read gone", "evaluate c", "read c", "apply c", "settle c", "await c",
		"evaluate late", "read late", "apply late", "settle late", "await late",
		"read gone", "apply gone", "settle gone", "await gone", "close",
	}, m.trace)
}

func TestAThrottledUndoIsWaitedForEvenWhenNothingElseIsLeft(t *testing.T) {
	w := plain(1, change("a"), change("b", 0))
	w.scripts["a"] = script{undos: []answer{throttled}}
	w.scripts["b"] = script{writes: []answer{refused}}
	m := fresh(w, 1, t.Fatalf).drive()
	require.Equal(t, journal.ClosedRolledBack, m.run.Closed, "%s", m)
}

func TestARetryThatWakesDuringTheRollbackChangesNothing(t *testing.T) {
	w := plain(4, change("top"), change("a", 0), change("b", 0), change("c", 0))
	w.scripts["a"] = script{writes: []answer{lost, throttled, throttled}}
	w.scripts["b"] = script{writes: []answer{refused}}
	w.scripts["c"] = script{undos: []answer{throttled, lost, throttled}}
	for seed := range uint64(300) {
		m := fresh(w, seed, t.Fatalf).drive()
		require.Equal(t, journal.ClosedRolledBack, m.run.Closed, "%s", m)
		require.Equal(t, w.start(), m.cloud)
	}
}

func TestUnderContinueAConfirmedRefusalStopsOnlyWhatFollows(t *testing.T) {
	w := plain(1, change("a"), change("b", 0), change("c"))
	w.options.OnFailure = "continue"
	m := newSim(w, 1, w.start(), []journal.Record{w.open()}, t.Fatalf)
	// The service says that it is already so, and a read says that it is not.
	answers := map[string][]journal.Record{
		"apply a":  {{K: journal.StepOutcome, Step: "a", Outcome: journal.Rejected}},
		"settle a": {{K: journal.StepVerify, Step: "a", Found: journal.FoundBefore}, {K: journal.StepFail, Step: "a", Why: "not so"}},
	}
	for m.lasts == 0 {
		for _, c := range m.s.Next() {
			m.take(c)
		}
		for _, c := range m.pending {
			if recs, found := answers[m.tell(c)]; found {
				m.feed(recs...)
				continue
			}
			m.feed(m.answer(c)...)
		}
		m.pending = nil
	}
	require.Equal(t, journal.ClosedFailed, m.run.Closed)
	require.Equal(t, map[string]bool{"a": false, "b": false, "c": true}, m.cloud)
}

func TestALookIsNotTakenTwiceWhenAllIsPutBack(t *testing.T) {
	w := plain(1, change("a"), change("b", 0), change("bad", 1))
	w.objects["a"], w.objects["b"] = []string{"o"}, []string{"o"}
	w.scripts["bad"] = script{writes: []answer{refused}}
	whole := fresh(w, 1, t.Fatalf).drive()
	require.Equal(t, []string{"check a", "close"}, whole.trace[len(whole.trace)-2:])
	verified := len(whole.records) - 1
	require.Equal(t, journal.UndoVerify, whole.records[verified-1].K)
	again := whole.crash(verified, 1, whole.cloud).drive()
	require.Equal(t, []string{"close"}, again.trace, "b found what a had made, which is not what stands now")
}

func TestWhatTouchedAnObjectLastIsPutBackFirst(t *testing.T) {
	w := plain(4, change("a"), change("b"), change("under_b", 1), change("bad", 0, 2))
	w.objects["a"], w.objects["b"] = []string{"o/*"}, []string{"o/1"}
	w.scripts["bad"] = script{writes: []answer{refused}}
	for seed := range uint64(100) {
		m := fresh(w, seed, t.Fatalf).drive()
		require.Equal(t, journal.ClosedRolledBack, m.run.Closed)
	}
}

func TestADoubtIsSettledBeforeOthersTouchItsObject(t *testing.T) {
	w := plain(4, change("a", 1), change("b"), change("c"))
	w.objects["a"], w.objects["c"] = []string{"o"}, []string{"o"}
	whole := fresh(w, 1, t.Fatalf)
	whole.drive()
	for seed := range uint64(200) {
		m := fresh(w, seed, t.Fatalf).drive()
		for n := 1; n < len(m.records); n++ {
			run, err := journal.Fold(m.records[:n])
			require.NoError(t, err)
			cloud := w.start()
			for _, node := range run.Nodes {
				for _, p := range node.Parts {
					cloud[p.Address] = p.Acted
				}
			}
			require.Equal(t, ending(m), ending(m.crash(n, seed, cloud).drive()))
		}
	}
}

const many = 20_000

// steady drives a large run in which all goes well, and counts what it takes.
func steady(t *testing.T, w *world, instances int) {
	m := fresh(w, 1, t.Fatalf)
	m.trusting = true
	m.drive()
	require.Equal(t, journal.ClosedDone, m.run.Closed)
	require.Len(t, m.trace, len(w.steps)+4*instances+1, "evaluate; read, apply, settle, await; close")
	require.Len(t, m.records, 1+len(w.steps)+5*instances+1, "open; evaluate; observe, intent, outcome, verify, done; close")
}

func TestALongChainTakesNoMoreThanItsSteps(t *testing.T) {
	steps := make([]journal.Step, many)
	for i := range steps {
		steps[i] = change(fmt.Sprint("s", i), i-1)
	}
	steps[0].Parents = nil
	steady(t, plain(10, steps...), many)
}

func TestAWideFanTakesNoMoreThanItsSteps(t *testing.T) {
	steps := []journal.Step{change("first")}
	var all []int
	for i := range many {
		steps = append(steps, change(fmt.Sprint("s", i), 0))
		all = append(all, i+1)
	}
	steady(t, plain(10, append(steps, change("last", all...))...), many+2)
}

func TestALargeForEachTakesNoMoreThanItsInstances(t *testing.T) {
	w := plain(10, journal.Step{ID: "each", Effect: step.Reversible, Each: true}, change("last", 0))
	for i := range many {
		w.keys["each"] = append(w.keys["each"], fmt.Sprint(i))
	}
	steady(t, w, many+1)
}

func TestManyChangesOfOneObjectFollowEachOther(t *testing.T) {
	w := plain(10, journal.Step{ID: "each", Effect: step.Reversible, Each: true})
	for i := range 500 {
		key := fmt.Sprint(i)
		w.keys["each"] = append(w.keys["each"], key)
		w.objects[journal.Address("each", key)] = []string{"o"}
	}
	steady(t, w, 500)
}

func TestALargeRunIsPutBackWithNoMoreThanItsSteps(t *testing.T) {
	const half = many / 2
	steps := make([]journal.Step, half)
	for i := range steps {
		steps[i] = change(fmt.Sprint("s", i), i-1, i/2)
	}
	steps[0].Parents = nil
	w := plain(10, steps...)
	w.scripts[steps[half-1].ID] = script{writes: []answer{refused}}
	m := fresh(w, 1, t.Fatalf)
	m.trusting = true
	m.drive()
	require.Equal(t, journal.ClosedRolledBack, m.run.Closed)
	require.Equal(t, w.start(), m.cloud)
	require.Len(t, m.trace, 5*half-2+1+4*(half-1)+1, "forward, the last one refused; rollback; look, undo, look, check; close")
}
