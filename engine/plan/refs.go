package plan

import (
	"fmt"
	"slices"
	"strings"

	"writ/engine/diag"
	"writ/engine/expr"
)

// edge is a step that must come first, and where the plan says so.
type edge struct {
	to int
	at diag.Pos
}

// edges are those of one step, each once.
type edges struct {
	list []edge
	to   map[int]bool // when they are many
}

func (e *edges) add(to int, at diag.Pos) {
	if e.has(to) {
		return
	}
	e.list = append(e.list, edge{to, at})
	switch {
	case e.to != nil:
		e.to[to] = true
	case len(e.list) > fewKeys:
		e.to = make(map[int]bool, 2*fewKeys)
		for _, one := range e.list {
			e.to[one.to] = true
		}
	}
}

func (e *edges) has(to int) bool {
	if e.to != nil {
		return e.to[to]
	}
	return slices.ContainsFunc(e.list, func(e edge) bool { return e.to == to })
}

// used is what some expression reads. It is of no use once an expression failed to compile.
type used struct {
	inputs, vars map[string]bool
	failed       bool
}

// checkNames finds ids that stand twice, and resolves needs.
func (l *loader) checkNames() {
	for i, s := range l.plan.Steps {
		id := s.ID.Value
		if id == "" {
			continue
		}
		if first, found := l.steps[id]; found {
			at := l.written[i].get("id")
			l.lost = true
			l.add(fault{
				rule: ruleDuplicateStep, at: at.At(), end: at.endCol(),
				says:    fmt.Sprintf("two steps have the id %s; the first is in line %d", id, first.ID.At.Line),
				related: []diag.Related{l.related(first.ID.At, "the first %s", id)},
			})
			continue
		}
		l.steps[id] = s
	}
	for i, s := range l.plan.Steps {
		written := l.written[i].get("needs").items()
		for j, name := range s.Needs {
			l.need(s, name, written[j])
		}
	}
}

func (l *loader) need(s *Step, name String, v *Value) {
	if name.Value == "" || v.broken {
		return
	}
	parent, found := l.steps[name.Value]
	switch {
	case name.Value == s.ID.Value:
		l.say(ruleSelfReference, v, "%s needs itself", stepName(s))
	case !found && l.full():
		l.lost = true
	case !found:
		l.lost = true
		l.add(fault{
			rule: ruleUnknownStep, at: v.At(), end: v.endCol(),
			says:    fmt.Sprintf("%s needs %s, which is no step of the plan", stepName(s), shownWord(name.Value)),
			suggest: didYouMean(name.Value, l.ids()),
		})
	default:
		l.edges[s.Index].add(parent.Index, v.At())
	}
}

func (l *loader) ids() []string {
	out := make([]string, 0, len(l.plan.Steps))
	for _, s := range l.plan.Steps {
		out = append(out, s.ID.Value)
	}
	return out
}

// compiled is what an environment makes of a text: thousands of steps repeat a few expressions.
type compiled struct {
	template *expr.Template
	reads    []expr.Read
	faults   []expr.Fault
}

type compiledKey struct {
	env  *expr.Env
	text string
}

// compile parses and types one scalar's expressions. Of a step it notes what the step waits for.
func (l *loader) compile(v *Value, env *expr.Env, s *Step) {
	c, known := l.compiled[compiledKey{env, v.text}]
	if !known {
		c.template, c.faults = env.Compile(v.text)
		if len(c.faults) == 0 {
			c.reads = c.template.Reads()
		}
		l.compiled[compiledKey{env, v.text}] = c
	}
	for _, x := range c.faults {
		l.used.failed, l.lost = true, true
		l.expression(v, x)
	}
	if c.template != nil {
		v.typed = c.template
	}
	for _, r := range c.reads {
		l.read(v, r, s)
	}
}

// read follows one path that an expression reads.
func (l *loader) read(v *Value, r expr.Read, s *Step) {
	name := ""
	if len(r.Path) > 1 {
		name = r.Path[1]
	}
	switch r.Path[0] {
	case "inputs":
		l.used.mark(l.used.inputs, name)
	case "vars":
		l.used.mark(l.used.vars, name)
	case "steps":
		l.readStep(v, r, s, name)
	}
}

func (u *used) mark(names map[string]bool, name string) {
	if name == "" {
		u.failed = true // all of them are read
		return
	}
	names[name] = true
}

func (l *loader) readStep(v *Value, r expr.Read, s *Step, name string) {
	parent, found := l.steps[name]
	if found && parent != s && s != nil && l.edges[s.Index].has(parent.Index) {
		l.hard(s, parent, r)
		return
	}
	at, end := v.span(r.Offset, r.Offset+len("steps"))
	switch {
	case name == "":
		l.add(fault{rule: ruleExprType, at: at, end: end, says: "an expression reads one step's outputs, not all steps", suggest: "write steps.<id>.outputs"})
	case s == nil || !found:
	case parent == s:
		l.add(fault{rule: ruleSelfReference, at: at, end: end, says: stepName(s) + " reads its own outputs"})
	default:
		l.edges[s.Index].add(parent.Index, at)
		l.hard(s, parent, r)
	}
}

// hard notes that a step has nothing to read when its parent is skipped.
func (l *loader) hard(s, parent *Step, r expr.Read) {
	if !r.Optional {
		s.Hard = append(s.Hard, parent.Index)
	}
}

// expression words a fault within an expression, at its own place.
func (l *loader) expression(v *Value, x expr.Fault) {
	d := fault{rule: x.Rule, says: x.Message}
	d.at, d.end = v.span(x.Offset, x.End)
	before := strings.TrimRight(v.text[:min(x.Offset, len(v.text))], "? .`")
	switch {
	case x.Word == "each":
		d.rule, d.says = ruleEachOutside, "each stands only in a step with for_each, and not in for_each itself"
	case x.Word == "after":
		d.rule, d.says = ruleAfterOutside, "after stands only in wait.until"
	case x.Word != "" && strings.HasSuffix(before, "steps") && l.isSteps(x.Near):
		d.rule, d.says = ruleUnknownStep, fmt.Sprintf("there is no step %q", x.Word)
	}
	if x.Word != "" {
		d.suggest = didYouMean(x.Word, x.Near)
		if d.suggest == "" && d.rule == ruleExprName {
			d.suggest = knownAre(x.Near)
		}
	}
	l.add(d)
}

func (l *loader) isSteps(names []string) bool {
	return !slices.ContainsFunc(names, func(name string) bool { return l.steps[name] == nil })
}

// link turns the edges into the steps' parents.
func (l *loader) link() {
	for i, s := range l.plan.Steps {
		for _, e := range l.edges[i].list {
			s.Parents = append(s.Parents, e.to)
		}
		slices.Sort(s.Parents)
		slices.Sort(s.Hard)
		s.Hard = slices.Compact(s.Hard)
	}
}
