package main

import (
	"slices"
	"strings"

	"writ/cmd/writ/trial"
	"writ/cmd/writ/view"
	"writ/engine/journal"
)

// tally makes marks of findings, and numbers what they leave.
type tally struct {
	all  []finding
	left []view.Leftover
}

// report puts all trials into a matrix.
func (r *rehearsal) report(attempts []*attempt, notes []string, whole bool) *view.Rehearsal {
	t := &tally{all: []finding{r.judge(trial.Fault{}, r.rest)}}
	for _, at := range attempts {
		t.all = append(t.all, r.judge(at.fault, at.end))
	}
	out := &view.Rehearsal{Faults: trial.Names(), Copy: notes, Silent: r.silent(), Trials: 1 + len(attempts)}
	out.Undisturbed = t.mark(view.Mark{}, t.all[0])
	switch {
	case !r.gotThrough():
		out.Undisturbed = t.mark(out.Undisturbed, finding{end: view.EndUnknown, left: []view.Leftover{r.stopped()}})
	case !whole:
		out.Undisturbed = t.mark(out.Undisturbed, finding{end: view.EndUnknown, left: []view.Leftover{{
			Step: "copy", What: "it does not hold all that stands on the target; see below",
		}}})
	}
	for i, at := range attempts {
		cell := cellOf(out, r.rest.Run, at)
		mark := &cell.Apply
		if at.fault.Undo {
			mark = &cell.Undo
		}
		if slices.Contains(at.end.Missed, at.fault) {
			*mark = t.mark(*mark, finding{end: view.EndUnknown, left: []view.Leftover{{Step: at.step, What: "the call that was to fail never came"}}})
			continue
		}
		*mark = t.mark(*mark, t.all[1+i])
	}
	out.Left = t.left
	return out
}

// cellOf is the cell of a trial, in a row that is made when it is the step's first.
func cellOf(out *view.Rehearsal, run *journal.Run, at *attempt) *view.RehearsalCell {
	i := slices.IndexFunc(out.Rows, func(row view.RehearsalRow) bool { return row.Step == at.step })
	if i < 0 {
		row := view.RehearsalRow{Step: at.step, Uses: run.Nodes[run.Part(at.step).Node].Uses}
		for _, fault := range out.Faults {
			row.Cells = append(row.Cells, view.RehearsalCell{Fault: fault})
		}
		i, out.Rows = len(out.Rows), append(out.Rows, row)
	}
	return &out.Rows[i].Cells[slices.Index(out.Faults, at.fault.Fault)]
}

// silent are the steps that had nothing to send.
func (r *rehearsal) silent() []string {
	var steps []string
	for _, p := range partsOf(r.rest.Run) {
		if len(r.rest.Calls.Of(p.Address, false)) == 0 {
			steps = append(steps, p.Address)
		}
	}
	return steps
}

// stopped says why the plan did not come to its end on the copy.
func (r *rehearsal) stopped() view.Leftover {
	left := view.Leftover{Step: "run", What: "on the copy the plan does not come to its end, so no fault was tried"}
	run := r.rest.Run
	switch {
	case run == nil:
	case run.Failure != nil && run.Failure.Error != nil:
		left.Step = run.Failure.Address
		left.What += ": " + plainError(run.Failure.Error)
	case run.Why != "":
		left.What += ": " + run.Why
	}
	return left
}

// mark joins what one more trial found to a mark: the worse of the two wins.
func (t *tally) mark(m view.Mark, f finding) view.Mark {
	if slices.Index(ends, f.end) > slices.Index(ends, m.End) {
		m.End = f.end
	}
	for _, place := range f.silent {
		f.left = append(f.left, t.accuse(place))
	}
	for _, left := range f.left {
		if n := t.number(left); !slices.Contains(m.Left, n) {
			m.Left = append(m.Left, n)
		}
		if !left.Announced && m.Bad != view.EndResidue {
			m.Bad = f.end
		}
	}
	slices.Sort(m.Left)
	return m
}

// ends are the ends of a trial, the worst last.
var ends = []string{"", view.EndRestored, view.EndResidue, view.EndUnknown}

// accuse is a place that the run does not speak of, with the steps that may have changed it.
func (t *tally) accuse(place string) view.Leftover {
	left := view.Leftover{Step: "run", What: plainPlace(place) + " is not as it was, and the run does not say so"}
	if steps := culprits(place, t.all); len(steps) > 0 {
		left.Step = strings.Join(steps, " or ")
		left.What = "its undo also changes " + plainPlace(place) + ", and the run does not say so"
	}
	return left
}

// number is the place of something that is left in the list below the matrix, from 1.
func (t *tally) number(left view.Leftover) int {
	for _, known := range t.left {
		if known.Step == left.Step && known.What == left.What {
			return known.Number
		}
	}
	left.Number = len(t.left) + 1
	t.left = append(t.left, left)
	return left.Number
}
