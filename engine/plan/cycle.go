package plan

import (
	"slices"
	"strings"

	"writ/engine/diag"
)

// checkCycles reports each circle by its shortest path. Circles that share a step with one that is reported show once
// that one is gone.
func (l *loader) checkCycles() {
	l.link()
	g := ring{edges: l.edges, alive: make([]bool, len(l.edges)), budget: 20_000_000}
	for i := range g.alive {
		g.alive[i] = true
	}
	for {
		g.trim()
		path := g.shortest()
		if path == nil {
			return
		}
		l.cycle(path)
		for _, i := range path {
			g.alive[i] = false
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
	i := slices.IndexFunc(l.edges[from], func(e edge) bool { return e.to == to })
	return l.edges[from][i].at
}

// ring looks for circles among the steps that are alive.
type ring struct {
	edges  [][]edge
	alive  []bool
	budget int // edges that may be looked at before any circle will do
}

// trim removes what is in no circle because nothing alive leads to it, or it leads to nothing alive.
func (g *ring) trim() {
	waits, awaited := make([]int, len(g.edges)), make([]int, len(g.edges))
	back := make([][]int, len(g.edges))
	for i, es := range g.edges {
		for _, e := range es {
			if g.alive[i] && g.alive[e.to] {
				waits[i]++
				awaited[e.to]++
				back[e.to] = append(back[e.to], i)
			}
		}
	}
	var loose []int
	for i := range g.edges {
		if g.alive[i] && (waits[i] == 0 || awaited[i] == 0) {
			loose = append(loose, i)
		}
	}
	for len(loose) > 0 {
		i := loose[len(loose)-1]
		loose = loose[:len(loose)-1]
		if !g.alive[i] {
			continue
		}
		g.alive[i] = false
		for _, j := range back[i] {
			if waits[j]--; waits[j] == 0 {
				loose = append(loose, j)
			}
		}
		for _, e := range g.edges[i] {
			if awaited[e.to]--; awaited[e.to] == 0 {
				loose = append(loose, e.to)
			}
		}
	}
}

// shortest is a circle of the fewest steps, beginning with the one that stands first in the file; nil if there is
// none.
func (g *ring) shortest() []int {
	var best []int
	from := make([]int, len(g.edges))
	for start := range g.edges {
		if !g.alive[start] || best != nil && (len(best) == 2 || g.budget < 0) {
			continue
		}
		if path := g.around(start, from, len(best)); path != nil {
			best = path
		}
	}
	return best
}

// around is the shortest way from a step back to itself, if it is shorter than limit (0: any).
func (g *ring) around(start int, from []int, limit int) []int {
	for i := range from {
		from[i] = -1
	}
	level := []int{start}
	for length := 1; len(level) > 0 && (limit == 0 || length < limit); length++ {
		var next []int
		for _, i := range level {
			for _, e := range g.edges[i] {
				g.budget--
				if e.to == start {
					return way(start, i, from)
				}
				if g.alive[e.to] && from[e.to] < 0 {
					from[e.to] = i
					next = append(next, e.to)
				}
			}
		}
		level = next
	}
	return nil
}

func way(start, last int, from []int) []int {
	path := []int{last}
	for path[len(path)-1] != start {
		path = append(path, from[path[len(path)-1]])
	}
	slices.Reverse(path)
	return path
}
