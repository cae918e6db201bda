package engine

import (
	"context"
	"encoding/json"
	"time"

	"writ/engine/journal"
	"writ/engine/schedule"
	"writ/engine/step"
)

// look sees what there is to undo of an instance. It reads, and answers with the intent of an undo, or, when what
// should stand already does, with the undo's end: so the same look that begins an undo also confirms it.
func (d *driver) look(ctx context.Context, c schedule.Command, earlier owns) []journal.Record {
	p, kind := c.Part, d.kind(c)
	now, err := d.standing(ctx, c, kind, earlier)
	if err != nil && step.ErrorOf(err).Retryable() && d.stopping() {
		return []journal.Record{unlooked(p)}
	}
	if err != nil {
		return []journal.Record{backGiven(p, err)}
	}
	want, rec, err := d.wanted(c, kind, now)
	if err != nil {
		return []journal.Record{undoFailed(p, err)}
	}
	same, err := kind.Same(now, want)
	switch {
	case err != nil:
		return []journal.Record{undoFailed(p, err)}
	case same:
		rec.K, rec.After = journal.UndoDone, now
	case p.Undo.Attempt-p.Undo.ResumedAt > d.run.Nodes[c.Node].RetryMax:
		rec := undoFailed(p, lastError(p))
		rec.Outcome = journal.Rejected // whatever its answers said: the read shows that it did not act
		return []journal.Record{rec}
	default:
		rec.K, rec.Attempt, rec.Now, rec.Want = journal.UndoIntent, p.Undo.Attempt+1, now, want
	}
	return []journal.Record{rec}
}

// standing reads what stands now. It gives the service time to show what an undo that was answered did, and what a
// write did that nobody has read back: what is there and does not show yet would be left behind.
func (d *driver) standing(ctx context.Context, c schedule.Command, kind step.Kind, earlier owns) (json.RawMessage, error) {
	p := c.Part
	patient, limit := p.Undo.Outcome == journal.OK || p.Undo.Want == nil && (p.Acted || unread(p)), earlier.left(d.clock)
	if patient {
		limit = max(limit, p.Doubt.Settle)
	}
	dim := dimUntil(p)
	return d.readUntil(ctx, c, kind, p.In, max(limit, dim.Sub(d.clock.Now())), func(now json.RawMessage) (bool, error) {
		if old, err := earlier.isOld(kind, now); old || err != nil {
			return false, err
		}
		asBefore, err := kind.Same(now, p.Before)
		switch {
		case err != nil || asBefore && d.clock.Now().Before(dim):
			return false, err
		case !patient:
			return true, nil
		case p.Undo.Want == nil:
			return !asBefore, nil
		}
		return kind.Same(now, p.Undo.Want)
	})
}

// dimUntil is until when a read may show what stood before an instance's write, which is mostly what its undo leads to.
// While nobody knows whether that undo acted, such a picture does not tell. Zero: that does not matter, or not any more.
func dimUntil(p *journal.Progress) time.Time {
	switch {
	case p.Undo.Want == nil || p.Undo.Outcome == journal.OK:
		return time.Time{}
	case p.After == nil: // who looked before the undo was sent was the first to see it
		return p.Undo.Sent.Add(p.Doubt.Settle)
	}
	return p.Ended.Add(p.Doubt.Settle)
}

// unread reports that a write may have acted, and that no read has shown what it did.
func unread(p *journal.Progress) bool {
	return p.After == nil && (p.Lost || p.Outcome != journal.Rejected)
}

// wanted is the state that undo leads to. Once an undo has been sent it stays the same, whatever a half-done one
// left behind.
func (d *driver) wanted(c schedule.Command, kind step.Kind, now json.RawMessage) (json.RawMessage, journal.Record, error) {
	p := c.Part
	rec := journal.Record{Step: p.Address, Residue: p.Undo.Left, Reverse: &step.Reverse{Says: p.Undo.Says}}
	if p.Undo.Want != nil {
		return p.Undo.Want, rec, nil
	}
	reverse, foreign, err := wayBack(c, kind, now, d.run.Force)
	if err != nil {
		return nil, rec, err
	}
	rec.Reverse = &reverse
	rec.Residue = append(rec.Residue, leftBy(p, reverse)...)
	for _, field := range foreign {
		rec.Residue = append(rec.Residue, journal.Residue{Step: p.Address, Field: field, Why: "somebody changed it since; --force puts back what stood before", Foreign: true})
	}
	return reverse.Want, rec, nil
}

