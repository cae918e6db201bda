// Package diag knows how a fault in a user's file is told: its place, its rule, its words and what may have been
// meant. It knows no plan and prints nothing.
package diag

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// Pos is a place in a text. Line and Col count from 1, Col in characters; the zero Pos is no place.
type Pos struct {
	Line int `json:"line,omitempty"`
	Col  int `json:"col,omitempty"`
}

// Severity tells a fault that stops from one that is only said.
type Severity string

// The severities.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
)

// Diagnostic is one fault of a user's file. Line is 0 when the fault has no place in the file.
type Diagnostic struct {
	File       string    `json:"file,omitempty"`
	Line       int       `json:"line,omitempty"`
	Col        int       `json:"col,omitempty"`
	EndCol     int       `json:"end_col,omitempty"` // the character after the last; 0 when only the start is known
	Severity   Severity  `json:"severity"`
	Rule       string    `json:"rule"`
	Message    string    `json:"message"`
	Suggestion string    `json:"suggestion,omitempty"`
	Text       string    `json:"text,omitempty"` // the offending line as written
	Related    []Related `json:"related,omitempty"`
}

// Related is another place that has to do with a fault: the first of two equal keys, a hop of a cycle.
type Related struct {
	File    string `json:"file,omitempty"`
	Line    int    `json:"line,omitempty"`
	Col     int    `json:"col,omitempty"`
	Message string `json:"message"`
}

// String is the fault in one line: file:line:col: message; suggestion.
func (d Diagnostic) String() string {
	s := place(d.File, d.Line, d.Col)
	if d.Severity == Warning {
		s += "warning: "
	}
	s += d.Message
	if d.Suggestion != "" {
		s += "; " + d.Suggestion
	}
	return s
}

// String is the place in one line: file:line:col: message.
func (r Related) String() string { return place(r.File, r.Line, r.Col) + r.Message }

func place(file string, line, col int) string {
	switch {
	case line == 0 && file == "":
		return ""
	case line == 0:
		return file + ": "
	}
	return fmt.Sprintf("%s:%d:%d: ", file, line, col)
}

// Sort puts diagnostics in the order of their places; those of one place keep their order.
func Sort(ds []Diagnostic) {
	slices.SortStableFunc(ds, func(a, b Diagnostic) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
}

// HasErrors reports whether one of them is an error.
func HasErrors(ds []Diagnostic) bool {
	return slices.ContainsFunc(ds, func(d Diagnostic) bool { return d.Severity == Error })
}

// maxNear is the longest word that is compared: comparing takes time by the product of both lengths.
const maxNear = 100

// Nearest answers the known word that was most likely meant, or "" when none is near. Words that differ only in case
// come first, then the least edits; of equals the earlier in known.
func Nearest(word string, known []string) string {
	if word == "" || len(word) > maxNear {
		return ""
	}
	for _, k := range known {
		if strings.EqualFold(k, word) {
			return k
		}
	}
	best, least := "", max(1, len(word)/3)+1
	for _, k := range known {
		if abs(len(k)-len(word)) >= least {
			continue
		}
		if d := distance(word, k); d < least {
			best, least = k, d
		}
		if least <= 1 {
			break // none is nearer
		}
	}
	return best
}

// distance counts edits; two neighbours that changed places are one.
func distance(a, b string) int {
	if len(a) == len(b) {
		i := 0
		for i < len(a) && a[i] == b[i] {
			i++
		}
		if i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:] {
			return 1
		}
	}
	return levenshtein.ComputeDistance(a, b)
}

func abs(n int) int { return max(n, -n) }
