package journal

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAForecastIsHeldAgainstWhatTheRunDid(t *testing.T) {
	was, will, other := json.RawMessage(`{"v": 1}`), json.RawMessage(`{"v": 2}`), json.RawMessage(`{"v": 3}`)
	said := &Progress{Address: "a", How: Predicted, Change: Update, Before: was, Goal: will, Outputs: json.RawMessage(`{"v": 2}`)}
	did := func(change func(p *Progress)) *Progress {
		p := &Progress{Address: "a", Phase: PhaseDone, How: Applied, Change: Update, Before: was, Goal: will, Outputs: json.RawMessage(`{"v": 2, "id": 7}`)}
		change(p)
		return p
	}
	for name, c := range map[string]struct {
		did  *Progress
		want bool
	}{
		"as said":            {did(func(*Progress) {}), true},
		"settled by reading": {did(func(p *Progress) { p.How = Adopted }), true},
		"already so":         {did(func(p *Progress) { p.How, p.Change = Satisfied, NoChange }), false},
		"another change":     {did(func(p *Progress) { p.Change = Create }), false},
		"another goal":       {did(func(p *Progress) { p.Goal = other }), false},
		"another output":     {did(func(p *Progress) { p.Outputs = other }), false},
		"failed":             {did(func(p *Progress) { p.Phase = PhaseFailed }), false},
		"gone":               {nil, false},
	} {
		f := foretold(said)
		require.Equal(t, c.want, f.cameTrue(c.did), name)
	}
}

func TestAScoreCountsWhatWasTold(t *testing.T) {
	run, err := Fold([]Record{
		{K: RunOpen, Open: &Opening{
			Steps:    []Step{{ID: "a"}, {ID: "b", Each: true}, {ID: "c", Each: true}},
			Forecast: []Forecast{{Step: "a", How: Looked}, {Step: `b["x"]`, How: Looked}, {Step: "c[?]", Change: Hidden}},
		}},
		{K: StepEvaluate, Step: "a", Instances: []Instance{{Step: "a"}}},
		{K: StepDone, Step: "a", How: Looked},
		{K: StepEvaluate, Step: "b", Instances: []Instance{{Step: `b["y"]`}}},
		{K: StepEvaluate, Step: "c", Instances: []Instance{{Step: `c["z"]`}}},
	})
	require.NoError(t, err)
	told, open, missed := run.Score()
	require.Equal(t, []int{2, 1}, []int{told, open})
	require.Len(t, missed, 2)
	require.Equal(t, `b["x"]`, missed[0].Said.Step)
	require.Nil(t, missed[0].Did)
	require.Nil(t, missed[1].Said)
	require.Equal(t, `b["y"]`, missed[1].Did.Address)
}
