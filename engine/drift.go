package engine

import (
	"context"
	"encoding/json"
	"sync"

	"writ/engine/journal"
	"writ/engine/schedule"
	"writ/engine/step"
)

// Drift is what became of what a run found and wrote.
type Drift struct {
	Run   *journal.Run
	Parts []Drifted // in the order of the plan
	Later []string  // the runs on the same target that began later and wrote something
}

// Drifted is what became of one instance.
type Drifted struct {
	Step   string
	Uses   string
	Fate   step.Fate
	Wrote  bool              // the run wrote here, and has not put it back
	Fields []step.Moved      // what the run wrote, and what is not as it left it
	Left   []journal.Residue // what a rollback of the run left, as far as it still stands
	Why    string            // why there is nothing to compare; or what a person should know
	Error  *step.Error       // why it could not be read
}

// Drift reads what a run touched, and says of each instance and field whether it is as the run left it. It needs neither
// plan nor inputs: no read asks for a secret. Nothing is written, neither to the cloud nor to the journal, and no lock
// is taken: a run that is under way may write between two reads. What cannot be read has its error in its part.
func (e *Engine) Drift(ctx context.Context, id string) (*Drift, error) {
	run, err := e.Load(id)
	if err != nil {
		return nil, err
	}
	if run.Open == nil {
		return nil, refuse(ExitJournal, "run %s ended before its first record: it has done nothing", id)
	}
	e.Judge(run)
	s := &survey{driver: e.newDriver(run, nil, nil)}
	seen := s.look(ctx)
	if s.stopping() {
		return nil, refuse(ExitPaused, "stopped while looking; nothing has been changed")
	}
	history, err := e.history(run.Open.Target, "")
	e.warn(err)
	drift := &Drift{Run: run, Later: later(history, id)}
	for _, n := range run.Nodes {
		if !n.Evaluated {
			drift.Parts = append(drift.Parts, Drifted{Step: n.ID, Uses: n.Uses, Fate: step.Apart, Why: "not begun"})
		}
		for _, p := range n.Parts {
			drift.Parts = append(drift.Parts, s.judge(n, p, seen[p]))
		}
	}
	return drift, nil
}

// Changed reports whether anything that could be compared is not as the run left it.
func (d *Drift) Changed() bool {
	for _, p := range d.Parts {
		if p.Fate == step.Back || p.Fate == step.Added || p.Fate == step.Changed {
			return true
		}
	}
	return false
}

// Obstacle says why not everything could be read, or nil.
func (d *Drift) Obstacle() error {
	for _, p := range d.Parts {
		if p.Error != nil {
			return refuse(Failing(p.Error), "step %s: %s", p.Step, p.Error)
		}
	}
	return nil
}

// later names the runs that began after one and wrote something.
func later(history []*journal.Run, id string) []string {
	var ids []string
	for _, run := range history {
		if run.Open.Run > id && changed(run) {
			ids = append(ids, run.Open.Run)
		}
	}
	return ids
}

// survey looks at what a run touched.
type survey struct {
	*driver
	writers step.Index[*journal.Progress] // the instances that wrote, by object
}

// sight is what a look at one instance found.
type sight struct {
	state json.RawMessage
	err   error
}

// look reads every instance that can be compared, several at the same time, and stops early when a stop is asked for.
func (s *survey) look(ctx context.Context) map[*journal.Progress]sight {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-s.stop:
			cancel()
		case <-ctx.Done():
		}
	}()
	seen, mine := map[*journal.Progress]sight{}, sync.Mutex{}
	free := make(chan struct{}, max(1, s.run.Open.Options.Parallelism))
	var all sync.WaitGroup
	for _, n := range s.run.Nodes {
		kind, known := s.kinds.Find(n.Uses)
		for _, p := range n.Parts {
			s.note(p)
			if !known || !kind.Readable() || !compared(p) {
				continue
			}
			free <- struct{}{}
			all.Go(func() {
				got := s.see(ctx, n, p, kind)
				mine.Lock()
				seen[p] = got
				mine.Unlock()
				<-free
			})
		}
	}
	all.Wait()
	return seen
}

func (s *survey) note(p *journal.Progress) {
	if !p.Acted && !p.MayAct {
		return
	}
	for _, object := range p.Objects {
		s.writers.Add(object, p)
	}
}

// compared reports whether the run knows of something to compare with.
func compared(p *journal.Progress) bool {
	return p.In != nil && (p.Before != nil || p.How == journal.Looked)
}

// see looks at one instance: at its state, or at the outputs of a step that only reads.
func (s *survey) see(ctx context.Context, n *journal.Node, p *journal.Progress, kind step.Kind) (got sight) {
	defer func() {
		if recover() != nil {
			got = sight{err: &step.Error{Class: step.Internal, Message: "internal error in " + p.Address}}
		}
	}()
	if n.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, n.Timeout)
		defer cancel()
	}
	state, err := s.read(ctx, schedule.Command{Node: p.Node, Part: p}, kind, p.In)
	if err == nil && kind.Effect == step.Reads {
		state, err = kind.Outputs(p.In, state)
	}
	return sight{state, err}
}

// judge says what became of one instance.
func (s *survey) judge(n *journal.Node, p *journal.Progress, got sight) Drifted {
	d := Drifted{Step: p.Address, Uses: n.Uses, Fate: step.Apart, Left: p.Undo.Left}
	d.Wrote = (p.Acted || p.MayAct) && !undone(p)
	kind, known := s.kinds.Find(n.Uses)
	var err error
	switch {
	case !compared(p):
		d.Why = untouched(p)
		return d
	case !known:
		err = &step.Error{Class: step.Invalid, Message: "this writ knows no kind " + n.Uses}
	case !kind.Readable():
		d.Fate, d.Why = step.Blind, unseeable(p)
		d.Fields, err = sent(kind, p)
	case got.err != nil:
		err = got.err
	default:
		err = s.compare(&d, kind, p, got.state)
	}
	if err != nil {
		d.Fate, d.Fields, d.Error = step.Unread, nil, s.cleaned(err)
	}
	return d
}

func (s *survey) cleaned(err error) *step.Error {
	rec := journal.Record{Error: step.ErrorOf(err)}
	s.clean(&rec)
	return rec.Error
}

func untouched(p *journal.Progress) string {
	switch p.Phase {
	case journal.PhaseSkipped:
		return "skipped: " + p.Why
	case journal.PhaseFailed:
		return "it failed before it was read: " + p.Why
	}
	return "not begun"
}

// unseeable says what the run knows of a write that no call can read.
func unseeable(p *journal.Progress) string {
	switch {
	case p.Acted:
		return "the run sent it"
	case p.MayAct:
		return "whether the run's call acted is not known"
	case p.How == journal.Evidence:
		return "run " + p.From + " sent it"
	}
	if p.Attempt > 0 {
		return "the service refused it to the run"
	}
	return "the run did not send it"
}

// sent is what the run sent to where no call can look.
func sent(kind step.Kind, p *journal.Progress) ([]step.Moved, error) {
	if !p.Acted && !p.MayAct {
		return nil, nil
	}
	states, err := counted(kind, p.Before, p.Goal)
	if err != nil {
		return nil, err
	}
	fields := step.Since(states[0], states[1], states[1])
	for i := range fields {
		fields[i].Live, fields[i].Fate = nil, step.Blind
	}
	return fields, nil
}
