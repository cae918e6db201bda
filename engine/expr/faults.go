package expr

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/checker"
	celast "cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
)

// The rules that a template can break.
const (
	RuleSyntax      = "expression-syntax"
	RuleType        = "expression-type"
	RuleUnclosed    = "expression-unclosed"
	RuleTooLong     = "expression-too-long"
	RuleUnknownName = "expression-unknown-name"
)

// Fault is something wrong in a template. Offset and End are bytes of its text, End being exclusive.
type Fault struct {
	Offset, End int
	Rule        string
	Message     string
	Near        []string // the names that exist at that place, sorted, to suggest one from
	Word        string   // the name that does not exist there, if that is the fault
}

// sorted puts faults in the order of the text and drops repetitions, which macros cause.
func sorted(faults []Fault) []Fault {
	slices.SortStableFunc(faults, func(a, b Fault) int {
		return cmp.Or(a.Offset-b.Offset, a.End-b.End, strings.Compare(a.Message, b.Message))
	})
	return slices.CompactFunc(faults, func(a, b Fault) bool {
		return a.Offset == b.Offset && a.End == b.End && a.Message == b.Message
	})
}

// syntaxFaults words what the parser found. Its texts speak of its own grammar, so the place and what
// stands there are reported instead, unless the text is about a macro or a literal.
func (x *expression) syntaxFaults(errs []*cel.Error) []Fault {
	var faults []Fault
	for _, err := range errs {
		at := x.byteOfLine(err.Location.Line(), err.Location.Column())
		f := Fault{Offset: at, End: x.tokenEnd(at), Rule: RuleSyntax, Message: err.Message}
		if strings.HasPrefix(err.Message, "Syntax error:") {
			f.Message = x.unexpected(f)
		}
		if at < len(x.source) || len(faults) == 0 { // at its end an expression suffers from what was before
			faults = append(faults, f)
		}
	}
	return faults
}

func (x *expression) unexpected(f Fault) string {
	if f.Offset >= len(x.source) {
		return "the expression ends too early"
	}
	if c := x.source[f.Offset]; c == '"' || c == '\'' {
		if _, closed := skipLiteral(x.source, f.Offset); !closed {
			return "the text that begins here has no closing quote"
		}
	}
	return fmt.Sprintf("%s is not expected here", x.source[f.Offset:f.End])
}

// typeFaults checks once more in a checker of our own, which also gives the types of the parts: so
// faults are told from the expression itself and CEL's texts need not be read.
func (x *expression) typeFaults(parsed *celast.AST, errs []*cel.Error) []Fault {
	j, err := x.judge(parsed)
	if err != nil {
		return []Fault{{End: len(x.source), Rule: RuleType, Message: err.Error()}}
	}
	var faults []Fault
	for _, err := range j.errs {
		faults = append(faults, j.fault(err))
	}
	if len(faults) > 0 {
		return faults
	}
	for _, err := range errs { // well typed, but refused by a function's own rules, such as format's
		faults = append(faults, x.quote(err))
	}
	return faults
}

// quote reports an error of CEL in its own words.
func (x *expression) quote(err *cel.Error) Fault {
	at, end := x.token(x.byteOfLine(err.Location.Line(), err.Location.Column()))
	return Fault{Offset: at, End: end, Rule: RuleType, Message: err.Message}
}

// judge words the faults of one checked expression.
type judge struct {
	x       *expression
	ast     *celast.AST
	errs    []*cel.Error
	nodes   map[int64]celast.Expr
	parents map[int64]celast.Expr
}

func (x *expression) judge(parsed *celast.AST) (*judge, error) {
	env, err := x.checker()
	if err != nil {
		return nil, err
	}
	j := &judge{x: x, nodes: map[int64]celast.Expr{}, parents: map[int64]celast.Expr{}}
	checked, errs := checker.Check(parsed, nil, env)
	j.ast, j.errs = checked, errs.GetErrors()
	celast.PreOrderVisit(checked.Expr(), celast.NewExprVisitor(j.visit))
	return j, nil
}

func (x *expression) checker() (*checker.Env, error) {
	env, err := checker.NewEnv(x.cel.Container, x.cel.CELTypeProvider(), checker.CrossTypeNumericComparisons(true))
	if err != nil {
		return nil, err
	}
	if err := env.AddIdents(x.cel.Variables()...); err != nil {
		return nil, err
	}
	return env, env.AddFunctions(slices.Collect(maps.Values(x.cel.Functions()))...)
}

func (j *judge) visit(e celast.Expr) {
	j.nodes[e.ID()] = e
	for _, child := range children(e) {
		j.parents[child.ID()] = e
	}
}

// children lists those that a fault may be about by what their parent asks of them.
func children(e celast.Expr) []celast.Expr {
	switch e.Kind() {
	case celast.CallKind:
		return e.AsCall().Args()
	case celast.ComprehensionKind:
		return []celast.Expr{e.AsComprehension().IterRange()}
	}
	return nil
}

