package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"writ/engine/journal"
	"writ/engine/schedule"
	"writ/engine/step"
)

// settle finds out, by reading, what a write did: one that was answered, one that was refused as already so, and one
// whose answer was lost.
func (d *driver) settle(ctx context.Context, c schedule.Command) []journal.Record {
	p, kind := c.Part, d.kind(c)
	in := d.inputs.reveal(p.In)
	found, state, err := d.readBack(ctx, c, kind, in)
	if err != nil && step.ErrorOf(err).Retryable() && d.stopping() {
		return []journal.Record{{K: journal.StepVerify, Step: p.Address, Found: journal.NotLooked, Why: "stopped before it could be read back"}}
	}
	if p.Outcome == journal.OK && err != nil {
		if rec := given(p, err); rec.K == journal.StepWait { // it acted: nothing is in doubt but what it looks like
			return []journal.Record{rec}
		}
	}
	if err != nil {
		return []journal.Record{{K: journal.StepVerify, Step: p.Address, Found: journal.Unread, Why: "it cannot be read back: " + err.Error(), Error: step.ErrorOf(err)}}
	}
	rec := journal.Record{K: journal.StepVerify, Step: p.Address, Found: found, After: state}
	already := p.Outcome == journal.Rejected
	switch {
	case found == journal.FoundGoal && already && !p.Lost:
		// Somebody else got there between our look and our write: not ours to undo.
		return []journal.Record{d.satisfied(p, kind, in, state)}
	case found == journal.FoundGoal:
		return []journal.Record{rec}
	case found == journal.FoundOther:
		rec.Why = "what stands here is neither what stood before nor what was asked"
		return []journal.Record{rec}
	case already:
		return []journal.Record{rec, given(p, p.Error)}
	}
	return d.didNotAct(c, rec)
}

// didNotAct goes on after a read that shows what stood before.
func (d *driver) didNotAct(c schedule.Command, rec journal.Record) []journal.Record {
	p, n := c.Part, d.run.Nodes[c.Node]
	switch {
	case p.Outcome == journal.OK:
		rec.Why = "the service said that it acted, and a read still shows what stood before"
		return []journal.Record{rec}
	case p.Doubt.Class != step.Set && p.Doubt.Class != step.FanOut:
		rec.Why = "the write's answer was lost, a read shows what stood before, and this write is not one to send twice"
		return []journal.Record{rec}
	case p.Attempt-p.ResumedAt > n.RetryMax:
		err := p.Error
		if err == nil {
			err = &step.Error{Class: step.UnknownOutcome, Message: "no answer"}
		}
		return []journal.Record{rec, failed(p.Address, err)}
	}
	rec.Wait = d.pause(n, p.Attempt, p.Error)
	return []journal.Record{rec}
}

func (d *driver) satisfied(p *journal.Progress, kind step.Kind, in, state json.RawMessage) journal.Record {
	outputs, err := kind.Outputs(in, state)
	if err != nil {
		return failed(p.Address, err)
	}
	return journal.Record{K: journal.StepDone, Step: p.Address, How: journal.Satisfied, Outputs: outputs}
}

// settleUnreadable handles what no call can read: an answer is believed; a write whose answer was lost is sent again
// once by a resume, when the step accepts that it is irreversible.
func (d *driver) settleUnreadable(c schedule.Command) []journal.Record {
	p, kind, in := c.Part, d.kind(c), d.inputs.reveal(c.Part.In)
	switch {
	case p.Outcome == journal.OK:
		return d.finished(p, kind, in, p.Goal)
	case p.Outcome == journal.Rejected && !p.Lost && p.Error.Class == step.AlreadySo:
		return []journal.Record{d.satisfied(p, kind, in, p.Goal)}
	case p.Outcome == journal.Rejected && !p.Lost:
		return []journal.Record{given(p, p.Error)}
	}
	if p.ResumedAt == p.Attempt && d.run.Nodes[c.Node].Irreversible {
		return []journal.Record{{K: journal.StepVerify, Step: p.Address, Found: journal.FoundBefore, Wait: time.Millisecond}}
	}
	return []journal.Record{{K: journal.StepVerify, Step: p.Address, Found: journal.Unread, Why: "its answer was lost, and no call can read what it did", Error: p.Error}}
}

