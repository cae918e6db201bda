package view

import (
	"fmt"
	"strings"

	"charm.land/lipgloss/v2"

	"writ/engine/journal"
	"writ/engine/step"
)

// Preview prints what a run would do, step by step in the order in which the steps start.
func (s *Screen) Preview(run *journal.Run, order []int) {
	s.Wrapped("", styleBold.Render("preview of "+Clean(run.Open.Plan))+" on "+Clean(where(run.Open.Target)+as(run.Open)))
	s.Line("")
	wide, whole := idWidth(run), true
	f := newFold(weigh(run, previewWeight))
	for _, i := range order {
		n := run.Nodes[i]
		if why := absent(n); why != "" {
			f.line(idle, func() string { return absentSort(n.Step) }, func() { s.row(styleFaint.Render(".")+" "+pad(n.ID, wide), n.Uses, why) }, s.folded)
		}
		for _, p := range n.Parts {
			if whole && lasting(n, p) {
				whole = false
				f.flush(s.folded)
				s.Line("%s", styleBad.Render("── from here on not everything can be put back ──"))
			}
			f.line(previewWeight(n, p), func() string { return previewSort(n, p) }, func() { s.previewPart(n, p, wide) }, s.folded)
		}
	}
	f.flush(s.folded)
	s.Line("")
	s.Wrapped("", summary(run))
	if f.total > 0 {
		s.Wrapped("", fmt.Sprintf("%d lines are folded; --format json has each of them", f.total))
	}
}

// absent says why a step has no part to show.
func absent(n *journal.Node) string {
	switch {
	case len(n.Parts) > 0:
		return ""
	case n.Each && n.Evaluated:
		return "for_each is empty"
	}
	return "not looked at"
}

// lasting reports whether undo will leave something of a change behind.
func lasting(n *journal.Node, p *journal.Progress) bool {
	return signOf(n, p) == "!" || p.How == journal.Predicted && p.Reverse != nil && len(p.Reverse.Left) > 0
}

func where(t journal.Target) string {
	cloud := t.Cloud
	if t.Sandbox != "" {
		cloud = "the sandbox"
		if t.Sandbox != "embedded" {
			cloud += " at " + t.Sandbox
		}
	}
	return fmt.Sprintf("%s, region %s, project %s", cloud, t.Region, t.ProjectID)
}

// as says as whom a cloud is asked; a sandbox has one account.
func as(open *journal.Opening) string {
	if open.Target.Sandbox != "" {
		return ""
	}
	return ", as " + signedIn(open)
}

func idWidth(run *journal.Run) int {
	wide := 0
	for _, n := range run.Nodes {
		for _, p := range n.Parts {
			wide = max(wide, lipgloss.Width(Clean(p.Address)))
		}
	}
	return min(wide, 44)
}

func (s *Screen) previewPart(n *journal.Node, p *journal.Progress, wide int) {
	sign := signOf(n, p)
	s.row(signStyle(sign).Render(sign)+" "+pad(Clean(p.Address), wide), n.Uses, Clean(wordOf(n, p)))
	if sign == "=" || p.Phase == journal.PhaseSkipped {
		return
	}
	if n.Name != "" {
		s.Wrapped("      ", styleFaint.Render(Clean(n.Name)))
	}
	for _, f := range changes(p) {
		s.Wrapped("      ", Clean(f))
	}
	if u := undoWords(n, p); u != "" {
		s.Wrapped("      undo: ", Clean(u))
	}
	for _, w := range p.Warnings {
		s.Wrapped("      note: ", Clean(w))
	}
}

// signOf is the one character that says what happens to a step.
func signOf(n *journal.Node, p *journal.Progress) string {
	switch {
	case p.Error != nil && p.How == journal.Predicted || p.Phase == journal.PhaseFailed:
		return "?"
	case p.Phase == journal.PhaseSkipped:
		return "."
	case p.How == journal.Looked || p.How == journal.Satisfied || p.How == journal.Evidence:
		return "="
	case n.Effect == step.Irreversible || p.Reverse != nil && p.Reverse.Gone:
		return "!"
	}
	switch p.Change {
	case journal.Create:
		return "+"
	case journal.Update:
		return "~"
	case journal.Remove:
		return "-"
	case journal.NoChange:
		return "="
	}
	return "?"
}

func signStyle(sign string) lipgloss.Style {
	switch sign {
	case "+":
		return styleGood
	case "~", "?":
		return styleWarn
	case "-", "!":
		return styleBad
	}
	return styleFaint
}

// undoWords says what undo would do, and what it cannot.
func undoWords(n *journal.Node, p *journal.Progress) string {
	switch {
	case p.Phase == journal.PhaseFailed || p.Error != nil:
		return ""
	case n.Effect == step.Irreversible:
		return "none; no call takes it back"
	case n.Rollback == "none":
		return "none; the step says rollback: none"
	case p.Reverse == nil:
		return ""
	}
	words := strings.TrimPrefix(p.Reverse.Says, "undo ")
	for _, left := range p.Reverse.Left {
		switch {
		case strings.Contains(words, left.Why):
		case left.Field == "":
			words += "; " + left.Why
		default:
			words += "; leaves " + left.Field + ": " + left.Why
		}
	}
	return words
}

// summary counts the signs.
func summary(run *journal.Run) string {
	counts := map[string]int{}
	for _, n := range run.Nodes {
		if absent(n) != "" {
			counts["."]++
		}
		for _, p := range n.Parts {
			sign := signOf(n, p)
			if p.Error != nil {
				sign = "error"
			}
			counts[sign]++
		}
	}
	var parts []string
	for _, c := range []struct{ sign, words string }{
		{"+", "to create"}, {"~", "to change"}, {"-", "to remove"}, {"!", "that cannot be undone"},
		{"?", "not known until apply"}, {"error", "that cannot be told"}, {"=", "already so or only read"}, {".", "skipped"},
	} {
		if counts[c.sign] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[c.sign], c.words))
		}
	}
	return strings.Join(parts, ", ")
}
