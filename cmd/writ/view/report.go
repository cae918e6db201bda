package view

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"writ/engine/diag"
	"writ/engine/journal"
	"writ/engine/step"
)

// Report is what a report tells of: a preview, a run, or what is wrong with a plan.
type Report struct {
	Run     *journal.Run     // nil when the plan is wrong
	Preview bool             // Run is a preview
	Order   []int            // the steps of Run in the order in which they start; nil is the plan's
	Records []journal.Record // of a run, oldest first: when what happened; nil for a preview
	File    string           // the plan's
	Files   []string         // of all plans that were looked at, when that is all that was asked
	Here    string           // the working folder, from which File and Files are named
	Root    string           // the checkout's folder, from which scanners name files
	Faults  []diag.Diagnostic
	Moved   []Moved // what is not as a saved preview says
	Error   string  // why nothing was begun, or why a run did not go on, when that is not a fault of the plan
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
		return append(next, testimonies(run, id)...)
	case "residue":
		return leftCommands(run, id)
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

// maxTestimonies is for how many steps in doubt a command is proposed; when those are settled, the rest come up.
const maxTestimonies = 5

// testimonies are the commands by which a person says what writes in doubt did.
func testimonies(run *journal.Run, id string) (all []Command) {
	for _, p := range stuckParts(run) {
		if len(all) == maxTestimonies {
			return all
		}
		name := Clean(p.Address)
		all = append(all, Command{
			"say what " + name + " did (absent, not done, if it did not act)", "writ resume " + id + " --assume " + quoted(name+"=done"),
		})
	}
	return all
}

// leftCommands lead on from a rollback that left something over.
func leftCommands(run *journal.Run, id string) []Command {
	if again(run) {
		return []Command{{"try the rest again", "writ rollback " + id}}
	}
	by := []Command{{"see what happened, and mend the rest by hand", "writ show " + id}}
	if slices.ContainsFunc(run.Residue, func(left journal.Residue) bool { return left.Foreign }) {
		by = append(by, Command{"put back also what others changed since", "writ rollback " + id + " --force"})
	}
	return by
}

// again reports whether another rollback may put back more: an undo failed, or has not done all of its work.
func again(run *journal.Run) bool {
	foreign := map[string]bool{} // others changed all that is left of it
	for _, left := range run.Residue {
		was, known := foreign[left.Step]
		foreign[left.Step] = left.Foreign && (was || !known)
	}
	for _, n := range run.Nodes {
		for _, p := range n.Parts {
			u := p.Undo
			if n.NoUndo() == "" && !foreign[p.Address] && (u.Phase == journal.UndoFailed || len(u.Left) > 0) {
				return true
			}
		}
	}
	return false
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

// counted says how many steps became what, and what of it stands. Of a plan's faults, the first sentence says it.
func (r *Report) counted() string {
	switch {
	case r.began() && r.Run.Rollback:
		return putBack(r.Run)
	case r.began():
		return tally(r.Run)
	case r.Run != nil && r.Run.Open != nil:
		return summary(r.Run)
	}
	return ""
}

// putBack counts what became of the steps of a run that was rolled back.
func putBack(run *journal.Run) string {
	counts, order := map[string]int{}, []string{}
	for _, n := range run.Nodes {
		marks := []mark{{Word: "not begun"}}
		if n.Evaluated {
			marks = nil
		}
		for _, p := range n.Parts {
			marks = append(marks, runMark(run, p))
		}
		for _, m := range marks {
			word := strings.Replace(m.Word, "changed, undone", "put back", 1)
			if counts[word]++; counts[word] == 1 {
				order = append(order, word)
			}
		}
	}
	for i, word := range order {
		order[i] = fmt.Sprintf("%d %s", counts[word], word)
	}
	return strings.Join(order, "; ")
}

// sound are the plans that were looked at and have no faults.
func (r *Report) sound() []string {
	return slices.DeleteFunc(slices.Clone(r.Files), func(file string) bool {
		return slices.ContainsFunc(r.Faults, func(d diag.Diagnostic) bool {
			return d.Severity != diag.Warning && (d.File == file || d.File == "" && strings.Contains(d.Message, file))
		})
	})
}

// unread are the writes of a run that were accepted and that no call can read.
func unread(run *journal.Run) (all []*journal.Progress) {
	for _, n := range run.Nodes {
		for _, p := range n.Parts {
			if n.Effect == step.Irreversible && p.Acted && became(p) == "changed" {
				all = append(all, p)
			}
		}
	}
	return all
}

// Sound names the plans that were looked at and have no faults.
func (s *Screen) Sound(r *Report) {
	if r.Error != "" {
		return
	}
	for _, file := range r.sound() {
		s.Valid(file)
	}
}
