package journal

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/engine/step"
)

// aboutToWrite are the records of a run whose only step has been looked at, and nothing else.
func aboutToWrite() []Record {
	return []Record{
		{K: RunOpen, At: noon, Open: &Opening{Steps: []Step{{ID: "a"}}}},
		{K: StepEvaluate, Step: "a", Instances: []Instance{{Step: "a"}}},
		{K: StepObserve, Step: "a", Change: Create},
	}
}

// What a damaged end may have held is an attempt of its own: how an earlier one was refused says nothing of it.
func TestASuspectedWriteHasNoOutcome(t *testing.T) {
	refused := &step.Error{Class: step.Throttled, Message: "429"}
	run, err := Fold(append(aboutToWrite(),
		Record{K: StepIntent, Step: "a", Attempt: 1},
		Record{K: StepOutcome, Step: "a", Outcome: Rejected, Error: refused, Wait: time.Second},
		Record{K: StepWake, Step: "a"},
		Record{K: StepObserve, Step: "a", Change: Create},
		Record{K: SegmentOpen, At: noon, Why: "dropped"},
	))
	require.NoError(t, err)
	p := run.Part("a")
	require.Equal(t, PhaseIntended, p.Phase)
	require.True(t, p.Lost)
	require.Empty(t, p.Outcome)
	require.Nil(t, p.Error)
}

// On the way back no write begins, so none is suspected, and none is given up as one that nobody can know of.
func TestOnTheWayBackNoWriteIsSuspected(t *testing.T) {
	run, err := Fold(append(aboutToWrite(),
		Record{K: RunRollback, At: noon},
		Record{K: SegmentOpen, At: noon, Why: "dropped"},
	))
	require.NoError(t, err)
	p := run.Part("a")
	require.Equal(t, PhaseObserved, p.Phase)
	require.False(t, p.Lost)
	require.False(t, p.MayAct)
}

// A call whose answer was lost may act for as long after it was given up as it was waited for, and it was sent when its
// intent was durable, which may take its time.
func TestACallSettlesByWhenItWasSent(t *testing.T) {
	const timeout, slow = 10 * time.Second, 3 * time.Second
	begun := append(aboutToWrite(), Record{K: StepIntent, At: noon, Step: "a", Attempt: 1})
	begun[0].Open.Steps[0].Timeout = timeout
	begun = slices.Clip(begun)
	back := append(begun,
		Record{K: StepOutcome, Step: "a", Outcome: OK},
		Record{K: StepDone, Step: "a"},
		Record{K: RunRollback, At: noon},
		Record{K: UndoIntent, At: noon, Step: "a", Attempt: 1},
	)
	for name, c := range map[string]struct {
		records []Record
		settles time.Time
	}{
		"a write":                      {append(begun, Record{K: StepOutcome, Step: "a", Outcome: Unknown, Sent: noon.Add(slow)}), noon.Add(slow + 2*timeout)},
		"an undo":                      {append(back, Record{K: UndoOutcome, Step: "a", Outcome: Unknown, Sent: noon.Add(slow)}), noon.Add(slow + 2*timeout)},
		"a write of who died":          {append(begun, Record{K: RunResume, At: noon.Add(slow)}), noon.Add(slow + 2*timeout)},
		"an undo of who died":          {append(back, Record{K: RunRollback, At: noon.Add(slow)}), noon.Add(slow + 2*timeout)},
		"a write of who died long ago": {append(begun, Record{K: RunResume, At: noon.Add(time.Hour)}), noon.Add(3 * timeout)},
		"an undo of who died long ago": {append(back, Record{K: RunRollback, At: noon.Add(time.Hour)}), noon.Add(3 * timeout)},
	} {
		run, err := Fold(c.records)
		require.NoError(t, err, name)
		require.Equal(t, c.settles, run.Part("a").Settles(timeout), name)
	}
}
