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

// owns are the changes that this run made at objects that it now looks at again. An old picture, which a read may show for
// a while, must not pass for somebody else's doing: what is done on top of it would take this run's own change away.
type owns struct {
	changes []own     // latest first
	until   time.Time // when no read shows what stood before any of them
	calm    time.Time // when no call of theirs whose answer was lost can act any more
}

// own is what one step wrote, or what its undo put back.
type own struct {
	before, after json.RawMessage
	wider         bool // it touched objects beside those that are looked at
}

// note remembers who changed which object.
func (d *driver) note(p *journal.Progress) {
	if p.Acted && p.After != nil || p.Undo.Attempt > 0 && p.Undo.After != nil {
		for _, key := range p.Objects {
			d.changed.Add(key, p)
		}
	}
}

// ownsAt answers what other steps of p's kind did to its objects, if it may still matter.
func (d *driver) ownsAt(p *journal.Progress) owns {
	var all owns
	others := slices.Collect(d.othersAt(p))
	for _, q := range others {
		ended := q.Ended
		if putBack(q) {
			ended = q.Undo.Ended
		} else if calm := q.Settles(d.run.Nodes[q.Node].Timeout); calm.After(all.calm) {
			all.calm = calm
		}
		if until := ended.Add(q.Doubt.Settle); until.After(all.until) {
			all.until = until
		}
	}
	if now := d.clock.Now(); !all.until.After(now) && !all.calm.After(now) {
		return owns{}
	}
	slices.SortFunc(others, newerFirst)
	looked := objectsOf(p)
	for _, q := range others {
		o := own{before: q.Before, after: wrote(q), wider: !looked.Covers(q.Objects)}
		if putBack(q) {
			o.before, o.after = q.Undo.Now, q.Undo.After
		}
		all.changes = append(all.changes, o)
	}
	return all
}

// putBack reports that the last change of an instance was its undo.
func putBack(q *journal.Progress) bool {
	return q.Undo.Phase == journal.UndoFinished && q.Undo.Attempt > 0
}

// newerFirst compares instances by their last change: every undo came after every write.
func newerFirst(a, b *journal.Progress) int {
	switch back := putBack(a); {
	case back && putBack(b):
		return journal.UndoneFirst(b, a)
	case back:
		return -1
	case putBack(b):
		return 1
	}
	return cmp.Compare(b.Began, a.Began)
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
	slices.SortFunc(all, journal.UndoneFirst)
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

// wait waits until no lost call of an earlier step, sent again meanwhile, can act any more: it would take away what comes on
// top. It is false when a stop came first.
func (all owns) wait(d *driver) bool { return d.outlast(all.calm) }

// left is for how long a read may still show what stood before.
func (all owns) left(clock Clock) time.Duration { return all.until.Sub(clock.Now()) }

// isOld reports that a part of a state is what stood before one of the changes, and not what this run left.
func (all owns) isOld(kind step.Kind, now json.RawMessage) (bool, error) {
	var newer []step.Moved
	for _, o := range all.changes {
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
