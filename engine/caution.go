package engine

import (
	"encoding/json"

	"writ/engine/journal"
	"writ/engine/step"
)

// caution warns of what no read tells about a change. A step that has nothing to do is not undone either.
func (o *observation) caution(kind step.Kind, in, before json.RawMessage) error {
	if o.rec.Change == journal.NoChange {
		return nil
	}
	words, err := kind.Caution(in, before)
	if words != "" {
		o.rec.Warnings = append(o.rec.Warnings, words)
	}
	if err != nil {
		return err
	}
	risk, err := kind.Risk(in, before)
	if risk != "" { // told beforehand; what the undo then leaves is worked out from what stands by then
		o.rec.Reverse.Left = append(o.rec.Reverse.Left, step.Residue{Why: risk})
	}
	return err
}
