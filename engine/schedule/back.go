package schedule

import (
	"cmp"
	"container/heap"
	"slices"
	"time"

	"writ/engine/journal"
	"writ/engine/step"
)

// back is the way back: it undoes what the run changed along the reversed edges, otherwise newest start first, in
// parallel only across different objects. When all is put back it asks for one more look at each object.
type back struct {
	s       *Scheduler
	waiting []int // children of each step that are not put back
	open    []int // instances of each step that are not put back
	blocked []string
	ready   newest
	touched touched
	checks  []Command                     // the last looks that are to come
	looking step.Index[*journal.Progress] // who has its last look
	settles time.Time                     // when no call whose answer was lost can act any more
	checked bool                          // the last looks have been handed out
	again   bool                          // something was put back once more since: what was left because of it may go now
	stalled []*journal.Progress           // who goes on only after a pause
}

// newBack drops what the way forward had queued and begins the way back where the run stands.
func newBack(s *Scheduler) *back {
	n := s.graph.Len()
	b := &back{s: s, waiting: make([]int, n), open: make([]int, n), blocked: make([]string, n)}
	s.busy, s.sleeping, s.ready, s.locks, s.drain = 0, 0, nil, newObjects(newer), false
	clear(s.open)
	for i, node := range s.run.Nodes {
		b.waiting[i] = len(s.graph.Children(i))
		for _, p := range node.Parts {
			if wantsUndo(p) && !undone(p) {
				b.open[i]++
				b.touched.add(p)
			}
		}
	}
	for i := range n {
		if len(s.graph.Children(i)) == 0 {
			b.reach(i)
		}
	}
	return b
}

// touched finds who changed an object last and is not put back yet. Of each name of an object it has a heap, in which
// those that are put back stay until they come up.
type touched struct {
	names step.Index[*newest]
	parts map[string]*newest
}

func (t *touched) add(p *journal.Progress) {
	if t.parts == nil {
		t.parts = map[string]*newest{}
	}
	for _, name := range p.Objects {
		parts := t.parts[name]
		if parts == nil {
			parts = &newest{}
			t.parts[name] = parts
			t.names.Add(name, parts)
		}
		heap.Push(parts, p)
	}
}

// after answers an instance that changed one of p's objects after p and is not put back yet, and by which of p's names
// they touch; or nil.
func (t *touched) after(p *journal.Progress) (*journal.Progress, string) {
	for _, name := range p.Objects {
		for parts := range t.names.Overlapping(name) {
			if last := parts.last(); last != nil && last.Began > p.Began {
				return last, name
			}
		}
	}
	return nil, ""
}

// wantsUndo reports whether a write of ours acted, or may have.
func wantsUndo(p *journal.Progress) bool { return p.MayAct || p.Acted }

func undone(p *journal.Progress) bool {
	switch p.Undo.Phase {
	case journal.UndoFinished, journal.UndoFailed, journal.UndoLeft:
		return true
	}
	return false
}

// reach queues a step whose children are all put back, and passes through the steps that have nothing to undo.
func (b *back) reach(node int) {
	stack := []int{node}
	for len(stack) > 0 {
		top := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, p := range b.s.run.Nodes[top].Parts {
			if wantsUndo(p) && !undone(p) {
				b.add(p)
			}
		}
		if b.open[top] == 0 {
			stack = append(stack, b.pass(top)...)
		}
	}
}

// pass answers the parents of a step that is put back which wait for nothing else.
func (b *back) pass(node int) []int {
	var reached []int
	why := b.failed(node)
	for _, parent := range b.s.graph.Parents(node) {
		if why != "" {
			b.blocked[parent] = why
		}
		if b.waiting[parent]--; b.waiting[parent] == 0 {
			reached = append(reached, parent)
		}
	}
	return reached
}

// failed says why the steps above this one have to stay: it still stands, and may use them.
func (b *back) failed(node int) string {
	for _, p := range b.s.run.Nodes[node].Parts {
		if p.Undo.Phase == journal.UndoFailed {
			return p.Address + " follows it and could not be undone"
		}
	}
	return b.blocked[node]
}

