package engine

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"writ/engine/journal"
	"writ/engine/schedule"
	"writ/engine/step"
)

// A call whose answer was lost may act as long after it was given up as it was waited for: after a look found nothing,
// and after an undo. So the last look of a way back comes when none can act any more, and what came late is undone again.

// outlast waits until no call whose answer was lost can act any more. It is false when a stop came first.
func (d *driver) outlast(until time.Time) bool {
	if until.IsZero() {
		return true
	}
	wait := min(until.Sub(d.clock.Now()), 2*d.longest()) // whatever the clock has done since
	if wait <= 0 {
		return true
	}
	if wait >= patience {
		d.awaits.Do(func() { // every step that is checked waits for the same calls
			d.warn(fmt.Errorf("a call whose answer was lost may still act; looking once more in %s", wait.Round(time.Second)))
		})
	}
	return d.sleep(d.calls, wait, nil)
}

// longest is the longest timeout of the run's steps.
func (d *driver) longest() time.Duration {
	var longest time.Duration
	for _, n := range d.run.Nodes {
		longest = max(longest, n.Timeout)
	}
	return longest
}

// cameLate answers the intent of another undo when an object where due should stand now holds what a call left there whose
// answer was lost: of this instance, or of another of its kind at the same object. It is nil when none did.
func (d *driver) cameLate(c schedule.Command, kind step.Kind, due, now json.RawMessage, late []*journal.Progress) (*journal.Record, error) {
	p := c.Part
	if p.Undo.Attempt-p.Undo.ResumedAt > d.run.Nodes[c.Node].RetryMax {
		return nil, nil
	}
	lefts, err := adrift(kind, p, due, now, late)
	if err != nil {
		return nil, err
	}
	states, err := counted(kind, append(lefts, due, now)...)
	if err != nil {
		return nil, err
	}
	n := len(lefts)
	lefts, due, seen := states[:n], states[n], states[n+1]
	want := seen
	for _, left := range lefts { // several may have come
		if merged, foreign := step.Merge(due, left, want, false); len(foreign) == 0 {
			want = merged
		}
	}
	if step.Equal(want, seen) {
		return nil, nil
	}
	reverse, err := kind.Reverse(p.In, now, want)
	if err != nil {
		return nil, err
	}
	left := leftBy(p, reverse)
	if same, err := kind.Same(now, reverse.Want); same || err != nil { // nothing takes it back
		return &journal.Record{K: journal.UndoVerify, Step: p.Address, After: now, Residue: left}, err
	}
	return &journal.Record{
		K: journal.UndoIntent, Step: p.Address, Attempt: p.Undo.Attempt + 1, Now: now, Want: reverse.Want, Residue: append(p.Undo.Left, left...),
		Reverse: &step.Reverse{Says: p.Undo.Says},
	}, nil
}

// miss remembers an instance of which a call may act late.
func (d *driver) miss(p *journal.Progress) {
	if p.Adrift == 0 && p.Undo.Adrift == 0 {
		return
	}
	i, known := slices.BinarySearchFunc(d.unheard, p, func(a, b *journal.Progress) int {
		return cmp.Or(cmp.Compare(a.Node, b.Node), cmp.Compare(a.Index, b.Index))
	})
	if !known {
		d.unheard = slices.Insert(d.unheard, i, p)
	}
}

// lateAt lists the instances of p's kind at its objects of which a call may act late.
func (d *driver) lateAt(p *journal.Progress) []*journal.Progress {
	if len(d.unheard) == 0 {
		return nil
	}
	objects := objectsOf(p)
	var late []*journal.Progress
	for _, q := range d.unheard {
		if d.run.Nodes[q.Node].Uses == d.run.Nodes[p.Node].Uses && (q == p || objects.Touches(q.Objects, q.Address)) {
			late = append(late, q)
		}
	}
	return late
}

// adrift lists the states that calls of these instances would leave, were they to act late where due should stand at p's
// objects.
func adrift(kind step.Kind, p *journal.Progress, due, now json.RawMessage, late []*journal.Progress) ([]json.RawMessage, error) {
	var left []json.RawMessage
	for _, q := range late {
		here := func(_, after json.RawMessage) json.RawMessage { return after }
		if !objectsOf(q).Covers(p.Objects) { // it knows a part of what is looked at
			here = func(before, after json.RawMessage) json.RawMessage { return step.Overlay(due, before, after) }
		}
		if q.Adrift > 0 {
			state, err := lateState(q, kind, now)
			if err != nil {
				return nil, err
			}
			left = append(left, here(q.Before, state))
		}
		if q.Undo.Adrift > 0 {
			left = append(left, here(q.Undo.Now, q.Undo.Want))
		}
		if q.Undo.Adrift > 0 && q.Doubt.Class == step.FanOut {
			halfway, err := lessThan(kind, due, now)
			if err != nil {
				return nil, err
			}
			if halfway {
				left = append(left, now)
			}
		}
	}
	return left, nil
}

// lessThan reports that things are missing from what is due, and nothing else has changed: so does an undo of many things
// leave it that first takes all away.
func lessThan(kind step.Kind, due, now json.RawMessage) (bool, error) {
	states, err := counted(kind, due, now)
	if err != nil {
		return false, err
	}
	return !slices.ContainsFunc(step.Diff(states[0], states[1]), func(f step.Field) bool { return f.New != nil }), nil
}

// lateState is what a late write of an instance leaves: what stands now, if that is what was asked, whatever names the
// cloud gave this time.
func lateState(p *journal.Progress, kind step.Kind, now json.RawMessage) (json.RawMessage, error) {
	if found, err := recognise(kind, p.In, p, now); err != nil || found == journal.FoundGoal {
		return now, err
	}
	return wrote(p), nil
}
