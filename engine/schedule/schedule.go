// Package schedule decides what a run may do next. A Scheduler is a plain value: it takes a record, changes its
// state, and answers with the commands that may be carried out now. It has no goroutine, clock, file or network;
// whoever drives it has those. It knows no kind and evaluates nothing: what it cannot do itself it asks for.
//
// The state of the run lives in journal.Run, the fold of its records. What stands here is derived from that: which
// steps are ready, what is under way, which objects are taken. A Scheduler made from a half-finished run goes on
// where that run stood, so resume and rollback need no scheduler of their own.
package schedule

import (
	"container/heap"
	"time"

	"writ/engine/graph"
	"writ/engine/journal"
)

// Verb is what a command asks for.
type Verb string

// The verbs, each with the records that answer it.
const (
	Evaluate Verb = "evaluate" // resolve a step's arguments: step.evaluate
	Read     Verb = "read"     // look at an instance: step.observe, or step.fail
	Apply    Verb = "apply"    // step.intent, made durable, then the write: step.outcome
	Settle   Verb = "settle"   // read after a write: step.verify, step.done or step.fail
	Await    Verb = "await"    // wait for the effect: step.wait, step.done
	Wake     Verb = "wake"     // after Wait: step.wake
	Rollback Verb = "rollback" // a step failed: run.rollback
	Look     Verb = "look"     // see what there is to undo: undo.intent, or undo.done
	Undo     Verb = "undo"     // once undo.intent is durable, the write: undo.outcome
	Skip     Verb = "skip"     // this is not undone, for the reason Why: undo.skipped
	Check    Verb = "check"    // read once more when everything is put back: undo.verify
	Pause    Verb = "pause"    // run.pause
	Close    Verb = "close"    // run.close
)

// Command is something that may be carried out now. Each is handed out once, and stays open until a record that
// answers it is fed in.
type Command struct {
	Do     Verb
	Node   int                 // the step's place in the plan; of no meaning for the run's own verbs
	Part   *journal.Progress   // nil for evaluate and for the run's own verbs
	Wait   time.Duration       // wake: how long to hold off first
	Until  time.Time           // check: not before then, if it is not zero
	Since  []*journal.Progress // look, check: who touched a part of the same objects before and is undone since, in that order
	Why    string              // skip, pause: the reason
	Closed journal.Closed      // close: how the run ended
}

// Scheduler decides for one run. It is not safe for concurrent use.
type Scheduler struct {
	run   *journal.Run
	graph *graph.Graph
	limit int
	busy  int // commands that take up a place

	open     map[*journal.Progress]Verb // instances with a command under way
	asked    []bool                     // steps whose evaluation is under way or done
	waiting  []int                      // unfinished parents of each step
	ready    queue
	sleeping int
	locks    objects
	hold     holder
	back     *back // the way back, once it has begun
	drain    bool  // nothing new is started: something failed, or is in doubt
	stopped  bool  // nothing at all is started: a person asked to stop
	over     bool  // the run's last command has been handed out
	out      []Command
}

// New makes a scheduler that goes on from where run stands. The run is the scheduler's from then on: it folds the
// records it is fed into it.
func New(run *journal.Run) *Scheduler {
	parents := make([][]int, len(run.Nodes))
	for i, n := range run.Nodes {
		parents[i] = n.Parents
	}
	s := &Scheduler{
		run: run, graph: graph.New(parents), limit: max(1, run.Open.Options.Parallelism),
		open: map[*journal.Progress]Verb{}, asked: make([]bool, len(run.Nodes)), waiting: make([]int, len(run.Nodes)),
		locks: newObjects(inFile),
	}
	s.hold = newHolder(s.graph, run)
	if run.Mode == journal.Undoing {
		s.back = newBack(s)
		return s
	}
	s.fill()
	return s
}

// fill queues what a fresh or resumed run may start with.
func (s *Scheduler) fill() {
	for i, n := range s.run.Nodes {
		for _, p := range s.graph.Parents(i) {
			if !s.run.Nodes[p].Finished() {
				s.waiting[i]++
			}
		}
		s.asked[i] = n.Evaluated
		if !n.Evaluated && s.waiting[i] == 0 {
			s.ready.add(entry{node: i, part: -1})
		}
		for _, p := range n.Parts {
			s.enqueue(p)
			s.noteTrouble(p)
			if p.Began > 0 && !p.Finished() {
				s.locks.take(p) // what it may have done is settled before others touch its objects
			}
		}
	}
}