// wayBack is how far undo can lead from what stands now to what stood before, without what others changed since, which is
// named. Where there is nothing to put back it leads nowhere.
func wayBack(c schedule.Command, kind step.Kind, now json.RawMessage, force bool) (step.Reverse, []string, error) {
	p := c.Part
	before, err := without(kind, p.Before, c.Since)
	if err != nil {
		return step.Reverse{}, nil, err
	}
	after, err := leftBehind(p, kind, now)
	if err != nil {
		return step.Reverse{}, nil, err
	}
	states, err := counted(kind, before, after, now)
	if err != nil {
		return step.Reverse{}, nil, err
	}
	merged, foreign := step.Merge(states[0], states[1], states[2], force)
	if step.Equal(merged, states[2]) {
		return step.Reverse{Want: now}, foreign, nil
	}
	reverse, err := kind.Reverse(p.In, now, merged)
	return reverse, foreign, err
}

// leftBehind is the state that an instance's write left behind: read back, or, when nobody came to read it, what stands now
// if the write may have left it, else the goal.
func leftBehind(p *journal.Progress, kind step.Kind, now json.RawMessage) (json.RawMessage, error) {
	if p.After != nil {
		return p.After, nil
	}
	if may, err := kind.Accepts(p.In, p.Before, now); may || err != nil {
		return now, err
	}
	return p.Goal, nil
}

// wrote is what an instance's write left: read back, or else the goal.
func wrote(p *journal.Progress) json.RawMessage {
	if p.After != nil {
		return p.After
	}
	return p.Goal
}

// leftBy is what an undo cannot put back.
func leftBy(p *journal.Progress, reverse step.Reverse) []journal.Residue {
	var all []journal.Residue
	for _, left := range reverse.Left {
		all = append(all, journal.Residue{Step: p.Address, Field: left.Field, Why: left.Why})
	}
	if reverse.Gone {
		all = append(all, journal.Residue{Step: p.Address, Why: reverse.Says})
	}
	return all
}

// undo sends an undo and says how it ended; the next look confirms it.
func (d *driver) undo(ctx context.Context, c schedule.Command) []journal.Record {
	p, kind, sent := c.Part, d.kind(c), d.clock.Now().UTC()
	err := kind.Undo(ctx, p.In, p.Undo.Now, p.Undo.Want)
	rec := journal.Record{K: journal.UndoOutcome, Step: p.Address, Outcome: journal.OK}
	if err == nil {
		return []journal.Record{rec}
	}
	rec.Error = step.ErrorOf(err)
	n := d.run.Nodes[c.Node]
	switch class := rec.Error.Class; {
	case class == step.UnknownOutcome || class == step.Internal || class == step.AlreadySo:
		rec.Outcome, rec.Sent = journal.Unknown, sent
	case rec.Error.Retryable() && p.Undo.Attempt-p.Undo.ResumedAt <= n.RetryMax && rec.Error.RetryAfter <= n.Timeout:
		rec.Outcome, rec.Wait = journal.Rejected, d.pause(n, p.Undo.Attempt, rec.Error)
	default:
		rec.Outcome = journal.Rejected
		return []journal.Record{rec, backGiven(p, err)}
	}
	return []journal.Record{rec}
}

