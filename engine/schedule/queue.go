package schedule

import (
	"container/heap"
	"slices"

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

// inFile orders instances as the plan's file has them.
func inFile(a, b *journal.Progress) bool {
	if a.Node != b.Node {
		return a.Node < b.Node
	}
	return a.Index < b.Index
}

// objects makes instances that touch the same thing follow each other. An instance takes all its objects at once or
// none, so nobody holds one while waiting for another.
//
// Those that wait for one holder and by the same name stand in a line, of which only the first is woken: it takes the
// line along to whoever it waits for next, itself or another. So a hundred thousand changes of one object are asked once
// each, and not once for each that comes before them.
type objects struct {
	taken  step.Index[*journal.Progress]
	has    map[*journal.Progress]bool   // who has taken its objects
	parked map[*journal.Progress]*crowd // by who is waited for
	before func(a, b *journal.Progress) bool
}

func newObjects(before func(a, b *journal.Progress) bool) objects {
	return objects{has: map[*journal.Progress]bool{}, parked: map[*journal.Progress]*crowd{}, before: before}
}

// crowd is all that wait for one instance.
type crowd struct {
	lines  []*line // in the order in which they began
	byName map[string]*line
}

// line is a heap of instances that wait by the same name of an object.
type line struct {
	name   string
	parts  []*journal.Progress
	before func(a, b *journal.Progress) bool
}

func (l *line) Len() int           { return len(l.parts) }
func (l *line) Less(i, j int) bool { return l.before(l.parts[i], l.parts[j]) }
func (l *line) Swap(i, j int)      { l.parts[i], l.parts[j] = l.parts[j], l.parts[i] }
func (l *line) Push(x any)         { l.parts = append(l.parts, x.(*journal.Progress)) }
func (l *line) Pop() any {
	last := len(l.parts) - 1
	p := l.parts[last]
	l.parts = l.parts[:last]
	return p
}

// take answers false, and parks the instance, when another has one of its objects. An instance that has them keeps
// them.
func (o *objects) take(p *journal.Progress) bool {
	if o.has[p] {
		return true
	}
	for _, key := range p.Objects {
		if other, ok := o.taken.Other(key, p); ok {
			o.park(p, other, key)
			return false
		}
	}
	o.has[p] = true
	for _, key := range p.Objects {
		o.taken.Add(key, p)
	}
	return true
}

// park makes an instance, and the line that it leads by this name, wait for another's release.
func (o *objects) park(p, other *journal.Progress, name string) {
	l := &line{name: name, parts: []*journal.Progress{p}, before: o.before}
	if c := o.parked[p]; c != nil && c.byName[name] != nil && p != other {
		behind := c.byName[name]
		c.leave(behind)
		heap.Push(behind, p)
		l = behind
	}
	o.queue(l, other)
}

// queue puts a line behind an instance, or joins it with the one that is there.
func (o *objects) queue(l *line, behind *journal.Progress) {
	c := o.parked[behind]
	if c == nil {
		c = &crowd{byName: map[string]*line{}}
		o.parked[behind] = c
	}
	there := c.byName[l.name]
	if there == nil {
		c.lines, c.byName[l.name] = append(c.lines, l), l
		return
	}
	if there.Len() < l.Len() {
		there.parts, l.parts = l.parts, there.parts
	}
	for _, p := range l.parts {
		heap.Push(there, p)
	}
}

func (c *crowd) leave(l *line) {
	delete(c.byName, l.name)
	c.lines = slices.DeleteFunc(c.lines, func(other *line) bool { return other == l })
}

// release answers who goes on once p does not hold its objects any more.
func (o *objects) release(p *journal.Progress) []*journal.Progress {
	if o.has[p] {
		delete(o.has, p)
		for _, key := range p.Objects {
			o.taken.Remove(key, p)
		}
	}
	return o.pass(p)
}

// pass answers who goes on when p, which leads others, does not go on itself. Who holds its objects lets nobody pass.
func (o *objects) pass(p *journal.Progress) []*journal.Progress {
	c := o.parked[p]
	if c == nil || o.has[p] {
		return nil
	}
	delete(o.parked, p)
	var first []*journal.Progress
	for _, l := range c.lines {
		head := heap.Pop(l).(*journal.Progress)
		first = append(first, head)
		if l.Len() > 0 {
			o.queue(l, head)
		}
	}
	return first
}
