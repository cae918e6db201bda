package schedule

import (
	"encoding/json"

	"writ/engine/journal"
)

// Order is the order in which the steps of a plan start when one follows the other: what a preview prints.
func Order(open *journal.Opening) []int {
	alone := *open
	alone.Options.Parallelism = 1
	run := &journal.Run{}
	if _, err := run.Apply(journal.Record{K: journal.RunOpen, Open: &alone}); err != nil {
		return nil
	}
	s := New(run)
	var order []int
	for {
		for _, c := range s.Next() {
			if c.Do == Close || c.Do == Pause {
				return order
			}
			if c.Do == Read {
				order = append(order, c.Node)
			}
			if err := s.Feed(rehearsed(run, c)...); err != nil {
				return order
			}
		}
	}
}

// rehearsed answers a command as if every step were one instance with nothing to do.
func rehearsed(run *journal.Run, c Command) []journal.Record {
	if c.Do == Evaluate {
		id := run.Nodes[c.Node].ID
		return []journal.Record{{K: journal.StepEvaluate, Step: id, Instances: []journal.Instance{{Step: id, In: json.RawMessage("{}")}}}}
	}
	return []journal.Record{{K: journal.StepDone, Step: c.Part.Address, How: journal.Satisfied}}
}
