package expr

import (
	"context"
	"maps"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	celast "cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
)

// maxParts is how many parts of one expression are worked out by themselves.
const maxParts = 500

// partial works out an expression of which CEL says no more than that it waits for something: the elements of a list,
// the fields of an object, the pieces of a text and the turns of a map() by themselves.
type partial struct {
	ctx   context.Context
	scope Scope
	left  *int // how many parts may still be worked out
}

// node takes an expression apart, and answers an Unknown for each part of which nothing more is known; ok is false when
// it has no parts, or when they cannot be worked out.
func (p *partial) node(x *expression, e celast.Expr) (v any, ok bool) {
	if path, isPath := constantPath(e); isPath {
		return p.held(x, path)
	}
	switch e.Kind() {
	case celast.ListKind:
		return p.list(x, e.AsList())
	case celast.MapKind:
		return p.object(x, e.AsMap())
	case celast.CallKind:
		return p.call(x, e)
	case celast.ComprehensionKind:
		return p.loop(x, e)
	}
	return nil, false
}

// part works out one part of an expression, as if it stood alone.
func (p *partial) part(x *expression, e celast.Expr) (any, bool) {
	part, ok := x.part(e)
	if *p.left--; !ok || *p.left < 0 {
		return nil, false
	}
	v, err := part.evalWithin(p.ctx, p.scope, p.left)
	return v, err == nil
}

func (x *expression) part(e celast.Expr) (*expression, bool) {
	text, err := cel.ExprToString(e, x.ast.NativeRep().SourceInfo(), cel.FormatEscapeIdentifiers(true))
	if err != nil {
		return nil, false
	}
	part := x.env.expression(text)
	return part, len(part.faults) == 0
}

func (p *partial) list(x *expression, l celast.ListExpr) (any, bool) {
	if len(l.OptionalIndices()) > 0 {
		return nil, false
	}
	out := make([]any, l.Size())
	for i, e := range l.Elements() {
		var ok bool
		if out[i], ok = p.part(x, e); !ok {
			return nil, false
		}
	}
	return out, true
}

func (p *partial) object(x *expression, m celast.MapExpr) (any, bool) {
	out := make(map[string]any, m.Size())
	for _, entry := range m.Entries() {
		e := entry.AsMapEntry()
		key, constant := textLiteral(e.Key())
		if !constant || e.IsOptional() {
			return nil, false
		}
		var ok bool
		if out[key], ok = p.part(x, e.Value()); !ok {
			return nil, false
		}
	}
	return out, true
}

func (p *partial) call(x *expression, e celast.Expr) (any, bool) {
	switch call := e.AsCall(); call.FunctionName() {
	case operators.Conditional:
		cond, ok := p.part(x, call.Args()[0])
		if chosen, known := cond.(bool); ok && known {
			return p.part(x, call.Args()[map[bool]int{true: 1, false: 2}[chosen]])
		}
	case operators.Add:
		switch t := x.env.typeOf(x.ast.NativeRep().GetType(e.ID())); {
		case t.IsText():
			return p.text(x, e)
		case t.IsList():
			return p.joined(x, e)
		}
	}
	return nil, false
}

// text joins the pieces of a text that is put together with +.
func (p *partial) text(x *expression, e celast.Expr) (any, bool) {
	var j joiner
	for _, operand := range operands(e) {
		v, ok := p.part(x, operand)
		if !ok || !j.piece(v) {
			return nil, false
		}
	}
	v, err := j.value()
	return v, err == nil
}

// joined joins lists of which each is known element by element.
func (p *partial) joined(x *expression, e celast.Expr) (any, bool) {
	out := []any{}
	for _, operand := range operands(e) {
		v, ok := p.part(x, operand)
		list, isList := v.([]any)
		if !ok || !isList {
			return nil, false
		}
		out = append(out, list...)
	}
	return out, true
}

// operands are what a chain of + joins, in its order.
func operands(e celast.Expr) []celast.Expr {
	var out []celast.Expr
	for e.Kind() == celast.CallKind && e.AsCall().FunctionName() == operators.Add {
		args := e.AsCall().Args()
		out, e = append(out, args[1]), args[0]
	}
	out = append(out, e)
	slices.Reverse(out)
	return out
}

