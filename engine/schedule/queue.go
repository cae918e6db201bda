package schedule

import (
	"container/heap"

	"writ/engine/journal"
	"writ/engine/step"
)

// entry is an instance that may want something, or with part -1 a step that wants to be evaluated. Whether it still
// does is asked when it is taken out.
type entry struct{ node, part int }

// queue is a heap of entries in the order of the plan's file.
type queue []entry

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	if q[i].node != q[j].node {
		return q[i].node < q[j].node
	}
	return q[i].part < q[j].part
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)   { *q = append(*q, x.(entry)) }
func (q *queue) Pop() any {
	last := len(*q) - 1
	e := (*q)[last]
	*q = (*q)[:last]
	return e
}
func (q *queue) add(e entry) { heap.Push(q, e) }

// objects makes instances that touch the same thing follow each other. An instance takes all its objects at once or
// none, so nobody holds one while waiting for another.
type objects struct {
	taken  step.Index[*journal.Progress]
	has    map[*journal.Progress]bool                // who has taken its objects
	parked map[*journal.Progress][]*journal.Progress // by who is waited for
}

func newObjects() objects {
	return objects{has: map[*journal.Progress]bool{}, parked: map[*journal.Progress][]*journal.Progress{}}
}

// take answers false, and parks the instance, when another has one of its objects. An instance that has them keeps
// them.
func (o *objects) take(p *journal.Progress) bool {
	if o.has[p] {
		return true
	}
	for _, key := range p.Objects {
		if other, ok := o.taken.Other(key, p); ok {
			o.park(p, other)
			return false
		}
	}
	o.has[p] = true
	for _, key := range p.Objects {
		o.taken.Add(key, p)
	}
	return true
}

// park makes an instance wait for another's release.
func (o *objects) park(p, other *journal.Progress) { o.parked[other] = append(o.parked[other], p) }

// release answers the instances that waited for p.
func (o *objects) release(p *journal.Progress) []*journal.Progress {
	if o.has[p] {
		delete(o.has, p)
		for _, key := range p.Objects {
			o.taken.Remove(key, p)
		}
	}
	woken := o.parked[p]
	delete(o.parked, p)
	return woken
}
