package engine

import (
	"slices"

	"writ/engine/journal"
	"writ/engine/step"
)

// remember notes the calls of a command in the record that tells how it ended.
func (d *driver) remember(recs []journal.Record, calls []step.Call) {
	i := slices.IndexFunc(recs, func(rec journal.Record) bool {
		return rec.K == journal.StepOutcome || rec.K == journal.UndoOutcome || rec.Error != nil
	})
	if i < 0 {
		return
	}
	recs[i].Calls = calls
	for k := range calls {
		if d.redact != nil {
			calls[k].RequestID = d.redact(calls[k].RequestID)
		}
	}
}
