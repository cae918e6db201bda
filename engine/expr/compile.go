package expr

import (
	"fmt"
	"maps"
	"reflect"
	"strings"
	"sync"

	"cel.dev/cel-go/cel"
	celast "cel.dev/cel-go/common/ast"
)

// Env knows which variables exist and their types. It is immutable, safe for concurrent use and
// cheap to make: CEL is first touched when an expression is compiled. Compiled expressions are kept
// by their source.
type Env struct {
	vars    map[string]Type
	objects map[string]Type // by CEL name; what is not here is in parent
	parent  *Env
	base    func() (*cel.Env, error) // the language without variables, shared with parent
	cel     func() (*cel.Env, error)

	mu       sync.Mutex
	compiled map[string]*expression
}

// NewEnv makes an environment of these variables. It refuses names that expressions could not write
// and two object types of one name.
func NewEnv(vars map[string]Type) (*Env, error) {
	e := &Env{base: sync.OnceValues(func() (*cel.Env, error) { return cel.NewEnv(language()...) })}
	return e.With(vars)
}

// With makes an environment that also has the extra variables, such as each or after. One that
// exists already is replaced.
func (e *Env) With(extra map[string]Type) (*Env, error) {
	child := &Env{
		vars: map[string]Type{}, objects: map[string]Type{}, parent: e, base: e.base,
		compiled: map[string]*expression{},
	}
	child.cel = sync.OnceValues(child.extend)
	maps.Copy(child.vars, e.vars)
	maps.Copy(child.vars, extra)
	for name, t := range extra {
		if !isName(name) {
			return nil, fmt.Errorf("%q cannot name a variable", name)
		}
		if err := child.learn(t); err != nil {
			return nil, err
		}
	}
	return child, nil
}

func isName(name string) bool {
	return name != "" && wordEnd(name, 0) == len(name) && (name[0] < '0' || name[0] > '9')
}

// learn notes the object types within t.
func (e *Env) learn(t Type) error {
	if t.elem != nil {
		return e.learn(*t.elem)
	}
	if t.kind != kindObject || t.name == "" {
		return nil
	}
	if known, found := e.object(celPrefix + t.name); found {
		return sameObject(known, t)
	}
	e.objects[celPrefix+t.name] = t
	for _, field := range t.fields {
		if err := e.learn(field); err != nil {
			return err
		}
	}
	return nil
}

func sameObject(a, b Type) error {
	if reflect.ValueOf(a.fields).Pointer() == reflect.ValueOf(b.fields).Pointer() || reflect.DeepEqual(a, b) {
		return nil
	}
	return fmt.Errorf("two different object types are called %q", a.name)
}

func (e *Env) object(celName string) (Type, bool) {
	for ; e != nil; e = e.parent {
		if t, found := e.objects[celName]; found {
			return t, true
		}
	}
	return Any, false
}

// extend declares the variables of e in CEL. The type provider comes last, since the options before
// it would write to it.
func (e *Env) extend() (*cel.Env, error) {
	base, err := e.base()
	if err != nil {
		return nil, err
	}
	var opts []cel.EnvOption
	for name, t := range e.vars {
		opts = append(opts, cel.Variable(name, t.cel()))
	}
	return base.Extend(append(opts, cel.CustomTypeAdapter(adapter{base.CELTypeAdapter()}),
		cel.CustomTypeProvider(provider{env: e, rest: base.CELTypeProvider()}))...)
}

// Compile parses and types a template: text around any number of ${{ expr }}. One expression and
// nothing else but blanks around it keeps its type; otherwise each expression must be text, integer,
// number or boolean, and the whole is text. All faults are reported; with any, the template is nil.
func (e *Env) Compile(text string) (*Template, []Fault) {
	parts, faults := split(text)
	for i := range parts {
		if parts[i].isExpr {
			faults = append(faults, e.compilePart(&parts[i])...)
		}
	}
	t := &Template{parts: trimWhole(parts), typ: Text, length: len(text)}
	if t.isWhole() {
		t.typ = t.parts[0].expr.typ
	} else {
		faults = append(faults, t.unprintable()...)
	}
	if len(faults) > 0 {
		return nil, sorted(faults)
	}
	return t, nil
}

