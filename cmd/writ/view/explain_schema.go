package view

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// Schema is the part of a JSON Schema that people read.
type Schema struct {
	Type        any      `json:"type"`
	Description string   `json:"description"`
	Enum        []any    `json:"enum"`
	Const       any      `json:"const"`
	Default     any      `json:"default"`
	Examples    []any    `json:"examples"`
	Required    []string `json:"required"`
	Properties  parts    `json:"properties"`
	Rest        rest     `json:"additionalProperties"`
	Items       *Schema  `json:"items"`
	Definitions parts    `json:"definitions"`
	Ref         string   `json:"$ref"`

	Pattern    string   `json:"pattern"`
	PatternSay string   `json:"patternErrorMessage"`
	MinLength  *int     `json:"minLength"`
	MaxLength  *int     `json:"maxLength"`
	Minimum    *float64 `json:"minimum"`
	Maximum    *float64 `json:"maximum"`
	Above      *float64 `json:"exclusiveMinimum"`
	MinItems   *int     `json:"minItems"`
	Unique     bool     `json:"uniqueItems"`
	Sensitive  bool     `json:"x-writ-sensitive"`
	Literal    []any    `json:"x-writ-literal"`
}

// parts are schemas by name, in the order of the document.
type parts struct {
	names []string
	of    map[string]*Schema
}

// UnmarshalJSON keeps the order, which a map would lose.
func (p *parts) UnmarshalJSON(raw []byte) error {
	if err := json.Unmarshal(raw, &p.of); err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	if _, err := d.Token(); err != nil {
		return err
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		var skipped json.RawMessage
		if err := d.Decode(&skipped); err != nil {
			return err
		}
		p.names = append(p.names, name.(string))
	}
	return nil
}

// rest is what other keys hold: a schema, or only whether there may be any.
type rest struct{ *Schema }

// UnmarshalJSON takes true and false for no schema.
func (r *rest) UnmarshalJSON(raw []byte) error {
	if bytes.HasPrefix(raw, []byte("{")) {
		return json.Unmarshal(raw, &r.Schema)
	}
	return nil
}

// ReadSchema reads a schema. It panics for a document that is none, which is a mistake in writ's own source.
func ReadSchema(raw json.RawMessage) *Schema {
	var s Schema
	if err := json.Unmarshal(raw, &s); err != nil {
		panic("a schema that is none: " + err.Error())
	}
	return &s
}

// NewSchema is that of an object with these fields, in this order.
func NewSchema(says string, names []string, of map[string]*Schema) *Schema {
	return &Schema{Type: "object", Description: says, Properties: parts{names, of}}
}

// Definition is one of the document's definitions.
func (s *Schema) Definition(name string) *Schema { return s.Definitions.of[name].Within(s) }

// Output is a schema of what comes out: of that, nothing is required of anybody.
func (s *Schema) Output() *Schema {
	if s == nil {
		return nil
	}
	out := *s
	out.Required, out.Items = nil, s.Items.Output()
	of := make(map[string]*Schema, len(s.Properties.of))
	for name, part := range s.Properties.of {
		of[name] = part.Output()
	}
	out.Properties = parts{s.Properties.names, of}
	return &out
}

// Within is the schema with what its references name in their place, a few levels deep: schemas may hold themselves.
func (s *Schema) Within(root *Schema) *Schema { return s.resolved(root, 8) }

func (s *Schema) resolved(root *Schema, depth int) *Schema {
	if s == nil || depth == 0 {
		return s
	}
	out := *s
	if name, ok := strings.CutPrefix(s.Ref, "#/definitions/"); ok {
		out = *root.Definitions.of[name]
	}
	of := make(map[string]*Schema, len(out.Properties.of))
	for name, part := range out.Properties.of {
		of[name] = part.resolved(root, depth-1)
	}
	out.Properties = parts{out.Properties.names, of}
	out.Items = out.Items.resolved(root, depth-1)
	out.Rest = rest{out.Rest.Schema.resolved(root, depth-1)}
	return &out
}

// Names are those of the parts that a path may go on with.
func (s *Schema) Names() []string { return s.inner().Properties.names }

// Part is what a path goes on with: a field, of an item where this is a list. A name that people choose stands for
// all of them.
func (s *Schema) Part(name string) (part *Schema, required, found bool) {
	in := s.inner()
	if part, found = in.Properties.of[name]; found {
		return part, slices.Contains(in.Required, name), true
	}
	return nil, false, false
}

// inner is where the fields are: items of lists, and entries whose names people choose, are passed through.
func (s *Schema) inner() *Schema {
	for range 8 {
		switch {
		case len(s.Properties.names) > 0:
			return s
		case s.Items != nil:
			s = s.Items
		case s.Rest.Schema != nil:
			s = s.Rest.Schema
		}
	}
	return s
}
