// Package view turns data into words: it is the only room that prints. It takes runs, records and diagnostics, and
// knows no plan, kind or cloud.
//
// The rules of the screen:
//
//   - Results go to stdout, everything else to stderr.
//   - Lower case and the present tense; no exclamation marks; a fact is said once.
//   - What comes from elsewhere (a cloud's message, a bucket's name) passes through Clean and never begins a line.
//   - Colour helps and is never needed: a sign or a word says the same.
//   - Machines read JSON lines; the first carries the version.
package view

import (
	"fmt"
	"io"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"
)

// Screen is where words go: one stream, with what is known of its reader.
type Screen struct {
	w     io.Writer
	width int
	known bool   // the width is a terminal's, and not assumed
	flags string // what a command that is proposed has to repeat
}

// NewScreen makes a screen. Plain says that the stream's reader shows no colours, or wants none; the environment may ask
// for that, too. Width is the number of columns, 0 when unknown.
func NewScreen(w io.Writer, environ []string, plain bool, width int, flags string) *Screen {
	cw := &colorprofile.Writer{Forward: w, Profile: colorprofile.ANSI} // sixteen colours, which are the reader's own
	if plain || colourless(environ) {
		cw.Profile = colorprofile.NoTTY
	}
	known := width > 0
	if !known {
		width = 80
	}
	return &Screen{w: cw, known: known, width: min(max(width, 40), maxWidth), flags: flags}
}

// maxWidth is how wide lines may be that are still read with ease.
const maxWidth = 160

// colourless reports whether an environment asks for text without colours.
func colourless(environ []string) bool {
	set := variables(environ)
	return set["NO_COLOR"] != "" || set["TERM"] == "dumb" && set["CLICOLOR_FORCE"] == ""
}

// Lively reports whether a terminal in this environment can, and should, draw the same rows again and again.
func Lively(environ []string) bool {
	set := variables(environ)
	return set["NO_COLOR"] == "" && set["TERM"] != "" && set["TERM"] != "dumb" && (set["CI"] == "" || set["CI"] == "false")
}

func variables(environ []string) map[string]string {
	set := map[string]string{}
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		set[name] = value
	}
	return set
}

// Line prints one line.
func (s *Screen) Line(format string, args ...any) {
	fmt.Fprintf(s.w, format+"\n", args...)
}

// Text prints text as it is.
func (s *Screen) Text(text string) { fmt.Fprint(s.w, text) }

// Wrapped prints a paragraph behind a head, broken at the screen's width. Further lines stand under the first one's
// text, or a little way in when the head, or a word, is long.
func (s *Screen) Wrapped(head, text string) {
	indent := lipgloss.Width(head)
	lines := wrap(text, s.width-indent)
	s.Line("%s%s", head, lines[0])
	if len(lines) == 1 {
		return
	}
	rest := strings.Join(lines[1:], " ")
	if indent > maxIndent || longest(rest) > s.width-indent {
		indent = 2 + len(head) - len(strings.TrimLeft(head, " "))
	}
	for _, line := range wrap(rest, s.width-indent) {
		s.Line("%s%s", strings.Repeat(" ", indent), line)
	}
}

// Paragraph prints a sentence of ours.
func (s *Screen) Paragraph(text string) { s.Wrapped("", Clean(text)) }

// row prints what a table says of one step: on a line, or as far as the screen's width lets it.
func (s *Screen) row(head, uses, text string) {
	if text != "" {
		text = "  " + text
	}
	line := head + "  " + uses
	short := strings.TrimRight(head, " ")
	switch wide := lipgloss.Width(line); {
	case wide+lipgloss.Width(text) <= s.width:
		s.Line("%s%s", line, styleFaint.Render(text))
		return
	case wide <= s.width:
		s.Line("%s", line)
	case lipgloss.Width(short)+2+lipgloss.Width(uses) <= s.width:
		s.Line("%s  %s", short, uses)
	default:
		s.Line("%s", short)
		s.Line("      %s", uses)
	}
	if text != "" {
		s.Wrapped("      ", text)
	}
}

// maxIndent is how far in a paragraph's further lines may stand.
const maxIndent = 24

func words(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '\n' })
}

func longest(text string) int {
	wide := 0
	for _, word := range words(text) {
		wide = max(wide, lipgloss.Width(word))
	}
	return wide
}

// wrap breaks text at blanks, but not at those that Clean puts into markers. A word that is too long stands alone.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range words(text) {
		switch {
		case line == "":
			line = word
		case lipgloss.Width(line)+1+lipgloss.Width(word) <= width:
			line += " " + word
		default:
			lines = append(lines, line)
			line = word
		}
	}
	return append(lines, line)
}

// The styles, by what they mean. Magenta warns: yellow cannot be read on a light background.
var (
	styleGood  = lipgloss.NewStyle().Foreground(lipgloss.Color("2"))
	styleWarn  = lipgloss.NewStyle().Foreground(lipgloss.Color("5"))
	styleBad   = lipgloss.NewStyle().Foreground(lipgloss.Color("1"))
	styleFaint = lipgloss.NewStyle().Faint(true)
	styleBold  = lipgloss.NewStyle().Bold(true)
)

// pad fills text up to a width, measured in columns.
func pad(text string, width int) string {
	return text + strings.Repeat(" ", max(0, width-lipgloss.Width(text)))
}

// cut shortens text to a width.
func cut(text string, width int) string {
	if lipgloss.Width(text) <= width {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if lipgloss.Width(b.String()+string(r)) > width-1 {
			break
		}
		b.WriteRune(r)
	}
	return b.String() + "…"
}

// count says a number of things: 1 step, 2 steps.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// Complaint prints why something could not be done. Its further lines stand a little way in; one that stands further in
// is a command to copy, and is not broken.
func (s *Screen) Complaint(text string) {
	for i, line := range strings.Split(strings.TrimSpace(text), "\n") {
		switch {
		case i == 0:
			s.Wrapped(styleBad.Render("writ: "), Clean(line))
		case strings.HasPrefix(line, "    "):
			s.Line("%s", Clean(line))
		case strings.TrimSpace(line) != "":
			s.Wrapped("  ", Clean(line))
		}
	}
}
