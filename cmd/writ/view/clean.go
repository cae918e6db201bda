package view

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Clean makes foreign text safe to show on a terminal and in a CI log: control, bidirectional and zero-width
// characters become visible, line ends become blanks, and the markers that CI systems act on wherever they stand are taken
// apart. Those that count only where a line begins are for CalmLines, which knows where that is.
func Clean(text string) string {
	if isTame(text) {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, text[i])
		case r == '\n' || r == '\t' || r == '\r':
			b.WriteByte(' ')
		case hostile(r):
			fmt.Fprintf(&b, `\u{%x}`, r)
		default:
			b.WriteRune(r)
		}
		i += size
	}
	return markers.Replace(b.String())
}

// isTame reports whether a text is of plain characters without a marker, as nearly all are.
func isTame(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c >= 0x7f || c == '#' {
			return false
		}
	}
	return true
}

// markers begin the commands of CI systems: GitHub's older ones and its log, Azure Pipelines, TeamCity.
var markers = strings.NewReplacer("##[", "## [", "##vso[", "## vso[", "##teamcity[", "## teamcity[")

func hostile(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r)
}

// cleanJSON writes a JSON document so that no terminal and no CI system reads anything into it. It says the same.
func cleanJSON(raw []byte) string {
	text := string(raw)
	if isTame(text) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		switch {
		case r > 0xffff && hostile(r):
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		case r >= 0x7f && hostile(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return jsonMarkers.Replace(b.String())
}

// jsonMarkers take apart what can stand only within a JSON text.
var jsonMarkers = strings.NewReplacer("##[", `#\u0023[`, "##vso[", `#\u0023vso[`, "##teamcity[", `#\u0023teamcity[`)
