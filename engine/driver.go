package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"writ/engine/journal"
	"writ/engine/plan"
	"writ/engine/schedule"
	"writ/engine/step"
)

// grace is how long calls under way may go on after a first signal.
const grace = 5 * time.Second

// driver carries out the scheduler's commands: reads and writes in goroutines, everything else in its own loop. All
// records pass through that loop in one order: appended, made durable where something hangs on it, then shown.
type driver struct {
	kinds     step.Kinds
	plan      *plan.Plan // nil for a rollback: undo evaluates nothing
	eval      *evaluator
	inputs    *Inputs
	sched     *schedule.Scheduler
	run       *journal.Run
	journal   *journal.Journal // nil for a preview
	watch     func(journal.Record)
	redact    func(string) string
	clock     Clock
	crew      Crew
	chance    io.Reader
	warn      func(error) // from many goroutines
	evidence  evidence
	agreed    map[string]json.RawMessage    // what was seen in the preview that was agreed to, or nil
	foretold  map[string]journal.Forecast   // what it said, to a run that goes on without it
	touched   step.Index[string]            // the objects that steps of this preview change
	changed   step.Index[*journal.Progress] // who of this run changed which object
	unheard   []*journal.Progress           // instances of which a call may act late, or might have; in the plan's order
	contested map[string]string             // instances of this preview at whose objects another may come first

	stop    <-chan struct{}  // closed by the first signal
	drain   chan struct{}    // closed when a failure makes waiting for effects pointless
	over    chan struct{}    // closed when the driver returns
	calls   context.Context  // of the calls; cancelled when grace is over
	room    int64            // bytes set aside for the instances of for_each
	flying  int              // commands that have not answered
	fresh   []journal.Record // what was recorded since the last flush
	durable bool             // nothing that others rely on waits for a sync
	awaits  sync.Once        // says that a call whose answer was lost may still act
	wrote   atomic.Bool      // an intent is recorded: what is read from here on may be of our doing
}

// writes are commands whose intent has to be durable before they start.
type writes []schedule.Command

// drive goes on until the run is closed or paused. The error is a fault of ours or of the disk; a step that fails is
// none.
func (d *driver) drive(ctx context.Context) error {
	calls, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	d.calls, d.over, d.drain, d.durable = calls, make(chan struct{}), make(chan struct{}), true
	defer d.crew.Leave()
	defer close(d.over)
	stop, over := d.stop, (<-chan time.Time)(nil)
	for {
		pending, ended, err := d.advance(ctx)
		if ended {
			return err
		}
		if err == nil {
			err = d.flush()
		}
		if err != nil {
			return d.abandon(err)
		}
		for _, c := range pending {
			d.launch(c)
		}
		recs, ok := d.crew.Wait(stop, over)
		switch {
		case ok:
			if err := d.collect(recs); err != nil {
				return d.abandon(err)
			}
		case over == nil:
			d.sched.Stop()
			stop, over = nil, d.clock.After(grace)
		default:
			over = nil
			cancel()
		}
	}
}

// abandon starts nothing new because the journal takes no more records. Calls under way may still end, and how they
// ended is shown, since nothing will remember it.
func (d *driver) abandon(err error) error {
	over := d.clock.After(grace)
	for ; d.flying > 0; d.flying-- {
		recs, ok := d.crew.Wait(nil, over)
		if !ok {
			break
		}
		d.fresh = append(d.fresh, recs...)
	}
	d.show()
	return err
}

// advance hands out commands until there are none, doing at once what needs no call. The writes among them are
// answered: their intents are appended but not yet durable.
func (d *driver) advance(ctx context.Context) (pending writes, over bool, err error) {
	for {
		commands := d.sched.Next()
		if len(commands) == 0 {
			return pending, false, nil
		}
		for _, c := range commands {
			var recs []journal.Record
			switch c.Do {
			case schedule.Close, schedule.Pause:
				return pending, true, d.finish(ctx, c)
			case schedule.Evaluate:
				recs = d.eval.evaluate(ctx, d.run, c.Node)
			case schedule.Rollback:
				recs = []journal.Record{{K: journal.RunRollback, Auto: true, Why: d.run.Failure.Address + " failed"}}
			case schedule.Skip:
				recs = []journal.Record{skipped(c.Part, c.Why)}
			case schedule.Apply:
				recs, pending = []journal.Record{intent(c.Part)}, append(pending, c)
			case schedule.Undo:
				pending = append(pending, c)
			case schedule.Read:
				if recs = d.foreseen(c.Part); recs == nil && !d.kind(c).Readable() {
					recs = d.observe(d.calls, c, owns{})
				}
				if recs == nil {
					d.launch(c)
				}
			case schedule.Settle:
				if d.kind(c).Readable() {
					d.launch(c)
				} else { // with no call to make, its end shares a sync with what it lets begin
					recs = d.settleUnreadable(c)
				}
			default:
				d.launch(c)
			}
			if err := d.record(recs...); err != nil {
				return nil, false, err
			}
		}
	}
}

