package steps_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"writ/engine"
	"writ/engine/journal"
	"writ/engine/plan"
	"writ/engine/step"
)

// trial is one case under one variant of the sandbox. Each law begins worlds of its own.
type trial struct {
	*testing.T
	lawCase
	variant string
	loaded  *plan.Plan
}

func (c trial) begin() *world { return begin(c.T, seed(c.here, c.variant), c.loaded) }

// hold holds a law to every case of the table, under each variant that it concerns.
func hold(t *testing.T, law func(trial)) {
	t.Parallel()
	for _, c := range lawCases {
		for _, variant := range c.variants() {
			c.try(t, variant, law)
		}
	}
}

// holdOnce holds a law to every case, under the first of its variants: where a law takes hundreds of runs, how a
// service spells its answers is left to the others.
func holdOnce(t *testing.T, law func(trial)) {
	t.Parallel()
	for _, c := range lawCases {
		c.try(t, c.variants()[0], law)
	}
}

func (c lawCase) variants() []string {
	if len(c.under) == 0 {
		return []string{``}
	}
	return c.under
}

func (c lawCase) try(t *testing.T, variant string, law func(trial)) {
	t.Run(c.kind+"/"+c.name+"/"+variant, func(t *testing.T) {
		t.Parallel()
		law(trial{t, c, variant, load(t, c.plan)})
	})
}

// Law 1.
func TestPreviewChangesNothing(t *testing.T) {
	hold(t, func(c trial) {
		w := c.begin()
		before := w.state()
		p := w.process(w.runs())
		preview := p.preview()
		assert.Equal(c, before, w.state())
		assert.Empty(c, p.last(), "a preview leaves no run")
		for _, r := range w.requests() {
			assert.True(c, r.looks(), r.Operation)
		}
		for _, part := range parts(preview) {
			assert.Nil(c, part.Error)
		}
	})
}

// Law 2.
func TestAfterAnApplyThereIsNothingToDo(t *testing.T) {
	hold(t, func(c trial) {
		w := c.begin()
		p := w.process(w.runs())
		run := p.apply()
		require.Zero(c, run.Exit, run.Why)
		assert.Empty(c, w.standsNot(c.done, c.variant))
		again := p.preview()
		known, unknown := engine.Changes(again, p.engine.Kinds)
		assert.Zero(c, known+unknown)
		for _, part := range parts(again) {
			switch kind, _ := p.engine.Kinds.Find(again.Nodes[part.Node].Uses); {
			case kind.Effect == step.Reads:
				assert.Equal(c, journal.Looked, part.How)
			case kind.Readable():
				assert.Equal(c, journal.Satisfied, part.How)
			default:
				assert.Equal(c, journal.Evidence, part.How)
				assert.Equal(c, run.Open.Run, part.From)
			}
		}
	})
}

// Law 3.
func TestApplyTwiceChangesOnce(t *testing.T) {
	hold(t, func(c trial) {
		w := c.begin()
		p := w.process(w.runs())
		todo, unknown := engine.Changes(p.preview(), p.engine.Kinds)
		p.apply()
		once := w.changes()
		assert.Len(c, once, todo+unknown, "what the preview announced, each change once")
		state := w.state()
		run := p.apply()
		assert.Empty(c, run.Open.Run, "nothing to do is no run")
		assert.Equal(c, once, w.changes())
		assert.Equal(c, state, w.state())
	})
}

// Law 4.
func TestARollbackRestoresWhatWasThereOrTheApplySaidWhatItLeaves(t *testing.T) {
	hold(t, func(c trial) {
		w := c.begin()
		before := w.state()
		p := w.process(w.runs())
		said := announced(p.preview())
		if p.apply(); p.last() == "" {
			return
		}
		run, left := p.rollback()
		assert.Equal(c, said, named(left))
		assert.Equal(c, c.left != "", len(said) > 0, "%v", said)
		if c.left != "" {
			assert.Empty(c, w.standsNot(c.left, c.variant))
			return
		}
		assert.Empty(c, w.wasNot(before))
		assert.Equal(c, journal.ClosedRolledBack, run.Closed)
		assert.Zero(c, run.Exit)
	})
}

// Law 5, when only answers are lost, and writ is not.
func TestAnAnswerLostAtAnyRequestChangesNothingOfTheEnd(t *testing.T) {
	eachRequest(t, func(c trial, u unbroken, k int, acts bool) {
		w := c.begin()
		w.fault(fmt.Sprintf(`{"nth": %d, "do": "reset", "when": %q}`, k, map[bool]string{false: "before", true: "after"}[acts]))
		p := w.process(w.runs())
		run := p.apply()
		if run.Mode == journal.Paused {
			c.finish(p, acts)
		}
		u.sameEnd(c, w)
	})
}

