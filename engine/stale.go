package engine

import (
	"context"
	"encoding/json"
	"time"

	"writ/engine/journal"
	"writ/engine/schedule"
	"writ/engine/step"
)

// own is what this run did last to an object that it now looks at again. An old picture, which a read may show for a
// while, must not pass for somebody else's doing: what is done on top of it would take this run's own change away.
type own struct {
	before, after json.RawMessage
	until         time.Time // when no read shows the before any more
	calm          time.Time // when no call of its whose answer was lost can act any more
}

// note remembers who changed which object.
func (d *driver) note(p *journal.Progress) {
	if p != nil && p.Acted && p.After != nil {
		for _, key := range p.Objects {
			d.changed.Add(key, p)
		}
	}
}

// ownAt answers what this run did last to an object of p, or nil: the last of the steps of its kind that changed it, or, on
// the way back, the last that was undone.
func (d *driver) ownAt(p *journal.Progress) *own {
	var last, undone *journal.Progress
	for _, key := range p.Objects {
		for q := range d.changed.Overlapping(key) {
			switch {
			case q == p || d.run.Nodes[q.Node].Uses != d.run.Nodes[p.Node].Uses:
			case q.Undo.Phase == journal.UndoFinished && q.Undo.Attempt > 0:
				if undone == nil || q.Undo.Ended.After(undone.Undo.Ended) {
					undone = q
				}
			case last == nil || q.Began > last.Began:
				last = q
			}
		}
	}
	switch {
	case undone != nil:
		return &own{before: undone.Undo.Now, after: undone.Undo.After, until: undone.Undo.Ended.Add(undone.Doubt.Settle)}
	case last == nil || d.run.Rollback:
		return nil
	}
	return &own{last.Before, last.After, last.Ended.Add(last.Doubt.Settle), last.Settles(d.run.Nodes[last.Node].Timeout)}
}

// wait waits until an earlier step's lost call, sent again meanwhile, can no longer act: it would take away what comes on
// top. It is false when a stop came first.
func (o *own) wait(d *driver) bool { return o == nil || d.outlast(o.calm) }

// left is for how long a read may still show what stood before.
func (o *own) left(clock Clock) time.Duration {
	if o == nil {
		return 0
	}
	return o.until.Sub(clock.Now())
}

// isOld reports that a state is what stood before, and not what this run left.
func (o *own) isOld(kind step.Kind, now json.RawMessage) (bool, error) {
	if o == nil {
		return false, nil
	}
	is, err := kind.Same(now, o.after)
	if is || err != nil {
		return false, err
	}
	return kind.Same(now, o.before)
}

// look reads what stands now.
func (o *own) look(ctx context.Context, d *driver, c schedule.Command, kind step.Kind, in json.RawMessage) (json.RawMessage, error) {
	return d.readUntil(ctx, c, kind, in, o.left(d.clock), func(now json.RawMessage) (bool, error) {
		old, err := o.isOld(kind, now)
		return !old, err
	})
}
