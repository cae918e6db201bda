package journal

import (
	"encoding/json"
	"fmt"
	"time"

	"writ/engine/step"
)

// Mode is where a run stands.
type Mode string

// The modes.
const (
	Running Mode = "running"
	Undoing Mode = "undoing"
	Paused  Mode = "paused"
	Over    Mode = "closed"
)

// Phase is where one instance stands on its way forward.
type Phase string

// The phases.
const (
	PhaseReady    Phase = "ready"    // its arguments are known; it wants a read
	PhaseObserved Phase = "observed" // it was read; it wants its write
	PhaseIntended Phase = "intended" // its write is out
	PhaseAnswered Phase = "answered" // the write has an outcome that a read has to confirm
	PhaseDoubt    Phase = "doubt"    // the write has no known outcome: a read has to settle it
	PhaseBackoff  Phase = "backoff"  // the write was refused for now, or did not act: another attempt follows
	PhaseWaiting  Phase = "waiting"  // the write acted; the effect is not there yet
	PhaseStalled  Phase = "stalled"  // the effect was not there in time
	PhaseStuck    Phase = "stuck"    // no read can settle it: a person decides
	PhaseDone     Phase = "done"
	PhaseSkipped  Phase = "skipped"
	PhaseFailed   Phase = "failed"
)

// UndoPhase is where one instance stands on its way back.
type UndoPhase string

// The phases of an undo.
const (
	UndoNone     UndoPhase = ""         // not asked for, or not begun
	UndoIntended UndoPhase = "intended" // its call is out, or was when the process died
	UndoAnswered UndoPhase = "answered" // its call has an outcome that a read has to confirm
	UndoBackoff  UndoPhase = "backoff"  // its call was refused for now
	UndoStalled  UndoPhase = "stalled"  // its call was refused, and time or other credentials cure that
	UndoFinished UndoPhase = "done"     // read back; what could not be put back is in Left
	UndoFailed   UndoPhase = "failed"   // it ended in an error
	UndoLeft     UndoPhase = "left"     // there is no undo, or it was not wanted, or not possible yet
)

// Progress is what a run knows of one instance: the fold of its records.
type Progress struct {
	Address string
	Node    int // the place of its step in the plan
	Index   int // its place among the instances of its step
	Phase   Phase
	How     How
	In      json.RawMessage
	Value   json.RawMessage // each.value
	Objects []string
	Why     string // why it was skipped, or failed, or is stuck

	Before, Goal, After, Outputs json.RawMessage
	Change                       Change
	Reverse                      *step.Reverse
	Doubt                        step.Doubt
	Unknown, Rests               []string
	Partial                      bool
	From                         string
	Warnings                     []string

	Attempt   int // of the write, from 1
	Outcome   Outcome
	Error     *step.Error
	Wait      time.Duration // how long the next attempt holds off
	Until     time.Time     // when waiting for the effect ends
	ResumedAt int           // the attempt at which another process took over
	MayAct    bool          // a write of ours may have acted
	Acted     bool          // a write of ours certainly acted
	Lost      bool          // the answer of an earlier attempt was lost
	Sent      time.Time     // when the last write was about to be sent
	Adrift    int           // writes whose answer was lost and that nobody has seen to act: they may still
	Began     int           // the place of the first intent among all first intents, from 1
	Started   time.Time
	Ended     time.Time

	Undo *UndoProgress // shared by all instances of which no undo was recorded: only the fold writes to it, by back
}

// UndoProgress is the fold of an instance's undo records.
type UndoProgress struct {
	Phase    UndoPhase
	Attempt  int
	Now      json.RawMessage // what stood when the last undo was sent
	Want     json.RawMessage
	Says     string
	Outcome  Outcome
	Error    *step.Error
	Wait     time.Duration
	After    json.RawMessage
	Left     []Residue
	Verified bool

	Announced []Residue // what the intent said that it would leave
	Why       string    // why it is stalled

	ResumedAt int // the attempt at which another process took over

	Sent   time.Time // when the last undo was about to be sent
	Ended  time.Time // when what it left was read back
	Adrift int       // undos whose answer was lost and that nobody has seen to act
}

// noUndo is the undo of an instance of which none was recorded. Most runs never go back, and an undo is a third of an
// instance.
var noUndo = &UndoProgress{}

// back is an instance's own undo, to write to.
func (p *Progress) back() *UndoProgress {
	if p.Undo == noUndo {
		p.Undo = &UndoProgress{}
	}
	return p.Undo
}

// Finished reports whether nothing more will happen to the instance going forward.
func (p *Progress) Finished() bool {
	return p.Phase == PhaseDone || p.Phase == PhaseSkipped || p.Phase == PhaseFailed
}

