package plan

import (
	"encoding/json"
	"fmt"
	"strconv"

	"writ/engine/diag"
)

// DecodeBy reads a file that is no plan under the limits of plans, and holds it to a JSON Schema, which also says which
// scalars are text. None of them may have an expression. Whole is what the file as a whole is called. The value is nil
// when there is an error. It panics for a schema that is none, which is a mistake in writ's own source.
func DecodeBy(file string, src, schema []byte, whole string) (*Value, []diag.Diagnostic) {
	var root map[string]any
	err := json.Unmarshal(schema, &root)
	var doc *document
	if err == nil {
		doc, err = newDocument(whole, root)
	}
	var check *validator
	if err == nil {
		check, err = doc.compile("")
	}
	if err != nil {
		panic(fmt.Sprintf("the schema of %s: %v", whole, err))
	}
	f := &faults{src: newSource(file, src)}
	v := f.decode()
	if v == nil || len(f.list) > 0 {
		return nil, f.sorted()
	}
	v.direct(newShape(root, whole, root))
	f.hold(v, check, whole)
	v.eachScalar(func(part *Value) {
		if part.isTemplate() {
			f.say(ruleMisplaced, part, "no expression is worked out here")
		}
	})
	if len(f.list) > 0 {
		return nil, f.sorted()
	}
	return v, nil
}

// hold words what a schema finds. Unknown keys come before what is missing of the whole: one may stand for the other.
func (f *faults) hold(v *Value, check *validator, whole string) {
	var parts, all []violation
	for _, x := range check.validate(v.tree()) {
		if len(x.path) == 0 && x.word != "additionalProperties" {
			all = append(all, x)
		} else {
			parts = append(parts, x)
		}
	}
	f.violations(subject{root: v}, parts)
	f.violations(subject{root: v, name: whole}, all)
}

// Find answers a part of the value: keys of mappings and places in lists lead to it. Nil is no such part.
func (v *Value) Find(path ...string) *Value {
	for _, part := range path {
		switch i, err := strconv.Atoi(part); {
		case v == nil:
			return nil
		case v.kind == mapping:
			v = v.get(part)
		case v.kind == list && err == nil && i >= 0 && i < len(v.items()):
			v = v.items()[i]
		default:
			return nil
		}
	}
	return v
}

// Fault is an error of the user's at this value.
func (v *Value) Fault(says, suggest string) diag.Diagnostic {
	f := &faults{src: v.src}
	f.add(fault{rule: ruleWrongValue, at: v.At(), end: v.endCol(), says: says, suggest: suggest})
	return f.list[0]
}
