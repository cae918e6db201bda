package journal

import (
	"encoding/json"
	"fmt"
	"testing"

	"writ/engine/step"
)

// tale is the records of a run whose n steps all change something, four records each.
func tale(n int) []Record {
	open := &Opening{Run: runID(1), Plan: "large"}
	recs := []Record{{K: RunOpen, At: noon, Open: open}}
	in, state := json.RawMessage(`{"bucket":"bucket-1"}`), json.RawMessage(`{"authorized":true}`)
	for i := range n {
		id := fmt.Sprint("s", i)
		open.Steps = append(open.Steps, Step{ID: id, Uses: "mpc.bucket_authorization", Effect: step.Reversible})
		recs = append(recs, Record{K: StepEvaluate, At: noon, Step: id, Instances: []Instance{{Step: id, In: in, Objects: []string{id}}}},
			Record{K: StepObserve, At: noon, Step: id, Before: json.RawMessage(`{"authorized":false}`), Goal: state, Change: Update},
			Record{K: StepIntent, At: noon, Step: id, Attempt: 1, Goal: state},
			Record{K: StepOutcome, At: noon, Step: id, Outcome: OK})
	}
	return recs
}

func BenchmarkFold100000(b *testing.B) {
	recs := tale(25_000)
	b.ReportAllocs()
	for b.Loop() {
		run, err := Fold(recs)
		if err != nil || len(run.Nodes) != 25_000 {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(recs)), "ns/record")
}
