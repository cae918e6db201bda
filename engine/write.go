package engine

import (
	"context"
	"encoding/json"
	"fmt"

	"writ/engine/journal"
	"writ/engine/schedule"
	"writ/engine/step"
)

// intent is the record that has to be durable before an instance's write is sent. It holds all that recognising the
// effect and undoing it needs.
func intent(p *journal.Progress) journal.Record {
	doubt := p.Doubt
	return journal.Record{
		K: journal.StepIntent, Step: p.Address, Attempt: p.Attempt + 1,
		In: p.In, Before: p.Before, Goal: p.Goal, Doubt: &doubt,
	}
}

// write sends an instance's write and says how it ended.
func (d *driver) write(ctx context.Context, c schedule.Command) []journal.Record {
	p, kind := c.Part, d.kind(c)
	in, sent := d.inputs.reveal(p.In), d.clock.Now().UTC()
	err := kind.Apply(ctx, in, p.Before)
	rec := journal.Record{K: journal.StepOutcome, Step: p.Address, Outcome: journal.OK}
	if err == nil {
		return []journal.Record{rec}
	}
	rec.Error = step.ErrorOf(err)
	switch rec.Error.Class {
	case step.UnknownOutcome, step.Internal:
		rec.Outcome, rec.Sent = journal.Unknown, sent
		return []journal.Record{rec}
	case step.AlreadySo:
		rec.Outcome = journal.Rejected
		return []journal.Record{rec}
	}
	rec.Outcome = journal.Rejected
	n := d.run.Nodes[c.Node]
	if rec.Error.Retryable() && p.Attempt-p.ResumedAt <= n.RetryMax && rec.Error.RetryAfter <= n.Timeout {
		rec.Wait = d.pause(n, p.Attempt, rec.Error)
		return []journal.Record{rec}
	}
	return append([]journal.Record{rec}, given(p, err))
}

// given is what follows a call that certainly did not act and is not tried again now. What time or other credentials
// cure is a pause.
func given(p *journal.Progress, err error) journal.Record {
	why := ""
	switch e := step.ErrorOf(err); {
	case e.Class == step.Unauthenticated:
		why = "the credentials are no longer accepted"
	case e.Class == step.Throttled && e.RetryAfter > 0:
		why = fmt.Sprintf("throttled; the service asks to wait %s", e.RetryAfter)
	case e.Class == step.Throttled:
		why = "still throttled after all attempts"
	default:
		return failed(p.Address, err)
	}
	return journal.Record{K: journal.StepWait, Step: p.Address, Why: why, Error: step.ErrorOf(err)}
}

// finished is the record of an instance that reached its goal.
func (d *driver) finished(p *journal.Progress, kind step.Kind, in, state json.RawMessage) []journal.Record {
	outputs, err := kind.Outputs(in, state)
	if err != nil {
		return []journal.Record{failed(p.Address, err)}
	}
	how := journal.Applied
	if p.Lost && p.Outcome != journal.OK {
		how = journal.Adopted
	}
	return []journal.Record{{K: journal.StepDone, Step: p.Address, How: how, Outputs: outputs, After: state}}
}
