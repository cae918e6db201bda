package view

import (
	"strings"
	"unicode/utf8"

	"charm.land/lipgloss/v2"

	"writ/engine/diag"
)

// Diagnostics prints faults, each with the offending line and a caret.
func (s *Screen) Diagnostics(ds []diag.Diagnostic) {
	for _, d := range ds {
		style := styleBad
		if d.Severity == diag.Warning {
			style = styleWarn
		}
		s.fault(style, Clean(plainly(d.File)+strings.TrimPrefix(d.String(), d.File)), "["+d.Rule+"]")
		if d.Text != "" {
			for _, line := range strings.Split(strings.TrimRight(diag.Excerpt(d), "\n"), "\n") {
				s.Line("  | %s", sameWidth.Replace(line))
			}
		}
		for _, r := range d.Related {
			for _, line := range s.broken("  ", Clean(r.String())) {
				s.Line("%s", line)
			}
		}
	}
}

// fault prints what is wrong, and after it the rule.
func (s *Screen) fault(style lipgloss.Style, text, rule string) {
	lines := s.broken("", text+" "+rule)
	last := len(lines) - 1
	for _, line := range lines[:last] {
		s.Line("%s", style.Render(line))
	}
	s.Line("%s %s", style.Render(strings.TrimSuffix(lines[last], " "+rule)), styleFaint.Render(rule))
}

// broken breaks the words of a fault at a terminal's width. Whatever else reads them wants one line.
func (s *Screen) broken(head, text string) []string {
	if !s.known || lipgloss.Width(head+text) <= s.width {
		return []string{head + text}
	}
	lines := wrap(text, s.width-4)
	for i := range lines {
		lines[i] = head + lines[i]
		head = "    "
	}
	return lines
}

// sameWidth disarms the markers of CI systems in an excerpt, under whose columns a caret stands.
var sameWidth = strings.NewReplacer("##[", "##(", "##vso[", "##vso(", "##teamcity[", "##teamcity(")

// plainly is a file's name as it may begin a line: one that begins oddly is reached by its folder.
func plainly(file string) string {
	if file == "" || file == "-" || strings.ContainsRune("./_~", rune(file[0])) || file[0] >= utf8.RuneSelf || isWord(file[0]) {
		return file
	}
	return "./" + file
}

func isWord(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}

// Valid says that a plan has no faults.
func (s *Screen) Valid(file string) { s.Line("the plan %s is valid", Clean(file)) }

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