func (j *judge) fault(err *cel.Error) Fault {
	f := j.x.quote(err)
	e, found := j.nodes[err.ExprID]
	if !found {
		return f
	}
	f.Offset, f.End = j.x.place(j.ast.SourceInfo(), e)
	if !j.misplaced(e, &f) {
		j.word(e, &f)
	}
	return f
}

// place is where the name, sign or literal stands that makes the node what it is.
func (x *expression) place(info *celast.SourceInfo, e celast.Expr) (at, end int) {
	start := x.start(info, e.ID())
	switch {
	case e.Kind() == celast.SelectKind && e.AsSelect().IsTestOnly():
		_, start = x.place(info, e.AsSelect().Operand()) // has() itself stands where CEL puts the node
	case e.Kind() == celast.StructKind:
		return x.wordBefore(start)
	}
	return x.token(start)
}

// span is the node with the path that leads to it.
func (j *judge) span(e celast.Expr) (at, end int) {
	at, end = j.x.place(j.ast.SourceInfo(), e)
	for {
		operand, found := operandOf(e)
		if !found {
			return at, end
		}
		e = operand
		at = min(at, j.x.start(j.ast.SourceInfo(), e.ID()))
	}
}

func operandOf(e celast.Expr) (celast.Expr, bool) {
	switch e.Kind() {
	case celast.SelectKind:
		return e.AsSelect().Operand(), true
	case celast.ComprehensionKind:
		return e.AsComprehension().IterRange(), true
	case celast.CallKind:
		if e.AsCall().IsMemberFunction() {
			return e.AsCall().Target(), true
		}
		if len(e.AsCall().Args()) > 0 {
			return e.AsCall().Args()[0], true
		}
	}
	return nil, false
}

// misplaced tells of parts that are right in themselves but not where they stand.
func (j *judge) misplaced(e celast.Expr, f *Fault) bool {
	t := j.celType(e)
	parent, found := j.parents[e.ID()]
	if !found || t == nil || t.Kind() == types.ErrorKind {
		return false
	}
	at, end := j.span(e)
	switch {
	case parent.Kind() == celast.ComprehensionKind:
		f.Message = fmt.Sprintf("a list or map is due here, not %s", article(j.typeOf(e)))
	case parent.AsCall().FunctionName() == operators.LogicalAnd, parent.AsCall().FunctionName() == operators.LogicalOr:
		f.Message = fmt.Sprintf("a boolean is due here, not %s", article(j.typeOf(e)))
	default:
		return false
	}
	f.Offset, f.End = at, end
	return true
}

func (j *judge) word(e celast.Expr, f *Fault) {
	switch e.Kind() {
	case celast.IdentKind:
		j.unknown(f, e.AsIdent(), "name", j.variables())
	case celast.StructKind:
		j.unknown(f, e.AsStruct().TypeName(), "type", nil)
	case celast.SelectKind:
		j.wordField(f, e.AsSelect().Operand(), e.AsSelect().FieldName())
	case celast.CallKind:
		j.wordCall(e, f)
	}
}

func (j *judge) unknown(f *Fault, name, what string, near []string) {
	f.Rule, f.Word, f.Near = RuleUnknownName, name, near
	f.Message = fmt.Sprintf("unknown %s %q", what, name)
}

func (j *judge) variables() []string { return slices.Sorted(maps.Keys(j.x.env.vars)) }

func (j *judge) wordField(f *Fault, operand celast.Expr, name string) {
	t := j.unwrapped(operand)
	if !t.IsObject() {
		f.Message = fmt.Sprintf("%s has no fields", article(t))
		return
	}
	f.Rule, f.Word, f.Near = RuleUnknownName, name, t.Fields()
	f.Message = fmt.Sprintf("no field %q here", name) + j.subtraction(*f)
}

// subtraction explains names with a dash, which CEL reads as two.
func (j *judge) subtraction(f Fault) string {
	rest := j.x.source[f.End:]
	if !strings.HasPrefix(rest, "-") || wordEnd(rest, 1) == 1 {
		return ""
	}
	return fmt.Sprintf("; %s%s is read as a subtraction", f.Word, rest[:wordEnd(rest, 1)])
}

func (j *judge) wordCall(e celast.Expr, f *Fault) {
	call := e.AsCall()
	name := call.FunctionName()
	if name == operators.OptSelect {
		field, _ := textLiteral(call.Args()[1])
		j.wordField(f, call.Args()[0], field)
		return
	}
	symbol, isOperator := operators.FindReverse(name)
	switch {
	case !j.x.cel.HasFunction(name):
		j.unknown(f, name, "function", j.functions())
	case name == operators.Conditional:
		j.wordConditional(f, call.Args())
	case name == operators.Index, name == operators.OptIndex:
		j.wordIndex(f, call.Args())
	case name == operators.In:
		f.Message = "in does not work on " + j.listed(call.Args())
	case isOperator && symbol != "":
		f.Message = symbol + " does not work on " + j.listed(call.Args())
	default:
		j.wordFunction(f, call)
	}
}

