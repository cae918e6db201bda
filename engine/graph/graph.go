// Package graph puts numbered nodes in order. It knows nothing of steps, and recurses nowhere, so that a chain of a
// hundred thousand nodes is as good as any other graph.
package graph

import (
	"container/heap"
	"slices"
)

// Graph holds, for each node, the nodes it follows and the nodes that follow it.
type Graph struct {
	parents  [][]int
	children [][]int
}

// New makes a graph from each node's parents. Parents out of range and repeated ones are dropped. Lists that are in order
// are kept as they are, and must not be changed.
func New(parents [][]int) *Graph {
	g := &Graph{parents: make([][]int, len(parents)), children: make([][]int, len(parents))}
	edges, follow := 0, make([]int, len(parents))
	for node, ps := range parents {
		g.parents[node] = inOrder(ps, len(parents))
		edges += len(g.parents[node])
		for _, p := range g.parents[node] {
			follow[p]++
		}
	}
	room := make([]int, edges)
	for node, n := range follow {
		g.children[node], room = room[:0:n], room[n:]
	}
	for node, ps := range g.parents {
		for _, p := range ps {
			g.children[p] = append(g.children[p], node)
		}
	}
	return g
}

// inOrder answers the nodes below n, sorted and each once.
func inOrder(nodes []int, n int) []int {
	last := -1
	for _, node := range nodes {
		if node <= last || node >= n {
			return slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(nodes))), func(p int) bool { return p < 0 || p >= n })
		}
		last = node
	}
	return nodes
}

// Len is the number of nodes.
func (g *Graph) Len() int { return len(g.parents) }

// Parents are the nodes that must come before node, in order.
func (g *Graph) Parents(node int) []int { return g.parents[node] }

// Children are the nodes that directly follow node, in order.
func (g *Graph) Children(node int) []int { return g.children[node] }

// Order is a topological order in which ties follow the nodes' numbers. It is shorter than Len when the graph has a
// cycle.
func (g *Graph) Order() []int {
	waiting := make([]int, g.Len())
	var ready Queue
	for node := range g.parents {
		waiting[node] = len(g.parents[node])
		if waiting[node] == 0 {
			heap.Push(&ready, node)
		}
	}
	order := make([]int, 0, g.Len())
	for ready.Len() > 0 {
		node := heap.Pop(&ready).(int)
		order = append(order, node)
		for _, child := range g.children[node] {
			if waiting[child]--; waiting[child] == 0 {
				heap.Push(&ready, child)
			}
		}
	}
	return order
}

// Waves groups the nodes by the length of the longest path that leads to them. It wants a graph without cycles.
func (g *Graph) Waves() [][]int {
	depth := make([]int, g.Len())
	var waves [][]int
	for _, node := range g.Order() {
		for _, p := range g.parents[node] {
			depth[node] = max(depth[node], depth[p]+1)
		}
		for len(waves) <= depth[node] {
			waves = append(waves, nil)
		}
		waves[depth[node]] = append(waves[depth[node]], node)
	}
	return waves
}

// maxWalked bounds the edges that Cycle follows once it has found a cycle, in search of a shorter one.
const maxWalked = 10_000_000

// Cycle is a shortest cycle, beginning at its lowest node, each node followed by one that comes after it; the first
// is not repeated. It is nil when there is none. In a large tangle it may answer a cycle that is not the shortest.
func (g *Graph) Cycle() []int {
	k := newKnot(g)
	var best []int
	for node := range k.left {
		if !k.left[node] || len(best) == 1 || best != nil && k.walked > maxWalked {
			continue
		}
		if c := k.through(node, len(best)); c != nil {
			best = c
		}
		k.drop(node)
	}
	return best
}

// knot is what is left of a graph when every node without a parent or without a child is taken out, again and again:
// the cycles and the ways from one to another.
type knot struct {
	*Graph
	left    []bool
	in, out []int // parents and children of each node that are left
	walked  int   // edges that were followed
}

func newKnot(g *Graph) *knot {
	k := &knot{Graph: g, left: make([]bool, g.Len()), in: make([]int, g.Len()), out: make([]int, g.Len())}
	for node := range k.left {
		k.left[node], k.in[node], k.out[node] = true, len(g.parents[node]), len(g.children[node])
	}
	for node := range k.left {
		if k.in[node] == 0 || k.out[node] == 0 {
			k.drop(node)
		}
	}
	return k
}

// drop takes out a node, and with it those that are then on no cycle.
func (k *knot) drop(node int) {
	stack := []int{node}
	for len(stack) > 0 {
		node := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if !k.left[node] {
			continue
		}
		k.left[node] = false
		for _, child := range k.children[node] {
			if k.in[child]--; k.in[child] == 0 {
				stack = append(stack, child)
			}
		}
		for _, parent := range k.parents[node] {
			if k.out[parent]--; k.out[parent] == 0 {
				stack = append(stack, parent)
			}
		}
	}
}