// Node is what a run knows of one step of the plan.
type Node struct {
	*Step
	Evaluated bool
	Blocked   bool // skipped because a step it needs failed
	Parts     []*Progress
	Open      int // instances that are not finished
	Failed    int // instances that failed
}

// Finished reports whether all instances of an evaluated step are finished.
func (n *Node) Finished() bool { return n.Evaluated && n.Open == 0 }

// Skipped reports whether the whole step was skipped.
func (n *Node) Skipped() bool {
	return n.Evaluated && len(n.Parts) == 1 && n.Parts[0].Address == n.ID && n.Parts[0].Phase == PhaseSkipped
}

// NoUndo says why the step's changes are never undone, or nothing.
func (n *Node) NoUndo() string {
	switch {
	case n.Effect == step.Irreversible:
		return "no call takes it back"
	case n.Rollback == "none":
		return "its step says rollback: none"
	}
	return ""
}

// Run is the fold of a run's records: what every view shows and what resume goes on from. Its zero value is a run
// without records.
type Run struct {
	Open     *Opening
	Mode     Mode
	Closed   Closed
	Nodes    []*Node
	Started  time.Time
	Finished time.Time
	Rollback bool // putting back has begun
	Auto     bool // because a step failed, not because a person asked
	Force    bool
	Why      string // why it was paused, or rolled back
	Exit     int    // of the last pause or close
	Residue  []Residue
	Results  json.RawMessage
	Unknown  []string  // a preview: the paths in Results that hold a Gap
	Failure  *Progress // the first instance that failed
	Notes    []string

	byAddress map[string]*Progress
	byID      map[string]int
	began     int
}

// Fold replays records.
func Fold(records []Record) (*Run, error) {
	var all folding
	for _, rec := range records {
		if all.take(rec); all.err != nil {
			return nil, all.err
		}
	}
	return &all.run, nil
}

// Part answers the instance of that address, or nil.
func (r *Run) Part(address string) *Progress { return r.byAddress[address] }

// Index is the place of the step of that id in the plan, or -1.
func (r *Run) Index(id string) int {
	if i, ok := r.byID[id]; ok {
		return i
	}
	return -1
}

// Node answers the step of that id, or nil.
func (r *Run) Node(id string) *Node {
	if i, ok := r.byID[id]; ok {
		return r.Nodes[i]
	}
	return nil
}

// Apply folds one record in and answers the instance that it is about, if any. An error means that the record
// cannot follow what came before: the journal is not one that writ wrote.
func (r *Run) Apply(rec Record) (*Progress, error) {
	// A run that was killed before it was open, and continued all the same, holds a repair and nothing else.
	if (r.Open == nil) != (rec.K == RunOpen) && rec.K != SegmentOpen {
		return nil, fmt.Errorf("%s in the wrong place", rec.K)
	}
	switch rec.K {
	case RunOpen:
		r.open(rec)
	case StepEvaluate:
		return nil, r.evaluate(rec)
	case RunRollback:
		r.rollback(rec)
	case RunPause:
		r.Mode, r.Why, r.Exit = Paused, rec.Why, rec.Exit
	case RunResume:
		r.resume(rec.At)
	case RunClose:
		r.Mode, r.Closed, r.Exit, r.Finished = Over, rec.Closed, rec.Exit, rec.At
		r.Residue, r.Results, r.Unknown = rec.Residue, rec.Results, rec.Unknown
		if rec.Closed == ClosedDone && rec.Why != "" {
			r.Notes = append(r.Notes, rec.Why)
		}
	case SegmentOpen:
		r.Notes = append(r.Notes, rec.Why)
		r.suspect(rec.At)
	default:
		p := r.byAddress[rec.Step]
		if p == nil {
			return nil, fmt.Errorf("%s of %q, which was never evaluated", rec.K, rec.Step)
		}
		r.fold(p, rec)
		return p, nil
	}
	return nil, nil
}

func (r *Run) open(rec Record) {
	r.Open, r.Mode, r.Started = rec.Open, Running, rec.At
	r.byAddress, r.byID = map[string]*Progress{}, make(map[string]int, len(rec.Open.Steps))
	r.Nodes = make([]*Node, len(rec.Open.Steps))
	for i := range rec.Open.Steps {
		s := &rec.Open.Steps[i]
		r.Nodes[i] = &Node{Step: s}
		r.byID[s.ID] = i
	}
}

