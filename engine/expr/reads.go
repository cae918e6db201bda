package expr

import (
	"slices"
	"strings"

	celast "cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
)

// Read is one path that a template reads from the variables, such as steps.mpc.outputs.status. It
// ends where the path stops being constant: at a list, or at a key that is worked out.
type Read struct {
	Path   []string
	Offset int // of the path's first name, in bytes
	// Optional says that the template copes when the second or third name is missing: both
	// steps.?mpc.outputs and steps.mpc.?outputs are optional, and so is has(steps.mpc.outputs).
	Optional bool
}

// Reads lists what the template reads, in the order of the text. A path is listed once, and not at
// all beside one that it is part of; it is optional only if each place that reads it is.
func (t *Template) Reads() []Read {
	var all []Read
	for _, p := range t.parts {
		if !p.isExpr {
			continue
		}
		for _, r := range p.expr.reads {
			r.Path, r.Offset = slices.Clone(r.Path), r.Offset+p.offset
			all = append(all, r)
		}
	}
	return merge(all)
}

// merge joins equal paths and folds longer ones into those that hold them.
func merge(all []Read) []Read {
	slices.SortStableFunc(all, func(a, b Read) int { return a.Offset - b.Offset })
	known := map[string]bool{}
	for _, r := range all {
		known[key(r.Path)] = true
	}
	place := map[string]int{}
	var merged []Read
	for _, r := range all {
		r.Path = shortest(r.Path, known)
		at, seen := place[key(r.Path)]
		if !seen {
			place[key(r.Path)] = len(merged)
			merged = append(merged, r)
			continue
		}
		merged[at].Optional = merged[at].Optional && r.Optional
	}
	return merged
}

func shortest(path []string, known map[string]bool) []string {
	for n := 1; n < len(path); n++ {
		if known[key(path[:n])] {
			return path[:n]
		}
	}
	return path
}

func key(path []string) string { return strings.Join(path, "\x00") }

// reader walks an expression; local counts the loop variables in scope, by name.
type reader struct {
	x     *expression
	info  *celast.SourceInfo
	local map[string]int
	found []Read
}

func (x *expression) findReads(a *celast.AST) []Read {
	r := &reader{x: x, info: a.SourceInfo(), local: map[string]int{}}
	r.walk(a.Expr())
	return merge(r.found)
}

func (r *reader) walk(e celast.Expr) {
	if c, ok := r.chain(e); ok {
		r.note(c)
		return
	}
	switch e.Kind() {
	case celast.SelectKind:
		r.walk(e.AsSelect().Operand())
	case celast.CallKind:
		r.walkCall(e.AsCall())
	case celast.ListKind:
		r.walkAll(e.AsList().Elements())
	case celast.MapKind:
		for _, entry := range e.AsMap().Entries() {
			r.walk(entry.AsMapEntry().Key())
			r.walk(entry.AsMapEntry().Value())
		}
	case celast.ComprehensionKind:
		r.walkLoop(e.AsComprehension())
	}
}

func (r *reader) walkAll(exprs []celast.Expr) {
	for _, e := range exprs {
		r.walk(e)
	}
}

func (r *reader) walkCall(call celast.CallExpr) {
	if call.IsMemberFunction() {
		r.walk(call.Target())
	}
	r.walkAll(call.Args())
}

// walkLoop minds the scopes: the range and the start value see nothing of the loop, the result
// only its accumulator.
func (r *reader) walkLoop(loop celast.ComprehensionExpr) {
	r.walkAll([]celast.Expr{loop.IterRange(), loop.AccuInit()})
	r.local[loop.AccuVar()]++
	r.local[loop.IterVar()]++
	r.local[loop.IterVar2()]++
	r.walkAll([]celast.Expr{loop.LoopCondition(), loop.LoopStep()})
	r.local[loop.IterVar()]--
	r.local[loop.IterVar2()]--
	r.walk(loop.Result())
	r.local[loop.AccuVar()]--
}

