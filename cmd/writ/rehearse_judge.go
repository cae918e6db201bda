package main

import (
	"maps"
	"slices"
	"strings"

	"writ/cmd/writ/trial"
	"writ/cmd/writ/view"
	"writ/engine/journal"
	"writ/engine/step"
	"writ/steps/mirror"
)

// finding is how one trial ended.
type finding struct {
	end    string
	left   []view.Leftover
	silent []string        // places that are not as they were and that the run does not speak of
	undone map[string]bool // steps whose undo was sent; true where it came to its end
	moved  map[string]bool // places that are not as they were
}

// judge says what a trial left. Of the fault it was about; the zero fault is the undisturbed trial.
func (r *rehearsal) judge(f trial.Fault, end *trial.End) finding {
	found := finding{end: view.EndRestored, undone: map[string]bool{}, moved: map[string]bool{}}
	for _, m := range end.Moved {
		found.moved[m.Path] = true
	}
	for _, p := range partsOf(end.Run) {
		if p.Undo.Attempt > 0 {
			found.undone[p.Address] = p.Undo.Phase == journal.UndoFinished
		}
	}
	switch end.Outcome {
	case trial.Refused:
		found.end, found.left = view.EndUnknown, []view.Leftover{{Step: f.At, What: "the copy refuses the run: " + end.Refusal.Error()}}
		return found
	case trial.Unknown, trial.Paused:
		found.end, found.left = view.EndUnknown, r.doubts(end)
		return found
	}
	covered, refused := map[string]bool{}, []string{}
	for _, left := range end.Residue {
		switch {
		case !r.stands(left.Step, found.moved, covered):
		case r.follows(f, end, left):
			refused = append(refused, left.Step)
		default:
			found.left = append(found.left, r.leftover(end, left))
		}
	}
	if len(refused) > 0 {
		found.left = append(found.left, kept(end, f.At, refused))
	}
	for _, place := range slices.Sorted(maps.Keys(found.moved)) {
		if !covered[place] {
			found.silent = append(found.silent, place)
		}
	}
	if len(found.left)+len(found.silent) > 0 {
		found.end = view.EndResidue
	}
	return found
}

func partsOf(run *journal.Run) []*journal.Progress {
	var all []*journal.Progress
	if run == nil {
		return nil
	}
	for _, n := range run.Nodes {
		all = append(all, n.Parts...)
	}
	return all
}

// stands reports whether something that a step may change is not as it was, and notes which places that explains.
func (r *rehearsal) stands(address string, moved, covered map[string]bool) bool {
	stands := false
	for place := range moved {
		if mirror.MayChange(r.uses(address), place) {
			covered[place], stands = true, true
		}
	}
	return stands
}

func (r *rehearsal) uses(address string) string {
	if p := r.rest.Run.Part(address); p != nil {
		return r.node(p).Uses
	}
	return ""
}

// doubts are what nobody can tell of a run that stopped for it.
func (r *rehearsal) doubts(end *trial.End) []view.Leftover {
	var all []view.Leftover
	for _, p := range partsOf(end.Run) {
		if p.Phase != journal.PhaseStuck && p.Phase != journal.PhaseStalled {
			continue
		}
		accepted := r.node(p).Effect == step.Irreversible && r.node(p).Irreversible && !r.kind(p).Readable()
		what := p.Why + "; the run stops for a person"
		if accepted {
			what = p.Why + "; the run stops, and writ resume sends it once more"
		}
		all = append(all, view.Leftover{Step: p.Address, What: what, Announced: accepted})
	}
	if len(all) == 0 {
		all = append(all, view.Leftover{Step: "run", What: "stopped: " + end.Run.Why})
	}
	return all
}

// kept is what stays because a service refused a step's undo: its change, and those of steps that it follows. That is
// nobody's mistake, and the run says it. An undo of several calls may have been refused half-way.
func kept(end *trial.End, at string, steps []string) view.Leftover {
	out := view.Leftover{Step: at, What: "where the service refuses its undo, what it changed stays", Announced: true}
	if slices.ContainsFunc(end.Requests, func(r trial.Request) bool { return r.Step == at && r.Undo && r.Changed }) {
		out.Announced = false
		out.What = "where the service refuses its undo half-way, things stand neither as before nor as applied"
	}
	others := slices.DeleteFunc(slices.Clone(steps), func(step string) bool { return step == at })
	if len(others) > 0 {
		out.What += "; what " + strings.Join(others, ", ") + " changed before it stays too"
	}
	return out
}

// leftover is a residue in words that are the same each time.
func (r *rehearsal) leftover(end *trial.End, left journal.Residue) view.Leftover {
	out := view.Leftover{Step: left.Step, What: left.Why, Announced: r.announced(left)}
	if left.Field != "" {
		out.What = left.Field + ": " + left.Why
	}
	if p := end.Run.Part(left.Step); p != nil && p.Undo.Phase == journal.UndoFailed && p.Undo.Error != nil {
		out.What = "its undo failed: " + plainError(p.Undo.Error)
	}
	return out
}

// plainError leaves out what is another each time.
func plainError(e *step.Error) string {
	plain := *e
	plain.RequestID = ""
	return plain.Error()
}

// announced reports whether the preview said so.
func (r *rehearsal) announced(left journal.Residue) bool {
	p := r.preview.Part(left.Step)
	if p == nil {
		return false
	}
	if r.preview.Nodes[p.Node].NoUndo() != "" {
		return true
	}
	return p.Reverse != nil && (p.Reverse.Gone || slices.ContainsFunc(p.Reverse.Left, func(said step.Residue) bool { return said.Field == left.Field }))
}

// follows reports whether something is left because the trial's own fault refused an undo: the undo of that step, or of
// one that it can only be undone after.
func (r *rehearsal) follows(f trial.Fault, end *trial.End, left journal.Residue) bool {
	at := end.Run.Part(f.At)
	if !f.Undo || at == nil || at.Undo.Phase != journal.UndoFailed || at.Undo.Error == nil || at.Undo.Error.Status == 0 {
		return false
	}
	p := end.Run.Part(left.Step)
	return left.Step == f.At || p != nil && p.Undo.Phase != journal.UndoFailed && r.leadsTo(p.Node, at.Node)
}

// leadsTo reports whether the second step follows the first, at once or by way of others.
func (r *rehearsal) leadsTo(first, second int) bool {
	return slices.ContainsFunc(r.rest.Run.Nodes[second].Parents, func(parent int) bool {
		return parent == first || r.leadsTo(first, parent)
	})
}

// culprits are the steps whose undo may have changed a place that the run does not speak of: those whose undo was sent
// each time that it happened, and never came to its end without that.
func culprits(place string, all []finding) []string {
	var suspects map[string]bool
	for _, f := range all {
		switch {
		case !slices.Contains(f.silent, place):
			continue
		case suspects == nil:
			suspects = maps.Clone(f.undone)
		}
		maps.DeleteFunc(suspects, func(step string, _ bool) bool { _, sent := f.undone[step]; return !sent })
	}
	for _, f := range all {
		if !f.moved[place] {
			maps.DeleteFunc(suspects, func(step string, _ bool) bool { return f.undone[step] })
		}
	}
	return slices.Sorted(maps.Keys(suspects))
}

// plainPlace is a place of the document without the project's id.
func plainPlace(place string) string {
	if rest, ok := strings.CutPrefix(place, "projects."); ok {
		_, place, _ = strings.Cut(rest, ".")
	}
	return place
}