// check looks once more when everything is put back.
func (d *driver) check(ctx context.Context, c schedule.Command, late []*journal.Progress) []journal.Record {
	p, kind := c.Part, d.kind(c)
	rec := journal.Record{K: journal.UndoVerify, Step: p.Address}
	due, err := without(kind, p.Undo.After, c.Since)
	if err != nil {
		return []journal.Record{undoFailed(p, err)}
	}
	now, err := d.readUntil(ctx, c, kind, p.In, p.Doubt.Settle, func(now json.RawMessage) (bool, error) { return kind.Same(now, due) })
	if err != nil && step.ErrorOf(err).Retryable() && d.stopping() {
		return []journal.Record{unlooked(p)}
	}
	if err != nil {
		if given := backGiven(p, err); given.K == journal.UndoOutcome {
			return []journal.Record{given}
		}
		rec.Residue = []journal.Residue{{Step: p.Address, Why: "it could not be read once more: " + err.Error()}}
		return []journal.Record{rec}
	}
	again, err := d.cameLate(c, kind, due, now, late)
	if again != nil {
		return []journal.Record{*again}
	}
	if err != nil {
		return []journal.Record{undoFailed(p, err)}
	}
	if p.Undo.Retries() {
		if again, err = d.tryAgain(c, kind, now); again != nil {
			return []journal.Record{*again}
		}
		if err != nil {
			return []journal.Record{undoFailed(p, err)}
		}
	}
	rec.After = now
	states, err := counted(kind, due, now)
	if err != nil {
		return []journal.Record{undoFailed(p, err)}
	}
	for _, f := range step.Diff(states[0], states[1]) {
		rec.Residue = append(rec.Residue, journal.Residue{Step: p.Address, Field: f.Path, Why: "it changed again after it was put back"})
	}
	return []journal.Record{rec}
}

// without is a state less what others of a kind wrote, in the order in which they were undone since.
func without(kind step.Kind, state json.RawMessage, undone []*journal.Progress) (json.RawMessage, error) {
	for _, q := range undone {
		states, err := counted(kind, q.Undo.After, wrote(q), state)
		if err != nil {
			return nil, err
		}
		state, _ = step.Merge(states[0], states[1], states[2], true)
	}
	return state, nil
}

// tryAgain answers the intent of another undo when more can be put back by now than when the instance was undone: what was
// in its way has gone meanwhile. It is nil when there is no more.
func (d *driver) tryAgain(c schedule.Command, kind step.Kind, now json.RawMessage) (*journal.Record, error) {
	p := c.Part
	if p.Undo.Attempt-p.Undo.ResumedAt > d.run.Nodes[c.Node].RetryMax {
		return nil, nil
	}
	reverse, foreign, err := wayBack(c, kind, now, false)
	if len(foreign) > 0 || err != nil {
		return nil, err
	}
	if same, err := kind.Same(now, reverse.Want); same || err != nil {
		return nil, err
	}
	return &journal.Record{
		K: journal.UndoIntent, Step: p.Address, Attempt: p.Undo.Attempt + 1, Now: now, Want: reverse.Want, Residue: leftBy(p, reverse),
		Reverse: &step.Reverse{Says: reverse.Says},
	}, nil
}

// backGiven is what follows a call of the way back that failed and is not tried again now: what time or other credentials
// cure is a pause, like on the way there.
func backGiven(p *journal.Progress, err error) journal.Record {
	if there := given(p, err); there.K == journal.StepWait {
		return journal.Record{K: journal.UndoOutcome, Step: p.Address, Why: there.Why, Error: there.Error}
	}
	return undoFailed(p, err)
}

// unlooked is the answer of a look that a stop cut short: it is to be had again.
func unlooked(p *journal.Progress) journal.Record {
	return journal.Record{K: journal.UndoOutcome, Step: p.Address, Why: "stopped before it could be read"}
}

func lastError(p *journal.Progress) error {
	if p.Undo.Error != nil {
		return p.Undo.Error
	}
	return &step.Error{Class: step.UnknownOutcome, Message: "the undo was sent, and what stands is not what it was to leave"}
}

func undoFailed(p *journal.Progress, err error) journal.Record {
	e := step.ErrorOf(err)
	return journal.Record{
		K: journal.UndoDone, Step: p.Address, Error: e, Why: err.Error(),
		Residue: []journal.Residue{{Step: p.Address, Why: "its undo failed: " + err.Error()}},
	}
}

// skipped is the record of an instance that is not undone.
func skipped(p *journal.Progress, why string) journal.Record {
	if !p.Acted {
		why = "whether it acted is not known; " + why
	}
	return journal.Record{K: journal.UndoSkipped, Step: p.Address, Why: why, Residue: []journal.Residue{{Step: p.Address, Why: why}}}
}

// residue lists what a rolled-back run leaves, in the order of the plan.
func residue(run *journal.Run) []journal.Residue {
	var all []journal.Residue
	if !run.Rollback {
		return nil
	}
	for _, n := range run.Nodes {
		for _, p := range n.Parts {
			all = append(all, p.Undo.Left...)
		}
	}
	return all
}
