package plan

import (
	"slices"
	"strings"

	"writ/engine/diag"
	"writ/engine/graph"
)

// checkCycles reports each circle by its shortest path. Circles that share a step with one that is reported show once
// that one is gone.
func (l *loader) checkCycles() {
	l.link()
	parents := make([][]int, len(l.plan.Steps))
	for i, s := range l.plan.Steps {
		parents[i] = s.Parents
	}
	for !l.full() {
		circle := graph.New(parents).Cycle()
		if circle == nil {
			return
		}
		slices.Reverse(circle[1:]) // told as who waits for whom
		l.cycle(circle)
		for _, i := range circle {
			parents[i] = nil
		}
	}
}

func (l *loader) cycle(path []int) {
	var hops []string
	var related []diag.Related
	var first diag.Pos
	for i, from := range path {
		to := path[(i+1)%len(path)]
		a, b := l.plan.Steps[from].ID.Value, l.plan.Steps[to].ID.Value
		at, hop := l.edgeAt(from, to), a+" waits for "+b
		hops = append(hops, hop)
		related = append(related, l.related(at, "%s", hop))
		if i == 0 {
			first = at
		}
	}
	l.add(fault{
		rule: ruleCycle, at: first,
		says:    "steps wait for each other in a circle: " + strings.Join(hops, ", "),
		suggest: "take one of these out", related: related,
	})
}

func (l *loader) edgeAt(from, to int) diag.Pos {
	list := l.edges[from].list
	return list[slices.IndexFunc(list, func(e edge) bool { return e.to == to })].at
}
