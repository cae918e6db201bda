package expr

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"cel.dev/cel-go/cel"
	celast "cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/interpreter"
)

// Scope is what the variables hold when a template is worked out.
type Scope struct {
	// Vars are trees of nil, bool, int64, float64, string, []any and map[string]any; they are only
	// read. What was skipped is absent.
	Vars map[string]any
	// Unknown lists paths whose values will be known later, with all beneath them. Vars need not
	// hold them.
	Unknown [][]string
}

// Unknown is the value of a template, or of a part of it, that waits for something.
type Unknown struct {
	Type Type
	From []string // the paths it waits for, dotted and sorted
	// Pieces are those of a text of which something is known, in order: texts, and an Unknown for each gap.
	Pieces []any
	// Residual is what is left of the template when all that is known is put in; it may therefore
	// show every value that the template reads.
	Residual string
}

// EvalError says, for people, why a template has no value. Offset and End are bytes of its text.
type EvalError struct {
	Offset, End int
	Message     string
	cause       error
}

func (e *EvalError) Error() string { return e.Message }

// Unwrap gives the context's error when that ended the work.
func (e *EvalError) Unwrap() error { return e.cause }

// Eval works the template out: nil, bool, int64, float64, string, []any, map[string]any, or Unknown. Of
// a list or an object of which only parts are unknown, these are Unknown and the others are there.
// Errors are of type *EvalError. It may be called as often as wanted and answers the same for the same
// scope.
func (t *Template) Eval(ctx context.Context, s Scope) (any, error) {
	if t.isWhole() {
		return t.parts[0].eval(ctx, s)
	}
	text := joiner{length: t.length}
	for _, p := range t.parts {
		if err := text.add(ctx, p, s); err != nil {
			return nil, err
		}
	}
	return text.value()
}

// joiner puts the parts of a text together.
type joiner struct {
	length int             // of the template, for errors
	text   strings.Builder // with what is left of the unknown pieces
	pieces []any           // texts, and Unknowns
	from   []string
}

func (j *joiner) add(ctx context.Context, p part, s Scope) error {
	if !p.isExpr {
		j.known(p.text)
		return nil
	}
	value, err := p.eval(ctx, s)
	if err != nil {
		return err
	}
	if !j.piece(value) {
		return p.fail(fmt.Sprintf("%s cannot stand inside text", nameOf(value)))
	}
	return nil
}

// piece adds a value; it answers false for one that cannot stand inside text.
func (j *joiner) piece(value any) bool {
	u, isUnknown := value.(Unknown)
	if !isUnknown {
		text, ok := asText(value)
		if ok {
			j.known(text)
		}
		return ok
	}
	j.from = append(j.from, u.From...)
	if u.Pieces == nil {
		j.text.WriteString("<" + u.Residual + ">")
		j.pieces = append(j.pieces, u)
		return true
	}
	j.text.WriteString(u.Residual)
	for _, piece := range u.Pieces {
		j.put(piece)
	}
	return true
}

func (j *joiner) known(text string) {
	j.text.WriteString(text)
	j.put(text)
}

// put adds a piece; texts that follow each other become one.
func (j *joiner) put(piece any) {
	text, isText := piece.(string)
	if text == "" && isText {
		return
	}
	if last := len(j.pieces) - 1; isText && last >= 0 {
		if before, ok := j.pieces[last].(string); ok {
			j.pieces[last] = before + text
			return
		}
	}
	j.pieces = append(j.pieces, piece)
}

func (j *joiner) value() (any, error) {
	if len(j.from) > 0 {
		slices.Sort(j.from)
		return Unknown{Type: Text, From: slices.Compact(j.from), Pieces: j.pieces, Residual: j.text.String()}, nil
	}
	if j.text.Len() > maxText {
		return nil, &EvalError{End: j.length, Message: errTooLong.Error()}
	}
	return j.text.String(), nil
}

func asText(value any) (string, bool) {
	switch v := value.(type) {
	case string:
		return v, true
	case bool:
		return strconv.FormatBool(v), true
	case int64:
		return strconv.FormatInt(v, 10), true
	case float64:
		return numberText(v), true
	}
	return "", false
}

