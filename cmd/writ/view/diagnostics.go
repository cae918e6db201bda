package view

import (
	"strings"

	"writ/engine/diag"
)

// Diagnostics prints faults, each with the offending line and a caret.
func (s *Screen) Diagnostics(ds []diag.Diagnostic) {
	for _, d := range ds {
		style := styleBad
		if d.Severity == diag.Warning {
			style = styleWarn
		}
		s.Line("%s %s", style.Render(Clean(d.String())), styleFaint.Render("["+d.Rule+"]"))
		if d.Text != "" {
			for _, line := range strings.Split(strings.TrimRight(diag.Excerpt(d), "\n"), "\n") {
				s.Line("  | %s", line)
			}
		}
		for _, r := range d.Related {
			s.Line("  %s", Clean(r.String()))
		}
	}
}

// Tally counts faults: 2 errors, 1 warning.
func Tally(ds []diag.Diagnostic) string {
	errors, warnings := 0, 0
	for _, d := range ds {
		if d.Severity == diag.Warning {
			warnings++
		} else {
			errors++
		}
	}
	var parts []string
	if errors > 0 {
		parts = append(parts, count(errors, "error"))
	}
	if warnings > 0 {
		parts = append(parts, count(warnings, "warning"))
	}
	return strings.Join(parts, ", ")
}
