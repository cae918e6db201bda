package plan

import (
	"fmt"

	"writ/engine/diag"
	"writ/engine/step"
)

// Load reads a plan. It answers all faults at once, errors and warnings, in the order of the file; the plan is nil
// when one of them is an error. It is pure and needs no network.
func Load(file string, src []byte, kinds step.Kinds) (*Plan, []diag.Diagnostic) {
	l := newLoader(file, src, kinds)
	l.load()
	found := l.sorted()
	if diag.HasErrors(found) {
		return nil, found
	}
	return l.plan, found
}

// loader is what is known of a plan while it is loaded.
type loader struct {
	*faults
	kinds   step.Kinds
	schema  *planSchema
	known   map[string]*kindSchema // by kind
	root    *Value
	plan    *Plan
	steps   map[string]*Step // by id; of equal ids the first
	written []*Value         // the steps as the file has them
	edges   []edges          // by step: what it waits for
	scopes  *scopes
	used    used
	lost    bool         // some name of a step leads nowhere
	unsound map[int]bool // steps whose arguments are at fault

	compiled map[compiledKey]compiled
}

func newLoader(file string, src []byte, kinds step.Kinds) *loader {
	return &loader{
		faults: &faults{src: newSource(file, src)},
		kinds:  kinds,
		known:  map[string]*kindSchema{},
		plan:   &Plan{File: file, Source: src},
		steps:  map[string]*Step{},
		used:   used{inputs: map[string]bool{}, vars: map[string]bool{}},

		unsound:  map[int]bool{},
		compiled: map[compiledKey]compiled{},
	}
}

func (l *loader) load() {
	l.root = l.decode()
	if l.root == nil || l.root.broken && l.root.kind == scalar {
		return
	}
	if l.root.kind != mapping {
		l.root.typed = itsText{}
		l.add(fault{rule: ruleWrongType, at: l.root.At(), says: "a plan is a mapping that begins with version: 1"})
		return
	}
	l.schema = newPlanSchema()
	l.root.direct(l.schema.shape)
	l.misplaced()
	l.buildTop()
	l.buildInputs()
	l.buildSteps()
	l.validate()
	l.checkNames()
	l.checkExpressions()
	l.checkCycles()
	l.checkEffects()
	l.checkObjects()
	l.checkUnused()
}

// kindSchema answers a kind's schemas; of each kind that the plan uses they are compiled once.
func (l *loader) kindSchema(k step.Kind) *kindSchema {
	s, found := l.known[k.Name]
	if !found {
		s = newKindSchema(k)
		l.known[k.Name] = s
	}
	return s
}

// validate holds every part to its schema: the plan without its steps, each step, and its arguments by its kind.
func (l *loader) validate() {
	top := subject{root: l.root}
	l.named(top, l.schema.top.validate(l.topTree()))
	for i, s := range l.plan.Steps {
		if l.written[i].kind != mapping {
			l.violations(top, []violation{{path: []string{"steps", fmt.Sprint(i)}, word: "type", schema: map[string]any{"type": "object"}}})
			continue
		}
		if !l.schema.sureStep.acceptsMapping(l.written[i], "with") {
			l.violations(l.subject(s), l.schema.step.validate(l.written[i].frame()))
		}
		if s.checks != nil && s.With.kind == mapping && !s.checks.sure.accepts(s.With) {
			of := l.subject(s)
			of.root = s.With
			found := s.checks.written.validate(s.With.tree())
			l.unsound[i] = len(found) > 0
			l.violations(of, found)
		}
	}
}

// named tells faults of an input by the input's name.
func (l *loader) named(top subject, found []violation) {
	for _, x := range found {
		if len(x.path) < 2 || x.path[0] != "inputs" || x.aboutOf {
			l.violations(top, []violation{x})
			continue
		}
		f := l.root.get("inputs").field(x.path[1])
		x.path = x.path[2:]
		l.violations(subject{name: fmt.Sprintf("input %q", f.key.text), root: f.value, at: f.key}, []violation{x})
	}
}

// topTree is the plan without what stands in its steps.
func (l *loader) topTree() map[string]any {
	tree := make(map[string]any, len(l.root.entries()))
	for _, f := range l.root.entries() {
		if f.key.text == "steps" && f.value.kind == list {
			tree["steps"] = make([]any, len(f.value.items()))
			continue
		}
		tree[f.key.text] = f.value.tree()
	}
	return tree
}

// frame is a step without what stands in its arguments.
func (v *Value) frame() map[string]any {
	tree := make(map[string]any, len(v.entries()))
	for _, f := range v.entries() {
		if f.key.text == "with" && f.value.kind == mapping {
			tree["with"] = map[string]any{}
			continue
		}
		tree[f.key.text] = f.value.tree()
	}
	return tree
}

func (l *loader) subject(s *Step) subject {
	of := subject{name: stepName(s), root: l.written[s.Index]}
	switch {
	case s.ID.Value != "":
		of.at = of.root.get("id")
	case s.Uses.Value != "":
		of.at = of.root.get("uses")
	}
	return of
}

// stepName is what people call a step; one without an id is counted.
func stepName(s *Step) string {
	if s.ID.Value == "" {
		return fmt.Sprintf("step %d", s.Index+1)
	}
	return fmt.Sprintf("step %q", s.ID.Value)
}

// misplaced finds expressions where none is worked out.
func (l *loader) misplaced() {
	for _, f := range l.root.entries() {
		switch f.key.text {
		case "steps":
			for _, s := range f.value.items() {
				l.misplacedInStep(s)
			}
		case "name", "target", "defaults", "inputs":
			l.noExpression(f.value)
		}
	}
}

func (l *loader) misplacedInStep(s *Value) {
	for _, f := range s.entries() {
		switch f.key.text {
		case "with", "if", "for_each":
		case "wait":
			for _, part := range f.value.entries() {
				if part.key.text != "until" {
					l.noExpression(part.value)
				}
			}
		default:
			l.noExpression(f.value)
		}
	}
}

func (l *loader) noExpression(v *Value) {
	v.eachScalar(func(s *Value) {
		if s.isTemplate() && !s.broken {
			l.say(ruleMisplaced, s, "no expression is worked out here; only in with, if, for_each, wait.until, vars and outputs")
			s.broken = true
		}
	})
}