// chain is a path of selections that begins at a variable.
type chain struct {
	root     celast.Expr
	path     []string
	optional []bool        // for each name of path, whether it may be missing
	ended    bool          // the path goes on, but not with constant names
	keys     []celast.Expr // what worked-out keys are made of
}

// chain reads e as a path; it is none when it begins at something else than a variable.
func (r *reader) chain(e celast.Expr) (chain, bool) {
	switch e.Kind() {
	case celast.IdentKind:
		return r.chainRoot(e)
	case celast.SelectKind:
		sel := e.AsSelect()
		return r.extend(sel.Operand(), sel.FieldName(), sel.IsTestOnly())
	case celast.CallKind:
		return r.chainCall(e.AsCall())
	}
	return chain{}, false
}

func (r *reader) chainRoot(e celast.Expr) (chain, bool) {
	name := strings.TrimPrefix(e.AsIdent(), ".") // CEL's mark of a variable that a loop would hide
	if _, known := r.x.env.vars[name]; !known || (r.local[name] > 0 && name == e.AsIdent()) {
		return chain{}, false
	}
	return chain{root: e, path: []string{name}, optional: []bool{false}}, true
}

func (r *reader) chainCall(call celast.CallExpr) (chain, bool) {
	switch call.FunctionName() {
	case operators.OptSelect, operators.OptIndex, operators.Index:
	default:
		return chain{}, false
	}
	optional := call.FunctionName() != operators.Index
	if name, constant := textLiteral(call.Args()[1]); constant {
		return r.extend(call.Args()[0], name, optional)
	}
	c, ok := r.chain(call.Args()[0])
	c.ended = true
	c.keys = append(c.keys, call.Args()[1])
	return c, ok
}

func (r *reader) extend(operand celast.Expr, name string, optional bool) (chain, bool) {
	c, ok := r.chain(operand)
	if ok && !c.ended {
		c.path = append(c.path, name)
		c.optional = append(c.optional, optional)
	}
	return c, ok
}

func (r *reader) note(c chain) {
	optional := false
	for i := 1; i < len(c.path) && i <= 2; i++ {
		optional = optional || c.optional[i]
	}
	r.found = append(r.found, Read{Path: c.path, Offset: r.x.start(r.info, c.root.ID()), Optional: optional})
	r.walkAll(c.keys)
}

// forgive makes steps.mpc.?outputs mean steps.?mpc.?outputs: whoever marks the outputs of a step as
// optional means a skipped step too, and that one is missing as a whole.
func (x *expression) forgive(a *celast.AST) {
	next := celast.MaxID(a)
	fac := celast.NewExprFactory()
	celast.PreOrderVisit(a.Expr(), celast.NewExprVisitor(func(e celast.Expr) {
		middle, ok := x.secondName(e)
		if !ok {
			return
		}
		sel := middle.AsSelect()
		name := fac.NewLiteral(next, types.String(sel.FieldName()))
		next++
		middle.SetKindCase(fac.NewCall(middle.ID(), operators.OptSelect, sel.Operand(), name))
	}))
}

// secondName gives the selection a.b of an expression a.b.?c where a is a variable.
func (x *expression) secondName(e celast.Expr) (celast.Expr, bool) {
	if e.Kind() != celast.CallKind || e.AsCall().FunctionName() != operators.OptSelect {
		return nil, false
	}
	middle := e.AsCall().Args()[0]
	if middle.Kind() != celast.SelectKind || middle.AsSelect().IsTestOnly() {
		return nil, false
	}
	root := middle.AsSelect().Operand()
	if root.Kind() != celast.IdentKind {
		return nil, false
	}
	_, known := x.env.vars[root.AsIdent()]
	return middle, known
}

func textLiteral(e celast.Expr) (string, bool) {
	if e.Kind() != celast.LiteralKind {
		return "", false
	}
	text, ok := e.AsLiteral().(types.String)
	return string(text), ok
}
