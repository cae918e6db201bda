package view

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"writ/engine/journal"
)

// The measures of a timeline, in pixels.
const (
	laneHeight  = 24
	labelWidth  = 190
	chartWidth  = 600
	wordsWidth  = 310
	axisHeight  = 26
	maxLanes    = 150
	fewLanes    = 60
	leastBar    = 2.0
	ticksWanted = 6
)

// pathEnd is how much of either end of a long path is named.
const pathEnd = 12

// stretch is what a step was busy with for a while.
type stretch struct {
	Kind     string // read, write, settle, pause, wait or undo
	From, To time.Time
}

// busy says what a step was busy with between two of its records.
var busy = map[[2]journal.Type]string{
	{journal.StepEvaluate, journal.StepObserve}: "read", {journal.StepEvaluate, journal.StepDone}: "read", {journal.StepEvaluate, journal.StepFail}: "read",
	{journal.StepWake, journal.StepObserve}: "read", {journal.RunResume, journal.StepObserve}: "read", {journal.RunResume, journal.StepDone}: "read",
	{journal.StepIntent, journal.StepOutcome}: "write", {journal.StepIntent, journal.RunResume}: "write",
	{journal.StepOutcome, journal.StepVerify}: "settle", {journal.RunResume, journal.StepVerify}: "settle", {journal.StepVerify, journal.StepVerify}: "settle",
	{journal.StepOutcome, journal.StepWake}: "pause", {journal.StepVerify, journal.StepWake}: "pause", {journal.UndoOutcome, journal.StepWake}: "pause",
	{journal.StepWait, journal.StepWait}: "wait", {journal.StepWait, journal.StepDone}: "wait", {journal.StepWait, journal.StepFail}: "wait",
	{journal.StepVerify, journal.StepWait}:    "wait",
	{journal.UndoIntent, journal.UndoOutcome}: "undo", {journal.UndoIntent, journal.UndoDone}: "undo", {journal.UndoIntent, journal.RunResume}: "undo",
	{journal.UndoOutcome, journal.UndoDone}: "settle",
}

// spansOf reads from the records what each instance was busy with.
func spansOf(records []journal.Record) map[string][]stretch {
	type seen struct {
		k  journal.Type
		at time.Time
	}
	spans, last := map[string][]stretch{}, map[string]seen{}
	meet := func(step string, k journal.Type, until, at time.Time) {
		if kind := busy[[2]journal.Type{last[step].k, k}]; kind != "" {
			spans[step] = append(spans[step], stretch{kind, last[step].at, until})
		}
		last[step] = seen{k, at}
	}
	for i, rec := range records {
		switch {
		case rec.K == journal.StepEvaluate:
			for _, in := range rec.Instances {
				last[in.Step] = seen{rec.K, rec.At}
			}
		case rec.K == journal.RunResume: // nobody worked since the record before
			for step := range last {
				meet(step, rec.K, records[i-1].At, rec.At)
			}
		case rec.Step != "":
			meet(rec.Step, rec.K, rec.At, rec.At)
		}
	}
	return spans
}

// axis maps times to places. What lies between a stop of the run and its resumption is left out.
type axis struct {
	start, end time.Time
	gaps       []stretch
	whole      time.Duration
}

func newAxis(records []journal.Record) *axis {
	a := &axis{start: records[0].At, end: records[len(records)-1].At}
	for i, rec := range records[1:] {
		if before := records[i].At; rec.K == journal.RunResume || rec.K == journal.RunRollback && records[i].K == journal.RunClose {
			a.gaps = append(a.gaps, stretch{From: before, To: rec.At})
		}
	}
	a.whole = max(a.since(a.end), time.Microsecond)
	return a
}

// since is the working time up to t.
func (a *axis) since(t time.Time) time.Duration {
	d := t.Sub(a.start)
	for _, g := range a.gaps {
		switch {
		case !t.Before(g.To):
			d -= g.To.Sub(g.From)
		case t.After(g.From):
			d -= t.Sub(g.From)
		}
	}
	return max(d, 0)
}

func (a *axis) x(d time.Duration) float64 {
	return labelWidth + chartWidth*float64(d)/float64(a.whole)
}

// timeline is when what happened.
type timeline struct {
	Width, Height, Foot int
	Lanes               []lane
	Ticks               []tick
	Breaks              []tick
	Said                string // what is not shown
	Critical            string // the chain of steps that the run had to wait for
}

type tick struct {
	X     float64
	Label string
}

// lane is one instance's row.
type lane struct {
	Y           int
	Link, Label string
	Words       string
	Critical    bool
	Bars        []bar
}

// bar is a stretch in its place.
type bar struct {
	Kind, Tone    string
	X, Y          float64
	Width, Height float64
	Says          string
}

// newTimeline draws the records of a run; nil when nothing took time.
func newTimeline(run *journal.Run, records []journal.Record, told *selection) *timeline {
	if len(records) < 2 {
		return nil
	}
	a, spans, critical := newAxis(records), spansOf(records), criticalPath(run)
	parts := timed(run, spans)
	if len(parts) == 0 {
		return nil
	}
	t := &timeline{Width: labelWidth + chartWidth + wordsWidth}
	if len(critical) < 2 {
		critical = nil // a single step is no path
	} else {
		t.Critical = criticalWords(critical)
	}
	if len(parts) > maxLanes {
		t.Said = fmt.Sprintf("Shown are the %d longest of %d, and the critical path; the others' times stand with their steps.", fewLanes, len(parts))
		parts = longestOf(parts, spans, critical)
	}
	for i, p := range parts {
		t.Lanes = append(t.Lanes, a.lane(told.linkTo(p.Address), p, spans[p.Address], axisHeight+i*laneHeight, slices.Contains(critical, p)))
	}
	t.Foot = axisHeight + len(parts)*laneHeight
	t.Height = t.Foot + 8
	t.Ticks = a.ticks()
	for _, g := range a.gaps {
		t.Breaks = append(t.Breaks, tick{a.x(a.since(g.From)), "stopped for " + took(g.To.Sub(g.From))})
	}
	return t
}

