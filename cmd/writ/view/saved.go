package view

import (
	"bytes"
	"encoding/json"
	"strings"

	"charm.land/lipgloss/v2"

	"writ/engine/step"
)

// Saved says where a preview is kept, and by which digest that is pinned: on one line, for programs to cut.
func (s *Screen) Saved(file, digest string) {
	s.Line("")
	s.Line("saved %s, %s", Clean(file), digest)
}

// Moved is an instance that would come out otherwise than a saved preview says.
type Moved struct {
	Step   string
	Why    string
	Fields []step.Field
}

// Moved prints what moved since a preview was saved, field by field old → new.
func (s *Screen) Moved(all []Moved) {
	wide := 0
	for _, m := range all {
		wide = max(wide, lipgloss.Width(Clean(m.Step)))
	}
	for _, m := range all {
		head := "  " + pad(Clean(m.Step), min(wide, 30)) + "  "
		if m.Why != "" {
			s.Wrapped(head, Clean(m.Why))
			head = strings.Repeat(" ", lipgloss.Width(head))
		}
		for _, f := range m.Fields {
			s.Wrapped(head, Clean(movedLine(f)))
			head = strings.Repeat(" ", lipgloss.Width(head))
		}
	}
}

func movedLine(f step.Field) string {
	path := f.Path
	if path != "" {
		path += ": "
	}
	if added, removed, ok := setChange(f); ok && len(added)+len(removed) > 0 {
		return path + strings.Join(append(added, removed...), " ")
	}
	return path + orNothing(f.Old) + " → " + orNothing(f.New)
}

func orNothing(raw json.RawMessage) string {
	if raw == nil || bytes.Equal(raw, []byte("null")) {
		return "nothing"
	}
	return short(raw)
}
