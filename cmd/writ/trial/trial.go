// Package trial carries out one plan on an emulated cloud of its own, makes chosen calls of chosen steps go wrong, and
// says how that ended. Nothing of it outlives the trial, and no real seconds pass where a run would wait. It knows
// nothing of commands and prints nothing.
//
// Who is to be hurt is said by step, and the sandbox is hurt by operation. Kinds do not name their operations, so a
// trial with faults first lets the plan run undisturbed, there and back, and learns from the sandbox's log which calls
// came between a step's intent and its outcome. Steps follow one another in a trial, which makes that order the only
// one, and a fault is put in place when the journal has the intent of the step that it is for.
package trial

import (
	"context"
	"errors"

	"writ/engine"
	"writ/engine/journal"
	"writ/engine/plan"
	"writ/engine/step"
	"writ/steps/cloud"
)

// Trial is one run of a plan on a sandbox of its own.
type Trial struct {
	Plan                     *plan.Plan
	Inputs                   *engine.Inputs
	Seed                     []byte // state document; nil is the sandbox's own
	Cloud, Region, ProjectID string // empty: the sandbox's first project
	Faults                   []Fault
	Options                  journal.Options
	Kinds                    func(*cloud.Client) step.Kinds // nil: writ's own
	Rollback                 bool                           // put everything back after a run that is done
	Again                    bool                           // apply once more when that is over
	Learned                  *Calls                         // of an earlier trial of the same plan, inputs and seed; nil: learn first
}

// End is how a trial ended.
type End struct {
	Run           *journal.Run // the last one: of the rollback, if there was one; a preview when nothing was begun
	Preview       *journal.Run // that was agreed to
	Refusal       error        // why nothing was begun, or nil
	Exit          engine.Exit
	Outcome       Outcome
	Before, After []byte // state documents
	Goal          []byte // that of the cloud when everything was applied and nothing undone; nil when nobody knows
	Moved         []step.Field
	Residue       []journal.Residue
	Requests      []Request // all that the cloud received, but for those of Again
	Again         Outcome   // of the second apply, if one was asked for
	Missed        []Fault   // faults that never came to bear
	Calls         *Calls    // what each step sent; nil for a trial with faults
}

// Run carries the trial out. An error is about the trial: a seed that is none, a fault for a step that sends no such
// call. Whatever the plan itself comes to is an End.
func (t Trial) Run(ctx context.Context) (end *End, err error) {
	var goal []byte
	if len(t.Faults) > 0 && t.Learned == nil {
		undisturbed := t
		undisturbed.Faults, undisturbed.Rollback, undisturbed.Again = nil, true, false
		learned, err := undisturbed.Run(ctx)
		if err != nil {
			return nil, err
		}
		t.Learned, goal = learned.Calls, learned.Goal
	}
	faults, err := t.Learned.aim(t.Faults)
	if err != nil {
		return nil, err
	}
	w, err := t.begin(faults)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	end, err = w.carryOut(ctx)
	if err != nil {
		return nil, err
	}
	if goal != nil {
		end.Goal = goal
	}
	return end, nil
}

// carryOut applies, rolls back and applies again, as far as the trial asks for it.
func (w *world) carryOut(ctx context.Context) (*End, error) {
	end := &End{}
	var err error
	if end.Before, err = w.state(); err != nil {
		return nil, err
	}
	if err := w.apply(ctx, end); err != nil {
		return nil, err
	}
	if w.Rollback && end.Outcome == Done {
		if err := w.rollback(ctx, end); err != nil {
			return nil, err
		}
	}
	if err := w.take(end); err != nil {
		return nil, err
	}
	if len(w.Faults) == 0 {
		end.Calls, err = w.learn(ctx, end)
	}
	if err == nil && w.Again {
		err = w.again(ctx, end)
	}
	return end, err
}

// apply previews the plan, agrees and carries it out.
func (w *world) apply(ctx context.Context, end *End) error {
	run, err := w.engine.Apply(ctx, w.job, func(preview *journal.Run) error {
		end.Preview = preview
		return w.watcher.begin()
	})
	err = errors.Join(end.ended(run, err), w.watcher.err)
	if err == nil && len(w.Faults) == 0 && end.Outcome == Done {
		end.Goal, err = w.state()
	}
	return err
}

func (w *world) rollback(ctx context.Context, end *End) error {
	run, err := w.engine.Rollback(ctx, end.Run.Open.Run, false)
	return errors.Join(end.ended(run, err), w.watcher.err)
}

// again applies once more, in the same runs folder.
func (w *world) again(ctx context.Context, end *End) error {
	var second End
	run, err := w.engine.Apply(ctx, w.job, func(*journal.Run) error { return nil })
	if err := second.ended(run, err); err != nil {
		return err
	}
	end.Again = second.Outcome
	return nil
}

// take notes what the cloud is and what it received.
func (w *world) take(end *End) (err error) {
	if end.After, err = w.state(); err != nil {
		return err
	}
	if end.Requests, err = w.watcher.finish(); err != nil {
		return err
	}
	end.Missed = w.watcher.missed()
	end.Moved, err = Moved(end.Before, end.After)
	return err
}

// Restored tells whether all stands as it stood before, as far as services can show it.
func (e *End) Restored() bool { return len(e.Moved) == 0 }
