package plan

import (
	"regexp"
	"sort"
	"strings"
	"unicode/utf8"
)

// The YAML parser names a line for a fault, and often another one than the faulty. So the fault is looked for: the
// last line up to which the file can still be parsed stands before it.

const (
	maxSearched = 1 << 20 // a larger file is not parsed again and again
	maxStepwise = 60      // lines that are tried one by one
)

// faultyLine is the first line that the parser does not get past.
func (s *source) faultyLine() int {
	if len(s.text) > maxSearched {
		return 1
	}
	from, to := 0, len(s.lines) // parses up to line from, and not up to line to
	for indent := 0; to-from > maxStepwise; indent += 2 {
		narrowFrom, narrowTo := s.narrow(from, to, indent)
		if narrowFrom == from && narrowTo == to && indent > maxDepth {
			break
		}
		from, to = narrowFrom, narrowTo
	}
	for n := to - 1; n > from && to-n < 4*maxStepwise; n-- {
		if s.parsesTo(n) {
			return n + 1
		}
	}
	return from + 1
}

// narrow searches among the lines that begin at an indentation, since between them an entry may be incomplete.
func (s *source) narrow(from, to, indent int) (int, int) {
	var ends []int // numbers of lines before which an entry ends
	for n := from + 1; n < to; n++ {
		if s.begins(n+1, indent) {
			ends = append(ends, n)
		}
	}
	i := sort.Search(len(ends), func(i int) bool { return !s.parsesTo(ends[i]) })
	if i > 0 {
		from = ends[i-1]
	}
	if i < len(ends) {
		to = ends[i]
	}
	return from, to
}

// begins reports whether a line begins an entry at an indentation.
func (s *source) begins(n, indent int) bool {
	line := s.line(n)
	text := strings.TrimLeft(line, " ")
	return len(line)-len(text) == indent && text != "" && strings.IndexByte("#]}", text[0]) < 0
}

func (s *source) parsesTo(line int) bool {
	if line >= len(s.lines) {
		return false
	}
	_, err := parseYAML(s.text[:s.lines[line]])
	return err == nil
}

// parserWords is what the parser says, without its own idea of the place.
func parserWords(err error) string {
	says := strings.TrimPrefix(err.Error(), "yaml: ")
	if rest, found := strings.CutPrefix(says, "line "); found {
		if _, after, found := strings.Cut(rest, ": "); found {
			return after
		}
	}
	return says
}

// unknownAlias finds an alias in a line that the parser does not get past because nothing has its name.
func unknownAlias(line string) (name string, col int) {
	m := regexp.MustCompile(`(?:^|[:,\[{-])\s*\*([A-Za-z0-9_-]+)`).FindStringSubmatchIndex(line)
	if m == nil {
		return "", 0
	}
	return line[m[2]:m[3]], utf8.RuneCountInString(line[:m[2]])
}
