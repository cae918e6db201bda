package engine

import (
	"slices"
	"sort"

	"writ/engine/graph"
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
	w := writersOf(preview)
	before := len(found)
	for _, n := range preview.Nodes {
		for _, p := range n.Parts {
			if _, known := found[p.Address]; known || p.Change == journal.Hidden || p.Phase == journal.PhaseSkipped {
				continue
			}
			if other := w.rival(p); other != nil {
				found[p.Address] = other.Address
			}
		}
	}
	return len(found) > before
}

// writers are the instances that change something, or may, by their objects.
type writers struct {
	nodes   []*journal.Node
	graph   *graph.Graph
	place   []int
	forward bool // each step's parents stand before it in the file: then who comes before the one before comes before too
	chains  step.Index[*chain]
}

// chain is writers of one object in the file's order, each of which certainly comes before the next.
type chain []*journal.Progress

func writersOf(preview *journal.Run) *writers {
	w := orderOf(preview)
	last := map[string]*chain{}
	for _, n := range preview.Nodes {
		for _, p := range n.Parts {
			if n.Effect == step.Reads || p.How != journal.Predicted {
				continue
			}
			for _, object := range p.Objects {
				if c := last[object]; c != nil && w.linked((*c)[len(*c)-1], p) {
					*c = append(*c, p)
					continue
				}
				last[object] = &chain{p}
				w.chains.Add(object, last[object])
			}
		}
	}
	return w
}

func orderOf(preview *journal.Run) *writers {
	w := &writers{nodes: preview.Nodes, forward: true}
	parents := make([][]int, len(preview.Nodes))
	for i, n := range preview.Nodes {
		parents[i] = n.Parents
		w.forward = w.forward && !slices.ContainsFunc(n.Parents, func(p int) bool { return p >= i })
	}
	w.graph = graph.New(parents)
	w.place = w.graph.Places()
	return w
}

// linked reports whether the next writer of an object goes on with the chain that the last one ends.
func (w *writers) linked(last, next *journal.Progress) bool {
	if last.Node == next.Node {
		return w.held(last) == w.held(next)
	}
	return w.forward && w.ordered(last, next)
}

// rival is a writer of an instance's object that may start before it or after it. The instances of one step take turns
// in their order.
func (w *writers) rival(p *journal.Progress) *journal.Progress {
	for _, object := range p.Objects {
		for c := range w.chains.Overlapping(object) {
			if other := w.rivalIn(*c, p); other != nil {
				return other
			}
		}
	}
	return nil
}

// rivalIn is the first of a chain that is a rival. Of those before the instance in the file, the ones that come before
// it are the first ones; of those behind it, the ones that come after it are the last ones.
func (w *writers) rivalIn(c chain, p *journal.Progress) *journal.Progress {
	ahead := c[:sort.Search(len(c), func(i int) bool { return c[i].Node >= p.Node })]
	behind := c[sort.Search(len(c), func(i int) bool { return c[i].Node > p.Node }):]
	if len(ahead) > 0 && w.apart(ahead[len(ahead)-1], p) {
		return ahead[sort.Search(len(ahead), func(i int) bool { return w.apart(ahead[i], p) })]
	}
	if len(behind) > 0 && w.apart(behind[0], p) {
		return behind[0]
	}
	return nil
}

// apart reports that neither of two instances certainly comes before the other.
func (w *writers) apart(a, b *journal.Progress) bool { return !w.ordered(a, b) && !w.ordered(b, a) }

// ordered reports whether one instance certainly comes before another: the other's step waits for its step, or the plan
// has its step first, and that can start whenever the other's can.
func (w *writers) ordered(first, then *journal.Progress) bool {
	if w.follows(then.Node, first.Node) {
		return true
	}
	return first.Node < then.Node && !w.held(first) && !slices.ContainsFunc(w.nodes[first.Node].Parents, func(parent int) bool {
		return !w.follows(then.Node, parent)
	})
}

// held reports that an instance waits for more than its parents, since it cannot be undone.
func (w *writers) held(p *journal.Progress) bool {
	return w.nodes[p.Node].Effect == step.Irreversible || p.Reverse != nil && p.Reverse.Gone
}

// follows reports whether a step waits for another, straight or through others.
func (w *writers) follows(node, first int) bool {
	return node != first && w.graph.Reaches(first, node, w.place)
}
