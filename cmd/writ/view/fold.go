package view

import (
	"fmt"
	"strings"

	"writ/engine/journal"
)

// A list of very many lines is read by nobody. Of a long one those lines are shown that matter most, a few of each
// stretch of others, and how many more there are of which sort. What went wrong is never folded away.

// maxLines is how many lines a list has that is not folded, and how many that matter are shown of one that is.
const maxLines = 200

// maxAlike is how many lines of a stretch are shown before the rest of it is folded.
const maxAlike = 3

// maxSorts is how many sorts of lines a fold names.
const maxSorts = 8

// weight is how much a line matters.
type weight int

const (
	idle     weight = iota // nothing is done here
	changing               // something is changed, and can be put back
	grave                  // something cannot be put back, or is not known, or comes with a warning
	troubled               // something went wrong
	weights
)

// fold hides lines of a long list. Its zero value hides none.
type fold struct {
	least   weight // of lines that are always shown
	stretch int    // lines since one of those
	hidden  int    // of them
	total   int    // hidden so far, in all stretches
	sorts   map[string]int
	order   []string // in which the sorts came
	only    func()   // prints the hidden line, when it is one
}

// newFold makes a fold for a list that has so many lines of each weight.
func newFold(lines [weights]int) *fold {
	total := 0
	for _, n := range lines {
		total += n
	}
	f := &fold{}
	for ; total > maxLines && f.least < troubled; f.least++ {
		total -= lines[f.least]
	}
	return f
}

// line prints a line of a weight and a sort, or hides it.
func (f *fold) line(w weight, sort func() string, print func(), tell func(more string)) {
	if w >= f.least {
		f.flush(tell)
		print()
		return
	}
	if f.stretch++; f.stretch <= maxAlike {
		print()
		return
	}
	if f.hidden++; f.hidden == 1 {
		f.sorts, f.order, f.only = map[string]int{}, nil, print
	}
	name := sort()
	if f.sorts[name]++; f.sorts[name] == 1 {
		f.order = append(f.order, name)
	}
}

// flush ends a stretch, and tells what of it was hidden.
func (f *fold) flush(tell func(more string)) {
	hidden := f.hidden
	f.stretch, f.hidden = 0, 0
	switch {
	case hidden == 1:
		f.only()
	case hidden > 1:
		f.total += hidden
		tell(fmt.Sprintf("… %d more: %s", hidden, f.named()))
	}
}

func (f *fold) named() string {
	var words []string
	rest := 0
	for i, name := range f.order {
		if i < maxSorts {
			words = append(words, fmt.Sprintf("%d %s", f.sorts[name], name))
		} else {
			rest += f.sorts[name]
		}
	}
	if rest > 0 {
		words = append(words, fmt.Sprintf("%d of other sorts", rest))
	}
	return strings.Join(words, "; ")
}

// entryLine prints an entry of a report, or hides it.
func (f *fold) entryLine(e entry, print func(), tell func(more string)) {
	f.line(e.weight, func() string { return e.sort }, print, tell)
}

// foldOf makes a fold for entries.
func foldOf(entries []entry) *fold {
	var lines [weights]int
	for _, e := range entries {
		lines[e.weight]++
	}
	return newFold(lines)
}

// weigh answers how many lines a run, or a preview, has of each weight.
func weigh(run *journal.Run, of func(*journal.Node, *journal.Progress) weight) (lines [weights]int) {
	for _, n := range run.Nodes {
		if len(n.Parts) == 0 {
			lines[idle]++
		}
		for _, p := range n.Parts {
			lines[of(n, p)]++
		}
	}
	return lines
}

// runWeight is how much an instance of a run matters.
func runWeight(run *journal.Run) func(*journal.Node, *journal.Progress) weight {
	left := residueOf(run)
	return func(_ *journal.Node, p *journal.Progress) weight {
		u := p.Undo
		switch became(p) {
		case "failed", "in doubt", unconfirmed:
			return troubled
		case "changed":
			switch {
			case len(left[p.Address])+len(u.Left) > 0, u.Phase != journal.UndoNone && u.Phase != journal.UndoFinished, !p.Finished():
				return troubled
			}
			return changing
		}
		if len(left[p.Address]) > 0 || p.Phase == journal.PhaseStuck || p.Phase == journal.PhaseStalled || p.Attempt > 0 && !p.Finished() {
			return troubled
		}
		return idle
	}
}

// previewWeight is how much an instance of a preview matters.
func previewWeight(n *journal.Node, p *journal.Progress) weight {
	sign := signOf(n, p)
	switch {
	case p.Error != nil || p.Phase == journal.PhaseFailed:
		return troubled
	case sign == "=" || sign == ".":
		return idle
	case sign == "+" || sign == "~":
		if len(p.Warnings) > 0 || lasting(n, p) {
			return grave
		}
		return changing
	}
	return grave
}

// sortOf is what an instance has in common with others of a fold.
func sortOf(n *journal.Node, p *journal.Progress) string { return n.Uses + " " + became(p) + undone(p) }

// previewSort is the same for an instance of a preview.
func previewSort(n *journal.Node, p *journal.Progress) string {
	return n.Uses + " " + signWords[signOf(n, p)]
}

// signWords are the signs of a preview in words.
var signWords = map[string]string{
	"+": "to create", "~": "to change", "-": "to remove", "!": "that cannot be undone", "?": "not known until apply",
	"=": "already so or only read", ".": "skipped",
}

// absentSort is that of a step without instances.
func absentSort(s *journal.Step) string { return s.Uses + " not begun" }
