package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"writ/cmd/writ/trial"
	"writ/cmd/writ/view"
	"writ/engine"
	"writ/engine/journal"
	"writ/engine/step"
	"writ/steps"
)

// rehearsal tries a plan on copies of what its preview read: once undisturbed, then with one fault a time. A fault comes
// at a step's calls, or at those of its undo. Whatever survives its fault is failed at the first step that cannot be
// undone, or is rolled back when there is none: every trial ends with everything put back.
type rehearsal struct {
	preview *journal.Run
	order   []int       // in which the steps start
	trial   trial.Trial // without faults
	stop    <-chan struct{}
	rest    *trial.End // of the undisturbed trial
}

// attempt is one trial: a fault at one call of a step.
type attempt struct {
	step  string
	fault trial.Fault
	trial trial.Trial
	end   *trial.End
}

// run carries all trials out.
func (r *rehearsal) run(ctx context.Context) (*view.Rehearsal, error) {
	seed, notes, whole, err := copyOf(r.preview)
	if err != nil {
		return nil, err
	}
	r.trial.Seed = seed
	if r.rest, err = r.trial.Run(ctx); err != nil {
		return nil, err
	}
	if r.rest.Preview != nil {
		for _, address := range unlike(r.preview, r.rest.Preview) {
			notes, whole = append(notes, address+": the copy does not answer what the target does"), false
		}
	}
	var attempts []*attempt
	if r.gotThrough() {
		attempts = r.attempts()
	}
	if err := r.tryAll(ctx, attempts); err != nil {
		return nil, err
	}
	return r.report(attempts, notes, whole), nil
}

// gotThrough reports whether the plan came to its end undisturbed: only then does a fault show anything.
func (r *rehearsal) gotThrough() bool {
	return r.rest.Goal != nil && r.rest.Run != nil && r.rest.Refusal == nil
}

// attempts lists the trials, step by step.
func (r *rehearsal) attempts() []*attempt {
	var all []*attempt
	for _, p := range r.sending() {
		for _, undo := range []bool{false, true} {
			calls := len(r.rest.Calls.Of(p.Address, undo))
			for _, name := range trial.FaultsOf(r.kind(p)) {
				for _, nth := range someOf(calls) {
					f := trial.Fault{At: p.Address, Fault: name, Undo: undo, Nth: nth, Times: r.times(p, name, undo)}
					all = append(all, r.attempt(p, f))
				}
			}
		}
	}
	return all
}

func (r *rehearsal) attempt(p *journal.Progress, f trial.Fault) *attempt {
	t := r.trial
	t.Faults, t.Learned = []trial.Fault{f}, r.rest.Calls
	if last := r.turn(p); last != "" {
		t.Faults = append(t.Faults, trial.Fault{At: last, Fault: trial.RefusedCall})
	}
	return &attempt{step: p.Address, fault: f, trial: t}
}

// sending are the steps that sent something undisturbed, in the order in which they start.
func (r *rehearsal) sending() []*journal.Progress {
	var parts []*journal.Progress
	for _, i := range r.order {
		for _, p := range r.rest.Run.Nodes[i].Parts {
			if len(r.rest.Calls.Of(p.Address, false)) > 0 {
				parts = append(parts, p)
			}
		}
	}
	return parts
}

func (r *rehearsal) node(p *journal.Progress) *journal.Node { return r.rest.Run.Nodes[p.Node] }

func (r *rehearsal) kind(p *journal.Progress) step.Kind {
	kind, _ := steps.Kinds(nil).Find(r.node(p).Uses)
	return kind
}

// turn is the first step after p that no call takes back. Refusing it makes the run turn round with nothing behind it
// that must stay.
func (r *rehearsal) turn(p *journal.Progress) string {
	later := slices.DeleteFunc(r.sending(), func(q *journal.Progress) bool {
		return r.node(q).Effect != step.Irreversible || q.Began <= p.Began
	})
	if len(later) == 0 {
		return ""
	}
	return slices.MinFunc(later, func(a, b *journal.Progress) int { return cmp.Compare(a.Began, b.Began) }).Address
}

// times is how often a fault comes: on the way there so often that the step gives up, where it would try again. One that
// is throttled for long does not give up: its run pauses, and goes on where it was.
func (r *rehearsal) times(p *journal.Progress, fault string, undo bool) int {
	if !undo && (fault == trial.Unavailable || fault == trial.ServerError) {
		return r.node(p).RetryMax + 1
	}
	return 1
}

// someOf picks among a step's calls, counted from 1: all of a few; of many the first two, one in the middle and the
// last.
func someOf(calls int) []int {
	if calls > 4 {
		return []int{1, 2, (calls + 1) / 2, calls}
	}
	var all []int
	for n := range calls {
		all = append(all, n+1)
	}
	return all
}

// abreast is how many trials go on at the same time: each waits for answers more than it computes.
const abreast = 4

// tryAll carries trials out.
func (r *rehearsal) tryAll(ctx context.Context, attempts []*attempt) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	todo := make(chan *attempt)
	errs := make([]error, abreast)
	var workers sync.WaitGroup
	for i := range errs {
		workers.Go(func() {
			for at := range todo {
				var err error
				if at.end, err = at.trial.Run(ctx); err != nil && errs[i] == nil {
					errs[i] = fmt.Errorf("try %s: %w", at.fault, err)
					cancel()
				}
			}
		})
	}
	err := r.hand(ctx, attempts, todo)
	close(todo)
	workers.Wait()
	return cmp.Or(errors.Join(errs...), err)
}

// hand gives out the trials one by one, until there is none left or somebody stops it.
func (r *rehearsal) hand(ctx context.Context, attempts []*attempt, todo chan<- *attempt) error {
	stopped := &engine.Refusal{Exit: engine.ExitPaused, Message: "stopped while rehearsing; nothing has been changed"}
	for _, at := range attempts {
		select {
		case <-r.stop: // looked at first, whoever is ready
			return stopped
		default:
		}
		select {
		case todo <- at:
		case <-r.stop:
			return stopped
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
