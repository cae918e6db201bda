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

// Kind explains one kind: what it does, its arguments and outputs, undo, permissions, quirks.
func (s *Screen) Kind(k step.Kind) {
	s.Line("%s  %s", styleBold.Render(k.Name), k.Effect)
	s.Wrapped("  ", k.Summary)
	s.properties("arguments", ReadSchema(k.Schema).Definition("input"))
	s.properties("outputs", ReadSchema(k.Schema).Definition("output").Output())
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

func (s *Screen) properties(title string, schema *Schema) {
	s.Line("")
	s.Line("%s", styleBold.Render(title))
	if len(schema.Properties.names) == 0 {
		s.Line("  none")
	}
	for _, name := range schema.Properties.names {
		s.Line("  %s", headOf(name, schema))
		part := schema.Properties.of[name]
		s.Wrapped("      ", part.Description)
		s.limits("      ", part, false)
	}
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
