package view

import (
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// CalmLines makes a stream in which no line begins with ::, blanks and colours apart, since there a GitHub runner takes it
// for a command. Elsewhere the two colons are what they are: grant["a::b"] can be copied.
func CalmLines(w io.Writer) io.Writer { return &calmLines{w: w} }

type calmLines struct {
	w     io.Writer
	place place
}

// place is where a line stands.
type place int

const (
	atStart  place = iota // nothing but blanks and colours yet
	inColour              // in the escape sequence of one
	atColon               // the first thing is a colon
	within
)

func (c *calmLines) Write(p []byte) (int, error) {
	var b strings.Builder
	for text := string(p); text != ""; {
		if c.place == within { // nothing can happen before the line ends
			n := strings.IndexAny(text, "\r\n")
			if n < 0 {
				n = len(text)
			}
			b.WriteString(valid(text[:n]))
			if text = text[n:]; text == "" {
				break
			}
		}
		r, size := utf8.DecodeRuneInString(text)
		if c.place == atColon && r == ':' {
			b.WriteRune('\u2009') // a thin blank
		}
		c.place = c.place.next(r)
		b.WriteRune(r)
		text = text[size:]
	}
	_, err := io.WriteString(c.w, b.String())
	return len(p), err
}

// valid is a text in which each byte that is part of no character shows as such.
func valid(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	return string([]rune(text))
}

func (at place) next(r rune) place {
	switch {
	case r == '\n' || r == '\r':
		return atStart
	case at == inColour && (r == '[' || r < '@' || r > '~'):
		return inColour
	case at == inColour || at == atStart && unicode.IsSpace(r):
		return atStart
	case at == atStart && r == '\x1b':
		return inColour
	case at == atStart && r == ':':
		return atColon
	}
	return within
}