func (r *Run) evaluate(rec Record) error {
	i, ok := r.byID[rec.Step]
	if !ok || r.Nodes[i].Evaluated {
		return fmt.Errorf("step.evaluate of %q, which is no step or is evaluated", rec.Step)
	}
	node := r.Nodes[i]
	node.Evaluated, node.Blocked = true, rec.How == Blocked
	instances := rec.Instances
	if rec.Why != "" {
		instances = []Instance{{Step: rec.Step, Skip: rec.Why}}
	}
	for at, in := range instances {
		p := &Progress{Address: in.Step, Node: i, Index: at, Phase: PhaseReady, In: in.In, Value: in.Value, Objects: in.Objects, Why: in.Skip, Unknown: in.Unknown, Rests: in.Rests, Undo: noUndo}
		if in.Skip != "" {
			p.Phase, p.How, p.Ended = PhaseSkipped, Skipped, rec.At
		} else {
			node.Open++
		}
		node.Parts = append(node.Parts, p)
		r.byAddress[p.Address] = p
	}
	return nil
}

// rollback opens the way back. A second one tries again what the first could not put back.
func (r *Run) rollback(rec Record) {
	r.Mode, r.Rollback, r.Auto, r.Force, r.Why = Undoing, true, rec.Auto, rec.Force, rec.Why
	for _, p := range r.byAddress {
		if p.Undo == noUndo {
			continue
		}
		u := p.back()
		switch {
		case u.Phase == UndoFailed && u.Attempt > 0 && !rec.Force:
			// What half of an undo took away would look like somebody else's doing, were its goal worked out anew.
			*u = UndoProgress{Want: u.Want, Says: u.Says, Announced: u.Announced, Left: u.Announced, Sent: u.Sent, Adrift: u.Adrift}
		case u.Phase == UndoFailed || u.Phase == UndoLeft || u.Phase == UndoFinished && len(u.Left) > 0:
			*u = UndoProgress{Sent: u.Sent, Adrift: u.Adrift}
		}
		u.Verified = false
		u.lookAgain(rec.At, r.Nodes[p.Node].Timeout)
	}
}

// suspect takes every write that may have been about to be sent for one that was: the record of its intent may have
// stood where the journal's end is damaged. On the way back none begins.
func (r *Run) suspect(at time.Time) {
	if r.Rollback {
		return
	}
	for _, n := range r.Nodes {
		for _, p := range n.Parts {
			if p.Phase == PhaseObserved && p.Change != NoChange {
				r.began++
				p.Began, p.Attempt = r.began, max(p.Attempt, 1)
				p.Phase, p.MayAct, p.Lost, p.Sent = PhaseIntended, true, true, at
				p.Outcome, p.Error = "", nil // those of an earlier attempt
			}
		}
	}
}

// resume turns what another process had under way into what must be looked at again.
func (r *Run) resume(at time.Time) {
	r.Mode, r.Why, r.Exit = Running, "", 0
	r.Closed, r.Finished, r.Residue, r.Results = "", time.Time{}, nil, nil
	if r.Rollback {
		r.Mode = Undoing
	}
	for _, p := range r.byAddress {
		switch p.Phase {
		case PhaseObserved, PhaseBackoff:
			p.Phase = PhaseReady
		case PhaseIntended:
			p.Phase = PhaseDoubt
			p.lose(mayHaveSent(p.Sent, at, r.Nodes[p.Node].Timeout))
		case PhaseStuck:
			p.Phase = PhaseDoubt
		case PhaseStalled:
			switch {
			case p.Acted && p.After == nil:
				p.Phase = PhaseAnswered // it was not read back
			case p.Acted:
				p.Phase, p.Until = PhaseWaiting, time.Time{}
			default:
				p.Phase = PhaseReady
			}
		}
		p.ResumedAt = p.Attempt
		if p.Undo != noUndo {
			p.back().lookAgain(at, r.Nodes[p.Node].Timeout)
		}
	}
}

func (r *Run) fold(p *Progress, rec Record) {
	wasFinished := p.Finished()
	switch rec.K {
	case StepObserve:
		p.observe(rec)
	case StepIntent:
		r.intent(p, rec)
	case StepOutcome:
		p.outcome(rec)
	case StepVerify:
		p.verify(rec)
	case StepWait:
		p.wait(rec)
	case StepWake:
		p.wake()
	case StepDone, StepFail:
		p.end(rec)
	case Note:
		p.assume(rec)
	case UndoIntent, UndoOutcome, UndoDone, UndoSkipped, UndoVerify:
		p.undo(rec)
	}
	if p.Finished() && !wasFinished {
		node := r.Nodes[p.Node]
		node.Open--
		if p.Phase == PhaseFailed {
			node.Failed++
			if r.Failure == nil {
				r.Failure = p
			}
		}
	}
}
