package engine

import (
	"writ/engine/journal"
	"writ/engine/step"
)

// caution warns of what no read tells about a change. A step that has nothing to do is not undone either.
func (o *observation) caution(a step.Assessment) {
	if o.rec.Change == journal.NoChange {
		return
	}
	if a.Caution != "" {
		o.rec.Warnings = append(o.rec.Warnings, a.Caution)
	}
	if a.Risk != "" { // told beforehand; what the undo then leaves is worked out from what stands by then
		o.rec.Reverse.Left = append(o.rec.Reverse.Left, step.Residue{Why: a.Risk})
	}
}
