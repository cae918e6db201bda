package view

import (
	"slices"
	"strings"

	"charm.land/lipgloss/v2"
)

// What a permission is needed for.
const (
	ForRead  = "read"
	ForApply = "apply"
	ForUndo  = "undo"
)

// Need is a permission that a plan needs: an action, a role, or a call that no public page says enough of.
type Need struct {
	Action   string   `json:"action,omitempty"`
	Role     string   `json:"role,omitempty"`
	Call     string   `json:"call,omitempty"`
	Scope    string   `json:"scope,omitempty"`            // of an action: that of the policy that allows it
	Identity []string `json:"identity_actions,omitempty"` // what identity policies allow in place of a role
	For      []string `json:"for"`
	Steps    []string `json:"steps"`
	Uses     []string `json:"uses"`
	Unsure   bool     `json:"unsure,omitempty"`

	Documented bool   `json:"documented"`
	Note       string `json:"note,omitempty"`
}

// Name is what the need is called.
func (n Need) Name() string { return n.Action + n.Role + n.Call }

// Needs prints what a plan needs: each with what it is for, and which steps need it.
func (s *Screen) Needs(plan string, needs []Need) {
	s.Wrapped("", styleBold.Render("permissions for "+Clean(plan)))
	if len(needs) == 0 {
		s.Line("none")
	}
	s.needs("actions, for custom policies", needs)
	if slices.ContainsFunc(needs, func(n Need) bool { return n.Unsure }) {
		s.Line("")
		s.Paragraph("? not certain")
	}
}

// NotInPolicy says what no custom policy holds, and what one holds without being certain.
func (s *Screen) NotInPolicy(needs []Need) {
	s.needs("actions that are not certain", slices.DeleteFunc(slices.Clone(needs), func(n Need) bool { return n.Action != "" && !n.Unsure }))
}

// needs prints them by how they are met.
func (s *Screen) needs(actions string, needs []Need) {
	wide := 0
	for _, n := range needs {
		wide = max(wide, lipgloss.Width(n.Name()))
	}
	for _, part := range []struct {
		title string
		is    func(Need) bool
	}{
		{actions, func(n Need) bool { return n.Action != "" }},
		{"roles, where no custom policy will do", func(n Need) bool { return n.Role != "" }},
		{"calls of which no public page says what they need", func(n Need) bool { return n.Call != "" }},
	} {
		of := slices.DeleteFunc(slices.Clone(needs), func(n Need) bool { return !part.is(n) })
		if len(of) == 0 {
			continue
		}
		s.Line("")
		s.Line("%s", styleBold.Render(part.title))
		for i, n := range of {
			s.need(n, wide)
			if slices.ContainsFunc(of[i+1:], func(other Need) bool { return other.Note == n.Note }) {
				n.Note = "" // it is said below the last that it is about
			}
			s.needNote(n)
		}
	}
}

func (s *Screen) need(n Need, wide int) {
	head := " "
	if n.Unsure {
		head = styleWarn.Render("?")
	}
	head += " " + pad(n.Name(), wide)
	for _, why := range []string{ForRead, ForApply, ForUndo} {
		if !slices.Contains(n.For, why) {
			why = strings.Repeat(" ", len(why))
		}
		head += "  " + why
	}
	of := Clean(strings.Join(n.Steps, ", "))
	if lipgloss.Width(head)+2+lipgloss.Width(of) <= s.width {
		s.Line("%s  %s", head, styleFaint.Render(of))
		return
	}
	s.Line("%s", strings.TrimRight(head, " "))
	s.Wrapped("      ", of)
}

func (s *Screen) needNote(n Need) {
	if len(n.Identity) > 0 {
		s.Wrapped("      ", "in identity policies: "+strings.Join(n.Identity, ", "))
	}
	if n.Note != "" {
		s.Wrapped("      ", n.Note)
	}
}
