package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"writ/engine/diag"
)

// Check holds resolved arguments to the kind's schema once more, and answers in words what is wrong. It refuses
// empty ids, and values marked x-writ-literal that an expression yields: those must stand in the plan. Arguments hold
// no unknown parts. What has no expression was held to a strict one when the plan was
// loaded.
func (s *Step) Check(args map[string]any) []string {
	literal := !s.With.hasTemplate()
	if literal && s.checks.strict {
		return nil
	}
	meant, err := s.checks.meant()
	if err != nil {
		return []string{err.Error()}
	}
	f := &faults{src: newSource("", nil)}
	if wrong := meant.validate(args); len(wrong) > 0 {
		root := valueOf(args)
		root.hideSecrets(s.checks.args)
		f.violations(subject{name: stepName(s), root: root}, wrong)
	}
	if !literal {
		s.checkYielded(f, s.With, args, s.checks.args, "")
	}
	return messages(stepName(s)+": ", f.sorted())
}

// messages are the words of faults, without what they begin with.
func messages(prefix string, found []diag.Diagnostic) []string {
	var out []string
	for _, d := range found {
		text := strings.TrimPrefix(d.Message, prefix)
		if !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return out
}

// checkYielded looks at what expressions came to.
func (s *Step) checkYielded(f *faults, written *Value, got any, shape *shape, path string) {
	switch got := got.(type) {
	case map[string]any:
		for key, v := range got {
			s.checkYielded(f, yieldedBy(written, key), v, shape.part(key), joinPath(path, key))
		}
	case []any:
		for i, v := range got {
			item := written
			if written.kind == list && i < len(written.items()) {
				item = written.items()[i]
			}
			s.checkYielded(f, item, v, shape.items(), fmt.Sprintf("%s[%d]", path, i))
		}
	default:
		s.checkScalar(f, written, got, shape, path)
	}
}

// yieldedBy is what a key's value was written as: the whole, when that is an expression.
func yieldedBy(written *Value, key string) *Value {
	if part := written.get(key); part != nil {
		return part
	}
	return written
}

func (s *Step) checkScalar(f *faults, written *Value, got any, shape *shape, path string) {
	if shape == nil || !written.isTemplate() {
		return
	}
	switch {
	case slices.Contains(shape.literals, got):
		f.add(fault{rule: ruleLiteralOnly, says: fmt.Sprintf("%s became %v through an expression; that means everybody, so it must stand in the plan as it is", path, got)})
	case isBlank(got) && (len(shape.literals) > 0 || isID(path)):
		f.add(fault{rule: ruleEmptyID, says: path + " became empty through an expression"})
	}
}

// isID reports whether an argument's name says that it is an id.
func isID(path string) bool {
	return path == "id" || strings.HasSuffix(path, "_id") || strings.HasSuffix(path, ".id")
}

func isBlank(v any) bool {
	text, isText := v.(string)
	return v == nil || isText && strings.TrimSpace(text) == ""
}

// valueOf is a JSON-like tree as a value without a place.
func valueOf(tree any) *Value {
	v := &Value{typed: tree, parts: &parts{}}
	switch tree := tree.(type) {
	case []any:
		v.kind = list
		for _, item := range tree {
			v.parts.items = append(v.parts.items, valueOf(item))
		}
	case map[string]any:
		v.kind = mapping
		for _, key := range slices.Sorted(maps.Keys(tree)) {
			v.parts.fields = append(v.parts.fields, field{key: &Value{text: key, typed: itsText{}}, value: valueOf(tree[key])})
		}
	case nil:
		v.text = "null"
	default:
		v.text = fmt.Sprint(tree)
	}
	return v
}

// hideSecrets replaces what messages would show of secret parts.
func (v *Value) hideSecrets(s *shape) {
	if s == nil {
		return
	}
	if s.sensitive {
		v.text, v.typed = "(secret)", nil
	}
	for _, item := range v.items() {
		item.hideSecrets(s.items())
	}
	for _, f := range v.entries() {
		f.value.hideSecrets(s.part(f.key.text))
	}
}
