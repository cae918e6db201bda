package view

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/oklog/ulid/v2"

	"writ/engine/journal"
	"writ/engine/step"
)

// Preview prints what a run would do, step by step in the order in which the steps start.
func (s *Screen) Preview(run *journal.Run, order []int) {
	s.Wrapped("", styleBold.Render("preview of "+Clean(run.Open.Plan))+" on "+Clean(where(run.Open.Target)+as(run.Open)))
	s.Line("")
	wide := idWidth(run)
	for _, i := range order {
		n := run.Nodes[i]
		if n.Each && n.Evaluated && len(n.Parts) == 0 {
			s.row(styleFaint.Render(".")+" "+pad(n.ID, wide), n.Uses, "for_each is empty")
		}
		for _, p := range n.Parts {
			s.previewPart(n, p, wide)
		}
	}
	s.Line("")
	s.Wrapped("", summary(run))
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

// wordOf says in words what the sign says, and how it is known.
func wordOf(n *journal.Node, p *journal.Progress) string {
	switch {
	case p.Error != nil && p.Error.Class == step.Denied:
		return "denied: " + p.Error.Error()
	case p.Error != nil:
		return p.Error.Error()
	case p.Phase == journal.PhaseSkipped:
		return "skipped: " + p.Why
	case p.How == journal.Looked:
		return "read: " + size(p.Outputs)
	case p.How == journal.Evidence:
		return "known from run " + p.From + dateOf(p.From)
	case p.How == journal.Satisfied:
		return "already so"
	case p.Change == journal.Hidden:
		return "not known until apply"
	case n.Effect == step.Irreversible:
		return "sent; no call can read it"
	}
	return map[journal.Change]string{journal.Create: "create", journal.Update: "change", journal.Remove: "remove"}[p.Change]
}

// dateOf is the day on which a run began, which its id tells.
func dateOf(run string) string {
	id, err := ulid.ParseStrict(strings.ToUpper(run))
	if err != nil {
		return ""
	}
	return " of " + id.Timestamp().Format(time.DateOnly)
}

// size says how much a read step found: its longest list.
func size(outputs json.RawMessage) string {
	var fields map[string]json.RawMessage
	if json.Unmarshal(outputs, &fields) != nil {
		return "done"
	}
	for _, raw := range fields {
		var list []json.RawMessage
		if json.Unmarshal(raw, &list) == nil {
			return count(len(list), "item")
		}
	}
	return "done"
}

// changes lists old and new, field by field; arguments that wait for something are shown as far as they are known.
func changes(p *journal.Progress) []string {
	if p.Change == journal.Hidden || p.Phase == journal.PhaseFailed {
		return arguments(p.In)
	}
	var out []string
	for _, f := range fieldsOf(p) {
		out = append(out, fieldLine(f))
	}
	return out
}

// fieldsOf is what a change does, field by field. What no call can read is taken as empty before.
func fieldsOf(p *journal.Progress) []step.Field {
	before := p.Before
	if bytes.Equal(before, []byte("null")) {
		before = json.RawMessage("{}")
	}
	return step.Diff(before, p.Goal)
}

func fieldLine(f step.Field) string {
	path := f.Path
	if path != "" {
		path += ": "
	}
	added, removed, ok := setChange(f)
	switch {
	case ok:
		return path + strings.Join(append(added, removed...), " ")
	case f.Old == nil || bytes.Equal(f.Old, []byte("null")):
		return path + short(f.New)
	case f.New == nil:
		return path + short(f.Old) + " → gone"
	}
	return path + short(f.Old) + " → " + short(f.New)
}

// setChange shows a list that changes by what comes and what goes.
func setChange(f step.Field) (added, removed []string, ok bool) {
	var was, will []json.RawMessage
	if f.New == nil || json.Unmarshal(f.New, &will) != nil || f.Old != nil && json.Unmarshal(f.Old, &was) != nil {
		return nil, nil, false
	}
	for _, v := range will {
		if !holds(was, v) {
			added = append(added, "+"+short(v))
		}
	}
	for _, v := range was {
		if !holds(will, v) {
			removed = append(removed, "-"+short(v))
		}
	}
	return added, removed, true
}

func holds(list []json.RawMessage, v json.RawMessage) bool {
	for _, e := range list {
		if bytes.Equal(e, v) {
			return true
		}
	}
	return false
}

func arguments(in json.RawMessage) []string {
	if in == nil {
		return nil
	}
	var out []string
	for _, f := range step.Diff(json.RawMessage("{}"), in) {
		out = append(out, f.Path+": "+short(f.New))
	}
	return out
}

// short is a JSON value for people: texts without quotes where that is clear.
func short(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		if text == "" || strings.ContainsAny(text, " ,\"") && !strings.HasPrefix(text, "<") {
			return fmt.Sprintf("%q", text)
		}
		return text
	}
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) == nil && list != nil {
		parts := make([]string, len(list))
		for i, v := range list {
			parts[i] = short(v)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) == nil && fields != nil {
		var parts []string
		for _, f := range step.Diff(json.RawMessage("{}"), raw) {
			parts = append(parts, f.Path+" "+short(f.New))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return string(raw)
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
		if !strings.Contains(words, left.Why) {
			words += "; leaves " + left.Field + ": " + left.Why
		}
	}
	return words
}

// summary counts the signs.
func summary(run *journal.Run) string {
	counts := map[string]int{}
	for _, n := range run.Nodes {
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
