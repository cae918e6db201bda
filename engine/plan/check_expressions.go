package plan

import (
	"context"
	"fmt"
	"slices"

	"writ/engine/expr"
)

// checkExpressions compiles every expression of the plan and holds its type to its place.
func (l *loader) checkExpressions() {
	for i := range l.plan.Vars {
		v := &l.plan.Vars[i]
		l.compileAll(v.Value, func() *expr.Env { return l.scope().vars(i) }, nil)
		l.keepSecret(v.Value)
		v.Type = typeOf(v.Value, "vars/value/"+v.Name.Value)
	}
	for _, s := range l.plan.Steps {
		l.compileAll(s.ForEach, l.everything, s)
		l.keepSecret(s.ForEach)
		l.checkForEach(s)
	}
	for _, s := range l.plan.Steps {
		l.checkStep(s)
	}
	for _, o := range l.plan.Outputs {
		l.compileAll(o.Value, l.everything, nil)
		l.keepSecret(o.Value)
	}
}

func (l *loader) compileAll(v *Value, env func() *expr.Env, s *Step) {
	v.eachScalar(func(part *Value) {
		if part.isTemplate() && !part.broken && !l.full() {
			l.compile(part, env(), s)
		}
	})
}

// everything is what is in scope where there is no each. It is asked for only when there is an expression.
func (l *loader) everything() *expr.Env { return l.scope().all() }

func (l *loader) checkStep(s *Step) {
	here := func() *expr.Env { return l.scope().of(s) }
	l.compileAll(s.If, here, s)
	l.keepSecret(s.If)
	l.mustBe(ruleIfType, s.If, stepName(s)+": if", expr.Bool)
	l.compileAll(s.With, here, s)
	if s.checks != nil {
		l.checkArgument(s, s.With, s.checks.args, "")
	} else {
		l.keepSecret(s.With)
	}
	if s.Wait == nil {
		return
	}
	l.compileAll(s.Wait.Until, func() *expr.Env { return l.scope().until(s) }, s)
	l.keepSecret(s.Wait.Until)
	l.mustBe(ruleUntilType, s.Wait.Until, stepName(s)+": wait.until", expr.Bool)
	if s.Wait.Until == nil && s.checks != nil && !s.Kind.Awaits() {
		at := l.written[s.Index].field("wait").key
		l.add(fault{
			rule: ruleWaitUntil, at: at.At(), end: at.endCol(),
			says:    fmt.Sprintf("%s waits, but %s does not know when its effect is there", stepName(s), s.Uses.Value),
			suggest: "add until: ${{ … }}",
		})
	}
}

// mustBe holds an expression to a type; what is written plainly was held to it by the schema.
func (l *loader) mustBe(rule string, v *Value, what string, want expr.Type) {
	if v == nil || v.template() == nil || want.Accepts(v.template().Type()) {
		return
	}
	l.say(rule, v, "%s must be %s; the expression is %s", what, typeWords(want), typeWords(v.template().Type()))
}

func (l *loader) checkForEach(s *Step) {
	v := s.ForEach
	if v == nil || v.broken {
		return
	}
	if v.kind == list {
		for _, item := range v.items() {
			l.mustBe(ruleForEachType, item, stepName(s)+": a key of for_each", expr.Text)
		}
	}
	if v.template() == nil {
		return
	}
	t := v.template().Type()
	elem, _ := t.Elem()
	if t.IsAny() || t.IsMap() || t.IsObject() || t.IsList() && expr.Text.Accepts(elem) {
		return
	}
	l.say(ruleForEachType, v, "%s: for_each must be a list of texts or a mapping; the expression is %s", stepName(s), typeWords(t))
}

// typeWords names a type with its article.
func typeWords(t expr.Type) string {
	switch word := t.String(); {
	case t.IsText(), t.IsAny():
		return word
	case t.IsBool():
		return "true or false"
	case word[0] == 'i' || word[0] == 'o':
		return "an " + word
	default:
		return "a " + word
	}
}

// checkArgument holds the expressions in an argument to the type that the kind's schema asks for.
func (l *loader) checkArgument(s *Step, v *Value, shape *shape, path string) {
	for i, item := range v.items() {
		l.checkArgument(s, item, shape.items(), fmt.Sprintf("%s[%d]", path, i))
	}
	for _, f := range v.entries() {
		l.checkArgument(s, f.value, shape.part(f.key.text), joinPath(path, f.key.text))
	}
	if v.template() == nil {
		return
	}
	if shape != nil && shape.sensitive {
		l.checkSecret(s, v, path)
		return
	}
	l.keepSecret(v)
	want, got := shape.exprType(), v.template().Type()
	if !want.Accepts(got) {
		l.say(ruleArgumentType, v, "%s: %s must be %s; the expression is %s", stepName(s), path, typeWords(want), typeWords(got))
		return
	}
	if shape != nil && len(shape.literals) > 0 {
		l.checkLiteralOnly(s, v, shape, path)
	}
}

// checkLiteralOnly finds expressions that are sure to yield what must stand in the plan as it is, or nothing at all.
func (l *loader) checkLiteralOnly(s *Step, v *Value, shape *shape, path string) {
	value, known := l.constant(v)
	if !known {
		return
	}
	switch {
	case slices.Contains(shape.literals, value):
		l.say(ruleLiteralOnly, v, "%s: %s becomes %v through an expression; that means everybody, so it must stand here as it is", stepName(s), path, value)
	case isBlank(value):
		l.say(ruleEmptyID, v, "%s: %s becomes empty through this expression", stepName(s), path)
	}
}

// constant works out an expression that reads nothing but vars that are written plainly.
func (l *loader) constant(v *Value) (any, bool) {
	vars := map[string]any{}
	for _, r := range v.template().Reads() {
		if r.Path[0] != "vars" || len(r.Path) < 2 {
			return nil, false
		}
		i := slices.IndexFunc(l.plan.Vars, func(x Var) bool { return x.Name.Value == r.Path[1] })
		if i < 0 {
			return nil, false
		}
		tree, plain := l.plan.Vars[i].Value.Literal()
		if !plain {
			return nil, false
		}
		vars[r.Path[1]] = tree
	}
	out, err := v.template().Eval(context.Background(), expr.Scope{Vars: map[string]any{"vars": vars}})
	return out, err == nil && !hasUnknown(out)
}
