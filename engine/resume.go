package engine

import (
	"bytes"
	"context"
	"errors"
	"os"

	"writ/engine/journal"
	"writ/engine/plan"
	"writ/engine/step"
)

// Assumption is a person's word about a write that no read can settle.
type Assumption struct {
	Step string // the address of the instance
	Done bool   // it acted; else it did not
}

// Resume goes on with a run that is not over: after a crash, a signal, a wait or a doubt. It works from the plan and
// the inputs that the run's folder keeps; when the plan's own file still stands and differs, it refuses.
func (e *Engine) Resume(ctx context.Context, id string, words ...Assumption) (*journal.Run, error) {
	o, err := e.reopen(id)
	if err != nil {
		return nil, err
	}
	defer o.close()
	if o.run.Mode == journal.Over {
		return nil, refuse(ExitWrong, "run %s is over: %s; see what happened with\n    writ show %s", id, o.run.Closed, id+e.Flags)
	}
	p, in, err := e.restore(id, o.run.Open)
	if err != nil {
		return nil, err
	}
	recs := []journal.Record{{K: journal.RunResume, At: e.clock().Now().UTC(), Process: e.process()}}
	for _, w := range words {
		rec, err := e.word(o.run, w)
		if err != nil {
			return nil, err
		}
		recs = append(recs, rec)
	}
	run := o.run
	if err := e.begin(o.journal, run, recs...); err != nil {
		return nil, err
	}
	d := e.newDriver(run, o.journal, in)
	d.evidence, d.foretold = gather(o.history, e.Kinds), map[string]journal.Forecast{}
	for _, f := range run.Open.Forecast {
		d.foretold[f.Step] = f
	}
	if err := d.plans(ctx, p); err != nil {
		return run, err
	}
	return run, d.drive(ctx)
}

// reopened is a run whose journal is open for going on.
type reopened struct {
	lock    *journal.Lock
	journal *journal.Journal
	run     *journal.Run
	history []*journal.Run // the other runs on the target
}

func (o *reopened) close() {
	o.journal.Close()
	o.lock.Unlock()
}

// reopen takes the target's lock and opens the run's journal, in that order.
func (e *Engine) reopen(id string) (*reopened, error) {
	target, err := e.Folder.Peek(id)
	if err != nil {
		return nil, err
	}
	if target == nil {
		return nil, e.unopened(id)
	}
	lock, err := e.Folder.Lock(target.String(), id, *e.process())
	if err != nil {
		return nil, err
	}
	j, run, notices, err := e.Folder.Continue(id)
	for _, notice := range notices {
		e.warn(errors.New(notice))
	}
	if err != nil {
		return nil, errors.Join(err, lock.Unlock())
	}
	o := &reopened{lock: lock, journal: j, run: run}
	if o.history, err = e.alone(*target, id); err != nil {
		return nil, errors.Join(err, j.Close(), lock.Unlock())
	}
	return o, nil
}

// unopened is why a run without a first record cannot be gone on with.
func (e *Engine) unopened(id string) error {
	if _, err := e.Load(id); err != nil {
		return err
	}
	return refuse(ExitJournal, "run %s ended before its first record: it has done nothing", id)
}

// alone answers the other runs on a target, and refuses to go on while one of them stands unfinished.
func (e *Engine) alone(target journal.Target, id string) ([]*journal.Run, error) {
	history, err := e.history(target, id)
	e.warn(err)
	if other := unclosed(history); other != nil {
		return nil, e.stands(other)
	}
	return history, nil
}

// restore reads back the plan and the inputs that a run began with.
func (e *Engine) restore(id string, open *journal.Opening) (*plan.Plan, *Inputs, error) {
	src, err := e.Folder.Blob(id, open.PlanDigest)
	if err != nil {
		return nil, nil, err
	}
	if now, err := os.ReadFile(open.File); isPlain(open.File) && err == nil && !bytes.Equal(now, src) {
		return nil, nil, refuse(ExitStale, "%s has changed since run %s began; put the file back to go on, or undo the run with\n    writ rollback %s", open.File, id, id+e.Flags)
	}
	read := e.Read
	if read == nil {
		read = plan.Load
	}
	p, faults := read(open.File, src, e.Kinds)
	if p == nil {
		return nil, nil, refuse(ExitStale, "this writ cannot read the plan of run %s any more: %s", id, faults[0])
	}
	raw, err := e.Folder.Blob(id, open.InputDigest)
	if err != nil {
		return nil, nil, err
	}
	in, err := restoreInputs(raw, p.Inputs, e.Getenv)
	if errors.Is(err, ErrSecretChanged) {
		return nil, nil, refuse(ExitStale, "%s", err)
	}
	if err != nil {
		return nil, nil, refuse(ExitWrong, "%s", err)
	}
	if e.Secrets != nil {
		e.Secrets(in.Secrets()...)
	}
	return p, in, nil
}

// word turns a person's word into a record.
func (e *Engine) word(run *journal.Run, w Assumption) (journal.Record, error) {
	p := run.Part(w.Step)
	if p == nil || p.Phase != journal.PhaseStuck && p.Phase != journal.PhaseIntended && p.Phase != journal.PhaseDoubt {
		return journal.Record{}, refuse(ExitWrong, "step %s is not in doubt", w.Step)
	}
	rec := journal.Record{K: journal.Note, At: e.clock().Now().UTC(), Step: w.Step, How: journal.Absent}
	if !w.Done {
		return rec, nil
	}
	rec.How = journal.Assumed
	kind, ok := e.Kinds.Find(run.Nodes[p.Node].Uses)
	if !ok {
		return rec, &step.Error{Class: step.Internal, Message: "no kind " + run.Nodes[p.Node].Uses}
	}
	outputs, err := kind.Outputs(p.In, p.Goal)
	rec.Outputs = outputs
	return rec, err
}
