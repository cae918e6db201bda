package view

import (
	"fmt"
	"slices"

	"writ/engine/journal"
)

// maxTold is how many instances a page tells of one by one: of more, those that need a look before all others.
const maxTold = 2000

// selection is the instances, by address, that a page tells of, and with them their steps.
type selection struct {
	run   *journal.Run
	total int
	told  map[string]bool // nil: all of them
}

// chosen takes the worst first, and of what is equally bad what comes first in the plan.
func chosen(run *journal.Run, marks [][]mark) *selection {
	s := &selection{run: run}
	for _, all := range marks {
		s.total += len(all)
	}
	if max(s.total, len(run.Nodes)) <= maxTold {
		return s
	}
	s.told = map[string]bool{}
	left := maxTold
	for _, tones := range [][]string{{"bad"}, {"warn"}, {"info", "good", "plain", "faint"}} {
		for i, n := range run.Nodes {
			for k, p := range n.Parts {
				if left > 0 && slices.Contains(tones, marks[i][k].Tone) {
					s.told[p.Address], s.told[n.ID] = true, true
					left--
				}
			}
		}
	}
	return s
}

func (s *selection) has(address string) bool { return s.told == nil || s.told[address] }

// linkTo leads to what is told of an instance or a step; nowhere, if nothing is.
func (s *selection) linkTo(address string) string {
	if !s.has(address) {
		return ""
	}
	if p := s.run.Part(address); p != nil {
		return linkOfPart(s.run.Nodes[p.Node], p)
	}
	if n := s.run.Node(address); n != nil {
		return linkOf(n)
	}
	return ""
}

// rest says what became of those that are not told of.
func (s *selection) rest(marks [][]mark) string {
	if s.told == nil {
		return ""
	}
	var boxes []box
	var all []int
	for i, n := range s.run.Nodes {
		for k, p := range n.Parts {
			if !s.told[p.Address] {
				all, boxes = append(all, len(all)), append(boxes, box{mark: marks[i][k]})
			}
		}
	}
	if len(all) == 0 {
		return ""
	}
	return fmt.Sprintf("Told of are %d of %d, those that need a look first. Of the others: %s. Each of them stands in the run's JSON.", s.total-len(all), s.total, countWords(boxes, all))
}
