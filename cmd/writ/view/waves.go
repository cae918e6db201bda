package view

import (
	"fmt"

	"writ/engine/graph"
)

// Where there are too many steps for a picture of each, a box stands for a wave, and where there are too many waves, for
// as many in a row as make a picture that can be looked at.

// span is some waves in a row.
type span struct {
	first, last int // from 1
	steps       []int
}

// spansOfWaves puts waves together so that no more than so many spans are left.
func spansOfWaves(waves [][]int, most int) []span {
	most = max(1, most)
	each := max(1, (len(waves)+most-1)/most)
	var spans []span
	for i, wave := range waves {
		if i%each == 0 {
			spans = append(spans, span{first: i + 1})
		}
		s := &spans[len(spans)-1]
		s.last, s.steps = i+1, append(s.steps, wave...)
	}
	return spans
}

// name is what a span is called: wave 3, or waves 3–7.
func (s span) name() string {
	if s.first == s.last {
		return fmt.Sprintf("wave %d", s.first)
	}
	return fmt.Sprintf("waves %d–%d", s.first, s.last)
}

func (s span) link() string { return fmt.Sprintf("wave-%d", s.first) }

// drawSpans makes a picture of spans. Boxes are those of the steps.
func drawSpans(title string, spans []span, boxes []box, linked bool) picture {
	all, chain := make([]box, len(spans)), make([][]int, len(spans))
	for i, s := range spans {
		all[i] = box{ID: s.name(), Uses: count(len(s.steps), "step"), mark: worst(boxes, s.steps)}
		if linked {
			all[i].Link = s.link()
		}
		if i > 0 {
			chain[i] = []int{i - 1}
		}
	}
	return draw(title, all, chain, graph.New(chain).Waves())
}
