package view

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/engine/journal"
	"writ/engine/step"
)

// largeRun is one of n steps that all change something, but for some that fail.
func largeRun(t *testing.T, n int, fails ...int) *Report {
	t.Helper()
	open := &journal.Opening{Run: runID, Plan: "large", File: "large.yaml", Target: journal.Target{Cloud: "otc", Region: "eu-de", ProjectID: "p"}}
	recs := []journal.Record{{K: journal.RunOpen, Open: open}}
	for i := range n {
		open.Steps = append(open.Steps, journal.Step{ID: fmt.Sprint("s", i), Uses: []string{"mpc.agency", "dli.agency"}[i%2], Effect: step.Reversible, Line: i})
	}
	failed := map[int]bool{}
	for _, i := range fails {
		failed[i] = true
	}
	was, will := json.RawMessage(`{"on":false}`), json.RawMessage(`{"on":true}`)
	for i, s := range open.Steps {
		recs = append(recs,
			journal.Record{K: journal.StepEvaluate, Step: s.ID, Instances: []journal.Instance{{Step: s.ID}}},
			journal.Record{K: journal.StepObserve, Step: s.ID, Before: was, Goal: will, Change: journal.Update},
			journal.Record{K: journal.StepIntent, Step: s.ID, Attempt: 1, Before: was, Goal: will})
		if failed[i] {
			recs = append(recs, journal.Record{K: journal.StepFail, Step: s.ID, Why: "no", Error: &step.Error{Class: step.Denied, Message: "no"}})
			continue
		}
		recs = append(recs, journal.Record{K: journal.StepOutcome, Step: s.ID, Outcome: journal.OK}, journal.Record{K: journal.StepDone, Step: s.ID, How: journal.Applied, After: will})
	}
	recs = append(recs, journal.Record{K: journal.RunClose, Closed: journal.ClosedFailed, Exit: 1})
	for i := range recs {
		recs[i].At = time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC).Add(time.Duration(i) * time.Millisecond)
	}
	run, err := journal.Fold(recs)
	require.NoError(t, err)
	return &Report{Run: run, Records: recs, File: "large.yaml", Exit: 1, Now: time.Date(2026, 1, 2, 4, 0, 0, 0, time.UTC)}
}

// hidden adds up what folds say they hide.
func hidden(text string) (n int) {
	for _, found := range regexp.MustCompile(`… (\d+) more:`).FindAllStringSubmatch(text, -1) {
		one, _ := strconv.Atoi(found[1])
		n += one
	}
	return n
}

func TestALongListIsFoldedAroundWhatFailed(t *testing.T) {
	r := largeRun(t, 1000, 17, 500, 501, 999)
	s, b := screen(80)
	s.Run(r.Run)
	text := b.String()
	for _, failed := range []string{"s17 ", "s500 ", "s501 ", "s999 "} {
		require.Regexp(t, `(?m)^  `+failed+` *\S+  failed: no`, text)
	}
	require.Less(t, strings.Count(text, "\n"), 60)
	shown := len(regexp.MustCompile(`(?m)^  s\d+ `).FindAllString(text, -1))
	require.Equal(t, 1000, shown+hidden(text))
	require.Contains(t, text, "see each step:")
	require.Contains(t, text, "… 14 more: 7 dli.agency changed; 7 mpc.agency changed\n")
}

func TestAListOfUsualLengthIsWhole(t *testing.T) {
	for _, n := range []int{1, maxLines} {
		s, b := screen(80)
		s.Run(largeRun(t, n, 0).Run)
		require.NotContains(t, b.String(), "…")
		require.Len(t, regexp.MustCompile(`(?m)^  s\d+ `).FindAllString(b.String(), -1), n)
	}
}

func TestFailuresAreNeverFolded(t *testing.T) {
	var all []int
	for i := range 1000 {
		all = append(all, i)
	}
	s, b := screen(80)
	s.Run(largeRun(t, 1000, all...).Run)
	require.Zero(t, hidden(b.String()))
	require.Equal(t, 1000, strings.Count(b.String(), "  failed: no"))
}

