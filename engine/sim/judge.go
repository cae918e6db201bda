package sim

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"writ/engine"
	"writ/engine/journal"
	"writ/engine/step"
)

// Way is how a person goes on after the trouble.
type Way string

// The ways.
const (
	Onward Way = "resume"
	Back   Way = "rollback"
)

// Learn carries the plan out undisturbed, to know where it begins and where it ends, and how many events there are on
// the way there, and back.
func (c *Case) Learn(rng *rand.Rand) (there, back []Event, err error) {
	w := NewWorld(c.Begin())
	c.before = w.Cloud.State()
	p := c.Process(w, rng, nil, func(_ int, e Event) { there = append(there, e) })
	end := c.Apply(p)
	if end.Err != nil || end.Run.Closed != journal.ClosedDone {
		return nil, nil, fmt.Errorf("undisturbed, it comes to %+v", end)
	}
	c.after = w.Cloud.State()
	p = c.Process(w, rng, nil, func(_ int, e Event) { back = append(back, e) })
	if end = c.Rollback(p, end.Run.Open.Run); end.Err != nil {
		return nil, nil, end.Err
	}
	return there, back, c.isBefore(w, end.Run)
}

// Finish goes on, with no more trouble, after a process ended in a world, and answers an error unless all comes to what
// it should: everything done, or everything as before but for what cannot be put back, which is named.
func (c *Case) Finish(w *World, way Way, rng *rand.Rand) error {
	var run *journal.Run
	id, err := c.newest(w)
	if err != nil {
		return fmt.Errorf("the runs cannot be listed: %w", err)
	}
	for range 12 {
		if id == "" {
			if err := c.untouched(w); err != nil || way == Back {
				return err
			}
		}
		end := c.goOn(c.Process(w, rng, nil, nil), id, run, way)
		switch exitOf(end.Err) {
		case engine.ExitDone:
		case engine.ExitWrong: // it is over
			if end.Run, err = c.load(w, id); err != nil {
				return err
			}
		case engine.ExitJournal: // it has no first record
			id = ""
			continue
		default:
			return fmt.Errorf("going on: %w", end.Err)
		}
		if run = end.Run; run.Mode == journal.Over {
			return c.over(w, run, way, rng)
		}
		id = run.Open.Run
	}
	return fmt.Errorf("it does not end: %s, %s", run.Mode, run.Why)
}

// goOn is what a person does next: with a run of which the last process left that picture, or nil.
func (c *Case) goOn(p *Process, id string, run *journal.Run, way Way) End {
	switch {
	case id == "":
		return c.Apply(p)
	case way == Back:
		return c.Rollback(p, id)
	}
	return c.Resume(p, id, c.words(p.World, run)...)
}

// exitOf is the exit of a command that ends so; -1 for an error that is no refusal.
func exitOf(err error) engine.Exit {
	var refusal *engine.Refusal
	switch {
	case err == nil:
		return engine.ExitDone
	case errors.As(err, &refusal):
		return refusal.Exit
	}
	return -1
}

// words are a person's, who has looked at the cloud: on what nobody may send twice and no answer came of.
func (c *Case) words(w *World, run *journal.Run) []engine.Assumption {
	var words []engine.Assumption
	if run == nil {
		return nil
	}
	w.Quiet() // a person waits until nothing can come any more
	for _, n := range run.Nodes {
		for _, p := range n.Parts {
			if p.Phase == journal.PhaseStuck && c.OnceOnly[p.Address] != "" {
				words = append(words, engine.Assumption{Step: p.Address, Done: strings.Contains(w.Cloud.State(), c.OnceOnly[p.Address])})
			}
		}
	}
	return words
}

// newest is the id of the last run of a world, or nothing.
func (c *Case) newest(w *World) (string, error) {
	folder, err := (&Process{World: w}).folder()
	if err != nil {
		return "", err
	}
	ids, err := folder.Runs()
	if err != nil || len(ids) == 0 {
		return "", err
	}
	return slices.Max(ids), nil
}

// load is a run of a world, as its journal has it.
func (c *Case) load(w *World, id string) (*journal.Run, error) {
	folder, err := (&Process{World: w}).folder()
	if err != nil {
		return nil, err
	}
	return (&engine.Engine{Folder: folder}).Load(id)
}

