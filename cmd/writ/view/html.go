package view

import (
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"time"

	"writ/engine/diag"
	"writ/engine/graph"
	"writ/engine/journal"
)

// maxDrawn is how many steps a picture can show; of more, the waves are drawn.
const maxDrawn = 300

// maxInWave is how many steps of a wave are listed.
const maxInWave = 100

// maxUnfolded is how many steps are shown unfolded; of more, those that went wrong.
const maxUnfolded = 40

// HTML prints a report as one page that needs nothing else: no script, no other file, and no style, which some servers
// forbid. Whatever comes from elsewhere is text in it.
func HTML(w io.Writer, r *Report) error {
	return pages().ExecuteTemplate(w, "page", newPage(r))
}

//go:embed page.css
var styleText string

//go:embed page.tmpl
var pageText string

// page is what the template shows. Texts are clean.
type page struct {
	Style    template.CSS
	Policy   string
	Title    string
	Outcome  mark
	Lead     []string // what happened, in sentences
	Exit     int
	Next     []Command
	Left     []leftover
	Doubts   []leftover
	Facts    []fact
	Counts   string
	Picture  *picture
	Waves    []wave // where there are too many steps for a picture of each
	Timeline *timeline
	Steps    []pageStep
	Rest     string // what became of the steps that are not told of one by one
	Preview  bool
	Outputs  []fact
	Notes    []string
	Moved    []leftover // since the preview that was saved
	Sound    []string   // plans without faults
	Faults   []fault
	Version  string
	Made     instant
}

// mark says one thing three times: by a sign, by a colour, and in words.
type mark struct{ Sign, Tone, Word string }

type fact struct{ Name, Value string }

// leftover is something that a person has to look at.
type leftover struct {
	Link, Step, Field, Why string
	Commands               []Command // that say what happened
}

type wave struct {
	Name   string
	Link   string
	Count  string
	Counts string
	Steps  []box
	After  [][]string // of each step, those that it follows
	More   int        // steps that are not listed
}

type fault struct {
	mark
	Place, Message, Suggestion, Rule, Excerpt string
	Related                                   []string
}

// instant is a time as it is shown and as machines read it; zero is none.
type instant struct{ time.Time }

func (t instant) Text() string    { return t.UTC().Format("2006-01-02 15:04:05 UTC") }
func (t instant) Machine() string { return t.UTC().Format(time.RFC3339) }

func newPage(r *Report) *page {
	sum := sha256.Sum256([]byte(styleText))
	p := &page{
		Style:   template.CSS(styleText), //nolint:gosec // our own file
		Policy:  "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'",
		Exit:    r.Exit,
		Preview: r.Preview,
		Version: Clean(r.Version),
		Made:    instant{r.Now},
	}
	p.Outcome, p.Lead = outcomeOf(r)
	p.Next = proposals(r)
	for _, m := range r.Moved {
		p.Moved = append(p.Moved, movedRows(m)...)
	}
	for _, file := range r.sound() {
		p.Sound = append(p.Sound, Clean(file))
	}
	for _, d := range r.Faults {
		p.Faults = append(p.Faults, faultOf(d))
	}
	name := Clean(r.File)
	if r.Run != nil && r.Run.Open != nil {
		name = Clean(r.Run.Open.Plan)
		p.run(r)
	}
	p.Title = strings.TrimPrefix(name+": "+p.Outcome.Word, ": ")
	return p
}

// run fills in what there is to say of a run, or of a preview.
func (p *page) run(r *Report) {
	run := r.Run
	marks := marksOf(r)
	told := chosen(run, marks)
	p.Facts = factsOf(r)
	p.Counts = r.counted()
	for _, left := range run.Residue {
		p.Left = append(p.Left, leftover{Link: told.linkTo(left.Step), Step: Clean(left.Step), Field: Clean(left.Field), Why: Clean(left.Why)})
	}
	p.Doubts = doubtsOf(r, told)
	p.Steps, p.Rest = stepsOf(r, marks, told), told.rest(marks)
	p.draw(run, marks, told)
	if !r.Preview {
		p.Timeline = newTimeline(run, r.Records, told)
	}
	for _, f := range members(run.Results) {
		p.Outputs = append(p.Outputs, fact{Clean(f.name), Clean(gaps(run.Unknown).text(journal.Member("", f.name), f.value, true))})
	}
	for _, note := range run.Notes {
		p.Notes = append(p.Notes, Clean(note))
	}
}