// readBack reads until the goal shows or the time is over in which a read may still show an older value.
func (d *driver) readBack(ctx context.Context, c schedule.Command, kind step.Kind, in json.RawMessage) (journal.Found, json.RawMessage, error) {
	var found journal.Found
	state, err := d.readUntil(ctx, c, kind, in, c.Part.Doubt.Settle, func(state json.RawMessage) (bool, error) {
		var err error
		found, err = recognise(kind, in, c.Part, state)
		return found == journal.FoundGoal || found == journal.FoundBefore && unanswered(c.Part) && resendable(c.Part), err
	})
	return found, state, err
}

// patience is how long is waited in silence.
const patience = 5 * time.Second

// readUntil reads again and again, less and less often, until is satisfied or the time for that is over; it answers
// what it read last. The last read begins when the time is over: an earlier one might still show the old.
func (d *driver) readUntil(ctx context.Context, c schedule.Command, kind step.Kind, in json.RawMessage, limit time.Duration, is func(json.RawMessage) (bool, error)) (json.RawMessage, error) {
	began, told := d.clock.Now(), false
	deadline := began.Add(limit)
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		asked := d.clock.Now()
		state, err := d.read(ctx, c, kind, in)
		if err != nil {
			return nil, err
		}
		if done, err := is(state); done || err != nil || !asked.Before(deadline) {
			return state, err
		}
		if now := d.clock.Now(); !told && limit > patience && now.Sub(began) >= patience {
			told = true
			d.warn(fmt.Errorf("%s: what was sent does not show yet; looking for up to %s more", c.Part.Address, deadline.Sub(now).Round(time.Second)))
		}
		if !d.sleep(ctx, min(wait, max(0, deadline.Sub(d.clock.Now()))), nil) {
			if d.stopping() { // what was seen so far decides nothing
				return nil, &step.Error{Class: step.Unavailable, Message: "stopped while looking"}
			}
			return state, nil
		}
	}
}

// unanswered reports that a write's answer was lost: on its way, or with the process that waited for it.
func unanswered(p *journal.Progress) bool {
	return p.Outcome != journal.OK && p.Outcome != journal.Rejected
}

// resendable reports whether sending the write again is harmless even if the first one acts late.
func resendable(p *journal.Progress) bool {
	return p.Doubt.Class == step.Set || p.Doubt.Class == step.FanOut
}

// recognise tells what a state is to an instance.
func recognise(kind step.Kind, in json.RawMessage, p *journal.Progress, state json.RawMessage) (journal.Found, error) {
	is, err := kind.Same(state, p.Goal)
	if err == nil && !is {
		is, err = kind.Accepts(in, p.Before, state)
	}
	if err != nil || is {
		return journal.FoundGoal, err
	}
	if is, err = kind.Same(state, p.Before); err != nil || is {
		return journal.FoundBefore, err
	}
	if p.Doubt.Class == step.FanOut && memberwise(kind, p, state) {
		return journal.FoundBefore, nil
	}
	return journal.FoundOther, nil
}

// memberwise reports whether each object of a call that touches many is as before or as wanted: the call acted on
// some, and may be sent again.
func memberwise(kind step.Kind, p *journal.Progress, state json.RawMessage) bool {
	counts, err := counted(kind, p.Before, p.Goal, state)
	if err != nil {
		return false
	}
	_, foreign := step.Merge(counts[0], counts[1], counts[2], false)
	return len(foreign) == 0
}

// counted answers what counts of each state.
func counted(kind step.Kind, states ...json.RawMessage) ([]json.RawMessage, error) {
	out := make([]json.RawMessage, len(states))
	for i, s := range states {
		var err error
		if out[i], err = kind.Counts(s); err != nil {
			return nil, err
		}
	}
	return out, nil
}
