package plan

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"writ/engine/diag"
	"writ/engine/expr"
)

// Input is a typed parameter of a plan.
type Input struct {
	Name       String
	Schema     map[string]any // its JSON Schema, without default, sensitive and examples
	Type       expr.Type
	Default    any
	HasDefault bool
	Required   bool // it has no default
	Sensitive  bool

	shape  *shape
	schema *validator // nil when the schema is at fault
}

// buildInputs reads the declarations of inputs. An input's default and its enum are read as its own type asks.
func (l *loader) buildInputs() {
	inputs := l.root.get("inputs")
	if inputs == nil || inputs.kind != mapping {
		return
	}
	for _, f := range inputs.entries() {
		if f.value.kind == mapping {
			l.plan.Inputs = append(l.plan.Inputs, l.buildInput(f))
		}
	}
}

func (l *loader) buildInput(f field) Input {
	of := newShape(nil, "inputs/"+f.key.text, f.value.tree())
	f.value.readLiterals(of)
	in := Input{Name: String{f.key.text, f.key.At()}, Schema: asMap(f.value.tree())}
	def := f.value.get("default")
	in.HasDefault, in.Required = def != nil, def == nil
	if def != nil {
		in.Default = def.tree()
	}
	in.Sensitive, _ = in.Schema["sensitive"].(bool)
	for _, word := range []string{"sensitive", "default", "examples"} {
		delete(in.Schema, word)
	}
	in.shape = newShape(nil, "inputs/"+in.Name.Value, in.Schema)
	in.Type = in.shape.exprType()
	l.checkInput(&in, f)
	return in
}

// readLiterals reads the values in a schema as that schema asks, in its parts as the parts ask.
func (v *Value) readLiterals(s *shape) {
	if s == nil {
		return
	}
	for _, f := range v.entries() {
		switch f.key.text {
		case "default", "const":
			f.value.direct(s)
		case "enum", "examples":
			for _, item := range f.value.items() {
				item.direct(s)
			}
		case "items":
			f.value.readLiterals(s.items())
		case "properties":
			for _, part := range f.value.entries() {
				part.value.readLiterals(s.part(part.key.text))
			}
		}
	}
}

// checkInput holds an input's schema to be one, and its default to fit it.
func (l *loader) checkInput(in *Input, f field) {
	sound := l.checkPatterns(in.Name.Value, f.value)
	if in.Sensitive {
		l.checkSensitiveInput(in, f)
	}
	if !sound {
		return
	}
	if err := in.compile(); err != nil {
		return // the plan's schema tells what is wrong
	}
	if def := f.value.get("default"); def != nil && !def.broken && !in.Sensitive {
		l.holdDefault(in, def)
	}
}

func (l *loader) holdDefault(in *Input, def *Value) {
	before := len(l.list)
	l.violations(subject{name: fmt.Sprintf("the default of input %q", in.Name.Value), root: def}, in.schema.validate(def.tree()))
	for i := before; i < len(l.list); i++ {
		l.list[i].Rule = ruleInputDefault
	}
}

// compile makes the input's validator.
func (in *Input) compile() error {
	v, err := compileAt("inputs/"+in.Name.Value, maps.Clone(in.Schema), "")
	if err != nil {
		return err
	}
	in.schema = v
	return nil
}

// checkPatterns finds regular expressions that are none, in a schema and its parts.
func (l *loader) checkPatterns(name string, schema *Value) bool {
	sound := true
	if p := schema.get("pattern"); p != nil && p.kind == scalar && !p.broken {
		if _, err := regexp.Compile(p.text); err != nil {
			l.say(ruleInputSchema, p, "input %q: the pattern is no regular expression: %s", name, strings.TrimPrefix(err.Error(), "error parsing regexp: "))
			sound = false
		}
	}
	for _, part := range []*Value{schema.get("items"), schema.get("additionalProperties")} {
		if part != nil {
			sound = l.checkPatterns(name, part) && sound
		}
	}
	for _, f := range schema.get("properties").entries() {
		sound = l.checkPatterns(name, f.value) && sound
	}
	return sound
}

func (l *loader) checkSensitiveInput(in *Input, f field) {
	if t := f.value.get("type"); t != nil && !t.broken && t.string().Value != "string" {
		l.say(ruleSensitiveInput, t, "input %q is sensitive, so its type is string", in.Name.Value)
	}
	for _, word := range []string{"default", "examples", "enum", "const"} {
		part := f.value.field(word)
		if part == nil {
			continue
		}
		l.hide(part.value)
		part.value.broken = true
		l.add(fault{rule: ruleSensitiveInput, at: part.key.At(), end: part.key.endCol(), says: fmt.Sprintf("input %q is sensitive; its value must not stand in the plan, so it has no %s", in.Name.Value, word)})
	}
}

