package plan

import (
	"fmt"

	"writ/engine/expr"
)

// scopes are the environments in which expressions are compiled. They are made when the first expression is met: a
// plan without expressions does not pay for them.
type scopes struct {
	l        *loader
	inputs   expr.Type
	target   expr.Type
	outer    *expr.Env // inputs and target
	whole    *expr.Env // everything but each and after
	forTexts *expr.Env // and each, over a list of texts
}

func (l *loader) scope() *scopes {
	if l.scopes == nil {
		l.scopes = &scopes{l: l, inputs: l.inputsType(), target: targetType()}
	}
	return l.scopes
}

func targetType() expr.Type {
	return expr.Object("target", map[string]expr.Type{"cloud": expr.Text, "region": expr.Text, "project_id": expr.Text})
}

func (l *loader) inputsType() expr.Type {
	fields := map[string]expr.Type{}
	for _, in := range l.plan.Inputs {
		fields[in.Name.Value] = in.Type
	}
	return expr.Object("inputs", fields)
}

// vars is what vars may read: inputs, target, and the first n vars.
func (s *scopes) vars(n int) *expr.Env {
	return s.with(s.common(), map[string]expr.Type{"vars": s.varsType(n)})
}

func (s *scopes) varsType(n int) expr.Type {
	fields := map[string]expr.Type{}
	for _, v := range s.l.plan.Vars[:n] {
		fields[v.Name.Value] = v.Type
	}
	return expr.Object(fmt.Sprintf("vars/%d", n), fields)
}

// all is what outputs, for_each, and steps without for_each may read.
func (s *scopes) all() *expr.Env {
	if s.whole == nil {
		s.whole = s.with(s.common(), map[string]expr.Type{"vars": s.varsType(len(s.l.plan.Vars)), "steps": s.stepsType()})
	}
	return s.whole
}

func (s *scopes) stepsType() expr.Type {
	fields, known := make(map[string]expr.Type, len(s.l.steps)), map[string]expr.Type{}
	for id, st := range s.l.steps {
		name, outputs := "step", expr.Any
		if st.checks != nil {
			name, outputs = "step/"+st.Kind.Name, st.checks.outputs
		}
		if st.ForEach != nil {
			name, outputs = name+"/each", expr.MapOf(outputs)
		}
		if _, found := known[name]; !found { // steps of one kind are of one type
			known[name] = expr.Object(name, map[string]expr.Type{"outputs": outputs})
		}
		fields[id] = known[name]
	}
	return expr.Object("steps", fields)
}

// of is what the step's arguments and its if may read: with for_each, each too.
func (s *scopes) of(st *Step) *expr.Env {
	if st.ForEach == nil {
		return s.all()
	}
	value := eachType(st)
	if !value.IsText() {
		return s.with(s.all(), map[string]expr.Type{"each": eachObject(st.ID.Value, value)})
	}
	if s.forTexts == nil {
		s.forTexts = s.with(s.all(), map[string]expr.Type{"each": eachObject("", expr.Text)})
	}
	return s.forTexts
}

func eachObject(id string, value expr.Type) expr.Type {
	return expr.Object("each/"+id, map[string]expr.Type{"key": expr.Text, "value": value})
}

// eachType is the type of each.value, as far as for_each shows it.
func eachType(st *Step) expr.Type {
	t := typeOf(st.ForEach, "for_each/"+st.ID.Value)
	if elem, ok := t.Elem(); ok {
		if t.IsList() {
			return expr.Text
		}
		return elem
	}
	if st.ForEach.kind != mapping || len(st.ForEach.entries()) == 0 {
		return expr.Any
	}
	first := typeOf(st.ForEach.entries()[0].value, "for_each/"+st.ID.Value+"/value")
	for _, f := range st.ForEach.entries() {
		if got := typeOf(f.value, "for_each/"+st.ID.Value+"/value"); !first.Accepts(got) || !got.Accepts(first) {
			return expr.Any
		}
	}
	return first
}

// until is what wait.until may read: after too, whose form no schema tells.
func (s *scopes) until(st *Step) *expr.Env {
	return s.with(s.of(st), map[string]expr.Type{"after": expr.Any})
}

// common is what every expression may read. All environments are made from it, since the language itself is dear.
func (s *scopes) common() *expr.Env {
	if s.outer == nil {
		s.outer = sound(expr.NewEnv(map[string]expr.Type{"inputs": s.inputs, "target": s.target}))
	}
	return s.outer
}

func (s *scopes) with(env *expr.Env, more map[string]expr.Type) *expr.Env {
	return sound(env.With(more))
}

// sound panics for an environment that is none, which is a mistake in writ's own source.
func sound(env *expr.Env, err error) *expr.Env {
	if err != nil {
		panic(fmt.Sprintf("plan: %v", err))
	}
	return env
}