// loop works out map(v, f) turn by turn, over a list that is known.
func (p *partial) loop(x *expression, e celast.Expr) (any, bool) {
	macro, found := x.ast.NativeRep().SourceInfo().GetMacroCall(e.ID())
	if !found || macro.Kind() != celast.CallKind {
		return nil, false
	}
	call := macro.AsCall()
	if call.FunctionName() != "map" || len(call.Args()) != 2 || call.Args()[0].Kind() != celast.IdentKind {
		return nil, false
	}
	over, ok := x.part(call.Target())
	if !ok {
		return nil, false
	}
	items, ok := p.part(x, call.Target())
	list, isList := items.([]any)
	if !ok || !isList || hasUnknown(list) {
		return nil, false
	}
	elem, _ := over.typ.Elem()
	return p.turns(x, call, list, elem)
}

func (p *partial) turns(x *expression, call celast.CallExpr, list []any, elem Type) (any, bool) {
	name := call.Args()[0].AsIdent()
	env, err := x.env.With(map[string]Type{name: elem})
	if err != nil {
		return nil, false
	}
	body, err := cel.ExprToString(call.Args()[1], x.ast.NativeRep().SourceInfo(), cel.FormatEscapeIdentifiers(true))
	turn := env.expression(body)
	if err != nil || len(turn.faults) > 0 {
		return nil, false
	}
	scope := p.scope.without(name)
	out := make([]any, len(list))
	for i, item := range list {
		scope.Vars[name] = item
		if *p.left--; *p.left < 0 {
			return nil, false
		}
		if out[i], err = turn.evalWithin(p.ctx, scope, p.left); err != nil {
			return nil, false
		}
	}
	return out, true
}

// without is the scope in which a loop's variable hides another of its name.
func (s Scope) without(name string) Scope {
	inner := Scope{Vars: maps.Clone(s.Vars)}
	for _, path := range s.Unknown {
		if len(path) > 0 && path[0] != name {
			inner.Unknown = append(inner.Unknown, path)
		}
	}
	if inner.Vars == nil {
		inner.Vars = map[string]any{}
	}
	return inner
}

// held looks up a variable, or a part of one, that is known but for some of its own parts.
func (p *partial) held(x *expression, path []string) (any, bool) {
	t := x.env.vars[path[0]]
	var v any = p.scope.Vars
	for i, name := range path {
		within, ok := v.(map[string]any)
		if !ok {
			return nil, false
		}
		if v, ok = within[name]; !ok {
			return nil, false
		}
		if i > 0 {
			t, _ = t.Field(name)
		}
	}
	if t.IsList() {
		return nil, false
	}
	for _, unknown := range p.scope.Unknown {
		if !overlap(path, unknown) {
			continue
		}
		if len(unknown) <= len(path) {
			return nil, false
		}
		var ok bool
		if v, ok = gapped(v, t, path, unknown[len(path):]); !ok {
			return nil, false
		}
	}
	return v, true
}

// gapped is a copy of an object in which one path is unknown.
func gapped(v any, t Type, at, rest []string) (any, bool) {
	from := append(slices.Clone(at), rest[0])
	t, _ = t.Field(rest[0])
	object, ok := v.(map[string]any)
	if !ok {
		return nil, false
	}
	object = maps.Clone(object)
	if len(rest) == 1 || t.IsList() {
		name := strings.Join(from, ".")
		object[rest[0]] = Unknown{Type: t, From: []string{name}, Residual: name}
		return object, true
	}
	object[rest[0]], ok = gapped(object[rest[0]], t, from, rest[1:])
	return object, ok
}

// constantPath is the path that an expression reads when it is nothing but that: steps.x.outputs, or each.value["a"].
func constantPath(e celast.Expr) ([]string, bool) {
	switch e.Kind() {
	case celast.IdentKind:
		return []string{e.AsIdent()}, true
	case celast.SelectKind:
		path, ok := constantPath(e.AsSelect().Operand())
		return append(path, e.AsSelect().FieldName()), ok && !e.AsSelect().IsTestOnly()
	case celast.CallKind:
		call := e.AsCall()
		if call.FunctionName() != operators.Index {
			return nil, false
		}
		name, constant := textLiteral(call.Args()[1])
		if !constant {
			return nil, false
		}
		path, ok := constantPath(call.Args()[0])
		return append(path, name), ok
	}
	return nil, false
}

func hasUnknown(list []any) bool {
	return slices.ContainsFunc(list, func(v any) bool {
		switch v := v.(type) {
		case Unknown:
			return true
		case []any:
			return hasUnknown(v)
		case map[string]any:
			return hasUnknown(slices.Collect(maps.Values(v)))
		}
		return false
	})
}
