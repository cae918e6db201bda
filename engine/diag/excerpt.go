package diag

import (
	"slices"
	"strings"
	"unicode"

	"github.com/clipperhouse/displaywidth"
)

// Excerpt draws the offending line and beneath it a caret at the column, with a rule to the last column when it is
// known. It is empty when the line is not known. What a terminal might obey is shown as a question mark.
func Excerpt(d Diagnostic) string {
	if d.Line == 0 || d.Col == 0 {
		return ""
	}
	chars := []rune(strings.TrimRight(d.Text, "\r\n"))
	start := min(d.Col-1, len(chars))
	end := max(min(d.EndCol-1, len(chars)), start)
	chars, start, end = window(chars, start, end)
	var b strings.Builder
	b.WriteString(visible(chars))
	b.WriteByte('\n')
	b.WriteString(blank(chars[:start]))
	b.WriteByte('^')
	b.WriteString(strings.Repeat("~", max(0, width(chars[start:end])-1)))
	b.WriteByte('\n')
	return b.String()
}

// maxExcerpt is how many characters of a line are drawn.
const maxExcerpt = 160

// window cuts a long line to the surroundings of its fault.
func window(chars []rune, start, end int) ([]rune, int, int) {
	if len(chars) <= maxExcerpt {
		return chars, start, end
	}
	from := max(0, min(start-maxExcerpt/4, len(chars)-maxExcerpt))
	to := min(len(chars), from+maxExcerpt)
	cut := slices.Clone(chars[from:to])
	if from > 0 {
		cut[0] = '…'
	}
	if to < len(chars) {
		cut[len(cut)-1] = '…'
	}
	return cut, start - from, min(end-from, len(cut))
}

// blank is as wide as the characters are: tabs stay tabs, so that both lines move alike.
func blank(chars []rune) string {
	var b strings.Builder
	for i := 0; i < len(chars); {
		if chars[i] == '\t' {
			b.WriteByte('\t')
			i++
			continue
		}
		end := i + 1
		for end < len(chars) && chars[end] != '\t' {
			end++
		}
		b.WriteString(strings.Repeat(" ", width(chars[i:end])))
		i = end
	}
	return b.String()
}

func width(chars []rune) int { return displaywidth.String(visible(chars)) }

// visible keeps a hostile file from steering the terminal.
func visible(chars []rune) string {
	return strings.Map(func(r rune) rune {
		if r != '\t' && (unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp)) {
			return '?'
		}
		return r
	}, string(chars))
}
