package schedule

import (
	"container/heap"

	"writ/engine/graph"
	"writ/engine/journal"
	"writ/engine/step"
)

// holder keeps irreversible changes back until no reversible step that does not depend on one is left to do, so that
// as long as possible everything can be put back.
//
// A step is free when no irreversible step above it is unfinished. The count of free, reversible, unfinished steps
// is kept up to date edge by edge: each edge of the graph is looked at once, when its upper end becomes free and
// reversible or finishes.
type holder struct {
	off     bool // defaults.order: file
	run     *journal.Run
	graph   *graph.Graph
	fetters []int // parents of each step that keep it from being free
	free    int   // free, reversible, unfinished steps
	kept    queue
	let     map[*journal.Progress]bool // was kept and may go on, whatever is left to do
	stale   map[*journal.Progress]bool // was kept after its read
}

func newHolder(g *graph.Graph, run *journal.Run) holder {
	h := holder{
		off: run.Open.Options.Order == "file", run: run, graph: g, fetters: make([]int, g.Len()),
		let: map[*journal.Progress]bool{}, stale: map[*journal.Progress]bool{},
	}
	for _, node := range g.Order() {
		for _, p := range g.Parents(node) {
			if h.fetter(p) {
				h.fetters[node]++
			}
		}
		if h.counts(node) {
			h.free++
		}
	}
	return h
}

// fetter reports whether an unfinished step keeps those behind it from being free.
func (h *holder) fetter(node int) bool {
	n := h.run.Nodes[node]
	return !n.Finished() && (n.Effect == step.Irreversible || h.fetters[node] > 0)
}

func (h *holder) counts(node int) bool {
	n := h.run.Nodes[node]
	return !n.Finished() && n.Effect != step.Irreversible && h.fetters[node] == 0
}

// finished takes a step out of the count and frees what only it kept from being free.
func (h *holder) finished(node int) {
	if h.run.Nodes[node].Effect != step.Irreversible {
		h.free--
		return
	}
	h.loosen(node)
}

func (h *holder) loosen(node int) {
	stack := []int{node}
	for len(stack) > 0 {
		top := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, child := range h.graph.Children(top) {
			if h.fetters[child]--; h.fetters[child] > 0 || h.run.Nodes[child].Effect == step.Irreversible {
				continue
			}
			if !h.run.Nodes[child].Finished() {
				h.free++
			}
			stack = append(stack, child)
		}
	}
}

// holds reports whether an instance's next command has to wait. A kind that is irreversible is not even read before
// its time; a change that turned out to be irreversible is held between its read and its write.
func (h *holder) holds(p *journal.Progress, verb Verb) bool {
	if h.off || h.let[p] || p.Attempt > 0 {
		return false
	}
	switch verb {
	case Read:
		return h.run.Nodes[p.Node].Effect == step.Irreversible && h.free > 0
	case Apply:
		return p.Reverse != nil && p.Reverse.Gone && h.run.Nodes[p.Node].Effect != step.Irreversible && h.free > 1
	}
	return false
}

// keep remembers a held instance. What it read will be old by the time it goes on.
func (h *holder) keep(p *journal.Progress, verb Verb) {
	h.kept.add(entry{node: p.Node, part: p.Index})
	h.stale[p] = verb == Apply
}

// fresh turns the write of an instance that was held after its read into another read.
func (h *holder) fresh(p *journal.Progress, verb Verb) Verb {
	if verb == Apply && h.stale[p] {
		delete(h.stale, p)
		return Read
	}
	return verb
}

// releaseInto gives back what was kept: one at a time once nothing reversible is left to do, since each may free a
// reversible step that holds the others again; all of it when nothing else can go on.
func (h *holder) releaseInto(q *queue, idle bool) {
	switch {
	case len(h.kept) == 0:
	case h.free == 0:
		q.add(heap.Pop(&h.kept).(entry))
	case idle:
		for _, e := range h.kept {
			h.let[h.run.Nodes[e.node].Parts[e.part]] = true
			q.add(e)
		}
		h.kept = nil
	}
}
