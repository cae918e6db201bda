package view

import (
	"encoding/json"
	"fmt"
	"io"
	"testing"
	"time"

	"writ/engine/journal"
	"writ/engine/step"
)

// large is the records of a run whose n steps all change something, in layers of a hundred.
func large(n int) []journal.Record {
	open := &journal.Opening{
		Run: runID, Plan: "large", Target: journal.Target{Cloud: "otc", Region: "eu-de", ProjectID: "p"},
		Options: journal.Options{Parallelism: 10, OnFailure: "rollback"},
	}
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	recs := []journal.Record{{K: journal.RunOpen, At: at, Open: open}}
	before, goal := json.RawMessage(`{"authorized":false}`), json.RawMessage(`{"authorized":true}`)
	for i := range n {
		s := journal.Step{ID: fmt.Sprint("s", i), Uses: "mpc.bucket_authorization", Effect: step.Reversible}
		if i >= 100 {
			s.Parents = []int{i - 100}
		}
		open.Steps = append(open.Steps, s)
		in := []journal.Instance{{Step: s.ID, In: json.RawMessage(`{"bucket":"bucket-1"}`), Objects: []string{s.ID}}}
		for _, rec := range []journal.Record{
			{K: journal.StepEvaluate, Instances: in}, {K: journal.StepObserve, Before: before, Goal: goal, Change: journal.Update},
			{K: journal.StepIntent, Attempt: 1, Before: before, Goal: goal}, {K: journal.StepOutcome, Outcome: journal.OK},
			{K: journal.StepVerify, Found: journal.FoundGoal, After: goal}, {K: journal.StepDone, How: journal.Applied, After: goal},
		} {
			at = at.Add(time.Millisecond)
			rec.Step, rec.At = s.ID, at
			recs = append(recs, rec)
		}
	}
	return append(recs, journal.Record{K: journal.RunClose, At: at, Closed: journal.ClosedDone})
}

// BenchmarkShow folds the records of a run and shows it.
func BenchmarkShow(b *testing.B) {
	const n = 10_000
	recs := large(n)
	s := NewScreen(io.Discard, []string{"NO_COLOR=1"}, true, 80, "")
	for _, format := range []struct {
		name string
		show func(*journal.Run) error
	}{
		{"text", func(r *journal.Run) error { s.Run(r); return nil }},
		{"json", func(*journal.Run) error {
			lines := NewJSONLines("writ records", s)
			for _, rec := range recs {
				lines.Line(rec)
			}
			return nil
		}},
		{"html", func(r *journal.Run) error {
			return HTML(io.Discard, &Report{Run: r, Records: recs, File: "large.yaml", Now: time.Date(2026, 1, 3, 0, 0, 0, 0, time.UTC)})
		}},
	} {
		b.Run(format.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				run, err := journal.Fold(recs)
				if err == nil {
					err = format.show(run)
				}
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/step")
		})
	}
}
