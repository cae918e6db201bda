package plan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"writ/engine/diag"
	"writ/engine/expr"
)

// Value is a tree of literals and templates as the plan has them. Every part knows where it was written.
type Value struct {
	src       *source
	line, col int32
	kind      valueKind
	style     style
	broken    bool   // it has a fault already: what follows from that is not said
	text      string // of a scalar: what YAML makes of it
	typed     any    // of a scalar: null, a boolean, a number, itsText, or its *expr.Template once that is compiled
	parts     *parts // of a list or a mapping
}

// A plan holds a million values, most of them scalars, so a scalar has no room for what only others need.
type parts struct {
	items  []*Value
	fields []field // in the order of the file
}

type field struct {
	key   *Value
	value *Value
}

// itsText says that a scalar's value is its text.
type itsText struct{}

type valueKind uint8

const (
	scalar valueKind = iota
	list
	mapping
)

// At is the place where the value begins.
func (v *Value) At() diag.Pos { return diag.Pos{Line: int(v.line), Col: int(v.col)} }

// Literal answers the value as a JSON-like tree when no part of it holds an expression.
func (v *Value) Literal() (any, bool) {
	if v.hasTemplate() {
		return nil, false
	}
	return v.tree(), true
}

// EvalError is an expression that came to nothing, and its place in the plan.
type EvalError struct {
	At      diag.Pos
	Path    string // of the part within the value: obs_buckets, or rules[2].name
	Message string
	err     error
}

func (e *EvalError) Error() string { return e.Message }

// Unwrap answers what the expression itself reported.
func (e *EvalError) Unwrap() error { return e.err }

// Eval works the value out as a JSON-like tree: nil, bool, int64, float64, string, []any, map[string]any. Parts that
// wait for something are expr.Unknown values, and unknown lists their paths. An error is an *EvalError.
func (v *Value) Eval(ctx context.Context, s expr.Scope) (tree any, unknown []string, err error) {
	e := evaluation{ctx: ctx, scope: s}
	tree, err = e.value("", v)
	if err != nil {
		return nil, nil, err
	}
	return tree, e.unknown, nil
}

type evaluation struct {
	ctx     context.Context
	scope   expr.Scope
	unknown []string
}

func (e *evaluation) value(path string, v *Value) (any, error) {
	switch v.kind {
	case list:
		return e.list(path, v)
	case mapping:
		return e.mapping(path, v)
	}
	template := v.template()
	if template == nil {
		return v.value(), nil
	}
	out, err := template.Eval(e.ctx, e.scope)
	if err != nil {
		return nil, v.evalError(path, err)
	}
	if hasUnknown(out) {
		e.unknown = append(e.unknown, path)
	}
	return out, nil
}

func (e *evaluation) list(path string, v *Value) (any, error) {
	out := make([]any, len(v.items()))
	for i, item := range v.items() {
		var err error
		if out[i], err = e.value(path+"["+strconv.Itoa(i)+"]", item); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (e *evaluation) mapping(path string, v *Value) (any, error) {
	out := make(map[string]any, len(v.entries()))
	for _, f := range v.entries() {
		value, err := e.value(joinPath(path, f.key.text), f.value)
		if err != nil {
			return nil, err
		}
		out[f.key.text] = value
	}
	return out, nil
}

// evalError leads an error inside an expression to its place in the file.
func (v *Value) evalError(path string, err error) error {
	e := &EvalError{At: v.At(), Path: path, Message: err.Error(), err: err}
	if at := new(expr.EvalError); errors.As(err, &at) {
		e.At, e.Message = v.placeOf(at.Offset), at.Message
	}
	return e
}

func hasUnknown(v any) bool {
	switch v := v.(type) {
	case expr.Unknown:
		return true
	case []any:
		for _, item := range v {
			if hasUnknown(item) {
				return true
			}
		}
	case map[string]any:
		for _, item := range v {
			if hasUnknown(item) {
				return true
			}
		}
	}
	return false
}

// tree is the value with its expressions as the text they are written in: what the schemas see.
func (v *Value) tree() any {
	switch v.kind {
	case list:
		out := make([]any, len(v.items()))
		for i, item := range v.items() {
			out[i] = item.tree()
		}
		return out
	case mapping:
		out := make(map[string]any, len(v.entries()))
		for _, f := range v.entries() {
			out[f.key.text] = f.value.tree()
		}
		return out
	}
	return v.value()
}

// value is what a scalar stands for; its text, when that holds an expression.
func (v *Value) value() any {
	switch v.typed.(type) {
	case itsText, *expr.Template:
		return v.text
	}
	return v.typed
}

// template is a scalar's expression, once that is compiled, else nil.
func (v *Value) template() *expr.Template {
	t, _ := v.typed.(*expr.Template)
	return t
}

// items are those of a list; a value that is none, or absent, has no items.
func (v *Value) items() []*Value {
	if v == nil || v.parts == nil {
		return nil
	}
	return v.parts.items
}

// entries are the keys of a mapping and their values, in the order of the file; a value that is none, or absent, has no
// entries.
func (v *Value) entries() []field {
	if v == nil || v.parts == nil {
		return nil
	}
	return v.parts.fields
}

// get answers a mapping's value under a key, or nil.
func (v *Value) get(key string) *Value {
	if f := v.field(key); f != nil {
		return f.value
	}
	return nil
}

func (v *Value) field(key string) *field {
	fields := v.entries()
	for i := range fields {
		if fields[i].key.text == key {
			return &fields[i]
		}
	}
	return nil
}

// isTemplate reports whether the scalar holds an expression.
func (v *Value) isTemplate() bool { return v.kind == scalar && expr.Has(v.text) }

// IsLiteral reports whether a step has no for_each, and no expression in its arguments and its condition: it reads nothing.
func (s *Step) IsLiteral() bool {
	return s.ForEach == nil && !s.With.hasTemplate() && !s.If.hasTemplate()
}

func (v *Value) hasTemplate() bool {
	if v == nil {
		return false
	}
	if v.isTemplate() {
		return true
	}
	for _, item := range v.items() {
		if item.hasTemplate() {
			return true
		}
	}
	for _, f := range v.entries() {
		if f.value.hasTemplate() {
			return true
		}
	}
	return false
}

// Steps names the steps that the value's expressions read, in the order of the file.
func (v *Value) Steps() []string {
	var ids []string
	v.eachScalar(func(v *Value) {
		if v.template() == nil {
			return
		}
		for _, r := range v.template().Reads() {
			if len(r.Path) > 1 && r.Path[0] == "steps" && !slices.Contains(ids, r.Path[1]) {
				ids = append(ids, r.Path[1])
			}
		}
	})
	return ids
}

// eachScalar visits the scalars of the tree in the order of the file.
func (v *Value) eachScalar(visit func(v *Value)) {
	if v == nil {
		return
	}
	if v.kind == scalar {
		visit(v)
	}
	for _, item := range v.items() {
		item.eachScalar(visit)
	}
	for _, f := range v.entries() {
		f.value.eachScalar(visit)
	}
}

func (v *Value) string() String {
	if v == nil {
		return String{}
	}
	text, _ := v.value().(string)
	return String{Value: text, At: v.At()}
}

func joinPath(path, key string) string {
	if !isPlainKey(key) {
		return fmt.Sprintf("%s[%q]", path, key)
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

func isPlainKey(key string) bool {
	for _, r := range key {
		if r != '_' && r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') {
			return false
		}
	}
	return key != ""
}