// compilePart compiles a part's expression and gives its faults, placed in the whole text.
func (e *Env) compilePart(p *part) []Fault {
	p.expr = e.expression(p.text)
	faults := make([]Fault, len(p.expr.faults))
	for i, f := range p.expr.faults {
		f.Offset, f.End = f.Offset+p.offset, f.End+p.offset
		faults[i] = f
	}
	return faults
}

// unprintable finds the expressions whose values cannot stand inside text.
func (t *Template) unprintable() []Fault {
	var faults []Fault
	for _, p := range t.parts {
		if p.isExpr && len(p.expr.faults) == 0 && !p.expr.typ.isScalar() {
			faults = append(faults, Fault{
				Offset: p.offset, End: p.offset + len(p.text), Rule: RuleType,
				Message: fmt.Sprintf("%s cannot stand inside text", article(p.expr.typ)),
			})
		}
	}
	return faults
}

// expression is one compiled expression; offsets are within source.
type expression struct {
	env    *Env
	cel    *cel.Env
	source string
	ast    *cel.Ast
	typ    Type
	reads  []Read
	faults []Fault

	plain   func() (cel.Program, error)
	tracing func() (cel.Program, error) // also keeps the value of every part, for residuals
}

func (e *Env) expression(source string) *expression {
	e.mu.Lock()
	defer e.mu.Unlock()
	if x, found := e.compiled[source]; found {
		return x
	}
	x := e.compile(source)
	e.compiled[source] = x
	return x
}

func (e *Env) compile(source string) *expression {
	x := &expression{env: e, source: source}
	switch {
	case source == "":
		return x.refuse(RuleSyntax, "the expression is empty")
	case len(source) > maxSource:
		return x.refuse(RuleTooLong, fmt.Sprintf("the expression has %d bytes; at most %d are allowed", len(source), maxSource))
	}
	env, err := e.cel()
	if err != nil {
		return x.refuse(RuleType, err.Error())
	}
	x.cel = env
	parsed, issues := env.Parse(source)
	if issues.Err() != nil {
		x.faults = x.syntaxFaults(issues.Errors())
		return x
	}
	return x.check(parsed)
}

func (x *expression) refuse(rule, message string) *expression {
	x.faults = []Fault{{End: len(x.source), Rule: rule, Message: message}}
	return x
}

func (x *expression) check(parsed *cel.Ast) *expression {
	x.forgive(parsed.NativeRep())
	checked, issues := x.cel.Check(parsed)
	if issues.Err() != nil {
		x.faults = x.typeFaults(parsed.NativeRep(), issues.Errors())
		return x
	}
	x.ast = checked
	x.typ = x.resultType(checked.NativeRep())
	x.reads = x.findReads(checked.NativeRep())
	x.plain = sync.OnceValues(func() (cel.Program, error) { return x.program(cel.OptPartialEval) })
	x.tracing = sync.OnceValues(func() (cel.Program, error) {
		return x.program(cel.OptPartialEval | cel.OptTrackState)
	})
	return x
}

func (x *expression) program(opts cel.EvalOption) (cel.Program, error) {
	return x.cel.Program(x.ast, append(limits(), cel.EvalOptions(opts))...)
}

// resultType is the type of what Eval gives: an optional value is unwrapped, and the fields of a
// literal object are kept apart, where CEL sees only a map of anything.
func (x *expression) resultType(a *celast.AST) Type {
	if t := a.GetType(a.Expr().ID()); t != nil && isOptional(t) {
		return x.env.typeOf(t.Parameters()[0])
	}
	return x.literalType(a, a.Expr())
}

func (x *expression) literalType(a *celast.AST, e celast.Expr) Type {
	whole := x.env.typeOf(a.GetType(e.ID()))
	if e.Kind() != celast.MapKind {
		return whole
	}
	fields := map[string]Type{}
	for _, entry := range e.AsMap().Entries() {
		key, constant := textLiteral(entry.AsMapEntry().Key())
		if !constant || entry.AsMapEntry().IsOptional() {
			return whole
		}
		fields[key] = x.literalType(a, entry.AsMapEntry().Value())
	}
	return Object("", fields)
}

func article(t Type) string {
	word := t.String()
	switch {
	case t.IsAny(), t.IsText(), t.kind == kindNull:
		return word
	case strings.ContainsRune("aeiou", rune(word[0])):
		return "an " + word
	}
	return "a " + word
}
