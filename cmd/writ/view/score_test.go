package view

import (
	"testing"

	"github.com/stretchr/testify/require"

	"writ/engine/journal"
)

func TestAnOutcomeScoresThePreview(t *testing.T) {
	for want, forecast := range map[string][]journal.Forecast{
		"":                              nil,
		"preview: its line came true\n": {{Step: "mpc", How: journal.Predicted, Change: journal.Create}},
		"preview: 0 of 1 line came true\n  mpc: said already so, did create\n":               {{Step: "mpc", How: journal.Satisfied, Change: journal.NoChange}},
		"preview: 0 of 1 line came true\n  mpc: said create, did create with other values\n": {{Step: "mpc", How: journal.Predicted, Change: journal.Create, Fields: "0"}},
		"preview: 1 of 2 lines came true, 1 could not be told\n  a: said skipped, did not come up\n": {
			{Step: "mpc", How: journal.Predicted, Change: journal.Create}, {Step: "a", How: journal.Skipped}, {Step: "b", Change: journal.Hidden},
		},
	} {
		r := run(t, journal.Record{K: journal.StepDone, Step: "mpc", How: journal.Applied}, journal.Record{K: journal.RunClose, Closed: journal.ClosedDone})
		r.Open.Forecast = forecast
		s, b := screen(80)
		s.score(r)
		require.Equal(t, want, b.String())
	}
}