// collect takes what a call answered, and whatever else has arrived by then.
func (d *driver) collect(recs []journal.Record) error {
	for {
		d.flying--
		if err := d.record(recs...); err != nil {
			return err
		}
		var more bool
		if recs, more = d.crew.Next(); !more {
			return nil
		}
	}
}

// record folds records in. The next flush appends and shows them.
func (d *driver) record(recs ...journal.Record) error {
	for i := range recs {
		recs[i].At = d.clock.Now().UTC()
		d.clean(&recs[i])
		if err := d.makeRoom(recs[i]); err != nil {
			return err
		}
		if err := d.sched.Feed(recs[i]); err != nil {
			return &step.Error{Class: step.Internal, Message: fmt.Sprintf("record %s of %s: %s", recs[i].K, recs[i].Step, err)}
		}
		if d.sched.Draining() && !closed(d.drain) {
			close(d.drain)
		}
		d.touch(recs[i])
		if p := d.run.Part(recs[i].Step); p != nil {
			if recs[i].K == journal.StepDone || recs[i].K == journal.UndoDone {
				d.note(p)
			}
			d.miss(p)
		}
		d.durable = d.durable && !relied(recs[i].K)
		if recs[i].K == journal.StepIntent {
			d.wrote.Store(true)
		}
		if d.journal != nil { // nobody is shown the records of a preview
			d.fresh = append(d.fresh, recs[i])
		}
	}
	return nil
}

// makeRoom sets room aside for what the instances of an expansion will write, there and back.
func (d *driver) makeRoom(rec journal.Record) error {
	more := len(rec.Instances) - 1
	if d.journal == nil || more <= 0 {
		return nil
	}
	d.room += 2 * perStep * int64(more)
	return d.journal.Reserve(d.room)
}

// relied reports whether somebody acts on a record of this type: a call that goes out, or a person who is told.
func relied(k journal.Type) bool {
	switch k {
	case journal.StepEvaluate, journal.StepObserve, journal.StepWake:
		return false
	}
	return true
}

// flush appends what was recorded, in one write, makes durable what is relied on, and shows it.
func (d *driver) flush() error {
	if len(d.fresh) > 0 {
		if err := d.journal.Append(d.fresh...); err != nil {
			return err
		}
	}
	if d.journal != nil && !d.durable {
		if err := d.journal.Sync(); err != nil {
			return err
		}
	}
	d.durable = true
	d.show()
	return nil
}

func (d *driver) show() {
	for _, rec := range d.fresh {
		if d.watch != nil {
			d.watch(rec)
		}
	}
	clear(d.fresh) // what they hold may go
	d.fresh = d.fresh[:0]
}

// finish writes the run's last record of this process.
func (d *driver) finish(ctx context.Context, c schedule.Command) error {
	rec := journal.Record{K: journal.RunPause, Why: c.Why}
	if c.Do == schedule.Close {
		rec = journal.Record{K: journal.RunClose, Closed: c.Closed, Residue: residue(d.run), Why: d.run.Why}
		rec.Exit = int(closing(d.run, c.Closed))
		if d.eval != nil && c.Closed == journal.ClosedDone {
			results, unknown, err := d.eval.results(ctx, d.run)
			if err != nil {
				rec.Why = err.Error()
			}
			rec.Results, rec.Unknown = results, unknown
		}
	} else {
		rec.Exit = int(pausing(d.run))
	}
	if err := d.record(rec); err != nil {
		return err
	}
	return d.flush()
}

func (d *driver) launch(c schedule.Command) {
	d.flying++
	var before owns
	var late []*journal.Progress
	switch c.Do {
	case schedule.Read:
		before = d.ownsAt(c.Part)
	case schedule.Look:
		before, c.Since = d.ownsAt(c.Part), d.undoneAt(c.Part)
	case schedule.Check:
		late = d.lateAt(c.Part)
	}
	d.crew.Go(func() []journal.Record { return d.carryOut(c, before, late) })
}