func TestFewChangesAmongManyAreAllShown(t *testing.T) {
	r := largeRun(t, 1000)
	for i, n := range r.Run.Nodes {
		if i%100 != 3 {
			n.Parts[0].How, n.Parts[0].Acted, n.Parts[0].Change = journal.Satisfied, false, journal.NoChange
		}
	}
	s, b := screen(80)
	s.Run(r.Run)
	require.Equal(t, 10, len(regexp.MustCompile(`(?m)^  s\d+ .* changed`).FindAllString(b.String(), -1)))
	require.Equal(t, 1000-10-33, hidden(b.String()))
}

func TestALongPreviewShowsWhatCannotBeUndone(t *testing.T) {
	r := largeRun(t, 1000)
	order := make([]int, 1000)
	for i, n := range r.Run.Nodes {
		order[i] = i
		p := n.Parts[0]
		if p.How, p.Acted = journal.Predicted, false; i == 700 {
			n.Step = &journal.Step{ID: n.ID, Uses: "dli.obs_authorization", Effect: step.Irreversible}
		}
	}
	s, b := screen(80)
	s.Preview(r.Run, order)
	text := b.String()
	require.Contains(t, text, "! s700  dli.obs_authorization")
	require.Contains(t, text, "── from here on not everything can be put back ──\n! s700")
	require.Contains(t, text, "lines are folded; --format json has each of them")
	require.Less(t, strings.Count(text, "\n"), 40)
}

func TestLongReportsAreFoldedToo(t *testing.T) {
	r := largeRun(t, 3000, 5, 2500)
	var markdown, github strings.Builder
	require.NoError(t, Markdown(&markdown, r))
	require.NoError(t, GitHub(&github, r))
	for _, text := range []string{markdown.String(), github.String()} {
		require.Less(t, len(text), 20_000)
		require.Contains(t, text, "s2500")
		require.Equal(t, 3000-2-9, hidden(text))
	}
}

func TestWavesInARowMakeNoMoreSpansThanAsked(t *testing.T) {
	require.Empty(t, spansOfWaves(nil, 0))
	for _, n := range []int{1, 7, 299, 300, 301, 1000} {
		waves := make([][]int, n)
		for i := range waves {
			waves[i] = []int{2 * i, 2*i + 1}
		}
		spans, steps := spansOfWaves(waves, 300), 0
		require.LessOrEqual(t, len(spans), 300)
		for i, s := range spans {
			steps += len(s.steps)
			require.True(t, i == 0 || s.first == spans[i-1].last+1)
		}
		require.Equal(t, 2*n, steps)
	}
	require.Equal(t, "waves 1–4", spansOfWaves(make([][]int, 1000), 300)[0].name())
	require.Equal(t, "wave 2", spansOfWaves(make([][]int, 300), 300)[1].name())
}

func TestALargeGraphIsDrawnAsWaves(t *testing.T) {
	g := Graph{}
	for i := range 3 * maxPicture {
		g.Steps, g.Parents = append(g.Steps, journal.Step{ID: fmt.Sprint("s", i), Uses: "a.b", Effect: step.Reversible}), append(g.Parents, nil)
		if g.Waves = append(g.Waves, []int{i}); i > 0 {
			g.Parents[i] = []int{i - 1}
		}
	}
	require.True(t, g.IsTooLarge())
	s, b := screen(80)
	s.GraphSVG(g)
	require.Less(t, b.Len(), 300<<10)
	require.Contains(t, b.String(), "the order of 6000 steps: each box is a wave, or some in a row")
	require.Contains(t, b.String(), "waves 1–20")
	b.Reset()
	s.GraphText(g)
	require.Contains(t, b.String(), "waves 1–30\n  s0  a.b\n  s1  a.b  after s0\n  s2  a.b  after s1\n  … 27 more: 27 a.b\n")
}

// A page has what failed also where it is one step of many thousands, wherever in the order.
func TestAPageOfALongChainShowsWhatFailed(t *testing.T) {
	r := largeRun(t, 5000, 4321)
	for i, n := range r.Run.Nodes {
		if i > 0 {
			n.Parents = []int{i - 1}
		}
	}
	text := htmlOf(t, r)
	require.Less(t, len(text), 5<<20)
	for _, part := range []string{
		`<strong>Waves 4319–4335</strong> <span>17 steps: 16 changed, 1 failed</span>`, `<a href="#step-s4321">s4321</a>`,
		`<article id="step-s4321" class="step bad">`,
	} {
		require.True(t, strings.Contains(text, part), part)
	}
}