func (j *judge) functions() []string {
	var names []string
	for name := range j.x.cel.Functions() {
		if isName(name) {
			names = append(names, name)
		}
	}
	for _, macro := range j.x.cel.Macros() {
		names = append(names, macro.Function())
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (j *judge) wordConditional(f *Fault, args []celast.Expr) {
	if condition := j.typeOf(args[0]); !condition.IsBool() && !condition.IsAny() {
		f.Message = fmt.Sprintf("the condition must be a boolean, not %s", article(condition))
		f.Offset, f.End = j.span(args[0])
		return
	}
	f.Message = "both outcomes of ? : must have one type, not " + j.listed(args[1:])
}

func (j *judge) wordIndex(f *Fault, args []celast.Expr) {
	whole := j.unwrapped(args[0])
	f.Message = fmt.Sprintf("%s has no elements by %s", article(whole), j.typeOf(args[1]))
	name, constant := textLiteral(args[1])
	if !whole.IsObject() {
		return
	}
	f.Message = "an object has fields; write .name instead of an index"
	if constant {
		f.Word, f.Near = name, whole.Fields()
		f.Message = fmt.Sprintf("an object has fields; write .%s instead of an index", written(name))
	}
}

func written(name string) string {
	if isName(name) {
		return name
	}
	return "`" + name + "`"
}

func (j *judge) wordFunction(f *Fault, call celast.CallExpr) {
	f.Message = call.FunctionName()
	if call.IsMemberFunction() {
		f.Message += " does not work on " + j.typeOf(call.Target()).String()
		if len(call.Args()) > 0 {
			f.Message += " with " + j.listed(call.Args())
		}
		return
	}
	if len(call.Args()) == 0 {
		f.Message += " needs arguments"
		return
	}
	f.Message += " does not work on " + j.listed(call.Args())
}

func (j *judge) listed(args []celast.Expr) string {
	names := make([]string, len(args))
	for i, arg := range args {
		names[i] = j.typeOf(arg).String()
	}
	return strings.Join(names, " and ")
}

func (j *judge) celType(e celast.Expr) *types.Type { return j.ast.GetType(e.ID()) }

func (j *judge) typeOf(e celast.Expr) Type { return j.x.env.typeOf(j.celType(e)) }

// unwrapped is the type within an optional one, as selections see it.
func (j *judge) unwrapped(e celast.Expr) Type {
	t := j.celType(e)
	if t != nil && isOptional(t) {
		t = t.Parameters()[0]
	}
	return j.x.env.typeOf(t)
}

// start is where CEL says that a node begins: operators at their sign, selections at their dot and
// calls at their bracket. CEL counts characters, not bytes.
func (x *expression) start(info *celast.SourceInfo, id int64) int {
	place, found := info.GetOffsetRange(id)
	if !found {
		return 0
	}
	return byteOf(x.source, int(place.Start))
}

// token is the name or sign that a node is known by, where CEL gives the dot before a field or the
// bracket after a function.
func (x *expression) token(at int) (begin, end int) {
	if at < len(x.source) && x.source[at] == '.' {
		at += len(x.source[at:]) - len(strings.TrimLeft(x.source[at:], ".?"+blanks))
	}
	if at < len(x.source) && x.source[at] == '(' {
		if begin, end = x.wordBefore(at); begin < end {
			return begin, end
		}
	}
	return at, x.tokenEnd(at)
}

func (x *expression) wordBefore(at int) (begin, end int) {
	end = len(strings.TrimRight(x.source[:at], blanks))
	begin = end
	for begin > 0 && isWordByte(x.source[begin-1]) {
		begin--
	}
	return begin, end
}

func (x *expression) byteOfLine(line, column int) int {
	at := 0
	for ; line > 1; line-- {
		next := strings.IndexByte(x.source[at:], '\n')
		if next < 0 {
			return len(x.source)
		}
		at += next + 1
	}
	return at + byteOf(x.source[at:], column)
}

// byteOf is the byte index of the character with this number.
func byteOf(text string, character int) int {
	for at := range text {
		if character <= 0 {
			return at
		}
		character--
	}
	return len(text)
}

// tokenEnd is where the word, literal or sign ends that begins at a place.
func (x *expression) tokenEnd(at int) int {
	if at >= len(x.source) {
		return len(x.source)
	}
	if end := wordEnd(x.source, at); end > at {
		return end
	}
	if c := x.source[at]; c == '"' || c == '\'' || c == '`' {
		if end, closed := skipLiteral(x.source, at); closed {
			return end
		}
	}
	for _, sign := range []string{"==", "!=", "<=", ">=", "&&", "||"} {
		if strings.HasPrefix(x.source[at:], sign) {
			return at + len(sign)
		}
	}
	_, size := utf8.DecodeRuneInString(x.source[at:])
	return at + size
}
