package engine

import (
	"cmp"
	"encoding/json"
	"slices"

	"writ/engine/journal"
	"writ/engine/step"
)

// This file compares one instance three-way: what stood before, what the run left, what stands now.

// undone reports whether an instance was put back and read back.
func undone(p *journal.Progress) bool { return p.Undo.Phase == journal.UndoFinished }

// halfway reports whether only a read can tell if an instance's write, or its undo, acted.
func halfway(p *journal.Progress) bool {
	switch p.Undo.Phase {
	case journal.UndoNone, journal.UndoFailed, journal.UndoLeft:
		return p.MayAct && !p.Acted
	}
	return !undone(p)
}

// compare holds what stands now against what the run knows of an instance.
func (s *survey) compare(d *Drifted, kind step.Kind, p *journal.Progress, now json.RawMessage) error {
	if kind.Effect == step.Reads {
		d.Fields = step.Since(p.Outputs, p.Outputs, now)
		d.Fate = fateOf(d.Fields, false)
		return nil
	}
	left, err := leftStanding(kind, p, now)
	if err != nil {
		return err
	}
	states, err := counted(kind, p.Before, left, now)
	if err != nil {
		return err
	}
	d.Fields = step.Since(states[0], states[1], states[2])
	if d.Fields, d.Why, err = s.shared(d.Fields, kind, p, states); err != nil {
		return err
	}
	if undone(p) {
		if err := remains(d.Fields, kind, p, states[2]); err != nil {
			return err
		}
		d.Left = slices.DeleteFunc(slices.Clone(d.Left), func(r journal.Residue) bool {
			return !slices.ContainsFunc(d.Fields, func(f step.Moved) bool { return step.Within(r.Field, f.Path) })
		})
	}
	if d.Fate = fateOf(d.Fields, halfway(p)); d.Why != "" && d.Fate != step.Kept {
		d.Fate = step.Apart
	}
	return nil
}

// leftStanding is the state that the run is answerable for: after a rollback what stood before; what it wrote; or else
// what it found.
func leftStanding(kind step.Kind, p *journal.Progress, now json.RawMessage) (json.RawMessage, error) {
	switch {
	case undone(p):
		return p.Before, nil
	case p.Acted || p.MayAct:
		return leftBehind(p, kind, now)
	case p.How == journal.Satisfied:
		return p.Goal, nil // what it found, or what somebody else did between its look and its write
	}
	return p.Before, nil
}

// fateOf sums up the fates of an instance's fields.
func fateOf(fields []step.Moved, halfway bool) step.Fate {
	has := map[step.Fate]bool{}
	for _, f := range fields {
		has[f.Fate] = true
	}
	switch {
	case has[step.Changed], has[step.Back] && has[step.Added]:
		return step.Changed
	case has[step.Added]:
		return step.Added
	case halfway:
		return step.Doubtful
	case has[step.Back]:
		return step.Back
	}
	return step.Kept
}

// remains tells what a rollback could not put back from what changed after it.
func remains(fields []step.Moved, kind step.Kind, p *journal.Progress, now json.RawMessage) error {
	states, err := counted(kind, p.Undo.After)
	if err != nil {
		return err
	}
	since := step.Since(states[0], states[0], now)
	for i, f := range fields {
		ours := slices.ContainsFunc(p.Undo.Left, func(r journal.Residue) bool { return !r.Foreign && step.Within(r.Field, f.Path) })
		again := slices.ContainsFunc(since, func(m step.Moved) bool { return step.Within(m.Path, f.Path) })
		if ours && !again {
			fields[i].Fate = step.Remains
		}
	}
	return nil
}

// shared keeps of the fields those that no other instance of the run explains: several may write the same object, one
// after the other, and each knows only what it left itself. Why names one whose states are of another kind, so that
// nobody can tell.
func (s *survey) shared(fields []step.Moved, kind step.Kind, p *journal.Progress, states []json.RawMessage) (kept []step.Moved, why string, err error) {
	if fateOf(fields, false) == step.Kept {
		return fields, "", nil
	}
	var alike []*journal.Progress
	for _, w := range s.others(p) {
		last := p.Began > w.Began && !undone(p)
		switch {
		case s.run.Nodes[w.Node].Uses == kind.Name:
			alike = append(alike, w)
		case !last:
			why = w.Address + " of the same run wrote it as well, as another kind"
		}
	}
	if len(alike) == 0 {
		return fields, why, nil
	}
	before, left, err := replay(kind, p, alike, states[0])
	if err != nil {
		return nil, "", err
	}
	return slices.DeleteFunc(step.Since(before, left, states[2]), func(m step.Moved) bool {
		return !slices.ContainsFunc(fields, func(f step.Moved) bool { return step.Within(f.Path, m.Path) })
	}), why, nil
}

// others are the instances of the run that wrote what an instance touches.
func (s *survey) others(p *journal.Progress) []*journal.Progress {
	var found []*journal.Progress
	for _, object := range p.Objects {
		for w := range s.writers.Overlapping(object) {
			if w != p && !slices.Contains(found, w) {
				found = append(found, w)
			}
		}
	}
	return found
}

// replay takes the writes of several instances out of a state and puts those in again that were not undone: what the
// object was before all of them, and what they left together.
func replay(kind step.Kind, p *journal.Progress, others []*journal.Progress, state json.RawMessage) (before, left json.RawMessage, err error) {
	writers := slices.Clone(others)
	if p.Acted || p.MayAct {
		writers = append(writers, p)
	}
	slices.SortFunc(writers, func(a, b *journal.Progress) int { return cmp.Compare(a.Began, b.Began) })
	deltas := make([][]json.RawMessage, len(writers))
	for i, w := range writers {
		after := w.Goal
		if w.After != nil {
			after = w.After
		}
		if deltas[i], err = counted(kind, w.Before, after); err != nil {
			return nil, nil, err
		}
	}
	before = state
	for i := range slices.Backward(writers) {
		before, _ = step.Merge(deltas[i][0], deltas[i][1], before, true)
	}
	left = before
	for i, w := range writers {
		if !undone(w) {
			left, _ = step.Merge(deltas[i][1], deltas[i][0], left, true)
		}
	}
	return before, left, nil
}
