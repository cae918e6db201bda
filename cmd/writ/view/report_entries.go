package view

import (
	"time"

	"writ/engine/journal"
)

// entry is one line of a report's list of steps: a step, or one instance of its for_each.
type entry struct {
	mark
	weight
	sort             string // what it has in common with others
	step, uses, name string
	why              string   // it failed, was skipped, is in doubt
	fields           []string // old and new
	undo             string   // what undo did, or would do
	notes            []string
	left             []journal.Residue
	calls            []pageCall
	took             time.Duration
	line             int
	node             *journal.Node
	part             *journal.Progress // nil for a step without instances
}

// entries list the steps in the order in which they start.
func (r *Report) entries() []entry {
	if r.Run == nil {
		return nil
	}
	var all []entry
	of, sort := previewWeight, previewSort
	if r.began() {
		of, sort = runWeight(r.Run), sortOf
	}
	logs, marks, left := logsOf(r.Records, func(string) bool { return true }), marksOf(r), residueOf(r.Run)
	for _, i := range r.order() {
		n := r.Run.Nodes[i]
		if len(n.Parts) == 0 {
			m := together(n, nil)
			if !r.began() {
				m.Word = absent(n)
			}
			all = append(all, entry{mark: m, sort: absentSort(n.Step), step: n.ID, uses: n.Uses, name: n.Name, line: n.Line, node: n})
		}
		for k, p := range n.Parts {
			e := entry{
				mark: marks[i][k], weight: of(n, p), sort: sort(n, p), step: p.Address, uses: n.Uses, name: n.Name, line: n.Line, node: n, part: p,
				notes: p.Warnings, calls: pageCallsOf(logs[p.Address]),
			}
			e.fill(r, left)
			all = append(all, e)
		}
	}
	return all
}

// residueOf is what is left over, by step.
func residueOf(run *journal.Run) map[string][]journal.Residue {
	left := map[string][]journal.Residue{}
	for _, one := range run.Residue {
		left[one.Step] = append(left[one.Step], one)
	}
	return left
}

// fill adds what there is to say of an instance.
func (e *entry) fill(r *Report, left map[string][]journal.Residue) {
	p := e.part
	if !r.began() {
		if e.Sign != "=" && p.Phase != journal.PhaseSkipped {
			e.fields = changes(p)
			if words := undoWords(e.node, p); words != "" {
				e.undo = "undo: " + words
			}
		}
		return
	}
	if p.Phase != journal.PhaseDone {
		e.why = p.Why
	}
	if p.Acted || p.MayAct {
		e.fields = changes(p)
	}
	e.undo = undoSentence(r, e.node, p)
	e.left = left[p.Address]
	if !p.Started.IsZero() && !p.Ended.IsZero() {
		e.took = p.Ended.Sub(p.Started)
	}
}

// says is the entry's word with its reason.
func (e entry) says() string {
	words := e.Word
	if e.why != "" {
		words += ": " + e.why
	}
	if e.took > 0 {
		words += " (" + took(e.took) + ")"
	}
	return words
}

// hasMore reports whether there is more to an entry than its line.
func (e entry) hasMore() bool {
	return len(e.fields)+len(e.notes)+len(e.left)+len(e.calls) > 0 || e.undo != ""
}
