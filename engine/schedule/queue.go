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
	parked map[*journal.Progress][]*journal.Progress // by who is waited for
}

func newObjects() objects { return objects{parked: map[*journal.Progress][]*journal.Progress{}} }

// take answers false, and parks the instance, when another has one of its objects.
func (o *objects) take(p *journal.Progress) bool {
	for _, key := range p.Objects {
		if other, ok := o.taken.Other(key, p); ok {
			o.parked[other] = append(o.parked[other], p)
			return false
		}
	}
	for _, key := range p.Objects {
		o.taken.Add(key, p)
	}
	return true
}

// release answers the instances that waited for what p had.
func (o *objects) release(p *journal.Progress) []*journal.Progress {
	for _, key := range p.Objects {
		o.taken.Remove(key, p)
	}
	woken := o.parked[p]
	delete(o.parked, p)
	return woken
}
