package plan

import (
	"slices"
	"strings"
)

// quick tells cheaply that a value is surely as a schema asks. Thousands of steps repeat a few values, so what the
// validator once found right is remembered; mappings whose schema only names their keys, and says which go together, are
// taken apart here, and texts of which only length and form are asked, as ids that are all different, are looked at here.
// What it does not accept may still be right: then the whole is validated.
type quick struct {
	schema   *validator
	apart    bool // a mapping that is taken apart
	together bool // which keys it has is right or wrong as a whole
	required []string
	parts    map[string]*quick
	rest     *quick // of other keys; nil when there are none
	items    *quick
	orExpr   bool // an expression does too
	text     bool // any text of the right length and form
	right    map[scalarText]bool
	keys     map[string]bool // of mappings that were right
}

type scalarText struct {
	text  string
	style style
}

// maxRight bounds what is remembered of one place, and maxRightText how long a text is worth it.
const (
	maxRight     = 1024
	maxRightText = 64
)

// newQuick makes one for the schema at a pointer.
func newQuick(d *document, pointer string, depth int) (*quick, error) {
	schema := asMap(lookUp(d.root, pointer))
	if ref, ok := schema["$ref"].(string); ok && depth < maxDepth {
		return newQuick(d, strings.TrimPrefix(ref, "#"), depth+1)
	}
	if isOrExpression(schema) {
		q, err := newQuick(d, pointer+"/anyOf/0", depth+1)
		if err != nil {
			return nil, err
		}
		out := *q
		out.orExpr = true
		return &out, nil
	}
	v, err := d.compile(pointer)
	if err != nil {
		return nil, err
	}
	q := &quick{schema: v, right: map[scalarText]bool{}, keys: map[string]bool{}}
	switch {
	case isSimple(schema, "string", "minLength", "maxLength", "pattern", "patternErrorMessage"):
		q.text = true
	case depth >= quickDepth:
	case isSimple(schema, "array", "items", "minItems", "maxItems", "uniqueItems"):
		q.items, err = newQuick(d, pointer+"/items", depth+1)
	case isSimple(schema, "object", "properties", "required", "additionalProperties", "anyOf", "allOf") &&
		aboutKeys(schema["anyOf"]) && aboutKeys(schema["allOf"]):
		q.together = schema["anyOf"] != nil || schema["allOf"] != nil
		err = q.takeApart(d, schema, pointer, depth)
	}
	return q, err
}

// aboutKeys reports whether what some keywords ask of a mapping depends on nothing but the keys it has.
func aboutKeys(schema any) bool {
	switch schema := schema.(type) {
	case nil, bool:
		return true
	case []any:
		return !slices.ContainsFunc(schema, func(one any) bool { return !aboutKeys(one) })
	case map[string]any:
		for word, says := range schema {
			switch word {
			case "required":
			case "anyOf", "allOf", "if", "then", "else":
				if !aboutKeys(says) {
					return false
				}
			case "properties": // one that may never be there
				for _, of := range asMap(says) {
					if _, isBool := of.(bool); !isBool {
						return false
					}
				}
			default:
				return false
			}
		}
		return true
	}
	return false
}

// quickDepth is how deep mappings are taken apart; schemas may hold themselves.
const quickDepth = 8

func (q *quick) takeApart(d *document, schema map[string]any, pointer string, depth int) (err error) {
	for _, key := range asList(schema["required"]) {
		q.required = append(q.required, asText(key))
	}
	q.parts = map[string]*quick{}
	for key := range asMap(schema["properties"]) {
		if q.parts[key], err = newQuick(d, pointer+"/properties/"+pointerPart(key), depth+1); err != nil {
			return err
		}
	}
	switch rest := schema["additionalProperties"].(type) {
	case map[string]any:
		q.apart = true
		q.rest, err = newQuick(d, pointer+"/additionalProperties", depth+1)
	case bool:
		q.apart = !rest
	}
	return err
}

// isSimple reports whether a schema is of one type and has none but these keywords.
func isSimple(schema map[string]any, typ string, words ...string) bool {
	if schema["type"] != typ {
		return false
	}
	n := 1
	for _, word := range words {
		if _, found := schema[word]; found {
			n++
		}
	}
	return n == len(schema)
}

// accepts reports that a value is surely right.
func (q *quick) accepts(v *Value) bool {
	if q.orExpr && v.isTemplate() {
		return true
	}
	switch {
	case v.kind == scalar:
		return q.acceptsScalar(v)
	case v.kind == mapping && q.apart:
		return q.acceptsMapping(v, "")
	case v.kind == list && q.items != nil && q.acceptsList(v):
		return true
	}
	return len(q.schema.validate(v.tree())) == 0
}

// acceptsMapping looks at all keys but one, whose value need only be a mapping.
func (q *quick) acceptsMapping(v *Value, but string) bool {
	if q.together && !q.acceptsKeys(v) {
		return false
	}
	for _, key := range q.required {
		if v.field(key) == nil {
			return false
		}
	}
	for _, f := range v.entries() {
		part := q.parts[f.key.text]
		if part == nil {
			part = q.rest
		}
		if part == nil {
			return false
		}
		if f.key.text == but && f.value.kind == mapping {
			continue
		}
		if !part.accepts(f.value) {
			return false
		}
	}
	return true
}

// acceptsKeys has the first mapping with these keys validated as a whole.
func (q *quick) acceptsKeys(v *Value) bool {
	var buf [128]byte
	keys := buf[:0]
	for _, f := range v.entries() {
		keys = append(append(keys, f.key.text...), 0)
	}
	if q.keys[string(keys)] {
		return true
	}
	if len(q.schema.validate(v.tree())) > 0 {
		return false
	}
	if len(q.keys) < maxRight && len(keys) <= maxRightText*fewKeys {
		q.keys[string(keys)] = true
	}
	return true
}

// acceptsList takes scalars that all differ: lists may ask for that.
func (q *quick) acceptsList(v *Value) bool {
	items := v.items()
	if !q.schema.holds(len(items)) {
		return false
	}
	for _, item := range items {
		if item.kind != scalar || !q.items.accepts(item) {
			return false
		}
	}
	return allDiffer(items)
}

func allDiffer(items []*Value) bool {
	if len(items) > fewKeys {
		seen := make(map[string]bool, len(items))
		for _, item := range items {
			seen[item.text] = true
		}
		return len(seen) == len(items)
	}
	for i, item := range items {
		for _, before := range items[:i] {
			if before.text == item.text {
				return false
			}
		}
	}
	return true
}

func (q *quick) acceptsScalar(v *Value) bool {
	if q.text {
		_, isText := v.typed.(itsText)
		return isText && q.schema.fits(v.text)
	}
	key := scalarText{v.text, v.style}
	if q.right[key] {
		return true
	}
	if len(q.schema.validate(v.value())) > 0 {
		return false
	}
	if len(q.right) < maxRight && len(v.text) <= maxRightText {
		q.right[key] = true
	}
	return true
}
