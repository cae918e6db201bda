package engine

import (
	"context"
	"encoding/json"
	"time"

	"writ/engine/journal"
	"writ/engine/schedule"
	"writ/engine/step"
)

// own is what an earlier step of this run did to an object that another one now looks at.
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

// ownAt answers what the last step of this run that changed an object of p, and is of its kind, did there, or nil.
func (d *driver) ownAt(p *journal.Progress) *own {
	var last *journal.Progress
	for _, key := range p.Objects {
		for q := range d.changed.Overlapping(key) {
			if q != p && d.run.Nodes[q.Node].Uses == d.run.Nodes[p.Node].Uses && (last == nil || q.Began > last.Began) {
				last = q
			}
		}
	}
	if last == nil {
		return nil
	}
	return &own{last.Before, last.After, last.Ended.Add(last.Doubt.Settle), last.Settles(d.run.Nodes[last.Node].Timeout)}
}

// wait waits until an earlier step's lost call, sent again meanwhile, can no longer act: it would take away what comes on top.
// It is false when a stop came first.
func (o *own) wait(d *driver, p *journal.Progress) bool { return o == nil || d.outlast(p, o.calm) }

// look reads what stands now. An old picture, which a read may show for a while, must not pass for somebody else's doing:
// what is done on top of it would take this run's own change away.
func (o *own) look(ctx context.Context, d *driver, c schedule.Command, kind step.Kind, in json.RawMessage) (json.RawMessage, error) {
	if o == nil {
		return d.read(ctx, c, kind, in)
	}
	return d.readUntil(ctx, c, kind, in, o.until.Sub(d.clock.Now()), func(now json.RawMessage) (bool, error) {
		is, err := equal(kind, now, o.after)
		if is || err != nil {
			return true, err
		}
		old, err := equal(kind, now, o.before)
		return !old, err
	})
}