// movedRows are a row for each field that moved, or one that says why.
func movedRows(m Moved) (rows []leftover) {
	if m.Why != "" || len(m.Fields) == 0 {
		rows = append(rows, leftover{Step: Clean(m.Step), Why: Clean(m.Why)})
	}
	for _, f := range m.Fields {
		words := strings.TrimPrefix(movedLine(f), f.Path+": ")
		rows = append(rows, leftover{Step: Clean(m.Step), Field: Clean(f.Path), Why: Clean(words)})
	}
	return rows
}

// draw makes the picture of the steps, or of the waves when the steps are too many.
func (p *page) draw(run *journal.Run, marks [][]mark, told *selection) {
	parents := make([][]int, len(run.Nodes))
	for i, n := range run.Nodes {
		parents[i] = n.Parents
	}
	g := graph.New(parents)
	waves, reduced := g.Waves(), g.Reduced()
	boxes := make([]box, len(run.Nodes))
	for i, n := range run.Nodes {
		boxes[i] = box{ID: n.ID, Uses: n.Uses, Link: told.linkTo(n.ID), mark: together(n, marks[i])}
	}
	if len(boxes) <= maxDrawn {
		pic := draw("The steps in their order, from left to right, and what became of each", boxes, reduced, waves)
		p.Picture = &pic
		return
	}
	spans := spansOfWaves(waves, maxDrawn)
	for _, span := range spans {
		p.Waves = append(p.Waves, newWave(span, boxes, reduced))
	}
	pic := drawSpans("The waves in their order, from left to right", spans, boxes, true)
	p.Picture = &pic
}

// newWave tells of some waves in a row. It lists the steps that the page tells of, the worst of many.
func newWave(s span, boxes []box, parents [][]int) wave {
	w := wave{Name: capital(s.name()), Link: s.link(), Count: count(len(s.steps), "step"), Counts: countWords(boxes, s.steps)}
	listed := slices.DeleteFunc(slices.Clone(s.steps), func(v int) bool { return boxes[v].Link == "" })
	if len(listed) > maxInWave {
		slices.SortStableFunc(listed, func(a, b int) int { return cmp.Compare(gravity[boxes[b].Tone], gravity[boxes[a].Tone]) })
		listed = listed[:maxInWave]
	}
	w.More = len(s.steps) - len(listed)
	for _, v := range listed {
		var after []string
		for _, u := range parents[v] {
			after = append(after, Clean(boxes[u].ID))
		}
		w.Steps, w.After = append(w.Steps, boxes[v]), append(w.After, after)
	}
	return w
}

// countWords counts what became of some steps: 38 changed, 2 failed.
func countWords(boxes []box, steps []int) string {
	counts, words := map[string]int{}, []string{}
	for _, v := range steps {
		word := boxes[v].Word
		if counts[word]++; counts[word] == 1 {
			words = append(words, word)
		}
	}
	for i, word := range words {
		words[i] = fmt.Sprintf("%d %s", counts[word], word)
	}
	return strings.Join(words, ", ")
}

// gravity orders the tones, the worst last.
var gravity = map[string]int{"faint": 0, "plain": 1, "good": 2, "info": 3, "warn": 4, "bad": 5}

// worst is the mark of many steps: that of the worst, with how many share it.
func worst(boxes []box, steps []int) mark {
	var m mark
	for _, v := range steps {
		if m.Sign == "" || gravity[boxes[v].Tone] > gravity[m.Tone] {
			m = boxes[v].mark
		}
	}
	same := 0
	for _, v := range steps {
		if boxes[v].mark == m {
			same++
		}
	}
	m.Word = fmt.Sprintf("%d %s", same, m.Word)
	return m
}

func faultOf(d diag.Diagnostic) fault {
	f := fault{mark: mark{"✗", "bad", "error"}, Message: Clean(d.Message), Suggestion: Clean(d.Suggestion), Rule: Clean(d.Rule)}
	if d.Severity == diag.Warning {
		f.mark = mark{"!", "warn", "warning"}
	}
	f.Place = Clean(d.File)
	if d.Line > 0 {
		f.Place = Clean(fmt.Sprintf("%s:%d:%d", d.File, d.Line, d.Col))
	}
	if d.Text != "" {
		f.Excerpt = strings.TrimRight(diag.Excerpt(d), "\n")
	}
	for _, related := range d.Related {
		f.Related = append(f.Related, Clean(related.String()))
	}
	return f
}
