package main

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/clipperhouse/displaywidth"
)

// terminal turns what a program writes into what a person sees. It knows the sequences that writ may send, and keeps
// every other one in odd. A row that is too long goes on in the next one, and is whole again on a wider terminal.
type terminal struct {
	width, height int
	rows          []line
	top           int // the first row on the screen
	x, y          int // where the cursor stands; y among all rows, those that scrolled away included
	rest          string
	odd           []string
	colours       bool // some were asked for
}

type line struct {
	cells []string // a wide character is followed by an empty cell
	goes  bool     // on in the next row
}

func newTerminal(width, height int) *terminal {
	return &terminal{width: width, height: height, rows: []line{{}}}
}

func (t *terminal) write(text string) {
	t.rest += text
	for t.rest != "" {
		if t.rest[0] == 0x1b {
			end := strings.IndexFunc(t.rest[1:], func(r rune) bool { return r >= '@' && r != '[' })
			if end < 0 {
				return
			}
			t.order(t.rest[1 : end+2])
			t.rest = t.rest[end+2:]
			continue
		}
		r, size := utf8.DecodeRuneInString(t.rest)
		if r == utf8.RuneError && !utf8.FullRuneInString(t.rest) {
			return
		}
		t.rest = t.rest[size:]
		t.show(r)
	}
}

func (t *terminal) show(r rune) {
	switch {
	case r == '\r':
		t.x = 0
	case r == '\n':
		t.down()
	case r < ' ' || r == 0x7f:
		t.odd = append(t.odd, strconv.QuoteRune(r))
	default:
		t.put(string(r), max(1, displaywidth.Rune(r)))
	}
}

func (t *terminal) put(glyph string, wide int) {
	if t.x+wide > t.width {
		t.rows[t.y].goes = true
		t.down()
		t.x = 0
	}
	row := &t.rows[t.y]
	for len(row.cells) < t.x+wide {
		row.cells = append(row.cells, " ")
	}
	row.cells[t.x] = glyph
	for i := 1; i < wide; i++ {
		row.cells[t.x+i] = ""
	}
	t.x += wide
}

func (t *terminal) down() {
	if t.y++; t.y == len(t.rows) {
		t.rows = append(t.rows, line{})
	}
	t.top = max(t.top, t.y-t.height+1)
}

// order carries out a control sequence.
func (t *terminal) order(code string) {
	n, _ := strconv.Atoi(strings.Trim(code, "[ABCDJKm"))
	switch {
	case strings.HasSuffix(code, "m"):
		t.colours = true
	case code == "["+strconv.Itoa(n)+"A":
		t.y = max(t.top, t.y-n)
	case code == "[J":
		t.rows = t.rows[:t.y+1]
		fallthrough
	case code == "[K":
		row := &t.rows[t.y]
		row.cells, row.goes = row.cells[:min(t.x, len(row.cells))], false
	default:
		t.odd = append(t.odd, strconv.Quote(code))
	}
}

// resize breaks all rows anew; the cursor stays with its character.
func (t *terminal) resize(width, height int) {
	old := t.rows
	at, x := t.y, t.x
	t.width, t.height, t.rows, t.x, t.y, t.top = width, height, []line{{}}, 0, 0, 0
	cursor := [2]int{}
	for i, row := range old {
		for j, cell := range row.cells {
			if i == at && j == x {
				cursor = [2]int{t.x, t.y}
			}
			if cell != "" {
				t.put(cell, 1+following(row.cells[j+1:]))
			}
		}
		if i == at && x >= len(row.cells) {
			cursor = [2]int{t.x, t.y}
		}
		if !row.goes && i < len(old)-1 {
			t.down()
			t.x = 0
		}
	}
	t.x, t.y = cursor[0], cursor[1]
}

// following counts the empty cells that belong to the character before them.
func following(cells []string) int {
	n := 0
	for n < len(cells) && cells[n] == "" {
		n++
	}
	return n
}

// text is everything that was shown, what scrolled away included.
func (t *terminal) text() string { return t.from(0) }

// screen is what stands on it now.
func (t *terminal) screen() string { return t.from(t.top) }

func (t *terminal) from(first int) string {
	var b strings.Builder
	for _, row := range t.rows[first:] {
		b.WriteString(strings.TrimRight(strings.Join(row.cells, ""), " ") + "\n")
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}
