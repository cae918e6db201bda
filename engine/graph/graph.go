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

// New makes a graph from each node's parents. Parents out of range and repeated ones are dropped.
func New(parents [][]int) *Graph {
	g := &Graph{parents: make([][]int, len(parents)), children: make([][]int, len(parents))}
	for node, ps := range parents {
		ps = slices.Compact(slices.Sorted(slices.Values(ps)))
		for _, p := range ps {
			if p >= 0 && p < len(parents) {
				g.parents[node] = append(g.parents[node], p)
				g.children[p] = append(g.children[p], node)
			}
		}
	}
	return g
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

// Cycle is a shortest cycle, beginning at its lowest node, each node followed by one that comes after it; the first
// is not repeated. It is nil when there is none.
func (g *Graph) Cycle() []int {
	k := newKnot(g)
	var best []int
	for node := range k.left {
		if !k.left[node] || len(best) == 1 {
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

// Reaches reports whether a way leads from a down to b; place is what Places answers. Only nodes that stand between
// the two in the order are looked at.
func (g *Graph) Reaches(a, b int, place []int) bool {
	seen := map[int]bool{}
	stack := []int{a}
	for len(stack) > 0 {
		node := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if node == b {
			return true
		}
		for _, child := range g.children[node] {
			if place[child] <= place[b] && !seen[child] {
				seen[child] = true
				stack = append(stack, child)
			}
		}
	}
	return false
}

// Reduced is each node's parents without those that another parent already follows: what a picture draws. It wants a
// graph without cycles.
func (g *Graph) Reduced() [][]int {
	place := g.Places()
	out := make([][]int, g.Len())
	for node, parents := range g.parents {
		above := g.above(parents, place)
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
