package plan

import "strings"

// blockText is a block scalar as it is written.
type blockText struct {
	header string   // | or > and what follows it
	from   int      // the first byte after the header's line; 0 when there is none
	lines  []string // without the indentation
	given  int      // the indentation that the header gives; 0 when it is to be seen
	keeps  bool     // the empty lines at its end are part of it
}

// blockText answers a block scalar, and the byte after it. Indent is that of the mapping or list that it stands in.
func (s *source) blockText(v *Value, indent int) (blockText, int) {
	from := s.offset(v.At())
	b := blockText{header: blockHeader(s.text[from:])}
	to := from + len(b.header)
	if i := strings.IndexAny(b.header, "123456789"); i > 0 {
		b.given = int(b.header[i] - '0')
	}
	b.keeps = strings.Contains(b.header, "+")
	deep := 0
	if b.given > 0 {
		deep = indent + b.given
	}
	if int(v.line) < len(s.lines) {
		b.from = int(s.lines[v.line])
	}
	for n := int(v.line) + 1; n <= len(s.lines); n++ {
		line := s.line(n)
		text := strings.TrimLeft(line, " ")
		in := len(line) - len(text)
		if deep == 0 && text != "" && in > indent {
			deep = in
		}
		if text != "" && (deep == 0 || in < deep) {
			break
		}
		b.lines = append(b.lines, line[min(in, deep):])
		if text != "" || deep > 0 && in > deep { // more spaces than its indentation are text
			to = int(s.lines[n-1]) + len(line)
		}
	}
	if deep == 0 {
		clear(b.lines) // nothing but spaces
	}
	b.settleEnd(v.text)
	return b, to
}

func blockHeader(text []byte) string {
	n := 1
	for n < len(text) && strings.IndexByte("+-0123456789", text[n]) >= 0 {
		n++
	}
	return string(text[:n])
}

// settleEnd makes the end independent of what follows, and of whether the file ends with a line feed.
func (b *blockText) settleEnd(text string) {
	for len(b.lines) > 0 && b.lines[len(b.lines)-1] == "" {
		b.lines = b.lines[:len(b.lines)-1]
	}
	ends := len(text) - len(strings.TrimRight(text, "\n"))
	switch {
	case ends == 0 && len(b.lines) > 0:
		b.header = strings.TrimRight(strings.ReplaceAll(b.header, "+", ""), "-") + "-"
		b.keeps = false
	case b.keeps:
		more := ends
		if len(b.lines) > 0 {
			more--
		}
		b.lines = append(b.lines, make([]string, more)...)
	}
}
