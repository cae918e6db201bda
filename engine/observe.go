package engine

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"

	"writ/engine/journal"
	"writ/engine/schedule"
	"writ/engine/step"
)

// classStale is the class of a step that found something else than the preview that was agreed to.
const classStale step.Class = "stale"

// observe looks at an instance and says what its step would change. In a preview that is all.
func (d *driver) observe(ctx context.Context, c schedule.Command, before owns) []journal.Record {
	p, kind := c.Part, d.kind(c)
	if p.In == nil {
		return []journal.Record{failed(p.Address, &step.Error{Class: step.Invalid, Message: "its arguments could not be worked out"})}
	}
	o, err := d.assess(ctx, c, kind, before)
	switch {
	case err != nil:
		return d.unseen(p, kind, err)
	case p.Attempt == 0 && d.surprising(p, kind, o):
		return []journal.Record{failed(p.Address, &step.Error{Class: classStale, Message: stale(d.agreed == nil)})}
	case kind.Effect == step.Reads:
		return []journal.Record{{K: journal.StepDone, Step: p.Address, How: journal.Looked, Outputs: o.outputs}}
	case d.journal == nil:
		return d.previewed(p, o)
	}
	if p.MayAct {
		if recs := d.afterLostAttempt(p, kind, d.inputs.reveal(p.In), o.rec.Before); recs != nil {
			return recs
		}
	}
	return d.observed(c, o)
}

// foreseen answers a preview's look without a call, when its outcome would mean nothing. Nil means: look.
func (d *driver) foreseen(p *journal.Progress) []journal.Record {
	if d.journal != nil {
		return nil
	}
	if len(p.Unknown) > 0 {
		return hidden(p, nil)
	}
	if other, ok := d.contested[p.Address]; ok {
		return hidden(p, []string{other + " may change the same object first"})
	}
	for _, key := range p.Objects {
		if other, ok := d.touched.Other(key, p.Address); ok {
			return hidden(p, []string{d.ahead(other)})
		}
	}
	return nil
}

// ahead says that another instance comes first at the same object.
func (d *driver) ahead(other string) string {
	if p := d.run.Part(other); p != nil && len(p.Unknown) > 0 {
		return other + " may change the same object first"
	}
	return other + " changes the same object first"
}

// touch remembers in a preview what a change touches. What a later look shows there is not what its step will meet.
func (d *driver) touch(rec journal.Record) {
	if d.journal != nil || rec.K != journal.StepObserve || rec.Change == journal.NoChange {
		return
	}
	p := d.run.Part(rec.Step)
	if d.run.Nodes[p.Node].Effect == step.Reads {
		return
	}
	for _, key := range p.Objects {
		d.touched.Add(key, rec.Step)
	}
}

// observation is what a look found, and what it means for the step.
type observation struct {
	rec     journal.Record // step.observe
	outputs json.RawMessage
}

// assess reads, and works out goal, change, undo and the rule on doubt.
func (d *driver) assess(ctx context.Context, c schedule.Command, kind step.Kind, earlier owns) (observation, error) {
	p, in := c.Part, d.inputs.reveal(c.Part.In)
	o := observation{rec: journal.Record{K: journal.StepObserve, Step: p.Address}}
	before, err := d.before(ctx, c, kind, in, earlier, &o.rec)
	if err != nil {
		return o, err
	}
	a, err := kind.Assess(in, before)
	if o.outputs = a.Outputs; err != nil || kind.Effect == step.Reads {
		return o, err
	}
	o.rec.Before, o.rec.Goal, o.rec.Change, o.rec.Doubt, o.rec.Reverse = before, a.Goal, change(a), &a.Doubt, &a.Reverse
	if o.rec.Change == journal.NoChange && o.rec.From != "" && d.run.Open.Options.Resend {
		o.rec.Change, o.rec.From = journal.Update, ""
	}
	o.caution(a)
	return o, nil
}

// before is what stands now: read, or for what no call can read, what finished runs journaled.
func (d *driver) before(ctx context.Context, c schedule.Command, kind step.Kind, in json.RawMessage, earlier owns, rec *journal.Record) (json.RawMessage, error) {
	if kind.Readable() {
		return earlier.look(ctx, d, c, kind, in)
	}
	known := d.evidence.of(kind.Name, c.Part.Objects)
	rec.From = known.run
	if known.state == nil {
		return json.RawMessage("null"), nil
	}
	return known.state, nil
}

// read looks, and looks again after a pause when the service was throttled or away.
func (d *driver) read(ctx context.Context, c schedule.Command, kind step.Kind, in json.RawMessage) (json.RawMessage, error) {
	n := d.run.Nodes[c.Node]
	for attempt := 1; ; attempt++ {
		state, err := kind.Read(ctx, in)
		if err == nil {
			return state, nil
		}
		e := step.ErrorOf(err)
		if !e.Retryable() || attempt > n.RetryMax || e.RetryAfter > n.Timeout || !d.sleep(ctx, d.pause(n, attempt, e), nil) {
			return nil, err
		}
	}
}

// pause is how long to hold off before the next attempt: what the service asked for, or longer and longer, with
// jitter.
func (d *driver) pause(n *journal.Node, attempt int, e *step.Error) time.Duration {
	if e != nil && e.RetryAfter > 0 {
		return e.RetryAfter
	}
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.Multiplier, b.MaxInterval, b.RandomizationFactor = n.Backoff, 2, time.Minute, 0
	wait := b.NextBackOff()
	for range attempt - 1 {
		wait = b.NextBackOff()
	}
	return max(spread(wait, d.chance), time.Millisecond)
}

