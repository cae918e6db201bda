package trial

import (
	"context"
	"maps"
	"net/http"
	"slices"

	"writ/engine/journal"
	"writ/engine/step"
)

// Calls is what each step of a plan sent in a trial without faults.
type Calls struct {
	steps map[string]*sent
}

// sent is what one step sent.
type sent struct {
	ways    map[bool][]Request // the calls that change something, there (false) and back (true); all, if it only reads
	reads   bool
	earlier map[string]int // a step that only reads: calls of the same operation by others before it
}

// Steps lists the steps that sent something, by address.
func (c *Calls) Steps() []string {
	if c == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(c.steps))
}

// Of lists the operations by which a step changed something, there or back, in order; those by which it looked, if it
// only reads.
func (c *Calls) Of(address string, undo bool) []string {
	var names []string
	if c == nil || c.steps[address] == nil {
		return nil
	}
	for _, r := range c.steps[address].ways[undo] {
		names = append(names, r.Operation)
	}
	return names
}

// learn tells what each step sent.
func (w *world) learn(ctx context.Context, end *End) (*Calls, error) {
	c := &Calls{steps: map[string]*sent{}}
	for _, r := range end.Requests {
		if r.Step == "" || r.Looks() {
			continue
		}
		s := c.steps[r.Step]
		if s == nil {
			s = &sent{ways: map[bool][]Request{}}
			c.steps[r.Step] = s
		}
		s.ways[r.Undo] = append(s.ways[r.Undo], r)
	}
	if end.Run == nil {
		return c, nil
	}
	return c, w.learnReads(ctx, end.Run, c)
}

// learnReads lets each step that only reads look once more, by itself: it counts what it sends, not what it is told.
// Steps follow one another, so those of one operation come in the order in which they ended.
func (w *world) learnReads(ctx context.Context, run *journal.Run, c *Calls) error {
	seen := map[string]int{}
	for _, p := range looked(run) {
		kind, _ := w.engine.Kinds.Find(run.Nodes[p.Node].Uses)
		from := len(w.watcher.requests)
		_, _ = kind.Read(ctx, p.In)
		all, err := w.watcher.finish()
		if err != nil {
			return err
		}
		s := &sent{reads: true, ways: map[bool][]Request{false: all[from:]}, earlier: maps.Clone(seen)}
		for _, r := range all[from:] {
			seen[r.Operation]++
		}
		c.steps[p.Address] = s
	}
	return nil
}

// looked are the instances of steps that only read, in the order in which they did.
func looked(run *journal.Run) []*journal.Progress {
	var parts []*journal.Progress
	for _, n := range run.Nodes {
		for _, p := range n.Parts {
			if n.Effect == step.Reads && p.How == journal.Looked {
				parts = append(parts, p)
			}
		}
	}
	slices.SortStableFunc(parts, func(a, b *journal.Progress) int { return a.Ended.Compare(b.Ended) })
	return parts
}

// Request is one call that the sandbox received.
type Request struct {
	Step      string `json:"step,omitempty"` // whose write or undo it belongs to; empty for looks
	Undo      bool   `json:"undo,omitempty"`
	Service   string `json:"service"`
	Operation string `json:"operation"`
	Method    string `json:"method"`
	Path      string `json:"path"`
	Query     string `json:"query"`
	Body      string `json:"body"`
	Status    int    `json:"status"` // 0: no answer
	Changed   bool   `json:"changed"`
}

// Looks reports whether the call cannot change anything.
func (r Request) Looks() bool { return r.Method == http.MethodGet || r.Method == http.MethodHead }
