package main

import (
	"encoding/json"

	"writ/engine/journal"
	"writ/engine/step"
	"writ/steps"
	"writ/steps/mirror"
)

// copyOf is a sandbox's document that holds what a preview read, and a sentence on each thing that it holds otherwise.
// Whole is false when something is not in it that was read.
func copyOf(preview *journal.Run) (seed []byte, notes []string, whole bool, err error) {
	var reads []mirror.Read
	for _, n := range preview.Nodes {
		for _, p := range n.Parts {
			state, note := stateIn(n, p)
			if note != "" {
				notes = append(notes, p.Address+": "+note)
			}
			if state != nil {
				reads = append(reads, mirror.Read{Step: p.Address, Kind: n.Uses, In: p.In, State: state})
			}
		}
	}
	at := mirror.Place{Project: preview.Open.Target.ProjectID, Region: preview.Open.Target.Region}
	seed, missing, err := mirror.Seed(at, reads...)
	whole = true
	for _, m := range missing {
		what := m.What
		if m.Missing {
			whole, what = false, "not in the copy: "+what
		}
		notes = append(notes, m.Step+": "+what)
	}
	return seed, notes, whole, err
}

// stateIn is what a preview knows of the state that a step meets, and what there is to say of it.
func stateIn(n *journal.Node, p *journal.Progress) (json.RawMessage, string) {
	switch {
	case p.Phase == journal.PhaseSkipped:
		return nil, ""
	case p.How == journal.Looked:
		return p.Outputs, ""
	case p.Before == nil || p.Change == journal.Hidden:
		return nil, "not known until apply: what it will meet is not in the copy, unless another step reads it"
	case p.How == journal.Evidence:
		return p.Before, "known from run " + p.From + "; on the copy it is sent again"
	case n.Effect == step.Irreversible && step.Empty(p.Before):
		return json.RawMessage("null"), ""
	}
	return p.Before, ""
}

// unlike lists the steps for which a copy does not answer what the target answered.
func unlike(preview, onCopy *journal.Run) []string {
	var steps []string
	for _, n := range preview.Nodes {
		for _, p := range n.Parts {
			if q := onCopy.Part(p.Address); q == nil || !alike(n, p, q) {
				steps = append(steps, p.Address)
			}
		}
	}
	return steps
}

func alike(n *journal.Node, p, q *journal.Progress) bool {
	kind, _ := steps.Kinds(nil).Find(n.Uses)
	switch {
	case p.How == journal.Evidence || p.Change == journal.Hidden || p.Phase == journal.PhaseSkipped:
		return true // known from elsewhere, or not known at all
	case n.Effect == step.Reads:
		return step.Equal(p.Outputs, q.Outputs)
	case p.Before == nil || q.Before == nil:
		return p.Change == q.Change
	}
	was, err1 := kind.Counts(p.Before)
	is, err2 := kind.Counts(q.Before)
	return err1 == nil && err2 == nil && step.Equal(was, is)
}
