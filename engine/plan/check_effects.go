package plan

import (
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"writ/engine/diag"
	"writ/engine/graph"
	"writ/engine/step"
)

// checkEffects warns of steps that cannot be undone and do not say so, and of those that say so for nothing.
func (l *loader) checkEffects() {
	for i, s := range l.plan.Steps {
		if s.checks == nil {
			continue
		}
		switch {
		case s.Kind.Effect == step.Irreversible && l.written[i].get("irreversible") == nil:
			uses := l.written[i].get("uses")
			l.add(fault{
				rule: ruleIrreversible, at: uses.At(), end: uses.endCol(),
				says:    fmt.Sprintf("%s cannot be undone: no call takes %s back", stepName(s), s.Uses.Value),
				suggest: "add the line irreversible: accept",
			})
		case s.Kind.Effect == step.Reads && s.Irreversible:
			l.say(ruleNeedlessAccept, l.written[i].field("irreversible").key, "%s only reads; irreversible: accept says nothing here", stepName(s))
		}
	}
}

// checkObjects finds steps that touch the same object with no way between them. It looks at what is written plainly;
// the rest shows when the plan runs.
func (l *loader) checkObjects() {
	if l.lost {
		return // a name that leads nowhere may have been an edge
	}
	g := l.graph()
	order := g.Order()
	place := make([]int, len(l.plan.Steps))
	for at, i := range order {
		place[i] = at
	}
	objects := l.objects()
	var touched step.Index[string]
	last := map[string]int{} // who touched it last: who follows that one follows those before it too
	told := map[int]bool{}
	for _, i := range order {
		for _, object := range objects[i] {
			for name := range touched.Overlapping(object) {
				if other := last[name]; !told[other] && !g.Reaches(other, i, place) {
					told[other] = true // its edge may be all that the steps after it lack
					l.sameObject(object, other, i)
				}
			}
			if _, known := last[object]; !known {
				touched.Add(object, object)
			}
			last[object] = i
		}
	}
}

// graph is the plan's order, once it is known to have no circle.
func (l *loader) graph() *graph.Graph {
	parents := make([][]int, len(l.plan.Steps))
	for i, s := range l.plan.Steps {
		parents[i] = s.Parents
	}
	return graph.New(parents)
}

func (l *loader) sameObject(object string, a, b int) {
	if a > b {
		a, b = b, a
	}
	first, second := l.plan.Steps[a], l.plan.Steps[b]
	l.add(fault{
		rule: ruleSameObject, at: second.ID.At, end: l.written[b].get("id").endCol(),
		says:    fmt.Sprintf("%s and step %q both touch %s, and nothing says which comes first", stepName(second), first.ID.Value, object),
		suggest: fmt.Sprintf("add needs: [%s]", first.ID.Value),
		related: []diag.Related{l.related(first.ID.At, "step %q touches it too", first.ID.Value)},
	})
}

// objects are what each step touches. Many are asked side by side, since each has its arguments taken apart for that.
func (l *loader) objects() [][]string {
	n, workers := len(l.plan.Steps), runtime.GOMAXPROCS(0)
	all := make([][]string, n)
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() {
			for i := w * n / workers; i < (w+1)*n/workers; i++ {
				all[i] = l.touches(l.plan.Steps[i])
			}
		})
	}
	group.Wait()
	return all
}

// touches are the objects of a step, if its arguments show them.
func (l *loader) touches(s *Step) []string {
	if s.checks == nil || s.Kind.Effect == step.Reads || s.ForEach != nil || l.unsound[s.Index] {
		return nil
	}
	tree, plain := s.With.Literal()
	if !plain {
		return nil
	}
	raw, err := json.Marshal(tree)
	if err != nil {
		return nil
	}
	keys, err := s.Kind.Objects(raw)
	if err != nil {
		return nil
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// checkUnused warns of inputs and vars that nothing reads.
func (l *loader) checkUnused() {
	if l.used.failed || diag.HasErrors(l.list) {
		return // a name that is misspelt elsewhere is not unused
	}
	for _, in := range l.plan.Inputs {
		if !l.used.inputs[in.Name.Value] {
			l.say(ruleUnusedInput, l.root.get("inputs").field(in.Name.Value).key, "nothing reads input %q", in.Name.Value)
		}
	}
	for _, v := range l.plan.Vars {
		if !l.used.vars[v.Name.Value] {
			l.say(ruleUnusedVar, l.root.get("vars").field(v.Name.Value).key, "nothing reads var %q", v.Name.Value)
		}
	}
}
