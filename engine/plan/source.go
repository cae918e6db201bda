package plan

import (
	"bytes"
	"fmt"
	"sort"
	"strings"
	"unicode/utf8"

	"writ/engine/diag"
)

// source is a file's bytes and where its lines begin.
type source struct {
	file  string
	text  []byte
	lines []int32
	wide  bool // it may hold characters of several bytes
}

func newSource(file string, text []byte) *source {
	s := &source{file: file, text: text, lines: make([]int32, 1, 1+len(text)/24), wide: true}
	for at := 0; ; {
		n := bytes.IndexByte(text[at:], '\n')
		if n < 0 {
			return s
		}
		at += n + 1
		s.lines = append(s.lines, int32(at))
	}
}

// line is a line's text, without its end; lines count from 1.
func (s *source) line(n int) string {
	if n < 1 || n > len(s.lines) {
		return ""
	}
	end := len(s.text)
	if n < len(s.lines) {
		end = int(s.lines[n])
	}
	return strings.TrimRight(string(s.text[s.lines[n-1]:end]), "\r\n")
}

// place is the line and column of a byte.
func (s *source) place(offset int) diag.Pos {
	offset = min(max(offset, 0), len(s.text))
	n := sort.Search(len(s.lines), func(i int) bool { return int(s.lines[i]) > offset })
	begin := int(s.lines[n-1])
	if !s.wide {
		return diag.Pos{Line: n, Col: 1 + offset - begin}
	}
	return diag.Pos{Line: n, Col: 1 + utf8.RuneCount(s.text[begin:offset])}
}

// offset is the byte at a line and column.
func (s *source) offset(at diag.Pos) int {
	if at.Line < 1 || at.Line > len(s.lines) {
		return len(s.text)
	}
	o := int(s.lines[at.Line-1])
	if !s.wide {
		return min(o+max(at.Col-1, 0), len(s.text))
	}
	for c := 1; c < at.Col && o < len(s.text) && s.text[o] != '\n'; c++ {
		_, size := utf8.DecodeRune(s.text[o:])
		o += size
	}
	return o
}

// Of a very long line only the part up to the fault is kept, and nothing when that is long too.
const (
	longLine  = 4 << 10
	longShown = 64 << 10
)

func (s *source) shown(at diag.Pos) string {
	if at.Line < 1 || at.Line > len(s.lines) {
		return ""
	}
	begin := int(s.lines[at.Line-1])
	end := bytes.IndexByte(s.text[begin:], '\n')
	if end < 0 {
		end = len(s.text) - begin
	}
	if end > longLine {
		end = min(end, s.offset(at)-begin+longLine/2)
		for begin+end < len(s.text) && !utf8.RuneStart(s.text[begin+end]) {
			end--
		}
	}
	if end > longShown {
		return ""
	}
	return strings.TrimRight(string(s.text[begin:begin+end]), "\r\n")
}

// maxFaults bounds what a hostile file can make writ say.
const maxFaults = 500

// faults collects what is wrong with one file.
type faults struct {
	src    *source
	list   []diag.Diagnostic
	hidden []hidden
	meant  map[*Value][]string // keys for which a misspelt one stands
}

// fault is one diagnostic before its line is looked up.
type fault struct {
	rule    string
	at      diag.Pos
	end     int // column after the last character; 0 when not known
	says    string
	suggest string
	related []diag.Related
}

// full reports whether what else is found would be left out.
func (f *faults) full() bool { return len(f.list) > maxFaults }

func (f *faults) add(x fault) {
	if f.full() {
		return
	}
	if len(f.list) == maxFaults {
		x = fault{rule: ruleLimit, at: x.at, says: fmt.Sprintf("more than %d faults; the rest is left out", maxFaults)}
	}
	f.list = append(f.list, diag.Diagnostic{
		File: f.src.file, Line: x.at.Line, Col: x.at.Col, EndCol: x.end,
		Severity: severityOf(x.rule), Rule: x.rule,
		Message: x.says, Suggestion: x.suggest, Text: f.src.shown(x.at), Related: x.related,
	})
}

// say adds a fault at a value: its whole first line when it is a scalar of one line.
func (f *faults) say(rule string, v *Value, format string, args ...any) {
	f.add(fault{rule: rule, at: v.At(), end: v.endCol(), says: fmt.Sprintf(format, args...)})
}

func (f *faults) related(at diag.Pos, format string, args ...any) diag.Related {
	return diag.Related{File: f.src.file, Line: at.Line, Col: at.Col, Message: fmt.Sprintf(format, args...)}
}

// sorted answers what was collected, by place; faults of one place by their words.
func (f *faults) sorted() []diag.Diagnostic {
	sort.SliceStable(f.list, func(i, j int) bool { return f.list[i].Message < f.list[j].Message })
	diag.Sort(f.list)
	if len(f.hidden) > 0 {
		for i, d := range f.list {
			f.list[i].Text = f.mask(d.Line, d.Text)
		}
	}
	return f.list
}

func didYouMean(word string, known []string) string {
	if near := diag.Nearest(word, known); near != "" {
		return "did you mean " + near + "?"
	}
	return ""
}