func pauseFor(p *journal.Progress) Command {
	return Command{Do: Pause, Why: p.Address + ": " + p.Why}
}

// Draining reports whether nothing new is started any more, so that nobody need wait for an effect.
func (s *Scheduler) Draining() bool { return s.drain }

// Stop makes the scheduler hand out nothing new; when all commands under way are answered it asks for a pause.
func (s *Scheduler) Stop() { s.stopped = true }

// Feed folds records in. An error means that a record cannot follow what came before.
func (s *Scheduler) Feed(recs ...journal.Record) error {
	for _, rec := range recs {
		if err := s.feed(rec); err != nil {
			return err
		}
	}
	return nil
}

func (s *Scheduler) feed(rec journal.Record) error {
	var wasFinished, wasUndone, slept bool
	if p := s.run.Part(rec.Step); p != nil {
		wasFinished, wasUndone = p.Finished(), undone(p)
		slept = s.open[p] == Wake
	}
	p, err := s.run.Apply(rec)
	if err != nil {
		return err
	}
	switch {
	case rec.K == journal.StepEvaluate:
		s.evaluated(s.run.Node(rec.Step))
	case rec.K == journal.RunRollback:
		s.back = newBack(s)
	case rec.K == journal.StepIntent || p == nil: // its command is still under way, or it is the run's own
	case s.back != nil && rec.K == journal.StepWake && !slept: // it slept before the way back began
	case s.back != nil:
		s.end(p)
		s.back.fed(p, wasUndone)
	default:
		s.end(p)
		s.moved(p, wasFinished)
	}
	return nil
}

// evaluated queues a step's instances.
func (s *Scheduler) evaluated(n *journal.Node) {
	s.busy--
	for _, p := range n.Parts {
		s.enqueue(p)
	}
	if n.Finished() {
		s.finished(s.run.Index(n.ID))
	}
}

// end frees the place of an instance's command.
func (s *Scheduler) end(p *journal.Progress) {
	verb, ok := s.open[p]
	if !ok {
		return
	}
	delete(s.open, p)
	if verb == Wake {
		s.sleeping--
	} else {
		s.busy--
	}
}

func (s *Scheduler) moved(p *journal.Progress, wasFinished bool) {
	s.noteTrouble(p)
	if !p.Finished() {
		s.enqueue(p)
		return
	}
	if wasFinished {
		return
	}
	s.release(p)
	if s.run.Nodes[p.Node].Finished() {
		s.finished(p.Node)
	}
}

// finished lets the children of a step go on.
func (s *Scheduler) finished(node int) {
	for _, child := range s.graph.Children(node) {
		if s.waiting[child]--; s.waiting[child] == 0 && !s.asked[child] {
			s.ready.add(entry{node: child, part: -1})
		}
	}
	s.hold.finished(node)
}

// noteTrouble stops new work when an instance failed, unless its step says continue, and when one cannot go on.
func (s *Scheduler) noteTrouble(p *journal.Progress) {
	switch p.Phase {
	case journal.PhaseFailed:
		s.drain = s.drain || s.policy(p) != "continue"
	case journal.PhaseStuck, journal.PhaseStalled:
		s.drain = true
	}
}

// policy is what the plan wants done when this instance fails.
func (s *Scheduler) policy(p *journal.Progress) string {
	if own := s.run.Nodes[p.Node].OnFailure; own != "" {
		return own
	}
	return s.run.Open.Options.OnFailure
}

func (s *Scheduler) enqueue(p *journal.Progress) {
	if verbOf(p) != "" {
		s.ready.add(entry{node: p.Node, part: p.Index})
	}
}

// release gives an instance's objects back, and queues who waited for them.
func (s *Scheduler) release(p *journal.Progress) { s.wake(s.locks.release(p)) }

// wake queues instances that waited for objects. One that wants nothing any more lets those behind it pass.
func (s *Scheduler) wake(woken []*journal.Progress) {
	for len(woken) > 0 {
		p := woken[0]
		woken = woken[1:]
		switch {
		case s.back != nil:
			s.back.add(p)
		case verbOf(p) != "":
			s.enqueue(p)
		default:
			woken = append(woken, s.locks.pass(p)...)
		}
	}
}

