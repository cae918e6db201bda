package view

import (
	"fmt"
	"io"
	"strings"

	"writ/engine/graph"
	"writ/engine/journal"
)

// MaxMarkdown is how long a report may be: what GitHub takes for the summary of a step.
const MaxMarkdown = 1 << 20

// maxMermaid is how many steps a forge is asked to draw.
const maxMermaid = 100

// Markdown prints a report as forges show it, in a comment or as the summary of a job.
func Markdown(w io.Writer, r *Report) error { return MarkdownWithin(w, r, MaxMarkdown) }

// MarkdownWithin prints it in no more bytes than that. What is left out is what can be missed most easily, from the end,
// and the report says so.
func MarkdownWithin(w io.Writer, r *Report, limit int) error {
	m := &markdown{room: limit - len(cutNote)}
	m.head(r)
	entries := r.entries()
	m.findings(r.findings(entries))
	m.next(r.leads())
	m.table(entries)
	m.details(entries)
	m.results(r)
	m.picture(r)
	m.add("\n<sub>writ %s, exit %d</sub>\n", plain(r.Version), r.Exit)
	if m.cut {
		m.b.WriteString(cutNote)
	}
	_, err := io.WriteString(w, m.b.String())
	return err
}

const cutNote = "\n**The rest is left out: the report has grown longer than can be shown here.** See it with `writ show`.\n"

// markdown is a report under way. Once something did not fit, nothing is added any more.
type markdown struct {
	b    strings.Builder
	room int
	cut  bool
}

// add appends a part that makes sense only whole.
func (m *markdown) add(format string, args ...any) bool {
	part := fmt.Sprintf(format, args...)
	if m.cut = m.cut || m.b.Len()+len(part) > m.room; m.cut {
		return false
	}
	m.b.WriteString(part)
	return true
}

func (m *markdown) head(r *Report) {
	mark, lead := outcomeOf(r)
	m.add("### %s %s\n\n", mark.Sign, plain(mark.Word))
	for _, sentence := range lead {
		m.add("%s\n", plain(sentence))
	}
	if words := r.counted(); words != "" {
		m.add("%s\n", plain(words))
	}
	for i, file := range r.sound() {
		m.add("%s- ✓ %s is valid\n", strings.Repeat("\n", max(0, 1-i)), code(file))
	}
	if r.Run == nil || r.Run.Open == nil {
		return
	}
	m.add("\n")
	for _, f := range factsOf(r) {
		if f.Name != "Plan digest" {
			m.add("- %s: %s\n", f.Name, code(f.Value))
		}
	}
}

// findings lists what a person has to look at.
func (m *markdown) findings(all []finding) {
	heads := map[string]string{levelError: "Errors", levelWarning: "Warnings", levelNote: "Notes"}
	level, listed := "", map[string]int{}
	for _, f := range all {
		if f.level != level {
			level = f.level
			m.add("\n#### %s\n\n", heads[level])
		}
		if listed[level]++; level != levelError && listed[level] > maxLines {
			continue
		}
		line := plain(f.message)
		if place := placeOf(f); place != "" {
			line = code(place) + " " + line
		}
		if f.advice != "" {
			line += "; " + plain(f.advice)
		}
		m.add("- %s (%s)\n", line, code(f.rule))
	}
	for _, level := range levels {
		if more := listed[level] - maxLines; level != levelError && more > 0 {
			m.add("\n%s: %d more\n", heads[level], more)
		}
	}
}

func placeOf(f finding) string {
	switch {
	case f.file == "" || f.line == 0:
		return f.file
	case f.col == 0:
		return fmt.Sprintf("%s:%d", f.file, f.line)
	}
	return fmt.Sprintf("%s:%d:%d", f.file, f.line, f.col)
}

func (m *markdown) next(commands []Command) {
	if len(commands) == 0 {
		return
	}
	m.add("\n#### What to do next\n\n")
	for _, c := range commands {
		m.add("%s:\n\n    %s\n\n", plain(c.Does), Clean(c.Line))
	}
}