// Law 5.
func TestARunKilledAtAnyRequestAndResumedEndsWhereAnUnbrokenOneDoes(t *testing.T) {
	eachRequest(t, func(c trial, u unbroken, k int, acts bool) {
		w := c.begin()
		left := w.killed(w.runs(), k, acts, apply)
		c.finish(w.process(left), acts)
		u.sameEnd(c, w)
	})
}

// Law 5, on the way back.
func TestARunKilledAtAnyRequestAndRolledBackLeavesWhatWasThere(t *testing.T) {
	eachRequest(t, func(c trial, _ unbroken, k int, acts bool) {
		w := c.begin()
		before := w.state()
		p := w.process(w.killed(w.runs(), k, acts, apply))
		if p.last() == "" {
			assert.Equal(c, before, w.state(), "the preview does no more than look")
			return
		}
		run, _ := p.rollback()
		assert.Equal(c, journal.Over, run.Mode)
		c.isBack(w, before)
	})
}

// Law 5, when it is the rollback that is killed.
func TestARollbackKilledAtAnyRequestGoesOn(t *testing.T) {
	holdOnce(t, func(c trial) {
		w := c.begin()
		runs := w.runs()
		if w.process(runs).apply().Open.Run == "" {
			return
		}
		applied := w.state()
		w.forget()
		w.process(copied(c.T, runs)).rollback()
		u := unbroken{w.requests(), w.state(), w.changes()}
		for k, r := range u.requests {
			for _, acts := range outcomes(r) {
				w.put(applied)
				w.forget()
				left := w.killed(copied(c.T, runs), k+1, acts, func(p *process) { _, _ = p.engine.Rollback(p.t.Context(), p.last(), false) })
				assert.Equal(c, journal.Over, w.process(left).resume().Mode)
				u.sameEnd(c, w)
			}
		}
	})
}

// unbroken is what happens when nothing comes between.
type unbroken struct {
	requests []request
	state    string
	changes  []string
}

func (u unbroken) sameEnd(c trial, w *world) {
	c.Helper()
	assert.Empty(c, differences(w.parse(u.state), w.parse(w.state())))
	assert.ElementsMatch(c, u.changes, w.changes(), "no change is made twice")
}

// eachRequest holds something to each request of each case's apply: before it acts, and when it may change something,
// also after.
func eachRequest(t *testing.T, law func(c trial, u unbroken, k int, acts bool)) {
	holdOnce(t, func(c trial) {
		w := c.begin()
		w.process(w.runs()).apply()
		u := unbroken{w.requests(), w.state(), w.changes()}
		for k, r := range u.requests {
			for _, acts := range outcomes(r) {
				c.Run(fmt.Sprintf("%d %s %v", k+1, r.Operation, acts), func(t *testing.T) {
					c := c
					c.T = t
					law(c, u, k+1, acts)
				})
			}
		}
	})
}

// outcomes are what may have become of a request whose answer is missing: it did not act, or it did.
func outcomes(r request) []bool {
	if r.looks() {
		return []bool{false}
	}
	return []bool{false, true}
}

func apply(p *process) { _, _ = p.engine.Apply(p.t.Context(), p.job, yes) }

// finish does what a person does with a folder in which a run broke off: resume it, with a word where no read tells
// whether the write acted; where no run began, apply.
func (c trial) finish(p *process, acted bool) {
	c.Helper()
	if p.last() == "" {
		assert.Zero(c, p.apply().Exit)
		return
	}
	run := p.resume()
	if run.Mode == journal.Paused && c.oneWay {
		assert.Equal(c, int(engine.ExitUnknown), run.Exit)
		run = p.resume(engine.Assumption{Step: "it", Done: acted})
	}
	assert.Equal(c, journal.ClosedDone, run.Closed, run.Why)
}

// isBack holds the cloud to what stood before, or to what the case says is left.
func (c trial) isBack(w *world, before string) {
	c.Helper()
	if c.left != "" && len(w.standsNot(c.left, c.variant)) == 0 {
		return
	}
	assert.Empty(c, w.wasNot(before))
}

func parts(run *journal.Run) []*journal.Progress {
	var all []*journal.Progress
	for _, n := range run.Nodes {
		all = append(all, n.Parts...)
	}
	return all
}

// announced lists the steps of which a preview says that not all can be put back.
func announced(preview *journal.Run) []string {
	said := []string{}
	for _, p := range parts(preview) {
		if p.How == journal.Predicted && (preview.Nodes[p.Node].Effect == step.Irreversible || stays(p.Reverse)) {
			said = append(said, p.Address)
		}
	}
	return said
}

// stays reports that undo certainly leaves something. What has no field is only a risk.
func stays(r *step.Reverse) bool {
	return r != nil && (r.Gone || slices.ContainsFunc(r.Left, func(left step.Residue) bool { return left.Field != "" }))
}

// named lists the steps that residue is of.
func named(left []journal.Residue) []string {
	steps := []string{}
	for _, r := range left {
		if len(steps) == 0 || steps[len(steps)-1] != r.Step {
			steps = append(steps, r.Step)
		}
	}
	return steps
}
