package engine

import (
	"context"

	"writ/engine/journal"
)

// Apply previews a job, asks agree, and carries the job out. Agree is shown the preview, and stops everything by
// answering an error. A preview with nothing to do is answered as it is: no run begins. The run that is answered
// tells how it went; the error is about what kept it from beginning, or from being journaled. A job that follows a saved
// preview is refused before agree is asked, with a *StaleError when the new preview differs.
func (e *Engine) Apply(ctx context.Context, job Job, agree func(preview *journal.Run) error) (*journal.Run, error) {
	id, err := e.newID()
	if err != nil {
		return nil, err
	}
	lock, err := e.Folder.Lock(job.Target.String(), id, *e.process())
	if err != nil {
		return nil, err
	}
	defer lock.Unlock()
	history, err := e.history(job.Target, id)
	if err != nil {
		return nil, err
	}
	if open := unclosed(history); open != nil {
		return nil, e.stands(open)
	}
	if err := e.usable(job, history); err != nil {
		return nil, err
	}
	known := gather(history, e.Kinds)
	preview, err := e.preview(ctx, job, known)
	if err != nil {
		return nil, err
	}
	if err := e.unmoved(job, preview); err != nil {
		return preview, err
	}
	if err := agree(preview); err != nil {
		return preview, err
	}
	if err := Obstacle(preview); err != nil {
		return preview, err
	}
	if a, b := Changes(preview, e.Kinds); a+b == 0 {
		return preview, nil
	}
	if err := e.fresh(job.Saved); err != nil { // a person may have thought about it for long
		return preview, err
	}
	return e.run(ctx, job, id, known, preview)
}

func (e *Engine) stands(run *journal.Run) error {
	id := run.Open.Run
	return refuse(ExitHeld, "run %s on %s is not over; go on with\n    writ resume %s\nor put it back with\n    writ rollback %s",
		id, run.Open.Target, id+e.Flags, id+e.Flags)
}

// run opens a journal and drives the job to its end.
func (e *Engine) run(ctx context.Context, job Job, id string, known evidence, preview *journal.Run) (*journal.Run, error) {
	j, err := e.Folder.Create(id, reservation(job))
	if err != nil {
		return nil, err
	}
	defer j.Close()
	open := e.opening(job, id)
	open.Forecast = journal.Foretold(preview)
	if open.PlanDigest, err = j.PutBlob(job.Plan.Source); err != nil {
		return nil, err
	}
	inputs, err := job.Inputs.store()
	if err != nil {
		return nil, err
	}
	if open.InputDigest, err = j.PutBlob(inputs); err != nil {
		return nil, err
	}
	rec := journal.Record{K: journal.RunOpen, At: e.clock().Now().UTC(), Open: open, Process: e.process()}
	run := &journal.Run{}
	if err := e.begin(j, run, rec); err != nil {
		return nil, err
	}
	d := e.newDriver(run, j, job.Inputs)
	d.evidence, d.agreed = known, seen(preview)
	if err := d.plans(ctx, job.Plan); err != nil {
		return run, err
	}
	return run, d.drive(ctx)
}

// begin makes records durable before anything else happens, and folds them into the run that goes on with them.
func (e *Engine) begin(j *journal.Journal, run *journal.Run, recs ...journal.Record) error {
	for _, rec := range recs {
		if _, err := run.Apply(rec); err != nil {
			return err
		}
	}
	if err := j.Append(recs...); err != nil {
		return err
	}
	if err := j.Sync(); err != nil {
		return err
	}
	for _, rec := range recs {
		if e.Watch != nil {
			e.Watch(rec)
		}
	}
	return nil
}

// perStep is the room, in bytes, that the records of one step may take up one way.
const perStep = 4 << 10

// reservation is the room that a run's journal may need, there and back: the plan's own size stands for its
// arguments, and a step's records take a few kilobytes each way. Large states go to files of their own.
func reservation(job Job) int64 {
	const tail = 64 << 10
	return 2*(int64(len(job.Plan.Source))+int64(len(job.Plan.Steps))*perStep) + tail
}
