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
	left := g.cyclic()
	var best []int
	for node := range left {
		if !left[node] || len(best) == 1 {
			continue
		}
		if c := g.cycleThrough(node, left); c != nil && (best == nil || len(c) < len(best)) {
			best = c
		}
	}
	return best
}

// cyclic marks the nodes that no topological order reaches: those on cycles and those behind them.
func (g *Graph) cyclic() []bool {
	left := make([]bool, g.Len())
	for node := range left {
		left[node] = true
	}
	for _, node := range g.Order() {
		left[node] = false
	}
	return left
}

// cycleThrough searches breadth first for the way from node back to itself along children. Nodes below it need not
// be looked at: their own search finds a cycle that holds both.
func (g *Graph) cycleThrough(start int, left []bool) []int {
	from := map[int]int{}
	queue := []int{start}
	for len(queue) > 0 {
		node := queue[0]
		queue = queue[1:]
		for _, child := range g.children[node] {
			if child == start {
				return pathTo(start, node, from)
			}
			if _, seen := from[child]; !seen && left[child] && child > start {
				from[child] = node
				queue = append(queue, child)
			}
		}
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

// Reaches reports whether a path leads from a down to b.
func (g *Graph) Reaches(a, b int) bool {
	seen := map[int]bool{a: true}
	stack := []int{a}
	for len(stack) > 0 {
		node := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if node == b {
			return true
		}
		for _, child := range g.children[node] {
			if !seen[child] {
				seen[child] = true
				stack = append(stack, child)
			}
		}
	}
	return false
}

// Reduced is each node's parents without those that another parent already follows: what a picture draws.
func (g *Graph) Reduced() [][]int {
	out := make([][]int, g.Len())
	for node, parents := range g.parents {
		for _, p := range parents {
			if !g.behindAnother(p, parents) {
				out[node] = append(out[node], p)
			}
		}
	}
	return out
}

func (g *Graph) behindAnother(p int, parents []int) bool {
	return slices.ContainsFunc(parents, func(other int) bool { return other != p && g.Reaches(p, other) })
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
