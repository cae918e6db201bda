package engine

import (
	"strings"

	"writ/engine/journal"
	"writ/engine/step"
)

// lasting refuses a preview of a run that is to change only what undo can put back to the letter, and names what would
// stay. What cannot be known yet is held to the same when it is: before its write.
func lasting(preview *journal.Run) error {
	if !preview.Open.Options.Reversible {
		return nil
	}
	var lines []string
	for _, n := range preview.Nodes {
		for _, p := range n.Parts {
			if p.How != journal.Predicted {
				continue
			}
			for _, words := range stays(n, p.Reverse) {
				lines = append(lines, p.Address+": "+words)
			}
		}
	}
	if lines == nil {
		return nil
	}
	return refuse(ExitWrong, "--require-reversible: undo cannot put everything back; what would stay:\n%s", strings.Join(lines, "\n"))
}

// stays is what undo would leave of a change, in words.
func stays(n *journal.Node, r *step.Reverse) []string {
	switch never := n.NoUndo(); {
	case never != "":
		return []string{never}
	case r == nil || r.Exact():
		return nil
	case r.Gone:
		return []string{"cannot be undone: " + why(r)}
	}
	var words []string
	for _, left := range r.Left {
		if left.Field != "" {
			words = append(words, left.Field+": "+left.Why)
			continue
		}
		words = append(words, left.Why)
	}
	return words
}
