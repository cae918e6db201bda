package view

import (
	"encoding/json"
	"slices"
	"strings"

	"writ/engine/step"
)

// Kinds lists the kinds.
func (s *Screen) Kinds(kinds step.Kinds) {
	wide := 0
	for _, k := range kinds {
		wide = max(wide, len(k.Name))
	}
	for _, k := range kinds {
		s.Wrapped(pad(k.Name, wide)+"  "+pad(string(k.Effect), 12)+"  ", k.Summary)
	}
}

// property is the part of a JSON Schema that people read.
type property struct {
	Type        any                 `json:"type"`
	Description string              `json:"description"`
	Enum        []any               `json:"enum"`
	Default     any                 `json:"default"`
	Examples    []any               `json:"examples"`
	Properties  map[string]property `json:"properties"`
	Required    []string            `json:"required"`
	Items       *property           `json:"items"`
	MaxLength   int                 `json:"maxLength"`
}

// Kind explains one kind: what it does, its arguments and outputs, undo, permissions, quirks.
func (s *Screen) Kind(k step.Kind) {
	s.Line("%s  %s", styleBold.Render(k.Name), k.Effect)
	s.Wrapped("  ", k.Summary)
	s.properties("arguments", k.Input)
	s.properties("outputs", k.Output)
	s.Line("")
	s.Line("%s", styleBold.Render("undo"))
	s.Wrapped("  ", undoOf(k))
	s.Line("")
	s.Line("%s", styleBold.Render("IAM permissions"))
	for _, a := range []struct {
		what    string
		actions step.Permissions
	}{{"read", k.Actions.Read}, {"apply", k.Actions.Apply}, {"undo", k.Actions.Undo}} {
		if len(a.actions) > 0 {
			s.Wrapped("  "+pad(a.what, 7), strings.Join(a.actions.Names(), ", "))
		}
	}
	if len(k.Notes) > 0 {
		s.Line("")
		s.Line("%s", styleBold.Render("to know"))
		for _, n := range k.Notes {
			s.Wrapped("  - ", n)
		}
	}
}

func undoOf(k step.Kind) string {
	switch k.Effect {
	case step.Reads:
		return "nothing to undo: it only reads"
	case step.Irreversible:
		return "none: no call takes it back; a step that uses it says irreversible: accept"
	}
	return "puts back what the step found, and leaves what others changed since"
}

func (s *Screen) properties(title string, schema json.RawMessage) {
	var doc property
	if json.Unmarshal(schema, &doc) != nil {
		return
	}
	s.Line("")
	s.Line("%s", styleBold.Render(title))
	if len(doc.Properties) == 0 {
		s.Line("  none")
	}
	for _, name := range sortedKeys(doc.Properties) {
		p := doc.Properties[name]
		head := name + "  " + typeWord(p)
		if slices.Contains(doc.Required, name) && title == "arguments" {
			head += ", required"
		}
		s.Line("  %s", head)
		s.Wrapped("      ", p.Description)
		if len(p.Enum) > 0 {
			s.Wrapped("      one of ", jsonWords(p.Enum))
		}
		if p.Items != nil && len(p.Items.Enum) > 0 {
			s.Wrapped("      each one of ", jsonWords(p.Items.Enum))
		}
		if p.Items != nil && len(p.Items.Properties) > 0 {
			s.Wrapped("      each with ", strings.Join(sortedKeys(p.Items.Properties), ", "))
		}
		if p.Default != nil {
			s.Wrapped("      default ", jsonWords([]any{p.Default}))
		}
	}
}

func typeWord(p property) string {
	switch t := p.Type.(type) {
	case string:
		if t == "array" && p.Items != nil {
			return "list of " + typeWord(*p.Items)
		}
		return map[string]string{"string": "text", "array": "list", "object": "object", "boolean": "true or false", "integer": "integer", "number": "number"}[t]
	case []any:
		return "text or nothing"
	}
	return "any"
}

func jsonWords(values []any) string {
	words := make([]string, len(values))
	for i, v := range values {
		raw, _ := json.Marshal(v)
		words[i] = short(raw)
	}
	return strings.Join(words, ", ")
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
