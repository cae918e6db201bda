package engine

import (
	"context"

	"writ/engine/journal"
	"writ/engine/schedule"
	"writ/engine/step"
)

// Preview works out what a job would change. It runs every read for real and writes nothing, neither to the cloud
// nor to disk. A step that cannot be looked at has its error in its part; the others are there all the same. For a job
// that follows a saved preview the error says whether an apply would be refused because of that.
func (e *Engine) Preview(ctx context.Context, job Job) (*journal.Run, error) {
	history, err := e.history(job.Target, "")
	e.warn(err)
	if err := e.usable(job, history); err != nil {
		return nil, err
	}
	run, err := e.preview(ctx, job, gather(history, e.Kinds))
	if err != nil {
		return nil, err
	}
	return run, e.unmoved(job, run)
}

func (e *Engine) preview(ctx context.Context, job Job, known evidence) (*journal.Run, error) {
	contested := map[string]string{}
	for {
		run, err := e.look(ctx, job, known, contested)
		if err != nil || !contest(run, contested) {
			return run, err
		}
	}
}

// look is one pass of a preview. What is contested is not looked at.
func (e *Engine) look(ctx context.Context, job Job, known evidence, contested map[string]string) (*journal.Run, error) {
	open := e.opening(job, "")
	open.Options.OnFailure = "continue"
	for i := range open.Steps {
		open.Steps[i].OnFailure = "continue"
	}
	run, err := journal.Fold([]journal.Record{{K: journal.RunOpen, Open: open}})
	if err != nil {
		return nil, err
	}
	d := e.newDriver(run, nil, job.Inputs)
	d.watch, d.evidence, d.contested = nil, known, contested
	if err := d.plans(ctx, job.Plan); err != nil {
		return nil, err
	}
	if err := d.drive(ctx); err != nil {
		return nil, err
	}
	if run.Mode == journal.Paused {
		return nil, refuse(ExitPaused, "stopped while looking; nothing has been changed")
	}
	return run, nil
}

// Order lists the steps of a plan in the order in which they start when one follows the other.
func (e *Engine) Order(job Job) []int { return schedule.Order(e.opening(job, "")) }

// Changes counts what a preview would do: changes that were read, and those that nothing can tell before the apply.
func Changes(preview *journal.Run, kinds step.Kinds) (known, unknown int) {
	for _, n := range preview.Nodes {
		kind, _ := kinds.Find(n.Uses)
		for _, p := range n.Parts {
			switch {
			case p.Phase != journal.PhaseDone || p.How != journal.Predicted:
			case p.Change == journal.Hidden || !kind.Readable():
				unknown++
			default:
				known++
			}
		}
	}
	return known, unknown
}

// Obstacle says why a preview cannot be applied, or nil.
func Obstacle(preview *journal.Run) error {
	if err := blind(preview); err != nil {
		return err
	}
	if err := lasting(preview); err != nil {
		return err
	}
	return anyObstacle(preview, func(n *journal.Node, p *journal.Progress) error {
		oneWay := n.Effect == step.Irreversible || p.Reverse != nil && p.Reverse.Gone
		if p.How == journal.Predicted && oneWay && !n.Irreversible {
			return refuse(ExitWrong, "step %s cannot be undone; to go ahead, add the line\n    irreversible: accept\nto it, in line %d", n.ID, n.Line)
		}
		return nil
	})
}

// blind says what could not be looked at.
func blind(preview *journal.Run) error {
	return anyObstacle(preview, func(_ *journal.Node, p *journal.Progress) error {
		if p.Error != nil {
			return refuse(Failing(p.Error), "step %s: %s", p.Address, p.Error)
		}
		return nil
	})
}

// anyObstacle is the first that is found.
func anyObstacle(preview *journal.Run, find func(*journal.Node, *journal.Progress) error) error {
	for _, n := range preview.Nodes {
		for _, p := range n.Parts {
			if err := find(n, p); err != nil {
				return err
			}
		}
	}
	return nil
}

// Failing is the exit for a call that failed before anything was written.
func Failing(e *step.Error) Exit {
	switch e.Class {
	case step.Denied, step.Unauthenticated:
		return ExitDenied
	case step.Invalid:
		return ExitWrong
	case step.Internal:
		return ExitInternal
	}
	return ExitFailed
}
