package view

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"writ/engine/journal"
	"writ/engine/step"
)

// wordOf says in words what the sign says, and how it is known.
func wordOf(n *journal.Node, p *journal.Progress) string {
	switch {
	case p.Error != nil && p.Error.Class == step.Denied:
		return "denied: " + p.Error.Error()
	case p.Error != nil:
		return p.Error.Error()
	case p.Phase == journal.PhaseSkipped:
		return "skipped: " + p.Why
	case p.Change == journal.Hidden:
		return waiting(p)
	case p.How == journal.Looked:
		return "read: " + size(p.Outputs) + from(p, "")
	case p.How == journal.Evidence:
		return "known from run " + p.From + dateOf(p.From)
	case p.How == journal.Satisfied:
		return "already so" + from(p, " (read)")
	case n.Effect == step.Irreversible:
		return "sent; no call can read it" + from(p, "")
	}
	return changeWords[p.Change] + from(p, " (read)")
}

var changeWords = map[journal.Change]string{journal.Create: "create", journal.Update: "change", journal.Remove: "remove"}

// from says how a line is known: by reading, or resting on what other steps are predicted to put out.
func from(p *journal.Progress, read string) string {
	if len(p.Rests) == 0 {
		return read
	}
	return " (predicted from " + stepWords(p.Rests) + ")"
}

// waiting says what a line of which nothing can be told waits for.
func waiting(p *journal.Progress) string {
	switch {
	case slices.Contains(p.Unknown, "if"):
		return "not known if it runs: waits for " + stepWords(p.Rests)
	case strings.HasSuffix(p.Address, "[?]"):
		return turns(p)
	case len(p.Unknown) > 0 && len(p.Rests) > 0:
		return "not known: waits for " + stepWords(p.Rests)
	}
	return "not known until apply"
}

// turns says how often a step runs of whose for_each not everything is known.
func turns(p *journal.Progress) string {
	var gap journal.Gap
	words := "once for each of "
	if json.Unmarshal(p.Value, &gap) == nil && gap.Type == "text" {
		words = "once for " // one element of a list
	}
	return words + gaps(p.Unknown).text("for_each", p.Value, true)
}

func stepWords(ids []string) string {
	if len(ids) == 1 {
		return "step " + ids[0]
	}
	return "steps " + strings.Join(ids, ", ")
}

// knownBy is one word for how a line is known.
func knownBy(p *journal.Progress) string {
	switch {
	case p.Phase == journal.PhaseSkipped:
		return "skipped"
	case p.Error != nil || p.Change == journal.Hidden:
		return "unknown"
	case p.How == journal.Evidence:
		return "earlier_run"
	case len(p.Rests) > 0:
		return "predicted"
	}
	return "read"
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
