package journal

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestReplayFoldsWhatReadAnswers(t *testing.T) {
	f, id := newFolder(t), runID(1)
	write(t, f, id, twoSteps()...)
	records, _, err := f.Read(id)
	require.NoError(t, err)
	want, err := Fold(records)
	require.NoError(t, err)

	var seen []Record
	run, notices, err := f.Replay(id, func(rec Record) { seen = append(seen, rec) })
	require.NoError(t, err)
	require.Empty(t, notices)
	require.Equal(t, records, seen)
	require.Equal(t, want, run)
}

func TestReplayRefusesRecordsThatCannotFollowEachOther(t *testing.T) {
	f, id := newFolder(t), runID(1)
	write(t, f, id, Record{K: StepDone, Step: "a"})
	_, _, err := f.Replay(id, func(Record) {})
	var damaged *DamagedError
	require.ErrorAs(t, err, &damaged)
	require.Equal(t, "record 1: step.done in the wrong place", damaged.Reason)
}

func TestOneUndoIsNotAnothers(t *testing.T) {
	run, err := Fold(append(twoSteps(),
		Record{K: RunRollback},
		Record{K: UndoIntent, Step: "a", Attempt: 1},
		Record{K: UndoOutcome, Step: "a", Outcome: Unknown},
		Record{K: RunResume},
		Record{K: RunRollback, Force: true},
	))
	require.NoError(t, err)
	require.Equal(t, 1, run.Part("a").Undo.Adrift)
	require.Zero(t, *run.Part("b").Undo)
	require.Zero(t, *noUndo)
}

// twoSteps are the records of a run of two steps, both of which acted.
func twoSteps() []Record {
	recs := []Record{{K: RunOpen, Open: &Opening{Steps: []Step{{ID: "a"}, {ID: "b"}}}}}
	for _, id := range []string{"a", "b"} {
		recs = append(recs,
			Record{K: StepEvaluate, Step: id, Instances: []Instance{{Step: id}}},
			Record{K: StepIntent, Step: id, Attempt: 1},
			Record{K: StepOutcome, Step: id, Outcome: OK},
			Record{K: StepDone, Step: id, How: Applied},
		)
	}
	return recs
}
