package plan

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"writ/engine/diag"
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
	order := l.order()
	touching := map[string][]int{}
	for _, i := range order {
		for _, object := range l.objects(l.plan.Steps[i]) {
			touching[object] = append(touching[object], i)
		}
	}
	place := make([]int, len(order))
	for n, i := range order {
		place[i] = n
	}
	for _, object := range slices.Sorted(maps.Keys(touching)) {
		steps := touching[object]
		for n := 1; n < len(steps); n++ {
			if !l.waits(steps[n], steps[n-1], place) {
				l.sameObject(object, steps[n-1], steps[n])
			}
		}
	}
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

// objects are what a step touches, if its arguments show it.
func (l *loader) objects(s *Step) []string {
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

// order is one in which every step comes after its parents.
func (l *loader) order() []int {
	n := len(l.plan.Steps)
	left, children := make([]int, n), make([][]int, n)
	order := make([]int, 0, n)
	for i, s := range l.plan.Steps {
		left[i] = len(s.Parents)
		for _, p := range s.Parents {
			children[p] = append(children[p], i)
		}
		if left[i] == 0 {
			order = append(order, i)
		}
	}
	for at := 0; at < len(order); at++ {
		for _, c := range children[order[at]] {
			if left[c]--; left[c] == 0 {
				order = append(order, c)
			}
		}
	}
	return order
}

// waits reports whether a step comes after another through its parents. Only steps that stand between the two in the
// order can lead from one to the other.
func (l *loader) waits(from, to int, place []int) bool {
	seen := map[int]bool{}
	open := []int{from}
	for len(open) > 0 {
		i := open[len(open)-1]
		open = open[:len(open)-1]
		for _, p := range l.plan.Steps[i].Parents {
			if p == to {
				return true
			}
			if place[p] > place[to] && !seen[p] {
				seen[p] = true
				open = append(open, p)
			}
		}
	}
	return false
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
