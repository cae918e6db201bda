package view

import (
	"encoding/json"
	"strings"
	"testing"

	"charm.land/lipgloss/v2"
	"github.com/stretchr/testify/require"

	"writ/engine/journal"
	"writ/engine/step"
)

func TestDriftShowsThreeValuesAndLeavesOutWhatDoesNotDiffer(t *testing.T) {
	raw := func(text string) json.RawMessage {
		if text == "" {
			return nil
		}
		return json.RawMessage(text)
	}
	for name, tc := range map[string]struct{ before, wrote, live, want string }{
		"three":               {`"a"`, `"b"`, `"c"`, "f: a → b → c"},
		"as it was left":      {`"a"`, `"b"`, `"b"`, "f: a → b"},
		"nothing written":     {`"a"`, `"a"`, `"c"`, "f: a → c"},
		"back":                {`"a"`, `"b"`, `"a"`, "f: a → b → a"},
		"where nothing was":   {"", `"b"`, "", "f: none → b → gone"},
		"a row beside it":     {"", "", `{"v":"1","w":"2"}`, "f: none → {v 1, w 2}"},
		"a list":              {`["l"]`, `["l","m"]`, `["l","x"]`, "f: [l] → +m → +x -m"},
		"a list, back":        {`["l"]`, `["l","m"]`, `["l"]`, "f: [l] → +m → -m"},
		"a long list":         {`[1,2,3,4,5]`, `[1,2,3,4,5]`, `[1,2,3,4]`, "f: 5 items → -5"},
		"a list that is gone": {`["l"]`, `["l"]`, "", "f: [l] → gone"},
	} {
		require.Equal(t, tc.want, threeWay(step.Moved{Path: "f", Before: raw(tc.before), Wrote: raw(tc.wrote), Live: raw(tc.live)}), name)
	}
}

func TestDriftFitsTheScreenAndShowsNothingForeignAsItIs(t *testing.T) {
	long := json.RawMessage(`"` + strings.Repeat("word ", 20) + `\u001b[31m"`)
	parts := []Drifted{
		{Step: "a", Uses: "mpc.agency", Fate: step.Changed, Wrote: true, Fields: []step.Moved{{Path: "x\u202e", Before: long, Wrote: json.RawMessage(`"b"`), Live: long, Fate: step.Changed}}},
		{Step: `each["` + strings.Repeat("k", 30) + `"]`, Uses: "mpc.agency", Fate: step.Unread, Error: &step.Error{Class: step.Denied, Operation: "mpc ShowAgenciesTask", Status: 403, Message: "no\x1b[2J"}},
		{Step: "c", Uses: "mpc.agency", Fate: step.Kept, Left: []journal.Residue{{Field: "rows.x", Why: strings.Repeat("why ", 20)}}},
		{Step: "e", Uses: "mpc.agency", Fate: step.Apart, Why: "b of the same run wrote it as well, as another kind", Fields: []step.Moved{{Path: "x", Before: long, Live: long, Fate: step.Changed}}},
		{Step: "d", Uses: "mpc.agency", Fate: step.Apart, Why: "skipped: " + strings.Repeat("why ", 20)},
	}
	for _, width := range []int{40, 60, 80} {
		s, b := screen(width)
		s.Drift(run(t, journal.Record{K: journal.RunPause, Why: "a signal came"}), parts, []string{runID, runID})
		for _, line := range strings.Split(b.String(), "\n") {
			require.LessOrEqual(t, lipgloss.Width(line), width, line)
		}
		require.NotContains(t, b.String(), "\x1b")
		require.NotContains(t, b.String(), "\u202e")
	}
}

func TestDriftSaysWhoElseMayHaveMadeAChange(t *testing.T) {
	for name, tc := range map[string]struct {
		recs  []journal.Record
		fate  step.Fate
		later []string
		want  string
	}{
		"nobody":          {[]journal.Record{{K: journal.RunClose, Closed: journal.ClosedDone}}, step.Changed, nil, ""},
		"a later run":     {[]journal.Record{{K: journal.RunClose, Closed: journal.ClosedDone}}, step.Changed, []string{runID}, "note: run " + runID + " of 2024-11-20 wrote on this target later; what changed may be its doing"},
		"nothing changed": {[]journal.Record{{K: journal.RunClose, Closed: journal.ClosedDone}}, step.Kept, []string{runID}, ""},
		"the run itself":  {nil, step.Changed, nil, "note: the run is under way; what changed may be its own doing"},
		"it is not over":  {[]journal.Record{{K: journal.RunPause, Why: "stopped"}}, step.Kept, nil, "note: the run is not over: stopped"},
	} {
		t.Run(name, func(t *testing.T) {
			s, b := screen(160)
			s.Drift(run(t, tc.recs...), []Drifted{{Step: "mpc", Uses: "mpc.agency", Fate: tc.fate}}, tc.later)
			_, note, _ := strings.Cut(b.String(), "note: ")
			_, want, _ := strings.Cut(tc.want, "note: ")
			require.Equal(t, want, strings.TrimSpace(note))
		})
	}
}
