package view

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/stretchr/testify/require"

	"writ/engine/journal"
	"writ/engine/step"
)

// many is a view of a run of fifty steps with names of wide characters, all of which were just sent.
func many(t *testing.T, s *Screen, at time.Time) *Progress {
	t.Helper()
	p := NewProgress(s, nil)
	open := &journal.Opening{Run: "01", Options: journal.Options{Parallelism: 100}}
	for i := range 50 {
		open.Steps = append(open.Steps, journal.Step{ID: fmt.Sprintf("s%d", i), Uses: "mpc.agency", Effect: step.Reversible, Timeout: time.Minute})
	}
	p.Record(journal.Record{K: journal.RunOpen, At: at, Open: open})
	for _, o := range open.Steps {
		name := journal.Address(o.ID, "桶\x1b[2J一个名字很长的桶")
		p.Record(journal.Record{K: journal.StepEvaluate, At: at, Step: o.ID, Instances: []journal.Instance{{Step: name}}})
		p.Record(journal.Record{K: journal.StepObserve, At: at, Step: name, Change: journal.Create})
		p.Record(journal.Record{K: journal.StepIntent, At: at, Step: name, Attempt: 1})
	}
	return p
}

func TestBlockFitsEveryTerminal(t *testing.T) {
	s, _ := screen(80)
	now := time.Now()
	p := many(t, s, now.Add(-90*time.Second))
	for _, width := range []int{30, 40, 60, 80, 200} {
		for _, height := range []int{-1, 0, 1, 2, 5, 24, 100} {
			rows := p.rows(width, height, now)
			require.LessOrEqual(t, len(rows), max(0, min(height, maxRows)))
			for _, row := range rows {
				require.LessOrEqual(t, lipgloss.Width(row), width, row)
				require.NotContains(t, row, "\x1b[2J")
			}
			if height >= 24 {
				require.Contains(t, strings.Join(rows, "\n"), "and 40 more")
			}
		}
	}
}

func TestBlockKeepsSecrets(t *testing.T) {
	s, _ := screen(80)
	now := time.Now()
	p := many(t, s, now)
	p.Live(nil, func(text string) string { return strings.ReplaceAll(text, "名字", "(secret)") })
	require.NotContains(t, strings.Join(p.rows(200, 24, now), "\n"), "名字")
}

func TestLongStepsAreRemindedOf(t *testing.T) {
	s, b := screen(80)
	began := time.Now()
	p := many(t, s, began)
	b.Reset()
	lines := func(after time.Duration) int {
		b.Reset()
		p.tick(began.Add(after))
		return strings.Count(b.String(), "no answer yet")
	}
	require.Equal(t, 0, lines(9*time.Second))
	require.Equal(t, 50, lines(10*time.Second))
	require.Equal(t, 0, lines(19*time.Second))
	require.Equal(t, 50, lines(20*time.Second))
	require.Equal(t, 50, lines(61*time.Second+20*time.Second))
	require.Equal(t, 0, lines(100*time.Second))
}

func TestSpansAreSaidAsPeopleDo(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 12 * time.Millisecond: "12ms", 2345 * time.Millisecond: "2.3s", 48700 * time.Millisecond: "48s",
		65 * time.Second: "1m05s", 130 * time.Minute: "2h10m",
	} {
		require.Equal(t, want, howLong(d))
	}
	require.Equal(t, "59m", left(59*time.Minute+30*time.Second))
}

func TestALargeRunTellsOfWhatDoesNotGoAsPlanned(t *testing.T) {
	s, b := screen(80)
	p := NewProgress(s, nil)
	r := largeRun(t, 5000, 4000)
	for _, rec := range r.Records {
		p.Record(rec)
	}
	text := b.String()
	require.Contains(t, text, "✗ s4000: failed: no\n")
	require.Contains(t, text, "from here on only what does not go as planned is told")
	require.Equal(t, maxRoutine+4, strings.Count(text, "\n"), "the run's id, and two lines of that it says less")
	require.Empty(t, p.since)
	b.Reset()
	now := p.began.Add(time.Minute)
	p.tick(now)
	require.Equal(t, "  5000 of 5000 steps done, 0 under way, 1m00s in all\n", b.String())
	b.Reset()
	p.tick(now.Add(5 * time.Second))
	require.Empty(t, b.String())
}

// Two thousand instances that wait for their turn take up no more of a drawing than twenty.
func TestADrawingOfALargeRunLooksAtNamesOnlyOfWhatItShows(t *testing.T) {
	s, _ := screen(80)
	now := time.Now()
	cost := func(n int) float64 {
		p := NewProgress(s, nil)
		open := &journal.Opening{Run: "01", Options: journal.Options{Parallelism: 10}, Steps: []journal.Step{{ID: "each", Each: true, Effect: step.Reversible}}}
		p.Record(journal.Record{K: journal.RunOpen, At: now, Open: open})
		rec := journal.Record{K: journal.StepEvaluate, At: now, Step: "each"}
		for i := range n {
			rec.Instances = append(rec.Instances, journal.Instance{Step: journal.Address("each", fmt.Sprint(i))})
		}
		p.Record(rec)
		rows := p.rows(80, 24, now)
		require.Contains(t, strings.Join(rows, "\n"), fmt.Sprintf("and %d more", n-len(rows)+2))
		return testing.AllocsPerRun(10, func() { p.rows(80, 24, now) })
	}
	require.Less(t, cost(2000), 1.2*cost(20))
}
