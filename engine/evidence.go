package engine

import (
	"encoding/json"

	"writ/engine/journal"
	"writ/engine/step"
)

// evidence is what finished runs on the same target journaled of kinds that no call can read, by kind.
type evidence map[string]known

type known struct {
	state json.RawMessage
	run   string // the newest run that adds to it
}

// with adds what a run made so.
func (k known) with(state json.RawMessage, run string) known {
	all := step.Union(k.state, state)
	if step.Equal(all, k.state) {
		return k
	}
	return known{state: all, run: run}
}

// gather reads the evidence out of a target's earlier runs, oldest first.
func gather(history []*journal.Run, kinds step.Kinds) evidence {
	all := evidence{}
	for _, run := range history {
		if run.Mode != journal.Over {
			continue
		}
		for _, n := range run.Nodes {
			kind, ok := kinds.Find(n.Uses)
			if !ok || kind.Readable() {
				continue
			}
			for _, p := range n.Parts {
				if p.Acted {
					all[kind.Name] = all[kind.Name].with(p.Goal, run.Open.Run)
				}
			}
		}
	}
	return all
}
