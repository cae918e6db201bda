package view

import (
	_ "embed"
	"fmt"
	"html/template"
	"strings"
	"sync"

	"writ/engine/journal"
	"writ/engine/step"
)

// Graph is a plan's order: its steps, and for each the steps that it directly follows.
type Graph struct {
	Steps   []journal.Step `json:"steps"`
	Parents [][]int        `json:"-"` // without those that another parent already follows
	Waves   [][]int        `json:"-"`
}

// GraphText prints the waves: what may run at the same time, in the order of the plan. Of a large plan it prints the
// first steps of each.
func (s *Screen) GraphText(g Graph) {
	spans, f := spansOfWaves(g.Waves, len(g.Waves)), &fold{}
	if g.IsTooLarge() {
		spans, f.least = spansOfWaves(g.Waves, maxLines), weights
	}
	for _, span := range spans {
		s.Line("%s", span.name())
		for _, n := range span.steps {
			f.line(idle, func() string { return g.Steps[n].Uses }, func() { s.graphStep(g, n) }, s.folded)
		}
		f.flush(s.folded)
	}
}

func (s *Screen) graphStep(g Graph, n int) {
	after := ""
	if len(g.Parents[n]) > 0 {
		after = "after " + some(g.ids(g.Parents[n]))
	}
	s.row("  "+g.Steps[n].ID, g.Steps[n].Uses, after)
}

// maxNamed is how many names are told of those that a step of a large plan follows.
const maxNamed = 100

// some are names, the first of many.
func some(names []string) string {
	if len(names) > maxNamed {
		return strings.Join(names[:maxNamed], ", ") + fmt.Sprintf(" and %d more", len(names)-maxNamed)
	}
	return strings.Join(names, ", ")
}

func (g Graph) ids(nodes []int) []string {
	ids := make([]string, len(nodes))
	for i, n := range nodes {
		ids[i] = g.Steps[n].ID
	}
	return ids
}

// GraphDot prints Graphviz's language. Nodes go by number, so that a name is never more than a label.
func (s *Screen) GraphDot(g Graph) {
	s.Line("digraph plan {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];")
	for i, n := range g.Steps {
		style := ""
		if n.Effect == step.Irreversible {
			style = ", style=bold, color=red"
		}
		s.Line("  s%d [label=\"%s\\n%s\"%s];", i, dotText.Replace(Clean(n.ID)), dotText.Replace(Clean(n.Uses)), style)
		for _, p := range g.Parents[i] {
			s.Line("  s%d -> s%d;", p, i)
		}
	}
	s.Line("}")
}

// dotText quotes what stands between quotes in Graphviz's language.
var dotText = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// GraphMermaid prints a mermaid flowchart, which forges draw.
func (s *Screen) GraphMermaid(g Graph) {
	s.Line("flowchart LR")
	for i, n := range g.Steps {
		s.Line("  s%d[\"%s<br/>%s\"]", i, mermaidText(n.ID), mermaidText(n.Uses))
		for _, p := range g.Parents[i] {
			s.Line("  s%d --> s%d", p, i)
		}
	}
}

// mermaidText quotes a label. Mermaid knows HTML's entities without their ampersand, as #34;, and reads everything but
// plain words as its own language somewhere.
func mermaidText(text string) string {
	var b strings.Builder
	for _, r := range Clean(text) {
		if r == ' ' || r == '.' || r == '_' || r > '~' || isWord(byte(r)) {
			b.WriteRune(r)
			continue
		}
		fmt.Fprintf(&b, "#%d;", r)
	}
	return b.String()
}

// maxPicture is how many steps a picture that stands alone shows one by one.
const maxPicture = 2000

// IsTooLarge reports whether a picture shows waves, since it cannot show each step.
func (g Graph) IsTooLarge() bool { return len(g.Steps) > maxPicture }

// GraphSVG draws the plan, with presentation attributes only.
func (s *Screen) GraphSVG(g Graph) {
	boxes := make([]box, len(g.Steps))
	for i, n := range g.Steps {
		boxes[i] = box{ID: n.ID, Uses: n.Uses, mark: effectMarks[n.Effect]}
	}
	var pic picture
	if g.IsTooLarge() {
		pic = drawSpans(fmt.Sprintf("the order of %d steps: each box is a wave, or some in a row", len(boxes)), spansOfWaves(g.Waves, maxDrawn), boxes, false)
	} else {
		pic = draw("the order of the steps", boxes, g.Parents, g.Waves)
	}
	var b strings.Builder
	if err := pages().ExecuteTemplate(&b, "picture", pic); err != nil {
		panic(err) // the template is at fault
	}
	s.Text(strings.TrimSpace(b.String()) + "\n")
}

var effectMarks = map[step.Effect]mark{
	step.Reads:        {"=", "faint", "only reads"},
	step.Reversible:   {"~", "plain", "can be undone"},
	step.Irreversible: {"!", "bad", "cannot be undone"},
}

//go:embed picture.tmpl
var pictureText string

// box is a step in a picture.
type box struct {
	X, Y     int
	ID, Uses string
	Link     string // where the page tells of it; empty in a picture that stands alone
	mark
}

// Label is what is read out.
func (b box) Label() string { return Clean(b.ID + ", " + b.Uses + ": " + b.Word) }

// Lines are the texts of a box, shortened to its width.
func (b box) Lines() [3]string {
	return [3]string{cut(Clean(b.ID), 20), cut(Clean(b.Uses), 25), cut(b.Sign+" "+Clean(b.Word), 25)}
}

// picture is a graph with everything in its place.
type picture struct {
	Title         string
	Width, Height int
	Boxes         []box
	Edges         []string // paths
	Heads         []string // their arrows
}

// draw makes the picture of boxes that follow each other.
func draw(title string, boxes []box, parents, waves [][]int) picture {
	l := newLayout(parents, waves)
	pic := picture{Title: title, Width: l.width, Height: l.height, Boxes: boxes}
	for v := range boxes {
		boxes[v].X, boxes[v].Y = l.x[v], l.y[v]-boxHeight/2
	}
	for v, ends := range l.down {
		if !l.isStep(v) {
			pic.Edges = append(pic.Edges, fmt.Sprintf("M%d %dh%d", l.x[v], l.y[v], boxWidth))
		}
		for _, u := range ends {
			x, y := l.x[u], l.y[u]
			if l.isStep(u) {
				pic.Heads = append(pic.Heads, fmt.Sprintf("M%d %dl-8 -4v8z", x, y))
				x -= 7
			}
			pic.Edges = append(pic.Edges, curve(l.x[v]+boxWidth, l.y[v], x, y))
		}
	}
	return pic
}

func curve(x1, y1, x2, y2 int) string {
	mid := (x1 + x2) / 2
	return fmt.Sprintf("M%d %dC%d %d %d %d %d %d", x1, y1, mid, y1, mid, y2, x2, y2)
}

// inks are the colours of a picture where no style applies, dark enough to be read on white.
var inks = map[string]string{"good": "#116329", "warn": "#7d4e00", "bad": "#a40e26", "info": "#0550ae", "faint": "#57606a", "plain": "#1b1f24"}

// pages are parsed when the first one is made: most commands make none.
var pages = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("").Funcs(template.FuncMap{
		"ink":     func(tone string) string { return inks[tone] },
		"add":     func(a, b int) int { return a + b },
		"size":    func() [2]int { return [2]int{boxWidth, boxHeight} },
		"capital": capital,
	}).Parse(pictureText + pageText))
})