func (b *back) add(p *journal.Progress) { heap.Push(&b.ready, p) }

// fed goes on after a record of p.
func (b *back) fed(p *journal.Progress, wasUndone bool) {
	if wasUndone {
		for _, key := range p.Objects {
			b.looking.Remove(key, p)
		}
	}
	if p.Undo.Phase == journal.UndoStalled && wasUndone { // at the last look
		b.stalled = append(b.stalled, p)
	}
	if p.Undo.Phase == journal.UndoIntended && wasUndone { // what was put back has changed again
		b.reopen(p)
	}
	if !wantsUndo(p) || wasUndone {
		return
	}
	switch {
	case p.Undo.Phase == journal.UndoStalled:
		b.stalled = append(b.stalled, p)
		return
	case !undone(p):
		b.add(p)
		return
	}
	b.s.release(p)
	if b.open[p.Node]--; b.open[p.Node] > 0 {
		return
	}
	for _, parent := range b.pass(p.Node) {
		b.reach(parent)
	}
}

// reopen undoes once more what was undone. Whoever waited for it goes on meanwhile: they are undone, too.
func (b *back) reopen(p *journal.Progress) {
	b.checked, b.again, b.checks = false, true, nil
	b.open[p.Node]++
	b.touched.add(p)
	b.add(p)
}

func (b *back) next() (Command, bool) {
	for b.s.busy < b.s.limit && b.ready.Len() > 0 {
		if c, ok := b.start(heap.Pop(&b.ready).(*journal.Progress)); ok {
			return c, true
		}
	}
	if b.ready.Len() == 0 && b.s.busy == 0 && b.s.sleeping == 0 && len(b.stalled) == 0 {
		b.collect()
	}
	return b.check()
}

func (b *back) start(p *journal.Progress) (Command, bool) {
	if _, underWay := b.s.open[p]; underWay || undone(p) || p.Undo.Phase == journal.UndoStalled {
		b.s.wake(b.s.locks.pass(p))
		return Command{}, false
	}
	c := Command{Do: b.verb(p), Node: p.Node, Part: p}
	if c.Do == Wake {
		c.Wait = p.Undo.Wait
		b.s.sleeping++
		b.s.open[p] = Wake
		return c, true
	}
	if c.Do == Skip {
		c.Why = b.whyNot(p)
	} else if other, name := b.touched.after(p); other != nil {
		b.s.locks.park(p, other, name)
		b.s.wake(b.s.locks.pass(p))
		return Command{}, false
	} else if !b.s.locks.take(p) {
		b.s.wake(b.s.locks.pass(p))
		return Command{}, false
	}
	b.s.busy++
	b.s.open[p] = c.Do
	return c, true
}

// verb is what an instance wants next on its way back.
func (b *back) verb(p *journal.Progress) Verb {
	switch {
	case p.Undo.Phase == journal.UndoBackoff:
		return Wake
	case p.Undo.Phase == journal.UndoIntended:
		return Undo
	case p.Undo.Phase == journal.UndoNone && b.whyNot(p) != "":
		return Skip
	}
	return Look
}

// whyNot is empty when an instance can be undone.
func (b *back) whyNot(p *journal.Progress) string {
	if why := b.s.run.Nodes[p.Node].NoUndo(); why != "" {
		return why
	}
	return b.blocked[p.Node]
}