// Next hands out the commands that may be carried out now. It is empty while all that is left to do waits for
// records. What is answered is good until the next call.
func (s *Scheduler) Next() []Command {
	clear(s.out)
	s.out = s.out[:0]
	for !s.over {
		c, ok := s.next()
		if !ok {
			break
		}
		s.out = append(s.out, c)
	}
	return s.out
}

func (s *Scheduler) next() (Command, bool) {
	if !s.stopped {
		if s.back != nil {
			if c, ok := s.back.next(); ok {
				return c, true
			}
		} else if c, ok := s.forward(); ok {
			return c, true
		}
	}
	if s.busy > 0 || (s.sleeping > 0 && !s.stopped && !s.drain) {
		return Command{}, false
	}
	s.over = true
	c := s.last()
	if c.Do == Rollback {
		s.over = false
		s.busy++ // until run.rollback begins the way back
	}
	return c, true
}

// forward takes the next thing from the queue that may start.
func (s *Scheduler) forward() (Command, bool) {
	for s.busy < s.limit {
		if s.ready.Len() == 0 && !s.drain {
			s.hold.releaseInto(&s.ready, s.sleeping == 0 && s.busy == 0)
		}
		if s.ready.Len() == 0 {
			return Command{}, false
		}
		if c, ok := s.start(heap.Pop(&s.ready).(entry)); ok {
			return c, true
		}
	}
	return Command{}, false
}

func (s *Scheduler) start(e entry) (Command, bool) {
	if e.part < 0 {
		if s.drain || s.asked[e.node] {
			return Command{}, false
		}
		s.asked[e.node] = true
		s.busy++
		return Command{Do: Evaluate, Node: e.node}, true
	}
	p := s.run.Nodes[e.node].Parts[e.part]
	verb := verbOf(p)
	if _, underWay := s.open[p]; underWay || verb == "" || s.drain && verb != Settle {
		s.wake(s.locks.pass(p))
		return Command{}, false
	}
	return s.begin(p, verb)
}

func (s *Scheduler) begin(p *journal.Progress, verb Verb) (Command, bool) {
	if verb == Wake {
		s.sleeping++
		s.open[p] = Wake
		return Command{Do: Wake, Node: p.Node, Part: p, Wait: p.Wait}, true
	}
	if s.hold.holds(p, verb) {
		s.hold.keep(p, verb)
		s.release(p)
		return Command{}, false
	}
	verb = s.hold.fresh(p, verb)
	if !s.locks.take(p) {
		s.wake(s.locks.pass(p))
		return Command{}, false
	}
	s.busy++
	s.open[p] = verb
	return Command{Do: verb, Node: p.Node, Part: p}, true
}

// verbOf is what an instance wants next.
func verbOf(p *journal.Progress) Verb {
	switch p.Phase {
	case journal.PhaseReady:
		return Read
	case journal.PhaseObserved:
		return Apply
	case journal.PhaseAnswered, journal.PhaseDoubt:
		return Settle
	case journal.PhaseWaiting:
		return Await
	case journal.PhaseBackoff:
		return Wake
	}
	return ""
}

// last says how the run ends, or pauses, now that nothing is under way and nothing can start.
func (s *Scheduler) last() Command {
	if s.stopped {
		return Command{Do: Pause, Why: "asked to stop"}
	}
	if s.back != nil {
		return s.back.last()
	}
	var failed, stop, rollback bool
	var stalled *journal.Progress
	for _, n := range s.run.Nodes {
		for _, p := range n.Parts {
			switch p.Phase {
			case journal.PhaseStuck:
				return pauseFor(p)
			case journal.PhaseStalled:
				stalled = p
			case journal.PhaseFailed:
				failed = true
				rollback = rollback || s.policy(p) == "rollback"
				stop = stop || s.policy(p) == "stop"
			}
		}
	}
	switch {
	case rollback:
		return Command{Do: Rollback}
	case stalled != nil && !stop:
		return pauseFor(stalled)
	case failed:
		return Command{Do: Close, Closed: journal.ClosedFailed}
	}
	return Command{Do: Close, Closed: journal.ClosedDone}
}
