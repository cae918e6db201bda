package view

import (
	"io"
	"strings"
	"unicode"
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
	for _, r := range string(p) {
		if c.place == atColon && r == ':' {
			b.WriteRune('\u2009') // a thin blank
		}
		c.place = c.place.next(r)
		b.WriteRune(r)
	}
	_, err := io.WriteString(c.w, b.String())
	return len(p), err
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
