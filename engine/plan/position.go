package plan

import (
	"strings"
	"unicode/utf8"

	"writ/engine/diag"
)

// A caret inside an expression has to point at the expression's own bytes, also where YAML folds lines, strips
// indentation or reads escapes. The YAML parser tells only where a scalar begins, so the scalar is read once more
// beside its value, byte by byte; where the two do not agree, the scalar's beginning has to do.

// placeOf is the place in the file of a byte of the scalar's value.
func (v *Value) placeOf(offset int) diag.Pos {
	at, known := v.offsets()
	if !known {
		return v.At()
	}
	return v.src.place(at[min(max(offset, 0), len(v.text))])
}

// span is the place of a range of the value, and the column of its end if that is on the same line, else 0.
func (v *Value) span(offset, end int) (diag.Pos, int) {
	at, known := v.offsets()
	if !known {
		return v.At(), 0
	}
	limit := len(v.text)
	from := v.src.place(at[min(max(offset, 0), limit)])
	if end <= offset || end > limit {
		return from, 0
	}
	last := v.src.place(at[end-1])
	if last.Line != from.Line {
		return from, 0
	}
	return from, last.Col + 1
}

// endCol is the column after a scalar that stands on one line, else 0.
func (v *Value) endCol() int {
	if v.kind != scalar || v.text == "" || v.src == nil {
		return 0
	}
	at, known := v.offsets()
	if !known {
		return 0
	}
	last := v.src.place(at[len(v.text)-1])
	if last.Line != int(v.line) {
		return 0
	}
	if v.style == single || v.style == double {
		return last.Col + 2
	}
	return last.Col + 1
}

// offsets answers for each byte of the value, and for its end, the byte of the file.
func (v *Value) offsets() ([]int, bool) {
	if v.kind != scalar || v.src == nil {
		return nil, false
	}
	start := v.src.offset(v.At())
	switch v.style {
	case plain, single, double:
		w := walk{src: v.src.text, at: start, text: v.text, style: v.style}
		if v.style != plain {
			w.at++
		}
		return w.flow()
	}
	return v.block(start)
}

// block tries each indentation that the scalar could have: it may be given as a digit, counted from a place that is
// not known here.
func (v *Value) block(start int) ([]int, bool) {
	header := v.src.place(start).Line
	deepest := 0
	for n := header + 1; n <= len(v.src.lines); n++ {
		if line := v.src.line(n); strings.TrimLeft(line, " ") != "" {
			deepest = len(line) - len(strings.TrimLeft(line, " "))
			break
		}
	}
	if header >= len(v.src.lines) {
		return nil, false
	}
	for indent := deepest; indent >= 0; indent-- {
		w := walk{src: v.src.text, at: int(v.src.lines[header]), text: v.text, style: v.style}
		if out, ok := w.block(indent); ok {
			return out, true
		}
	}
	return nil, false
}

// walk goes through a scalar's source and its value side by side.
type walk struct {
	src   []byte
	at    int
	text  string
	style style
	out   []int
}

func (w *walk) peek() byte {
	if w.at < len(w.src) {
		return w.src[w.at]
	}
	return 0
}

func (w *walk) char() string {
	_, size := utf8.DecodeRune(w.src[w.at:])
	return string(w.src[w.at : w.at+size])
}

// take notes that the next n bytes of the value stand here, and moves on by size bytes.
func (w *walk) take(n, size int) {
	for range n {
		w.out = append(w.out, w.at)
	}
	w.at += size
}

func (w *walk) rest() string { return w.text[len(w.out):] }

func (w *walk) done() ([]int, bool) { return append(w.out, w.at), true }

// flow walks plain and quoted scalars.
func (w *walk) flow() ([]int, bool) {
	for w.rest() != "" {
		if w.at >= len(w.src) {
			return nil, false
		}
		ok := false
		switch c := w.peek(); {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			ok = w.blanks()
		case c == '\'' && w.style == single:
			ok = w.same("''", "'")
		case c == '\\' && w.style == double:
			ok = w.escape()
		default:
			ok = w.same(w.char(), w.char())
		}
		if !ok {
			return nil, false
		}
	}
	return w.done()
}

// same takes what is written as written and read as read.
func (w *walk) same(written, read string) bool {
	if !strings.HasPrefix(string(w.src[w.at:min(len(w.src), w.at+len(written))]), written) || !strings.HasPrefix(w.rest(), read) {
		return false
	}
	w.take(len(read), len(written))
	return true
}

// blanks takes spaces as they are, unless the line ends with them: then the lines are folded.
func (w *walk) blanks() bool {
	end, breaks := w.at, 0
	for ; end < len(w.src) && strings.IndexByte(" \t\r\n", w.src[end]) >= 0; end++ {
		if w.src[end] == '\n' {
			breaks++
		}
	}
	if breaks == 0 {
		return w.same(w.char(), w.char())
	}
	folded := strings.Repeat("\n", breaks-1)
	if breaks == 1 {
		folded = " "
	}
	if !strings.HasPrefix(w.rest(), folded) {
		return false
	}
	w.take(len(folded), end-w.at)
	return true
}

// escape takes a backslash and what follows it, in a double-quoted scalar.
func (w *walk) escape() bool {
	if w.at+1 >= len(w.src) {
		return false
	}
	switch c := w.src[w.at+1]; c {
	case '\n', '\r':
		w.at += 2
		for w.at < len(w.src) && strings.IndexByte(" \t\n", w.src[w.at]) >= 0 {
			w.at++
		}
		return true
	case 'x':
		return w.escaped(4)
	case 'u':
		return w.escaped(6)
	case 'U':
		return w.escaped(10)
	}
	return w.escaped(2)
}

func (w *walk) escaped(size int) bool {
	_, n := utf8.DecodeRuneInString(w.rest())
	w.take(n, size)
	return true
}

// block walks literal and folded scalars whose lines are indented by so much.
func (w *walk) block(indent int) ([]int, bool) {
	w.strip(indent)
	for w.rest() != "" {
		switch c := w.peek(); {
		case w.at >= len(w.src):
			if strings.Trim(w.rest(), "\n") != "" {
				return nil, false
			}
			w.take(len(w.rest()), 0)
		case c == '\n' || c == '\r' && w.at+1 < len(w.src) && w.src[w.at+1] == '\n':
			if !w.lineEnd(indent) {
				return nil, false
			}
		case !w.same(w.char(), w.char()):
			return nil, false
		}
	}
	return w.done()
}

// strip skips the indentation at the beginning of a line.
func (w *walk) strip(indent int) {
	for n := 0; n < indent && w.peek() == ' '; n++ {
		w.at++
	}
}

// lineEnd takes the end of a line: a line feed, or in folded scalars a space, or nothing before empty lines.
func (w *walk) lineEnd(indent int) bool {
	size := 1
	if w.peek() == '\r' {
		size = 2
	}
	switch {
	case strings.HasPrefix(w.rest(), "\n"):
		w.take(1, size)
	case w.style == folded && strings.HasPrefix(w.rest(), " "):
		w.take(1, size)
	default:
		return false
	}
	w.strip(indent)
	if w.style == folded && !strings.HasPrefix(w.rest(), "\n") {
		w.skipEmpty(indent)
	}
	return true
}

// skipEmpty passes an empty line whose line feed was already taken: of n line ends between folded lines the value
// keeps n-1.
func (w *walk) skipEmpty(indent int) {
	if c := w.peek(); c != '\n' && c != '\r' || w.rest() == "" {
		return
	}
	for w.peek() == '\r' || w.peek() == '\n' {
		w.at++
		w.strip(indent)
	}
}
