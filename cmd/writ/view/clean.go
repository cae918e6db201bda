package view

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean makes foreign text safe to show on a terminal and in a CI log: control, bidirectional and zero-width
// characters become visible, line ends become blanks, and the markers that CI systems act on are taken apart.
func Clean(text string) string {
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
		case r == ':' && i > 0 && text[i-1] == ':':
			b.WriteString("\u2009:")
		default:
			b.WriteRune(r)
		}
		i += size
	}
	return markers.Replace(b.String())
}

// markers begin the commands of CI systems.
var markers = strings.NewReplacer("##[", "## [", "##vso[", "## vso[", "##teamcity[", "## teamcity[")

func hostile(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r)
}