// collect lists, once everything is put back, the instances whose objects want one more look: of each object who was
// the first to touch it, since what that one found is what should stand again, and who touched more besides.
func (b *back) collect() {
	if b.checked {
		return
	}
	b.checked, b.checks = true, nil // who waits for its look is found again
	var undone []*journal.Progress
	for _, n := range b.s.run.Nodes {
		for _, p := range n.Parts {
			if at := p.Settles(n.Timeout); at.After(b.settles) {
				b.settles = at
			}
			if p.Undo.Phase == journal.UndoFinished || p.Undo.Phase == journal.UndoFailed {
				undone = append(undone, p)
			}
		}
	}
	slices.SortFunc(undone, func(a, b *journal.Progress) int { return cmp.Compare(a.Began, b.Began) })
	var seen, looked step.Index[*journal.Progress]
	for _, p := range undone {
		var first bool
		var since []*journal.Progress
		if p.Undo.Phase == journal.UndoFinished && !looked.Covers(p.Objects) {
			since, first = b.within(p, &seen)
		}
		enter(&seen, p)
		if first {
			enter(&looked, p)
		}
		if first && !p.Undo.Verified || b.again && p.Undo.Retries() {
			b.checks = append(b.checks, Command{Do: Check, Node: p.Node, Part: p, Since: since})
		}
	}
	b.again = false
}

// within lists who touched p's objects before it and was undone after it, in that order. It is false when a look at p does
// not show all that these did, because they are of another kind or touched something else, too, or when the undo of one of
// them failed: what it left there is not known.
func (b *back) within(p *journal.Progress, before *step.Index[*journal.Progress]) ([]*journal.Progress, bool) {
	if !before.Touches(p.Objects, p) {
		return nil, true
	}
	var own step.Index[*journal.Progress]
	enter(&own, p)
	var since []*journal.Progress
	for _, key := range p.Objects {
		for q := range before.Overlapping(key) {
			if q.Undo.Phase != journal.UndoFinished || b.s.run.Nodes[q.Node].Uses != b.s.run.Nodes[p.Node].Uses || !own.Covers(q.Objects) {
				return nil, false
			}
			if !q.Undo.Ended.Before(p.Undo.Ended) {
				since = append(since, q)
			}
		}
	}
	slices.SortFunc(since, journal.UndoneFirst)
	return slices.Compact(since), true
}

// check hands out the next last look, unless one at an overlapping object is under way: what that one finds is put back
// first.
func (b *back) check() (Command, bool) {
	if len(b.checks) == 0 || b.s.busy >= b.s.limit {
		return Command{}, false
	}
	c := b.checks[0]
	if b.looking.Touches(c.Part.Objects, c.Part) {
		return Command{}, false
	}
	b.checks = b.checks[1:]
	enter(&b.looking, c.Part)
	b.s.busy++
	b.s.open[c.Part] = Check
	c.Until = b.settles
	return c, true
}

// enter notes who has which objects.
func enter(x *step.Index[*journal.Progress], p *journal.Progress) {
	for _, key := range p.Objects {
		x.Add(key, p)
	}
}

// last says how the way back ends, or pauses.
func (b *back) last() Command {
	if len(b.stalled) > 0 {
		p := b.stalled[0]
		return Command{Do: Pause, Why: p.Address + ": " + p.Undo.Why}
	}
	return Command{Do: Close, Closed: b.closed()}
}

// closed says whether everything is as it was.
func (b *back) closed() journal.Closed {
	for _, n := range b.s.run.Nodes {
		for _, p := range n.Parts {
			if wantsUndo(p) && (p.Undo.Phase != journal.UndoFinished || len(p.Undo.Left) > 0) {
				return journal.ClosedResidue
			}
		}
	}
	return journal.ClosedRolledBack
}

// newer reports whether an instance began after another.
func newer(a, b *journal.Progress) bool { return a.Began > b.Began }

// newest is a heap of instances, the one that began last first.
type newest []*journal.Progress

// last is the first that is not put back yet, or nil.
func (q *newest) last() *journal.Progress {
	for len(*q) > 0 {
		if p := (*q)[0]; !undone(p) {
			return p
		}
		heap.Pop(q)
	}
	return nil
}

func (q newest) Len() int           { return len(q) }
func (q newest) Less(i, j int) bool { return newer(q[i], q[j]) }
func (q newest) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *newest) Push(x any)        { *q = append(*q, x.(*journal.Progress)) }
func (q *newest) Pop() any {
	last := len(*q) - 1
	p := (*q)[last]
	*q = (*q)[:last]
	return p
}