// numberText writes a number as JSON does: plainly, unless it is very large or very small.
func numberText(v float64) string {
	if size := math.Abs(v); size != 0 && (size < 1e-6 || size >= 1e21) {
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

func nameOf(value any) string {
	switch value.(type) {
	case []any:
		return "a list"
	case map[string]any:
		return "a map"
	}
	return "null"
}

func (p part) fail(message string) *EvalError {
	return &EvalError{Offset: p.offset, End: p.offset + len(p.text), Message: message}
}

func (p part) eval(ctx context.Context, s Scope) (any, error) {
	value, err := p.expr.eval(ctx, s)
	var failed *EvalError
	if errors.As(err, &failed) {
		failed.Offset += p.offset
		failed.End += p.offset
	}
	return value, err
}

// eval gives errors with offsets in the expression's own source.
func (x *expression) eval(ctx context.Context, s Scope) (any, error) {
	left := maxParts
	return x.evalWithin(ctx, s, &left)
}

// evalWithin works out by themselves no more than so many parts of what is not known, and counts them off.
func (x *expression) evalWithin(ctx context.Context, s Scope, left *int) (any, error) {
	if name, missing := x.missing(s); missing {
		return nil, x.fail(fmt.Sprintf("%s has no value here", name))
	}
	vars, err := x.activation(s)
	if err != nil {
		return nil, x.fail(err.Error())
	}
	value, _, err := x.run(ctx, x.plain, vars)
	if err != nil {
		return nil, x.explain(err)
	}
	if unknown, isUnknown := value.(*types.Unknown); isUnknown {
		p := partial{ctx: ctx, scope: s, left: left}
		if v, ok := p.node(x, x.ast.NativeRep().Expr()); ok {
			return v, nil
		}
		return Unknown{Type: x.typ, From: trails(unknown), Residual: x.residual(ctx, vars)}, nil
	}
	c := converter{left: maxValues}
	plain, err := c.plain(value)
	if err != nil {
		return nil, x.fail(err.Error())
	}
	return plain, nil
}

func (x *expression) fail(message string) *EvalError {
	return &EvalError{End: len(x.source), Message: message}
}

// missing names a variable that is read and neither there nor unknown.
func (x *expression) missing(s Scope) (string, bool) {
	for _, r := range x.reads {
		_, known := s.Vars[r.Path[0]]
		if !known && !slices.ContainsFunc(s.Unknown, func(path []string) bool {
			return len(path) > 0 && path[0] == r.Path[0]
		}) {
			return r.Path[0], true
		}
	}
	return "", false
}

func (x *expression) activation(s Scope) (cel.Activation, error) {
	vars := s.Vars
	if vars == nil {
		vars = map[string]any{}
	}
	patterns := x.patterns(s.Unknown)
	if len(patterns) == 0 {
		return cel.NewActivation(vars)
	}
	return cel.PartialVars(vars, patterns...)
}

// patterns are the unknown paths that the expression could meet.
func (x *expression) patterns(unknown [][]string) []*cel.AttributePatternType {
	var patterns []*cel.AttributePatternType
	for _, path := range unknown {
		if slices.ContainsFunc(x.reads, func(r Read) bool { return overlap(r.Path, path) }) {
			patterns = append(patterns, x.pattern(path))
		}
	}
	return patterns
}

func overlap(a, b []string) bool {
	n := min(len(a), len(b))
	return n > 0 && slices.Equal(a[:n], b[:n])
}

// pattern stops at a list: when one element is unknown, so is the list.
func (x *expression) pattern(path []string) *cel.AttributePatternType {
	pattern := cel.AttributePattern(path[0])
	t := x.env.vars[path[0]]
	for _, name := range path[1:] {
		if t.IsList() {
			break
		}
		pattern = pattern.QualString(name)
		t, _ = t.Field(name)
	}
	return pattern
}

func (x *expression) run(ctx context.Context, program func() (cel.Program, error), vars cel.Activation) (ref.Val, *cel.EvalDetails, error) {
	p, err := program()
	if err != nil {
		return nil, nil, err
	}
	value, details, err := p.ContextEval(ctx, vars)
	if ctx.Err() != nil && err != nil {
		err = ctx.Err()
	}
	return value, details, err
}

// explain words an error of the evaluation.
func (x *expression) explain(err error) *EvalError {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return &EvalError{End: len(x.source), Message: "the expression was interrupted", cause: err}
	}
	var cancelled interpreter.EvalCancelledError
	if errors.As(err, &cancelled) {
		return x.fail(limitHit(cancelled))
	}
	var failed *types.Err
	if !errors.As(err, &failed) {
		return x.fail(err.Error())
	}
	var missing missingField
	if errors.As(err, &missing) {
		return x.failMissing(failed.NodeID(), missing)
	}
	if strings.HasPrefix(failed.Error(), noOverload) {
		return x.failAt(failed.NodeID(), "a value here has another type than the expression needs")
	}
	return x.failAt(failed.NodeID(), failed.Error())
}

func limitHit(err interpreter.EvalCancelledError) string {
	switch err.Cause {
	case interpreter.CostLimitExceeded:
		return fmt.Sprintf("the expression takes too much work: more than %d units", maxCost)
	case interpreter.MemoryLimitExceeded:
		return fmt.Sprintf("the expression makes too large a value: more than %d units", maxMemory)
	}
	return err.Message
}

// noOverload begins CEL's text for operands of a wrong type, which has no kind of its own.
const noOverload = "no such overload"

func (x *expression) failAt(node int64, message string) *EvalError {
	place, found := x.ast.NativeRep().SourceInfo().GetOffsetRange(node)
	if !found {
		return x.fail(message)
	}
	at, end := x.token(byteOf(x.source, int(place.Start)))
	return &EvalError{Offset: at, End: end, Message: message}
}

// failMissing finds the name in the path, of which CEL gives only the last one.
func (x *expression) failMissing(node int64, missing missingField) *EvalError {
	failed := x.failAt(node, missing.Error())
	a := x.ast.NativeRep()
	celast.PreOrderVisit(a.Expr(), celast.NewExprVisitor(func(e celast.Expr) {
		if e.ID() != node {
			return
		}
		for found := true; found; e, found = operandOf(e) {
			if e.Kind() == celast.SelectKind && e.AsSelect().FieldName() == missing.name {
				failed.Offset, failed.End = x.place(a.SourceInfo(), e)
				return
			}
		}
	}))
	return failed
}

// trails lists the dotted paths that a value waits for.
func trails(unknown *types.Unknown) []string {
	var from []string
	for _, id := range unknown.IDs() {
		paths, _ := unknown.GetAttributeTrails(id)
		for _, path := range paths {
			from = append(from, dotted(path))
		}
	}
	slices.Sort(from)
	return slices.Compact(from)
}

func dotted(path *types.AttributeTrail) string {
	text := path.Variable()
	for _, name := range path.QualifierPath() {
		text += fmt.Sprintf(".%v", name)
	}
	return text
}

// residual evaluates once more, keeping the value of every part, and prints what is left. When that
// is not possible or too long, the source has to do.
func (x *expression) residual(ctx context.Context, vars cel.Activation) (text string) {
	defer func() {
		if recover() != nil { // CEL's pruning does not expect values of a wrong type
			text = x.source
		}
	}()
	_, details, err := x.run(ctx, x.tracing, vars)
	if err != nil {
		return x.source
	}
	whole := celast.Copy(x.ast.NativeRep()) // pruning writes into the macro table
	left := interpreter.PruneAst(whole.Expr(), whole.SourceInfo().MacroCalls(), small(details.State()))
	text, err = cel.ExprToString(left.Expr(), left.SourceInfo(),
		cel.FormatEscapeIdentifiers(true), cel.FormatWrapOnColumn(maxResidual))
	if err != nil || len(text) > maxResidual {
		return x.source
	}
	return text
}

// small keeps the values that are short enough to be shown: what a lazy list holds could fill the
// memory when printed.
func small(state interpreter.EvalState) interpreter.EvalState {
	kept := interpreter.NewEvalState()
	for _, id := range state.IDs() {
		value, _ := state.Value(id)
		c := converter{left: maxShown}
		if _, err := c.plain(value); err == nil || types.IsUnknownOrError(value) {
			kept.SetValue(id, value)
		}
	}
	return kept
}
