package journal

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"writ/engine/step"
)

// Reference is what a run of twelve steps tells, the last of which fails, so that the others are undone. What stood
// before one of them is too large for a line.
func Reference() []Record {
	const steps = 12
	open := &Opening{
		Run: runID(1), Plan: "reference", Target: Target{Cloud: "otc", Region: "eu-de", ProjectID: "1"},
		PlanDigest: digestKind + strings.Repeat("0", 64), Options: Options{Parallelism: 4, OnFailure: "rollback"},
	}
	recs := []Record{{K: RunOpen, At: noon, Open: open, Process: &Process{PID: 7, Host: "h", Version: "1"}}}
	for i := range steps {
		s := Step{ID: fmt.Sprintf("s%d", i), Uses: "toy.switch", Effect: step.Reversible}
		if i > 0 {
			s.Parents = []int{i / 2}
		}
		open.Steps = append(open.Steps, s)
		recs = append(recs, forward(s.ID, i == 5, i == steps-1)...)
	}
	recs = append(recs, Record{K: RunRollback, At: noon, Auto: true, Why: "s11 failed"})
	for i := steps - 2; i >= 0; i-- {
		recs = append(recs, backward(fmt.Sprintf("s%d", i))...)
	}
	for i := range recs {
		recs[i].At = noon.Add(time.Duration(i) * time.Second)
	}
	return append(recs, Record{K: RunClose, At: noon.Add(time.Hour), Closed: ClosedRolledBack, Exit: 1})
}

func forward(id string, large, fails bool) []Record {
	in, was, will := json.RawMessage(`{"bucket":"`+id+`"}`), json.RawMessage(`{"on":false}`), json.RawMessage(`{"on":true}`)
	if large {
		was = json.RawMessage(`{"on":false,"rows":"` + strings.Repeat("x", 70_000) + `"}`)
	}
	recs := []Record{
		{K: StepEvaluate, Step: id, Instances: []Instance{{Step: id, In: in}}},
		{K: StepObserve, Step: id, Before: was, Goal: will, Change: Update},
		{K: StepIntent, Step: id, Attempt: 1, Doubt: &step.Doubt{Class: step.Set, Settle: time.Second}, Reverse: &step.Reverse{Want: json.RawMessage(`null`)}},
	}
	if fails {
		why := &step.Error{Class: step.Denied, Message: "403"}
		return append(recs, Record{K: StepOutcome, Step: id, Attempt: 1, Outcome: Rejected, Error: why},
			Record{K: StepFail, Step: id, Error: why, Why: "403"})
	}
	return append(recs, Record{K: StepOutcome, Step: id, Attempt: 1, Outcome: OK},
		Record{K: StepVerify, Step: id, Found: FoundGoal, After: will},
		Record{K: StepDone, Step: id, How: Applied, Outputs: will})
}

func backward(id string) []Record {
	was := json.RawMessage(`{"on":false}`)
	return []Record{
		{K: UndoIntent, Step: id, Attempt: 1, Want: was},
		{K: UndoOutcome, Step: id, Attempt: 1, Outcome: OK},
		{K: UndoDone, Step: id, After: was},
	}
}

// IsActedOn reports a record that must be durable before anything is done about it.
func IsActedOn(k Type) bool {
	switch k {
	case RunOpen, StepIntent, UndoIntent, StepDone, RunRollback, RunClose:
		return true
	}
	return false
}
