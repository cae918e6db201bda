package journal

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/engine/step"
)

// What a damaged end may have held is an attempt of its own: how an earlier one was refused says nothing of it.
func TestASuspectedWriteHasNoOutcome(t *testing.T) {
	refused := &step.Error{Class: step.Throttled, Message: "429"}
	run, err := Fold([]Record{
		{K: RunOpen, At: noon, Open: &Opening{Steps: []Step{{ID: "a"}}}},
		{K: StepEvaluate, Step: "a", Instances: []Instance{{Step: "a"}}},
		{K: StepObserve, Step: "a", Change: Create},
		{K: StepIntent, Step: "a", Attempt: 1},
		{K: StepOutcome, Step: "a", Outcome: Rejected, Error: refused, Wait: time.Second},
		{K: StepWake, Step: "a"},
		{K: StepObserve, Step: "a", Change: Create},
		{K: SegmentOpen, At: noon, Why: "dropped"},
	})
	require.NoError(t, err)
	p := run.Part("a")
	require.Equal(t, PhaseIntended, p.Phase)
	require.True(t, p.Lost)
	require.Empty(t, p.Outcome)
	require.Nil(t, p.Error)
}
