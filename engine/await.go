package engine

import (
	"context"
	"encoding/json"
	"fmt"

	"writ/engine/journal"
	"writ/engine/plan"
	"writ/engine/schedule"
	"writ/engine/step"
)

// await ends an instance whose write acted: at once, or with a wait in the plan when its effect is really there.
func (d *driver) await(ctx context.Context, c schedule.Command) []journal.Record {
	p, kind, n := c.Part, d.kind(c), d.run.Nodes[c.Node]
	in := d.inputs.reveal(p.In)
	if n.WaitFor == 0 {
		return d.finished(p, kind, in, p.After)
	}
	if p.Until.IsZero() {
		return []journal.Record{{K: journal.StepWait, Step: p.Address, Until: d.clock.Now().Add(n.WaitFor).UTC()}}
	}
	for {
		there, state, err := d.isThere(ctx, c, kind, in)
		switch {
		case err != nil && !step.ErrorOf(err).Retryable():
			return []journal.Record{given(p, err)}
		case there:
			return d.finished(p, kind, in, state)
		case !d.clock.Now().Before(p.Until):
			return []journal.Record{stalled(p, fmt.Sprintf("its effect was not there after %s", n.WaitFor))}
		case closed(d.drain) || !d.sleep(ctx, min(n.WaitEvery, max(0, p.Until.Sub(d.clock.Now()))), d.drain):
			return []journal.Record{stalled(p, "stopped while waiting for its effect")}
		}
	}
}

func stalled(p *journal.Progress, why string) journal.Record {
	return journal.Record{K: journal.StepWait, Step: p.Address, Why: why}
}

// isThere looks once.
func (d *driver) isThere(ctx context.Context, c schedule.Command, kind step.Kind, in json.RawMessage) (bool, json.RawMessage, error) {
	s := d.plan.Steps[c.Node]
	if s.Wait == nil || s.Wait.Until == nil {
		there, err := kind.Await(ctx, in)
		return there, c.Part.After, err
	}
	state, err := d.read(ctx, c, kind, in)
	if err != nil {
		return false, nil, err
	}
	there, err := d.holds(ctx, s, c, state)
	return there, state, err
}

// holds asks the plan's until about a fresh look.
func (d *driver) holds(ctx context.Context, s *plan.Step, c schedule.Command, state json.RawMessage) (bool, error) {
	scope := d.eval.scope(d.run, s.Parents)
	scope.Vars["after"] = tree(state)
	if key, ok := journal.KeyOf(c.Part.Address); ok {
		scope.Vars["each"] = map[string]any{"key": key, "value": tree(c.Part.Value)}
	}
	v, _, err := s.Wait.Until.Eval(ctx, scope)
	if err != nil {
		return false, &step.Error{Class: step.Invalid, Message: "wait.until: " + err.Error()}
	}
	return v == true, nil
}
