package view

import (
	"slices"
	"strings"
)

// TestCase is how one case of a plan test ended.
type TestCase struct {
	Name        string
	Differences []TestDifference
}

// TestDifference is one thing that is not as expected.
type TestDifference struct{ What, Want, Found string }

// TestFile begins the cases of a file.
func (s *Screen) TestFile(file string) { s.Line("%s", styleBold.Render(Clean(plainly(file)))) }

// TestCase prints a case, and what is not as expected.
func (s *Screen) TestCase(c TestCase) {
	if len(c.Differences) == 0 {
		s.Wrapped(styleGood.Render("✓")+" ", Clean(c.Name))
		return
	}
	s.Wrapped(styleBad.Render("✗")+" ", Clean(c.Name))
	for _, d := range c.Differences {
		s.Line("    %s", Clean(d.What))
		s.Wrapped("      expected  ", Clean(d.Want))
		s.Wrapped("      found     ", Clean(d.Found))
	}
}

// Hurt is one fault that a case made a step meet.
type Hurt struct {
	Plan  string `json:"plan"`
	Step  string `json:"step"`
	Fault string `json:"fault"`
	Undo  bool   `json:"undo,omitempty"`
}

// HurtStep is a step that can meet faults.
type HurtStep struct {
	Plan, Step string
	Faults     []string // those that it can meet
	Back       bool     // whether it has a way back
}

// hurtWidth is the width of a fault's column.
const hurtWidth = 6

// Hurts prints which steps met which faults, there and back. Short are the heads of the columns, by fault.
func (s *Screen) Hurts(steps []HurtStep, faults, short []string, met []Hurt) {
	if len(steps) == 0 {
		return
	}
	head := "exercised"
	wide := len(head)
	for _, st := range steps {
		wide = max(wide, 2+len([]rune(st.Step)))
	}
	wide = min(wide, s.width-hurtWidth*len(faults)-2)
	line := pad(head, wide)
	for _, word := range short {
		line += "  " + pad(word, hurtWidth-2)
	}
	s.Line("%s", strings.TrimRight(line, " "))
	last := ""
	for _, st := range steps {
		if st.Plan != last {
			s.Line("%s", Clean(st.Plan))
			last = st.Plan
		}
		line := pad(cut("  "+Clean(st.Step), wide), wide)
		for _, fault := range faults {
			line += "  " + pad(cell(st, fault, met), hurtWidth-2)
		}
		s.Line("%s", strings.TrimRight(line, " "))
	}
	s.Line("%s", styleFaint.Render("→ on the way there, ← on the way back, · not exercised"))
}

// cell is a dot for each way that a fault can be met on and was not, an arrow for each that it was.
func cell(st HurtStep, fault string, met []Hurt) string {
	if !slices.Contains(st.Faults, fault) {
		return ""
	}
	arrow := func(undo bool, sign string) string {
		if slices.Contains(met, Hurt{Plan: st.Plan, Step: st.Step, Fault: fault, Undo: undo}) {
			return sign
		}
		return "·"
	}
	if !st.Back {
		return arrow(false, "→")
	}
	return arrow(false, "→") + arrow(true, "←")
}

// Tested says how many cases there were, and how many of them failed.
func (s *Screen) Tested(cases, failed int) {
	if failed == 0 {
		s.Line("%s", styleGood.Render(count(cases, "case")+", all as expected"))
		return
	}
	s.Line("%s", styleBad.Render(count(cases, "case")+", "+count(failed, "failure")))
}
