package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"iter"
	"slices"
	"time"

	"writ/engine/journal"
	"writ/engine/schedule"
	"writ/engine/step"
)

// owns are the changes that this run made at objects that it now looks at again, latest first. An old picture, which a
// read may show for a while, must not pass for somebody else's doing: what is done on top of it would take this run's own
// change away.
type owns []own

// own is what one step wrote, or what its undo put back.
type own struct {
	before, after json.RawMessage
	undone        time.Time // zero: of a write
	began         int       // the place of the write among all
	until         time.Time // when no read shows the before any more
	calm          time.Time // when no call of its whose answer was lost can act any more
	wider         bool      // it touched objects beside those that are looked at
}

// note remembers who changed which object.
func (d *driver) note(p *journal.Progress) {
	if p.Acted && p.After != nil || p.Undo.Attempt > 0 && p.Undo.After != nil {
		for _, key := range p.Objects {
			d.changed.Add(key, p)
		}
	}
}

// ownsAt answers what other steps of p's kind did to its objects, as far as it may still matter.
func (d *driver) ownsAt(p *journal.Progress) owns {
	var all owns
	var matters bool
	looked, now := objectsOf(p), d.clock.Now()
	for q := range d.othersAt(p) {
		o := d.own(q, !looked.Covers(q.Objects))
		all, matters = append(all, o), matters || o.until.After(now) || o.calm.After(now)
	}
	if !matters {
		return nil
	}
	slices.SortFunc(all, own.newerFirst)
	return all
}

// undoneAt lists who changed a part of p's objects before it and is put back already, in that order. As who came last is
// undone first, that is nobody, but in a second rollback.
func (d *driver) undoneAt(p *journal.Progress) []*journal.Progress {
	var all []*journal.Progress
	looked := objectsOf(p)
	for q := range d.othersAt(p) {
		if q.Began < p.Began && q.Undo.Phase == journal.UndoFinished && looked.Covers(q.Objects) {
			all = append(all, q)
		}
	}
	slices.SortFunc(all, func(a, b *journal.Progress) int {
		return cmp.Or(a.Undo.Ended.Compare(b.Undo.Ended), cmp.Compare(b.Began, a.Began))
	})
	return all
}

// othersAt goes through the other steps of p's kind that changed its objects.
func (d *driver) othersAt(p *journal.Progress) iter.Seq[*journal.Progress] {
	return func(yield func(*journal.Progress) bool) {
		seen := map[*journal.Progress]bool{p: true}
		for _, key := range p.Objects {
			for q := range d.changed.Overlapping(key) {
				if seen[q] || d.run.Nodes[q.Node].Uses != d.run.Nodes[p.Node].Uses {
					continue
				}
				seen[q] = true
				if !yield(q) {
					return
				}
			}
		}
	}
}

func objectsOf(p *journal.Progress) *step.Index[string] {
	var objects step.Index[string]
	for _, key := range p.Objects {
		objects.Add(key, p.Address)
	}
	return &objects
}

func (d *driver) own(q *journal.Progress, wider bool) own {
	if q.Undo.Phase == journal.UndoFinished && q.Undo.Attempt > 0 {
		return own{
			before: q.Undo.Now, after: q.Undo.After, undone: q.Undo.Ended, began: q.Began, wider: wider,
			until: q.Undo.Ended.Add(q.Doubt.Settle),
		}
	}
	return own{
		before: q.Before, after: wrote(q), began: q.Began, wider: wider,
		until: q.Ended.Add(q.Doubt.Settle), calm: q.Settles(d.run.Nodes[q.Node].Timeout),
	}
}

// newerFirst compares two changes. Who was written last is undone first.
func (o own) newerFirst(b own) int {
	switch {
	case !o.undone.Equal(b.undone):
		return b.undone.Compare(o.undone)
	case o.undone.IsZero():
		return cmp.Compare(b.began, o.began)
	}
	return cmp.Compare(o.began, b.began)
}

// wait waits until no lost call of an earlier step, sent again meanwhile, can act any more: it would take away what comes on
// top. It is false when a stop came first.
func (all owns) wait(d *driver) bool {
	var calm time.Time
	for _, o := range all {
		calm = latest(calm, o.calm)
	}
	return d.outlast(calm)
}

// left is for how long a read may still show what stood before.
func (all owns) left(clock Clock) time.Duration {
	var until time.Time
	for _, o := range all {
		until = latest(until, o.until)
	}
	return until.Sub(clock.Now())
}

// latest is the later of two times.
func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// isOld reports that a part of a state is what stood before one of the changes, and not what this run left.
func (all owns) isOld(kind step.Kind, now json.RawMessage) (bool, error) {
	var newer []step.Moved
	for _, o := range all {
		states, err := counted(kind, o.before, o.after, now)
		if err != nil {
			return false, err
		}
		for _, field := range step.Since(states[0], states[1], states[2]) {
			unseen := o.wider && field.Before == nil && field.Live == nil
			switch overwritten := slices.ContainsFunc(newer, func(n step.Moved) bool { return step.Within(n.Path, field.Path) }); {
			case overwritten || unseen || step.Equal(field.Before, field.Wrote):
			case field.Fate == step.Back:
				return true, nil
			default:
				newer = append(newer, field)
			}
		}
	}
	return false, nil
}

// look reads what stands now.
func (all owns) look(ctx context.Context, d *driver, c schedule.Command, kind step.Kind, in json.RawMessage) (json.RawMessage, error) {
	return d.readUntil(ctx, c, kind, in, all.left(d.clock), func(now json.RawMessage) (bool, error) {
		old, err := all.isOld(kind, now)
		return !old, err
	})
}
