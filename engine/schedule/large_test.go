package schedule

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/engine/journal"
	"writ/engine/step"
)

// shape makes the steps of a large run, and names the objects of each instance.
type shape struct {
	name    string
	steps   func(n int) []journal.Step
	objects func(i int) []string // of an instance
	slow    bool                 // the first step is answered when nothing else can go on
}

func plainSteps(n int, effect func(i int) step.Effect, parents func(i int) []int) []journal.Step {
	steps := make([]journal.Step, n)
	for i := range steps {
		steps[i] = journal.Step{ID: fmt.Sprint("s", i), Effect: effect(i), Parents: parents(i), Timeout: time.Minute}
	}
	return steps
}

func reversible(int) step.Effect { return step.Reversible }

func alone(int) []int { return nil }

func own(i int) []string { return []string{fmt.Sprint("toy/thing/", i)} }

func shapes() []shape {
	return []shape{
		{name: "fan", objects: own, steps: func(n int) []journal.Step { return plainSteps(n, reversible, alone) }},
		{name: "chain", objects: own, steps: func(n int) []journal.Step {
			return plainSteps(n, reversible, func(i int) []int { return []int{i - 1}[:min(i, 1)] })
		}},
		{name: "layers", objects: own, steps: func(n int) []journal.Step {
			return plainSteps(n, reversible, func(i int) []int {
				if i < 100 {
					return nil
				}
				above := (i/100 - 1) * 100
				return []int{above + i%33, above + 33 + i%33, above + 66 + i%33}
			})
		}},
		{name: "join", objects: own, steps: func(n int) []journal.Step {
			return plainSteps(n, reversible, func(i int) []int {
				if i < n-1 {
					return nil
				}
				all := make([]int, n-1)
				for i := range all {
					all[i] = i
				}
				return all
			})
		}},
		{name: "each", objects: own, steps: func(int) []journal.Step {
			return []journal.Step{{ID: "s0", Effect: step.Reversible, Each: true, Timeout: time.Minute}}
		}},
		{name: "each of one object", objects: func(int) []string { return []string{"toy/thing"} }, steps: func(int) []journal.Step {
			return []journal.Step{{ID: "s0", Effect: step.Reversible, Each: true, Timeout: time.Minute}}
		}},
		// A reversible step behind each irreversible one, and one that takes long, so that all that cannot be undone waits.
		{name: "gates", slow: true, objects: own, steps: func(n int) []journal.Step {
			return plainSteps(n, func(i int) step.Effect {
				return []step.Effect{step.Reversible, step.Irreversible}[i%2]
			}, func(i int) []int { return []int{i - 1}[:(i+1)%2*min(i, 1)] })
		}},
	}
}

// drive answers every command as well as can be, oldest first, and counts the records.
func (sh shape) drive(n int, back bool) (records int, err error) {
	steps := sh.steps(n)
	if back { // the last step fails when all else is done
		last := journal.Step{ID: "last", Effect: step.Reversible, Timeout: time.Minute}
		for i := range steps {
			last.Parents = append(last.Parents, i)
		}
		steps = append(steps, last)
	}
	open := &journal.Opening{Run: "r", Options: journal.Options{Parallelism: 10, OnFailure: "rollback"}, Steps: steps}
	run, err := journal.Fold([]journal.Record{{K: journal.RunOpen, Open: open}})
	if err != nil {
		return 0, err
	}
	s := New(run)
	var queue []Command
	feed := func(recs ...journal.Record) error {
		for i := range recs {
			recs[i].At = time.Unix(int64(records), 0)
		}
		records += len(recs)
		return s.Feed(recs...)
	}
	for {
		queue = append(queue, s.Next()...)
		if len(queue) == 0 {
			return records, fmt.Errorf("stuck after %d records", records)
		}
		c := queue[0]
		queue = queue[1:]
		if sh.slow && c.Node == 0 && c.Part != nil && len(queue) > 0 {
			queue = append(queue, c)
			continue
		}
		switch c.Do {
		case Close, Pause:
			return records, nil
		case Rollback:
			err = feed(journal.Record{K: journal.RunRollback})
		case Evaluate:
			err = feed(sh.evaluated(run.Nodes[c.Node], n))
		default:
			err = feed(answers(c)...)
		}
		if err != nil {
			return records, err
		}
	}
}

func (sh shape) evaluated(node *journal.Node, n int) journal.Record {
	rec := journal.Record{K: journal.StepEvaluate, Step: node.ID}
	if !node.Each {
		var i int
		fmt.Sscanf(node.ID, "s%d", &i)
		rec.Instances = []journal.Instance{{Step: node.ID, In: json.RawMessage("{}"), Objects: sh.objects(i)}}
		return rec
	}
	for i := range n {
		rec.Instances = append(rec.Instances, journal.Instance{Step: journal.Address(node.ID, fmt.Sprint(i)), In: json.RawMessage("{}"), Objects: sh.objects(i)})
	}
	return rec
}

func answers(c Command) []journal.Record {
	at := c.Part.Address
	switch c.Do {
	case Read:
		if at == "last" {
			return []journal.Record{{K: journal.StepFail, Step: at, Error: &step.Error{}}}
		}
		return []journal.Record{{K: journal.StepObserve, Step: at, Change: journal.Create, Reverse: &step.Reverse{}}}
	case Apply:
		return []journal.Record{{K: journal.StepIntent, Step: at, Attempt: 1}, {K: journal.StepOutcome, Step: at, Outcome: journal.OK}}
	case Settle:
		return []journal.Record{{K: journal.StepDone, Step: at, How: journal.Applied}}
	case Look:
		return []journal.Record{{K: journal.UndoIntent, Step: at, Attempt: 1}}
	case Undo:
		return []journal.Record{{K: journal.UndoOutcome, Step: at, Outcome: journal.OK}, {K: journal.UndoDone, Step: at}}
	case Skip:
		return []journal.Record{{K: journal.UndoSkipped, Step: at}}
	case Check:
		return []journal.Record{{K: journal.UndoVerify, Step: at}}
	}
	return nil
}

// What a record costs does not grow with the run, whatever its shape.
func TestARecordOfALargeRunCostsNoMoreThanOfASmallOne(t *testing.T) {
	for _, sh := range shapes() {
		for _, back := range []bool{false, true} {
			cost := func(n int) float64 {
				records := 0
				allocations := testing.AllocsPerRun(1, func() {
					var err error
					records, err = sh.drive(n, back)
					require.NoError(t, err)
				})
				return allocations / float64(records)
			}
			small, large := cost(200), cost(2_000)
			require.Less(t, large, 1.5*small, "%s, back: %v", sh.name, back)
		}
	}
}

func BenchmarkRun(b *testing.B) {
	for _, sh := range shapes() {
		for _, way := range []string{"forth", "back"} {
			for _, n := range []int{1_000, 10_000} {
				b.Run(fmt.Sprintf("%s/%s/%d", sh.name, way, n), func(b *testing.B) {
					b.ReportAllocs()
					records := 0
					for b.Loop() {
						r, err := sh.drive(n, way == "back")
						if err != nil {
							b.Fatal(err)
						}
						records += r
					}
					b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(records), "ns/record")
				})
			}
		}
	}
}
