package view

import (
	"fmt"
	"strings"

	"writ/engine/journal"
	"writ/engine/step"
)

// Graph is a plan's order: its steps, and for each the steps that it directly follows.
type Graph struct {
	Steps   []journal.Step `json:"steps"`
	Parents [][]int        `json:"-"` // without those that another parent already follows
	Waves   [][]int        `json:"-"`
}

// GraphText prints the waves: what may run at the same time, in the order of the plan.
func (s *Screen) GraphText(g Graph) {
	for i, wave := range g.Waves {
		s.Line("wave %d", i+1)
		for _, n := range wave {
			after := ""
			if len(g.Parents[n]) > 0 {
				after = "after " + strings.Join(g.ids(g.Parents[n]), ", ")
			}
			s.row("  "+g.Steps[n].ID, g.Steps[n].Uses, after)
		}
	}
}

func (g Graph) ids(nodes []int) []string {
	ids := make([]string, len(nodes))
	for i, n := range nodes {
		ids[i] = g.Steps[n].ID
	}
	return ids
}

// GraphDot prints Graphviz's language.
func (s *Screen) GraphDot(g Graph) {
	s.Line("digraph plan {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];")
	for i, n := range g.Steps {
		style := ""
		if n.Effect == step.Irreversible {
			style = ", style=bold, color=red"
		}
		s.Line("  \"%s\" [label=\"%s\\n%s\"%s];", n.ID, n.ID, n.Uses, style)
		for _, p := range g.Parents[i] {
			s.Line("  \"%s\" -> \"%s\";", g.Steps[p].ID, n.ID)
		}
	}
	s.Line("}")
}

// GraphMermaid prints a mermaid flowchart, which forges draw.
func (s *Screen) GraphMermaid(g Graph) {
	s.Line("flowchart LR")
	for i, n := range g.Steps {
		s.Line("  s%d[\"%s<br/>%s\"]", i, n.ID, n.Uses)
		for _, p := range g.Parents[i] {
			s.Line("  s%d --> s%d", p, i)
		}
	}
}

// The measures of the picture, in pixels.
const (
	boxWidth, boxHeight  = 220, 48
	gapAcross, gapWithin = 60, 20
)

// GraphSVG draws the waves as columns, with presentation attributes only.
func (s *Screen) GraphSVG(g Graph) {
	x, y, height := make([]int, len(g.Steps)), make([]int, len(g.Steps)), 0
	for w, wave := range g.Waves {
		for row, n := range wave {
			x[n], y[n] = gapWithin+w*(boxWidth+gapAcross), gapWithin+row*(boxHeight+gapWithin)
			height = max(height, y[n]+boxHeight+gapWithin)
		}
	}
	width := gapWithin*2 + len(g.Waves)*(boxWidth+gapAcross) - gapAcross
	s.Line(`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" font-family="sans-serif" font-size="13">`, width, height, width, height)
	s.Line(`<rect width="%d" height="%d" fill="white"/>`, width, height)
	for i := range g.Steps {
		for _, p := range g.Parents[i] {
			s.Line(`<path d="%s" fill="none" stroke="#888"/>`, curve(x[p]+boxWidth, y[p]+boxHeight/2, x[i], y[i]+boxHeight/2))
		}
	}
	for i, n := range g.Steps {
		stroke := "#446"
		if n.Effect == step.Irreversible {
			stroke = "#b00"
		}
		s.Line(`<rect x="%d" y="%d" width="%d" height="%d" rx="6" fill="#f6f6fa" stroke="%s"/>`, x[i], y[i], boxWidth, boxHeight, stroke)
		s.Line(`<text x="%d" y="%d" font-weight="bold">%s</text>`, x[i]+10, y[i]+20, cut(n.ID, 24))
		s.Line(`<text x="%d" y="%d" fill="#555">%s</text>`, x[i]+10, y[i]+38, n.Uses)
	}
	s.Line("</svg>")
}

func curve(x1, y1, x2, y2 int) string {
	mid := (x1 + x2) / 2
	return fmt.Sprintf("M%d %d C%d %d %d %d %d %d", x1, y1, mid, y1, mid, y2, x2, y2)
}
