package plan

import (
	"strings"
	"sync"

	"writ/engine/expr"
)

// shape is what a schema asks of one place: which types, and which schema its parts have. It directs how scalars are
// read and types expressions; whether a value is right is for the validator to say. A nil shape asks nothing.
type shape struct {
	root      map[string]any // where references lead
	name      string         // names the object types of expressions
	schema    map[string]any
	allows    typeSet
	sensitive bool
	literals  []any // x-writ-literal
	typ       *expr.Type

	mu    sync.Mutex // guards what is made when it is first asked for
	parts map[string]*shape
	item  *shape
}

// typeSet is a set of JSON Schema's types; the empty set is every type.
type typeSet uint8

const (
	allowsNull typeSet = 1 << iota
	allowsBool
	allowsInt
	allowsNumber
	allowsText
	allowsList
	allowsMapping
)

func typeNamed(name string) typeSet {
	switch name {
	case "null":
		return allowsNull
	case "boolean":
		return allowsBool
	case "integer":
		return allowsInt
	case "number":
		return allowsInt | allowsNumber
	case "string":
		return allowsText
	case "array":
		return allowsList
	case "object":
		return allowsMapping
	}
	return 0
}

// newShape is the shape of a schema within root.
func newShape(root map[string]any, name string, schema any) *shape {
	m := resolve(root, schema)
	if m == nil {
		return nil
	}
	s := &shape{root: root, name: name, schema: m, allows: allowed(root, m, 0), parts: map[string]*shape{}}
	s.sensitive, _ = m["x-writ-sensitive"].(bool)
	s.literals, _ = m["x-writ-literal"].([]any)
	return s
}

// resolve follows references within the document; a schema that is none, or leads nowhere, is nil.
func resolve(root map[string]any, schema any) map[string]any {
	for range maxDepth {
		m, _ := schema.(map[string]any)
		ref, isRef := m["$ref"].(string)
		if !isRef {
			return m
		}
		schema = lookUp(root, strings.TrimPrefix(ref, "#"))
	}
	return nil
}

// allowed is what a schema's type says, or else its enum, const or alternatives.
func allowed(root map[string]any, schema map[string]any, depth int) typeSet {
	if depth > maxDepth {
		return 0
	}
	switch t := schema["type"].(type) {
	case string:
		return typeNamed(t)
	case []any:
		var set typeSet
		for _, name := range t {
			text, _ := name.(string)
			set |= typeNamed(text)
		}
		return set
	}
	if values, ok := schema["enum"].([]any); ok {
		var set typeSet
		for _, v := range values {
			set |= typeOfLiteral(v)
		}
		return set
	}
	if v, ok := schema["const"]; ok {
		return typeOfLiteral(v)
	}
	return alternatives(root, schema, depth)
}

func alternatives(root map[string]any, schema map[string]any, depth int) typeSet {
	for _, word := range []string{"anyOf", "oneOf"} {
		branches, ok := schema[word].([]any)
		if !ok {
			continue
		}
		var set typeSet
		for _, b := range branches {
			one := allowed(root, resolve(root, b), depth+1)
			if one == 0 {
				return 0
			}
			set |= one
		}
		return set
	}
	for _, b := range asList(schema["allOf"]) {
		if set := allowed(root, resolve(root, b), depth+1); set != 0 {
			return set
		}
	}
	return 0
}

func typeOfLiteral(v any) typeSet {
	switch v.(type) {
	case nil:
		return allowsNull
	case bool:
		return allowsBool
	case float64:
		return allowsInt | allowsNumber
	case string:
		return allowsText
	case []any:
		return allowsList
	}
	return allowsMapping
}

// part is the shape of a mapping's value under a key.
func (s *shape) part(key string) *shape {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if p, known := s.parts[key]; known {
		return p
	}
	p := newShape(s.root, s.name+"/"+key, s.partSchema(s.schema, key, 0))
	s.parts[key] = p
	return p
}

// partSchema looks for a key in a schema and then in what is combined with it.
func (s *shape) partSchema(schema map[string]any, key string, depth int) any {
	if properties, ok := schema["properties"].(map[string]any); ok {
		if part, found := properties[key]; found {
			return part
		}
	}
	if part, ok := schema["additionalProperties"].(map[string]any); ok {
		return part
	}
	if depth > maxDepth {
		return nil
	}
	for _, branch := range s.combined(schema) {
		if part := s.partSchema(branch, key, depth+1); part != nil {
			return part
		}
	}
	return nil
}

func (s *shape) combined(schema map[string]any) []map[string]any {
	var out []map[string]any
	for _, word := range []string{"allOf", "anyOf", "oneOf"} {
		for _, b := range asList(schema[word]) {
			out = append(out, resolve(s.root, b))
		}
	}
	for _, word := range []string{"then", "else"} {
		if b := resolve(s.root, schema[word]); b != nil {
			out = append(out, b)
		}
	}
	return out
}

// items is the shape of a list's items.
func (s *shape) items() *shape {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.item == nil {
		schema := s.schema["items"]
		for _, branch := range s.combined(s.schema) {
			if schema == nil {
				schema = branch["items"]
			}
		}
		s.item = newShape(s.root, s.name+"[]", schema)
	}
	return s.item
}

// exprType is the type that an expression must have here.
func (s *shape) exprType() expr.Type {
	if s == nil {
		return expr.Any
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.typ == nil {
		t := expr.FromSchema(s.name, inlined(s.root, s.schema, 0))
		s.typ = &t
	}
	return *s.typ
}

// inlined is the schema with its references replaced by what they lead to, some levels deep.
func inlined(root map[string]any, schema any, depth int) map[string]any {
	m := resolve(root, schema)
	if m == nil || depth > 16 {
		return nil
	}
	out := make(map[string]any, len(m))
	for word, v := range m {
		switch word {
		case "properties":
			parts := map[string]any{}
			for key, part := range asMap(v) {
				parts[key] = inlined(root, part, depth+1)
			}
			out[word] = parts
		case "items":
			out[word] = inlined(root, v, depth+1)
		case "additionalProperties":
			out[word] = v
			if m := inlined(root, v, depth+1); m != nil {
				out[word] = m
			}
		default:
			out[word] = v
		}
	}
	return out
}

func asList(v any) []any {
	list, _ := v.([]any)
	return list
}

func asMap(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}

func asText(v any) string {
	text, _ := v.(string)
	return text
}