// timed are the instances that took time, in the order in which they began.
func timed(run *journal.Run, spans map[string][]stretch) []*journal.Progress {
	var parts []*journal.Progress
	for _, n := range run.Nodes {
		for _, p := range n.Parts {
			if len(spans[p.Address]) > 0 {
				parts = append(parts, p)
			}
		}
	}
	slices.SortStableFunc(parts, func(a, b *journal.Progress) int { return spans[a.Address][0].From.Compare(spans[b.Address][0].From) })
	return parts
}

// longestOf keeps those that took longest, and those of the critical path.
func longestOf(parts []*journal.Progress, spans map[string][]stretch, critical []*journal.Progress) []*journal.Progress {
	byTime := slices.Clone(parts)
	slices.SortStableFunc(byTime, func(a, b *journal.Progress) int {
		return cmp.Compare(total(spans[b.Address]), total(spans[a.Address]))
	})
	keep := map[*journal.Progress]bool{}
	for _, p := range append(byTime[:fewLanes:fewLanes], critical[max(0, len(critical)-maxLanes+fewLanes):]...) {
		keep[p] = true
	}
	return slices.DeleteFunc(parts, func(p *journal.Progress) bool { return !keep[p] })
}

func total(spans []stretch) (d time.Duration) {
	for _, s := range spans {
		d += s.To.Sub(s.From)
	}
	return d
}

// barTones colours the kinds; they differ in shape as well.
var barTones = map[string]string{"read": "info", "write": "good", "settle": "warn", "pause": "faint", "wait": "faint", "undo": "bad"}

func (a *axis) lane(link string, p *journal.Progress, spans []stretch, y int, critical bool) lane {
	l := lane{Y: y, Link: link, Label: cut(Clean(p.Address), 26), Critical: critical}
	sums := map[string]time.Duration{}
	var kinds []string
	for _, s := range spans {
		if _, ok := sums[s.Kind]; !ok {
			kinds = append(kinds, s.Kind)
		}
		sums[s.Kind] += s.To.Sub(s.From)
		from := a.since(s.From)
		b := bar{Kind: s.Kind, Tone: barTones[s.Kind], X: rounded(a.x(from)), Y: float64(y) + 5, Height: 14}
		b.Width = rounded(max(leastBar, a.x(a.since(s.To))-a.x(from)))
		b.Says = s.Kind + " " + took(s.To.Sub(s.From))
		if s.Kind == "pause" || s.Kind == "wait" {
			b.Y, b.Height = b.Y+5, 4
		}
		l.Bars = append(l.Bars, b)
	}
	for i, kind := range kinds {
		kinds[i] = kind + " " + took(sums[kind])
	}
	l.Words = strings.Join(kinds, ", ")
	return l
}

func rounded(x float64) float64 { return math.Round(x*10) / 10 }

// ticks are at round times.
func (a *axis) ticks() []tick {
	unit := time.Duration(math.Pow(10, math.Floor(math.Log10(float64(a.whole)/ticksWanted))))
	every := max(unit, 1)
	for _, k := range []time.Duration{2, 5, 10} {
		if a.whole/every > ticksWanted {
			every = unit * k
		}
	}
	if a.whole > 3*time.Minute { // tens of minutes, not thousands of seconds
		every = every.Round(time.Minute)
		every = max(every, time.Minute)
	}
	var out []tick
	for d := time.Duration(0); d <= a.whole; d += every {
		out = append(out, tick{rounded(a.x(d)), took(d)})
	}
	return out
}

// criticalPath is the chain of instances that a run had to wait for: the one that ended last, the one that it followed
// and that ended last, and so on. The first to run comes first.
func criticalPath(run *journal.Run) []*journal.Progress {
	var path []*journal.Progress
	all := make([]int, len(run.Nodes))
	for i := range all {
		all[i] = i
	}
	for p := lastOf(run, all); p != nil; p = lastOf(run, run.Nodes[p.Node].Parents) {
		path = append(path, p)
	}
	slices.Reverse(path)
	return path
}

// lastOf is the instance of some steps that ended last.
func lastOf(run *journal.Run, nodes []int) *journal.Progress {
	var last *journal.Progress
	for _, i := range nodes {
		for _, p := range run.Nodes[i].Parts {
			if p.Phase != journal.PhaseSkipped && !p.Ended.IsZero() && (last == nil || p.Ended.After(last.Ended)) {
				last = p
			}
		}
	}
	return last
}

// criticalWords names a path, of a long one both ends.
func criticalWords(path []*journal.Progress) string {
	var words []string
	for i, p := range path {
		switch left := len(path) - i; {
		case len(path) <= 2*pathEnd || i < pathEnd || left <= pathEnd:
			words = append(words, Clean(p.Address))
		case i == pathEnd:
			words = append(words, fmt.Sprintf("… %d more …", len(path)-2*pathEnd))
		}
	}
	return strings.Join(words, " → ")
}
