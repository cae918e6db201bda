package view

import (
	"encoding/json"
	"slices"
	"strings"

	"writ/engine/journal"
)

// gaps are the paths of a value at which something is not known yet. What looks like a gap anywhere else is data.
type gaps []string

// arguments are those of an instance that waits for something, as far as they are known.
func arguments(p *journal.Progress) []string {
	var out []string
	for _, f := range members(p.In) {
		out = append(out, f.name+": "+gaps(p.Unknown).text(journal.Member("", f.name), f.value, true))
	}
	return out
}

type member struct {
	name  string
	value json.RawMessage
}

// members are the fields of an object, sorted.
func members(raw json.RawMessage) []member {
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		return nil
	}
	out := make([]member, 0, len(fields))
	for name, value := range fields {
		out = append(out, member{name, value})
	}
	slices.SortFunc(out, func(a, b member) int { return strings.Compare(a.name, b.name) })
	return out
}

// text is a value for people, with what is known of its gaps.
func (g gaps) text(path string, raw json.RawMessage, typed bool) string {
	if slices.Contains(g, path) {
		return gapText(raw, typed)
	}
	if !slices.ContainsFunc(g, func(p string) bool { return strings.HasPrefix(p, path) }) {
		return short(raw)
	}
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) == nil && list != nil {
		parts := make([]string, len(list))
		for i, v := range list {
			parts[i] = g.text(journal.Element(path, i), v, false)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	fields := members(raw)
	if fields == nil {
		return short(raw)
	}
	parts := make([]string, len(fields))
	for i, f := range fields {
		parts[i] = f.name + " " + g.text(journal.Member(path, f.name), f.value, false)
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// gapText says what a gap waits for, and, typed, of what type it is.
func gapText(raw json.RawMessage, typed bool) string {
	var gap journal.Gap
	if json.Unmarshal(raw, &gap) != nil {
		return short(raw)
	}
	if len(gap.Pieces) > 0 {
		return `"` + pieces(gap) + `"`
	}
	words := "from " + stepWords(gap.Steps())
	if typed {
		words += ": " + gap.Type
	}
	return "<" + words + ">"
}

// maxLeft is how much of an expression may stand inside a text.
const maxLeft = 40

func pieces(gap journal.Gap) string {
	var b strings.Builder
	for _, raw := range gap.Pieces {
		var text string
		var inner journal.Gap
		switch {
		case json.Unmarshal(raw, &text) == nil:
			b.WriteString(strings.ReplaceAll(text, "<", `\<`))
		case json.Unmarshal(raw, &inner) != nil:
		case len(inner.Left) <= maxLeft:
			b.WriteString("<" + inner.Left + ">")
		default:
			b.WriteString(gapText(raw, false))
		}
	}
	return b.String()
}