func (m *markdown) table(entries []entry) {
	if len(entries) == 0 || !m.add("\n#### Steps\n\n| | Step | Kind | |\n|-|---|---|---|\n") {
		return
	}
	f := foldOf(entries)
	more := func(more string) { m.add("| | %s | | |\n", tableCell(plain(more))) }
	for _, e := range entries {
		f.entryLine(e, func() {
			m.add("| %s | %s | %s | %s |\n", code(e.Sign), tableCell(code(e.step)), tableCell(code(e.uses)), tableCell(plain(e.says())))
		}, more)
	}
	f.flush(more)
}

// details are what is folded away: fields, undo, calls.
func (m *markdown) details(entries []entry) {
	f := foldOf(entries)
	for _, e := range entries {
		if !e.hasMore() || m.cut {
			continue
		}
		f.entryLine(e, func() { m.detail(e) }, func(string) {})
	}
	f.flush(func(string) {})
}

func (m *markdown) detail(e entry) {
	var b strings.Builder
	fmt.Fprintf(&b, "\n<details><summary>%s %s</summary>\n\n", tag(e.Sign), tag(e.step))
	if e.name != "" {
		fmt.Fprintf(&b, "%s\n\n", code(e.name))
	}
	for _, f := range e.fields {
		fmt.Fprintf(&b, "- %s\n", code(f))
	}
	if e.undo != "" {
		fmt.Fprintf(&b, "- %s\n", plain(e.undo))
	}
	for _, left := range e.left {
		fmt.Fprintf(&b, "- not put back: %s\n", strings.TrimPrefix(code(left.Field)+" "+plain(left.Why), " "))
	}
	for _, note := range e.notes {
		fmt.Fprintf(&b, "- note: %s\n", plain(note))
	}
	for _, c := range e.calls {
		fmt.Fprintf(&b, "- call: %s\n", code(c.words()))
	}
	m.add("%s\n</details>\n", b.String())
}

func (m *markdown) results(r *Report) {
	if r.Run == nil {
		return
	}
	results := members(r.Run.Results)
	if len(results) > 0 {
		m.add("\n#### Outputs\n\n")
	}
	for _, f := range results {
		m.add("- %s = %s\n", code(f.name), code(gaps(r.Run.Unknown).text(journal.Member("", f.name), f.value, true)))
	}
}

// picture draws the order of the steps in mermaid's language.
func (m *markdown) picture(r *Report) {
	if r.Run == nil || len(r.Run.Nodes) < 2 {
		return
	}
	if len(r.Run.Nodes) > maxMermaid {
		m.add("\nThe plan has %d steps, too many for a picture here.\n", len(r.Run.Nodes))
		return
	}
	parents := make([][]int, len(r.Run.Nodes))
	for i, n := range r.Run.Nodes {
		parents[i] = n.Parents
	}
	var b strings.Builder
	marks := marksOf(r)
	for i, above := range graph.New(parents).Reduced() {
		n := r.Run.Nodes[i]
		mark := together(n, marks[i])
		fmt.Fprintf(&b, "  s%d[\"%s %s<br/>%s\"]:::%s\n", i, mermaidText(mark.Sign), mermaidText(n.ID), mermaidText(n.Uses), mark.Tone)
		for _, p := range above {
			fmt.Fprintf(&b, "  s%d --> s%d\n", p, i)
		}
	}
	m.add("\n<details><summary>Picture</summary>\n\n```mermaid\nflowchart LR\n%s%s```\n\n</details>\n", b.String(), mermaidTones)
}

// mermaidTones mark what went well and what did not by the frame alone: the forge chooses light or dark.
const mermaidTones = `  classDef good stroke:#1a7f37,stroke-width:2px
  classDef warn stroke:#9a6700,stroke-width:2px
  classDef bad stroke:#cf222e,stroke-width:3px
  classDef info stroke:#0969da,stroke-width:2px
  classDef faint stroke-dasharray:4 3
  classDef plain stroke-width:1px
`