// through searches breadth first for a way from start back to itself that is shorter than limit; 0 is no limit.
func (k *knot) through(start, limit int) []int {
	from := map[int]int{}
	wave := []int{start}
	for length := 1; len(wave) > 0 && (limit == 0 || length < limit); length++ {
		var next []int
		for _, node := range wave {
			k.walked += len(k.children[node])
			for _, child := range k.children[node] {
				if child == start {
					return pathTo(start, node, from)
				}
				if _, seen := from[child]; !seen && k.left[child] {
					from[child] = node
					next = append(next, child)
				}
			}
		}
		wave = next
	}
	return nil
}

func pathTo(start, node int, from map[int]int) []int {
	path := []int{node}
	for node != start {
		node = from[node]
		path = append(path, node)
	}
	slices.Reverse(path)
	return path
}

// Places is each node's place in Order. It wants a graph without cycles.
func (g *Graph) Places() []int {
	place := make([]int, g.Len())
	for at, node := range g.Order() {
		place[node] = at
	}
	return place
}

// Reaches reports whether a way leads from a down to b; place is what Places answers. It looks from both ends, always
// from the one that has cost less, and only at nodes that stand between the two in the order: so neither a node that
// many follow nor one that follows many makes it dear.
func (g *Graph) Reaches(a, b int, place []int) bool {
	if a == b {
		return true
	}
	down, up := newSearch(a, g.children), newSearch(b, g.parents)
	for len(down.left) > 0 && len(up.left) > 0 {
		from, to := down, up
		if up.next() < down.next() {
			from, to = up, down
		}
		if from.step(to, place, place[a], place[b]) {
			return true
		}
	}
	return false
}

// search is one end of the search for a way.
type search struct {
	edges [][]int
	left  []int // seen, and not yet gone on from
	seen  map[int]bool
	cost  int // edges that were looked at
}

func newSearch(node int, edges [][]int) *search {
	return &search{edges: edges, left: []int{node}, seen: map[int]bool{node: true}}
}

// next is what the search will have cost after another step.
func (s *search) next() int { return s.cost + 1 + len(s.edges[s.left[len(s.left)-1]]) }

// step goes on from one node, within a range of places, and reports whether it met the other search.
func (s *search) step(other *search, place []int, first, last int) bool {
	s.cost = s.next()
	node := s.left[len(s.left)-1]
	s.left = s.left[:len(s.left)-1]
	for _, n := range s.edges[node] {
		if other.seen[n] {
			return true
		}
		if place[n] >= first && place[n] <= last && !s.seen[n] {
			s.seen[n] = true
			s.left = append(s.left, n)
		}
	}
	return false
}

// maxClimbed bounds the nodes that Reduced looks at: the work may grow with the square of the graph.
const maxClimbed = 10_000_000

// Reduced is each node's parents without those that another parent already follows: what a picture draws. It wants a
// graph without cycles. In a graph for which that is too much work, the last nodes keep all their parents.
func (g *Graph) Reduced() [][]int {
	place, climbed := g.Places(), 0
	out := make([][]int, g.Len())
	for node, parents := range g.parents {
		if climbed > maxClimbed {
			out[node] = parents
			continue
		}
		above := g.above(parents, place)
		climbed += len(above)
		for _, p := range parents {
			if !above[p] {
				out[node] = append(out[node], p)
			}
		}
	}
	return out
}

// above marks what some of nodes follow, no further up than the first of nodes.
func (g *Graph) above(nodes, place []int) map[int]bool {
	above := map[int]bool{}
	if len(nodes) < 2 {
		return above
	}
	first := len(place)
	for _, node := range nodes {
		first = min(first, place[node])
	}
	stack := slices.Clone(nodes)
	for len(stack) > 0 {
		node := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, p := range g.parents[node] {
			if place[p] >= first && !above[p] {
				above[p] = true
				stack = append(stack, p)
			}
		}
	}
	return above
}

// Queue is a heap of node numbers, lowest first, for container/heap.
type Queue []int

func (q Queue) Len() int           { return len(q) }
func (q Queue) Less(i, j int) bool { return q[i] < q[j] }
func (q Queue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }

// Push adds a node; it is container/heap's to call.
func (q *Queue) Push(x any) { *q = append(*q, x.(int)) }

// Pop takes the last node; it is container/heap's to call.
func (q *Queue) Pop() any {
	last := len(*q) - 1
	x := (*q)[last]
	*q = (*q)[:last]
	return x
}