// Parse reads the text of --input k=v by the input's type: text as it stands, numbers and booleans in their exact
// form, lists and objects as YAML or JSON. It does not hold the value to the input's schema: ResolveInputs does.
func (in Input) Parse(text string) (any, error) {
	if in.shape == nil || in.shape.allows&(allowsList|allowsMapping) == 0 {
		v := &Value{text: text}
		if in.shape != nil && in.shape.allows&allowsText != 0 {
			return text, nil
		}
		v.direct(in.shape)
		got := v.value()
		if in.shape != nil && typeOfValue(got)&in.shape.allows == 0 {
			return nil, fmt.Errorf("input %s must be %s, not %q", in.Name.Value, in.typeWord(), text)
		}
		return got, nil
	}
	f := &faults{src: newSource("", []byte(text))}
	v := f.decode()
	if len(f.list) > 0 {
		return nil, fmt.Errorf("input %s: %s", in.Name.Value, f.list[0].Message)
	}
	v.direct(in.shape)
	return v.tree(), nil
}

func (in Input) typeWord() string { return typeWord(asText(in.Schema["type"])) }

func typeOfValue(v any) typeSet {
	switch v.(type) {
	case int64:
		return allowsInt | allowsNumber
	case float64:
		return allowsNumber
	}
	return typeOfLiteral(v)
}

// DecodeInputs reads an input file: a mapping from the names of inputs to their values, each read as its input asks.
// Whether the values fit is for ResolveInputs to say.
func DecodeInputs(file string, src []byte, inputs []Input) (map[string]any, []diag.Diagnostic) {
	f := &faults{src: newSource(file, src)}
	root := f.decode()
	if root == nil || len(f.list) > 0 {
		return nil, f.sorted()
	}
	if nothing := root.kind == scalar && root.isNull(); root.kind != mapping && !nothing {
		f.say(ruleWrongType, root, "an input file is a mapping from inputs to values")
		return nil, f.sorted()
	}
	given := map[string]any{}
	for _, entry := range root.entries() {
		i := slices.IndexFunc(inputs, func(in Input) bool { return in.Name.Value == entry.key.text })
		if i < 0 {
			f.add(fault{
				rule: ruleUnknownKey, at: entry.key.At(), end: entry.key.endCol(),
				says:    fmt.Sprintf("the plan has no input %q", entry.key.text),
				suggest: didYouMean(entry.key.text, inputNames(inputs)),
			})
			continue
		}
		if inputs[i].Sensitive {
			f.hide(entry.value)
			f.add(fault{rule: ruleSensitiveInput, at: entry.key.At(), end: entry.key.endCol(), says: fmt.Sprintf("input %q is sensitive and must not stand in a file of values", entry.key.text), suggest: "give it as --input " + entry.key.text + "=env:NAME or file:PATH"})
			continue
		}
		entry.value.direct(inputs[i].shape)
		given[entry.key.text] = entry.value.tree()
	}
	return given, f.sorted()
}

func inputNames(inputs []Input) []string {
	names := make([]string, len(inputs))
	for i, in := range inputs {
		names[i] = in.Name.Value
	}
	return names
}

// ResolveInputs answers the value of every input: given, or else its default. What is missing, not known or against
// the input's schema is a fault; it has the place of the input's declaration.
func (p *Plan) ResolveInputs(given map[string]any) (map[string]any, []diag.Diagnostic) {
	f := &faults{src: newSource(p.File, p.Source)}
	values := map[string]any{}
	for _, in := range p.Inputs {
		value, found := given[in.Name.Value]
		switch {
		case found:
			values[in.Name.Value] = value
			f.holdInput(in, value)
		case in.HasDefault:
			values[in.Name.Value] = in.Default
		default:
			f.add(fault{rule: ruleInputValue, at: in.Name.At, says: fmt.Sprintf("input %q has no value", in.Name.Value), suggest: in.howToGive()})
		}
	}
	found := f.sorted()
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if !slices.Contains(inputNames(p.Inputs), name) {
			found = append(found, diag.Diagnostic{
				File: p.File, Severity: diag.Error, Rule: ruleInputValue,
				Message:    fmt.Sprintf("the plan has no input %q", name),
				Suggestion: didYouMean(name, inputNames(p.Inputs)),
			})
		}
	}
	return values, found
}

func (in Input) howToGive() string {
	if in.Sensitive {
		return fmt.Sprintf("give --input %s=env:NAME or %s=file:PATH", in.Name.Value, in.Name.Value)
	}
	return fmt.Sprintf("give --input %s=…", in.Name.Value)
}

// holdInput holds a given value to its input's schema.
func (f *faults) holdInput(in Input, value any) {
	if in.schema == nil {
		return
	}
	g := &faults{src: f.src}
	root := valueOf(value)
	if in.Sensitive {
		root.text, root.typed = "(secret)", nil
	}
	g.violations(subject{name: fmt.Sprintf("the value of input %q", in.Name.Value), root: root}, in.schema.validate(value))
	for _, d := range g.list {
		f.add(fault{rule: ruleInputValue, at: in.Name.At, says: d.Message, suggest: d.Suggestion})
	}
}