func change(a step.Assessment) journal.Change {
	switch {
	case a.Same:
		return journal.NoChange
	case !a.Was && a.Will:
		return journal.Create
	case a.Was && !a.Will:
		return journal.Remove
	}
	return journal.Update
}

// observed is the answer of an apply: nothing to do, or a change that waits for its write.
func (d *driver) observed(c schedule.Command, o observation) []journal.Record {
	p := c.Part
	if o.rec.Change == journal.NoChange {
		return met(p, o)
	}
	n := d.run.Nodes[c.Node]
	if o.rec.Reverse.Gone && !n.Irreversible {
		return []journal.Record{o.rec, failed(p.Address, &step.Error{Class: step.Invalid, Message: "this change cannot be undone: " + why(o.rec.Reverse) + "; say irreversible: accept on the step to go ahead"})}
	}
	if left := stays(n, o.rec.Reverse); d.run.Open.Options.Reversible && left != nil {
		return []journal.Record{o.rec, failed(p.Address, &step.Error{Class: step.Invalid, Message: "undo cannot put everything back: " + strings.Join(left, "; ")})}
	}
	return []journal.Record{o.rec}
}

func why(r *step.Reverse) string {
	if len(r.Left) > 0 {
		return r.Left[0].Why
	}
	if r.Says != "" {
		return r.Says
	}
	return "no call takes it back"
}

// previewed is the answer of a preview: the change, and the outputs as far as they can be told.
func (d *driver) previewed(p *journal.Progress, o observation) []journal.Record {
	if o.rec.Change == journal.NoChange {
		return met(p, o)
	}
	return []journal.Record{o.rec, {K: journal.StepDone, Step: p.Address, How: journal.Predicted, Outputs: o.outputs, Partial: true, From: o.rec.From}}
}

// met is the answer for a goal that stands already, by what was read or by what an earlier run journaled.
func met(p *journal.Progress, o observation) []journal.Record {
	done := journal.Record{K: journal.StepDone, Step: p.Address, How: journal.Satisfied, Outputs: o.outputs, From: o.rec.From}
	if o.rec.From != "" {
		done.How = journal.Evidence
	}
	return []journal.Record{o.rec, done}
}

// hidden is the line of a preview whose arguments, or whose object's state, cannot be known yet.
func hidden(p *journal.Progress, warnings []string) []journal.Record {
	return []journal.Record{
		{K: journal.StepObserve, Step: p.Address, Change: journal.Hidden, Unknown: p.Unknown, Warnings: warnings},
		{K: journal.StepDone, Step: p.Address, How: journal.Predicted, Partial: true},
	}
}

// unseen is the answer when the look failed. A preview goes on without it.
func (d *driver) unseen(p *journal.Progress, kind step.Kind, err error) []journal.Record {
	e := step.ErrorOf(err)
	if d.journal == nil {
		recs := hidden(p, needs(e, kind.Actions.Read.Names()))
		recs[0].Error = e
		return recs
	}
	if p.MayAct {
		return []journal.Record{{K: journal.StepVerify, Step: p.Address, Found: journal.Unread, Why: "it cannot be read: " + err.Error(), Error: e}}
	}
	if e.Retryable() && d.stopping() {
		return []journal.Record{stalled(p, "stopped before it could be read")}
	}
	return []journal.Record{given(p, err)}
}

// needs names the IAM actions that a denied call asks for.
func needs(e *step.Error, actions []string) []string {
	if e.Class != step.Denied || len(actions) == 0 {
		return nil
	}
	return []string{"it needs " + strings.Join(actions, ", ")}
}

// afterLostAttempt judges a fresh look at an instance one of whose writes may have acted. Nil means: as before, so
// the write may be sent again.
func (d *driver) afterLostAttempt(p *journal.Progress, kind step.Kind, in, state json.RawMessage) []journal.Record {
	found, err := recognise(kind, in, p, state)
	rec := journal.Record{K: journal.StepVerify, Step: p.Address, Found: found, After: state}
	switch {
	case err != nil:
		rec.Found, rec.Why = journal.Unread, err.Error()
	case found == journal.FoundBefore:
		return nil
	case found == journal.FoundOther:
		rec.Why = "what stands here is neither what stood before nor what was asked"
	}
	return []journal.Record{rec}
}

// stale says that something else stands than the preview showed: to a run that goes on, there are two reasons for that.
func stale(resumed bool) string {
	if resumed {
		return "what stands here is not what the preview showed: it has changed since, or the journal is an older copy"
	}
	return "what stands here has changed since the preview"
}

// surprising reports whether an instance stands differently than in the preview that was agreed to.
func (d *driver) surprising(p *journal.Progress, kind step.Kind, o observation) bool {
	if said, ok := d.foretold[p.Address]; ok && kind.Effect != step.Reads && kind.Readable() {
		return !said.Holds(o.rec.Before, o.rec.Goal)
	}
	if d.agreed == nil {
		return false
	}
	seen, told := d.agreed[p.Address]
	switch {
	case !told:
		return false
	case kind.Effect == step.Reads:
		return !d.wrote.Load() && !step.Equal(seen, o.outputs)
	}
	same, err := kind.Same(seen, o.rec.Before)
	return err == nil && !same
}

// seen is what a run has to find again of a preview that was agreed to: the outputs of each instance that only reads,
// and what stood before any other. Where the preview could not tell there is nothing.
func seen(preview *journal.Run) map[string]json.RawMessage {
	seen := map[string]json.RawMessage{}
	for _, n := range preview.Nodes {
		for _, p := range n.Parts {
			switch {
			case p.Change == journal.Hidden || p.Error != nil:
			case n.Effect != step.Reads:
				seen[p.Address] = p.Before
			case p.How == journal.Looked:
				seen[p.Address] = p.Outputs
			}
		}
	}
	return seen
}
