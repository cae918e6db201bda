package view

import (
	"time"

	"writ/engine/diag"
	"writ/engine/journal"
)

// Report is what a report tells of: a preview, a run, or what is wrong with a plan.
type Report struct {
	Run     *journal.Run     // nil when the plan is wrong
	Preview bool             // Run is a preview
	Order   []int            // the steps of Run in the order in which they start; nil is the plan's
	Records []journal.Record // of a run, oldest first: when what happened; nil for a preview
	File    string           // the plan's
	Files   []string         // of all plans, when several were looked at
	Faults  []diag.Diagnostic
	Error   string // why nothing was begun, or why a run did not go on, when that is not a fault of the plan
	Exit    int
	Flags   string            // what a command that is proposed has to repeat, as " --runs DIR"
	Version string            // of writ
	Rules   map[string]string // what each rule that Faults may name asks for, in one line
	Now     time.Time
}

// began reports whether there is a run, and not only a preview of one.
func (r *Report) began() bool { return r.Run != nil && r.Run.Open != nil && !r.Preview }

// Command is something to do next: what it does, in words, and how it is typed.
type Command struct{ Does, Line string }

// Next are the commands that lead on from a run.
func (r *Report) Next() []Command {
	if !r.began() {
		return nil
	}
	run, id := r.Run, r.Run.Open.Run+r.Flags
	undo := Command{"undo it", "writ rollback " + id}
	switch State(run) {
	case "paused", "unknown":
		next := []Command{{"go on", "writ resume " + id}}
		if !run.Rollback {
			next = append(next, undo)
		}
		if stuck(run) {
			next = append(next, Command{"say what happened (STEP=absent if it did not act)", "writ resume " + id + " --assume STEP=done"})
		}
		return next
	case "residue":
		if retryable(run) {
			return []Command{{"try the rest again", "writ rollback " + id}}
		}
	case "failed":
		if anyActed(run) {
			return []Command{{"its changes stand; undo them", "writ rollback " + id}}
		}
	case "done":
		if anyActed(run) {
			return []Command{{"see later what changed since", "writ drift " + id}, undo}
		}
	}
	return nil
}

// leads are the commands that lead on from whatever the report is about.
func (r *Report) leads() []Command {
	if r.began() {
		return r.Next()
	}
	return proposals(r)
}

// name is what the report is about, in a word or two.
func (r *Report) name() string {
	if r.Run != nil && r.Run.Open != nil {
		return r.Run.Open.Plan
	}
	return r.File
}

// order are the places of the steps in the order in which they are told.
func (r *Report) order() []int {
	if r.Run == nil || len(r.Order) == len(r.Run.Nodes) {
		return r.Order
	}
	order := make([]int, len(r.Run.Nodes))
	for i := range order {
		order[i] = i
	}
	return order
}

// counted says how many steps became what.
func (r *Report) counted() string {
	switch {
	case r.began():
		return tally(r.Run)
	case r.Run != nil && r.Run.Open != nil:
		return summary(r.Run)
	}
	return Tally(r.Faults)
}