// over judges a run that is closed. One that was to be put back, and was done before, is put back now; one that put
// itself back is carried out once more.
func (c *Case) over(w *World, run *journal.Run, way Way, rng *rand.Rand) error {
	w.Quiet()
	switch run.Closed {
	case journal.ClosedDone:
		if err := c.isAfter(w, run); err != nil || way == Onward {
			return err
		}
		end := c.Rollback(c.Process(w, rng, nil, nil), run.Open.Run)
		if end.Err != nil {
			return fmt.Errorf("rollback: %w", end.Err)
		}
		return c.isBefore(w, end.Run)
	case journal.ClosedResidue:
		if !undoFailed(run) {
			return c.isBefore(w, run)
		}
		end := c.Rollback(c.Process(w, rng, nil, nil), run.Open.Run) // it says what is left, and that can be tried again
		if end.Err != nil {
			return fmt.Errorf("rollback again: %w", end.Err)
		}
		return c.isBefore(w, end.Run)
	case journal.ClosedRolledBack:
		return c.isBefore(w, run)
	}
	return fmt.Errorf("closed as %s", run.Closed)
}

// undoFailed reports an undo, or a look at it, that the cloud refused.
func undoFailed(run *journal.Run) bool {
	return slices.ContainsFunc(run.Residue, func(left journal.Residue) bool {
		return strings.HasPrefix(left.Why, "its undo failed") || strings.HasPrefix(left.Why, "it could not be read once more")
	})
}

// sparing holds the processes of a world to what had to be sent.
func sparing(w *World) error {
	idle, twice := w.Cloud.Needless()
	switch {
	case len(twice) > 0:
		return fmt.Errorf("made twice: %v", twice)
	case len(idle) > 0 && !w.murky:
		return fmt.Errorf("set although it stood already: %v", idle)
	}
	return nil
}

func (c *Case) untouched(w *World) error {
	w.Quiet()
	if now := w.Cloud.State(); now != c.before {
		return fmt.Errorf("no run stands, and the cloud has changed:\n%s", now)
	}
	return nil
}

func (c *Case) isAfter(w *World, run *journal.Run) error {
	switch now, err := w.Cloud.State(), sparing(w); {
	case err != nil:
		return err
	case now != c.after:
		return fmt.Errorf("the run is done, and the cloud is not as it should be:\n%s\nbut\n%s", c.after, now)
	case run.Exit != int(engine.ExitDone):
		return fmt.Errorf("the run is done, and its exit is %d", run.Exit)
	}
	return nil
}

// isBefore holds a run that is put back to what stood before, and to what it says.
func (c *Case) isBefore(w *World, run *journal.Run) error {
	if err := sparing(w); err != nil {
		return err
	}
	now, named := w.Cloud.State(), map[string]bool{}
	for _, left := range run.Residue {
		named[left.Step] = true
	}
	stays := false
	for _, address := range SortedKeys(c.OneWay) {
		line := c.OneWay[address]
		if strings.Contains(now, line) && !strings.Contains(c.before, line) {
			stays = true
			if !named[address] {
				return fmt.Errorf("%s stands, and is not named as residue: %+v", address, run.Residue)
			}
		}
	}
	for address := range named {
		if c.OneWay[address] == "" {
			return fmt.Errorf("residue of %s, which can be put back: %+v", address, run.Residue)
		}
	}
	if a, b := c.reversible(now), c.reversible(c.before); a != b {
		return fmt.Errorf("closed as %s, and the cloud was:\n%s\nbut is\n%s", run.Closed, b, a)
	}
	if due := exits(run, stays); !slices.Contains(due, engine.Exit(run.Exit)) {
		return fmt.Errorf("closed as %s with exit %d, where %v is due; of what stands: %+v", run.Closed, run.Exit, due, run.Residue)
	}
	return nil
}

// exits are those that a run which is put back may have.
func exits(run *journal.Run, stays bool) []engine.Exit {
	doubt := false
	for _, n := range run.Nodes {
		for _, p := range n.Parts {
			doubt = doubt || n.Effect == step.Irreversible && p.Lost && !p.Acted
		}
	}
	switch {
	case doubt:
		return []engine.Exit{engine.ExitUnknown}
	case stays:
		return []engine.Exit{engine.ExitResidue}
	case run.Auto && !sent(run):
		return []engine.Exit{engine.ExitFailed, engine.ExitWrong, engine.ExitStale, engine.ExitDenied} // why nothing was begun
	case run.Auto:
		return []engine.Exit{engine.ExitFailed}
	}
	return []engine.Exit{engine.ExitDone}
}

// reversible is a state without what no undo touches.
func (c *Case) reversible(state string) string {
	lines := strings.Split(state, "\n")
	return strings.Join(slices.DeleteFunc(lines, func(line string) bool {
		key, _, _ := strings.Cut(line, "=")
		for _, l := range c.OneWay {
			if k, _, _ := strings.Cut(l, "="); k == key {
				return true
			}
		}
		return false
	}), "\n")
}

// SortedKeys are the keys of a map, in order.
func SortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, cmp.Compare[string])
	return keys
}

// sent reports whether a write of the run was sent.
func sent(run *journal.Run) bool {
	for _, n := range run.Nodes {
		for _, p := range n.Parts {
			if p.Attempt > 0 {
				return true
			}
		}
	}
	return false
}
