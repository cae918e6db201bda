package plan

import (
	"bytes"
	"fmt"
	"unicode"
	"unicode/utf8"

	"writ/engine/diag"
)

// MaxFile is how many bytes a plan or an input file may have. More of one need not be read: one byte more is a fault.
const MaxFile = 64 << 20

// The other limits of a file. They hold before a schema or an expression is looked at.
const (
	maxDepth  = 64
	maxNodes  = 5_000_000
	maxScalar = 64 << 10
)

// checkBytes finds what YAML would hide or read in two ways. It reports whether the text can be parsed.
func (f *faults) checkBytes() bool {
	if !f.checkSize() || !f.checkEncoding() {
		return false
	}
	readable := f.checkCharacters()
	return f.checkLines() && readable
}

func (f *faults) checkSize() bool {
	start := diag.Pos{Line: 1, Col: 1}
	if len(f.src.text) > MaxFile {
		f.add(fault{rule: ruleLimit, at: start, says: fmt.Sprintf("the file has more than %d MiB", MaxFile>>20)})
		return false
	}
	if mostNodes(f.src.text) > maxNodes {
		f.add(fault{rule: ruleLimit, at: start, says: fmt.Sprintf("the file has more than %d values", maxNodes)})
		return false
	}
	return true
}

// mostNodes is no less than the number of nodes that the text can hold: each has a sign that leads to it.
func mostNodes(text []byte) int {
	n := 1
	for _, sign := range []string{",", "[", "{", "-", "?"} {
		n += bytes.Count(text, []byte(sign))
	}
	return n + 2*bytes.Count(text, []byte(":"))
}

func (f *faults) checkEncoding() bool {
	text := f.src.text
	bad := func(offset int, says string) bool {
		f.add(fault{rule: ruleEncoding, at: f.src.place(offset), says: says})
		return false
	}
	switch {
	case bytes.HasPrefix(text, []byte("\xef\xbb\xbf")):
		return bad(0, "the file begins with a byte order mark; save it without")
	case bytes.HasPrefix(text, []byte("\xfe\xff")), bytes.HasPrefix(text, []byte("\xff\xfe")), bytes.IndexByte(text[:min(4, len(text))], 0) >= 0:
		return bad(0, "the file is not UTF-8; it looks like UTF-16")
	case utf8.Valid(text):
		return true
	}
	return bad(firstInvalid(text), "the file is not UTF-8: a byte here is part of no character")
}

func firstInvalid(text []byte) int {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return len(text)
}

// checkCharacters reports whether the YAML parser would get through the characters.
func (f *faults) checkCharacters() bool {
	readable := true
	text := f.src.text
	f.src.wide = false
	for i := 0; i < len(text) && len(f.list) <= maxFaults; {
		b := text[i]
		if b >= ' ' && b < 0x7f || b == '\n' || b == '\t' || b == '\r' && i+1 < len(text) && text[i+1] == '\n' {
			i++
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		f.src.wide = f.src.wide || size > 1
		if says := strange(r); says != "" {
			f.character(f.src.place(i), r, says)
			readable = readable && !unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp)
		}
		i += size
	}
	return readable && len(f.list) <= maxFaults
}

func (f *faults) character(at diag.Pos, r rune, says string) {
	f.add(fault{rule: ruleCharacter, at: at, end: at.Col + 1, says: fmt.Sprintf("the character U+%04X %s", r, says)})
}

// strange says why a character is refused, or "".
func strange(r rune) string {
	switch {
	case r < utf8.RuneSelf && r != 0x7f && r >= ' ':
		return ""
	case r == '\r':
		return "ends a line alone; lines end with a line feed"
	case r == 0x85, unicode.In(r, unicode.Zl, unicode.Zp):
		return "ends a line for some readers and not for others"
	case unicode.IsControl(r):
		return "is a control character"
	case unicode.Is(unicode.Bidi_Control, r):
		return "changes the direction in which text is shown"
	case unicode.Is(unicode.Cf, r), unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r):
		return "cannot be seen"
	}
	return ""
}

// checkLines looks at what only a whole line shows: the borders of documents, directives, and indentation by tabs.
func (f *faults) checkLines() bool {
	sound, begun, ended := true, false, false
	for n := range f.src.lines {
		tab, c := f.lead(n)
		at := diag.Pos{Line: n + 1, Col: max(tab, 1)}
		switch {
		case c == '\n' || c == '#':
		case ended, begun && f.isMarker(n, "---"):
			f.add(fault{rule: ruleOneDocument, at: at, says: "a second document begins here; a file holds one"})
			return false
		case f.isMarker(n, "..."):
			ended, begun = true, true
		case !begun && c == '%':
			f.add(fault{rule: ruleOneDocument, at: at, says: "a YAML directive; plans have none"})
			return false
		case tab > 0:
			f.add(fault{rule: ruleSyntax, at: at, says: "a tab indents this line; YAML is indented with spaces"})
			sound, begun = false, true
		default:
			begun = true
		}
	}
	return sound
}

// lead answers a line's first character that is not blank, a line feed if there is none, and the column of the first
// tab before it, or 0. Lines count from 0.
func (f *faults) lead(n int) (tab int, c byte) {
	start := int(f.src.lines[n])
	for i, b := range f.src.text[start:] {
		switch {
		case b == '\t' && tab == 0:
			tab = i + 1
		case b == '\n' || b == '\r':
			return tab, '\n'
		case b != ' ' && b != '\t':
			return tab, b
		}
	}
	return tab, '\n'
}

// isMarker reports whether a line begins with one of the markers of documents. Lines count from 0.
func (f *faults) isMarker(n int, marker string) bool {
	text := f.src.text[f.src.lines[n]:]
	if len(text) < 3 || string(text[:3]) != marker {
		return false
	}
	return len(text) == 3 || bytes.IndexByte([]byte(" \t\r\n"), text[3]) >= 0
}