// carryOut does what a command asks for. A panic in a kind becomes an error of class Internal: what the call did is not
// known.
func (d *driver) carryOut(c schedule.Command, before owns, late []*journal.Progress) (recs []journal.Record) {
	ctx, made := step.WithCalls(d.calls)
	defer func() { d.remember(recs, made.Last()) }()
	defer func() {
		if recover() != nil {
			recs = panicked(c)
		}
	}()
	switch c.Do {
	case schedule.Wake:
		d.sleep(d.calls, c.Wait, nil)
		return []journal.Record{{K: journal.StepWake, Step: c.Part.Address}}
	case schedule.Await:
		return d.await(ctx, c)
	case schedule.Check:
		if !d.outlast(c.Until) {
			return []journal.Record{unlooked(c.Part)}
		}
	case schedule.Read:
		if !before.wait(d) {
			return []journal.Record{stalled(c.Part, "stopped before it could be read")}
		}
	}
	if limit := d.run.Nodes[c.Node].Timeout + settling(c); limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	switch c.Do {
	case schedule.Read:
		return d.observe(ctx, c, before)
	case schedule.Apply:
		return d.write(ctx, c)
	case schedule.Settle:
		return d.settle(ctx, c)
	case schedule.Look:
		return d.look(ctx, c, before)
	case schedule.Undo:
		return d.undo(ctx, c)
	case schedule.Check:
		return d.check(ctx, c, late)
	}
	panic("no such command: " + string(c.Do))
}

// settling is how long a command may have to read until an older value no longer shows.
func settling(c schedule.Command) time.Duration {
	if c.Do == schedule.Settle || c.Do == schedule.Look || c.Do == schedule.Check {
		return c.Part.Doubt.Settle
	}
	return 0
}

// panicked is the answer to a command whose kind panicked. Neither stack nor text of the panic is kept: they may hold
// values.
func panicked(c schedule.Command) []journal.Record {
	err := &step.Error{Class: step.Internal, Message: "internal error in " + c.Part.Address}
	switch c.Do {
	case schedule.Apply:
		return []journal.Record{{K: journal.StepOutcome, Step: c.Part.Address, Outcome: journal.Unknown, Error: err}}
	case schedule.Undo:
		return []journal.Record{{K: journal.UndoOutcome, Step: c.Part.Address, Outcome: journal.Unknown, Error: err}}
	case schedule.Look, schedule.Check:
		rec := undoFailed(c.Part, errors.New("internal error"))
		rec.Error = err
		return []journal.Record{rec}
	}
	return []journal.Record{failed(c.Part.Address, err)}
}

// sleep waits, but not longer than until a stop is asked for, ctx ends, or end, which may be nil, is closed. It answers
// false in those cases.
func (d *driver) sleep(ctx context.Context, wait time.Duration, end <-chan struct{}) bool {
	select {
	case <-d.clock.After(wait):
		return true
	case <-ctx.Done():
	case <-end:
	case <-d.stop:
	case <-d.over:
	}
	return false
}

// stopping reports whether a stop was asked for.
func (d *driver) stopping() bool { return closed(d.stop) }

func closed(signal <-chan struct{}) bool {
	select {
	case <-signal:
		return true
	default:
		return false
	}
}

func (d *driver) kind(c schedule.Command) step.Kind {
	k, _ := d.kinds.Find(d.run.Nodes[c.Node].Uses)
	return k
}

// clean keeps secrets out of the texts that come from elsewhere.
func (d *driver) clean(rec *journal.Record) {
	if d.redact == nil {
		return
	}
	rec.Why = d.redact(rec.Why)
	for i := range rec.Residue {
		rec.Residue[i].Why = d.redact(rec.Residue[i].Why)
	}
	for i := range rec.Warnings {
		rec.Warnings[i] = d.redact(rec.Warnings[i])
	}
	if rec.Error != nil {
		copied := *rec.Error
		copied.Message, copied.Code, copied.RequestID = d.redact(copied.Message), d.redact(copied.Code), d.redact(copied.RequestID)
		rec.Error = &copied
	}
}

// failed is the record of an instance that ends short of its goal.
func failed(address string, err error) journal.Record {
	e := step.ErrorOf(err)
	var known *step.Error
	if !errors.As(err, &known) {
		e = &step.Error{Class: step.Invalid, Message: err.Error()}
	}
	return journal.Record{K: journal.StepFail, Step: address, Error: e, Why: err.Error()}
}
