package view

import (
	"fmt"
	"io"
	"strings"
)

// maxAnnotations is how many of a level GitHub shows of one step of a job.
const maxAnnotations = 10

// GitHub prints a report as commands of GitHub's workflows: a group of lines for each step, and annotations at the lines
// of the plan. No text but ours begins a line.
func GitHub(w io.Writer, r *Report) error {
	var b strings.Builder
	entries := r.entries()
	f := foldOf(entries)
	more := func(more string) { gutter(&b, Clean(more)) }
	for _, e := range entries {
		f.entryLine(e, func() { group(&b, e) }, more)
	}
	f.flush(more)
	annotate(&b, r, entries)
	_, err := io.WriteString(w, b.String())
	return err
}

// group prints an entry with what stands below it.
func group(b *strings.Builder, e entry) {
	lines := strings.Split(e.words(), "\n")
	if !e.hasMore() {
		gutter(b, Clean(e.step)+"  "+lines[0])
		return
	}
	fmt.Fprintf(b, "::group::%s\n", githubData(e.Sign+" "+e.step+"  "+e.uses+"  "+e.says()))
	for _, line := range lines[1:] {
		gutter(b, line)
	}
	b.WriteString("::endgroup::\n")
}

// gutter keeps a line from beginning with what may be a command.
func gutter(b *strings.Builder, line string) { fmt.Fprintf(b, "│ %s\n", line) }

// githubCommands are what annotations are called there.
var githubCommands = map[string]string{levelError: "error", levelWarning: "warning", levelNote: "notice"}

// annotate prints findings, errors first, and of each level no more than are shown.
func annotate(b *strings.Builder, r *Report, entries []entry) {
	byLevel := map[string][]finding{}
	for _, f := range r.findings(entries) {
		byLevel[f.level] = append(byLevel[f.level], f)
	}
	for _, level := range levels {
		all := byLevel[level]
		shown := all
		if len(all) > maxAnnotations {
			shown = all[:maxAnnotations-1]
		}
		for _, f := range shown {
			b.WriteString(r.annotation(f))
		}
		if more := len(all) - len(shown); more > 0 {
			fmt.Fprintf(b, "::%s title=writ::and %d more\n", githubCommands[level], more)
		}
	}
}

func (r *Report) annotation(f finding) string {
	var at []string
	add := func(name string, value any) { at = append(at, name+"="+githubProperty(fmt.Sprint(value))) }
	if f.file != "" && f.file != "-" {
		add("file", r.fromRoot(f.file))
		if f.line > 0 {
			add("line", f.line)
		}
		if f.col > 0 {
			add("col", f.col)
		}
		if f.endCol > f.col {
			add("endColumn", f.endCol)
		}
	}
	add("title", "writ: "+f.rule)
	return fmt.Sprintf("::%s %s::%s\n", githubCommands[f.level], strings.Join(at, ","), f.lines(githubData, "%0A"))
}

// githubData is a text behind the second pair of colons.
func githubData(text string) string { return githubEscapes.Replace(Clean(text)) }

// githubProperty is the value of a property.
func githubProperty(text string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(githubData(text))
}

var githubEscapes = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")

// GitHubMask asks GitHub to hide a value in all that follows, each of its lines on its own, as a log has them.
func GitHubMask(value string) string {
	var b strings.Builder
	for line := range strings.Lines(value) {
		if line = strings.Trim(line, "\r\n"); len(line) >= 6 { // a shorter one would tear texts
			fmt.Fprintf(&b, "::add-mask::%s\n", githubEscapes.Replace(line))
		}
	}
	return b.String()
}
