package engine

import (
	"slices"

	"writ/engine/journal"
	"writ/engine/step"
)

// contest finds instances of a preview at whose objects others may come first, since nothing says which of them starts
// earlier: what stands there by then is not known. It adds them to those that were found before, each with the other's
// address, and reports whether there are new ones.
func contest(preview *journal.Run, found map[string]string) bool {
	if preview.Open.Options.Parallelism <= 1 {
		return false // the plan's file decides
	}
	writers := writersOf(preview)
	before := len(found)
	for _, n := range preview.Nodes {
		for _, p := range n.Parts {
			if _, known := found[p.Address]; known || p.Change == journal.Hidden || p.Phase == journal.PhaseSkipped {
				continue
			}
			if other := rival(preview, &writers, p); other != nil {
				found[p.Address] = other.Address
			}
		}
	}
	return len(found) > before
}

// writersOf are the instances that change something, or may, by their objects.
func writersOf(preview *journal.Run) step.Index[*journal.Progress] {
	var writers step.Index[*journal.Progress]
	for _, n := range preview.Nodes {
		for _, p := range n.Parts {
			if n.Effect == step.Reads || p.How != journal.Predicted {
				continue
			}
			for _, object := range p.Objects {
				writers.Add(object, p)
			}
		}
	}
	return writers
}

// rival is a writer of an instance's object that may start before it or after it. The instances of one step take turns
// in their order.
func rival(preview *journal.Run, writers *step.Index[*journal.Progress], p *journal.Progress) *journal.Progress {
	for _, object := range p.Objects {
		for other := range writers.Overlapping(object) {
			if other.Node != p.Node && !ordered(preview, p, other) && !ordered(preview, other, p) {
				return other
			}
		}
	}
	return nil
}

// ordered reports whether one instance certainly comes before another: the other's step waits for its step, or the plan
// has its step first, and that can start whenever the other's can.
func ordered(preview *journal.Run, first, then *journal.Progress) bool {
	if follows(preview, then.Node, first.Node) {
		return true
	}
	n := preview.Nodes[first.Node]
	held := n.Effect == step.Irreversible || first.Reverse != nil && first.Reverse.Gone
	return !held && first.Node < then.Node && !slices.ContainsFunc(n.Parents, func(parent int) bool {
		return !follows(preview, then.Node, parent)
	})
}

// follows reports whether a step waits for another, straight or through others.
func follows(preview *journal.Run, node, first int) bool {
	seen := make([]bool, len(preview.Nodes))
	queue := slices.Clone(preview.Nodes[node].Parents)
	for len(queue) > 0 {
		next := queue[0]
		if queue = queue[1:]; next == first {
			return true
		}
		if !seen[next] {
			seen[next] = true
			queue = append(queue, preview.Nodes[next].Parents...)
		}
	}
	return false
}
