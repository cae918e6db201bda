package view

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/stretchr/testify/require"

	"writ/engine/diag"
	"writ/engine/journal"
	"writ/engine/step"
)

const runID = "01jd3m8q00000000000000000a"

// run folds the records of a run with one step, mpc.
func run(t *testing.T, recs ...journal.Record) *journal.Run {
	t.Helper()
	open := &journal.Opening{
		Run: runID, Plan: "a-plan-with-a-long-name",
		Target: journal.Target{Cloud: "huaweicloud", Region: "cn-north-7", ProjectID: "0123456789abcdef0123456789abcdef"},
		Steps:  []journal.Step{{ID: "mpc", Uses: "mpc.agency", Effect: step.Reversible}},
	}
	all := []journal.Record{
		{K: journal.RunOpen, Open: open, At: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)},
		{K: journal.StepEvaluate, Step: "mpc", Instances: []journal.Instance{{Step: "mpc"}}},
		{K: journal.StepObserve, Step: "mpc", Change: journal.Create},
		{K: journal.StepIntent, Step: "mpc", Attempt: 1},
	}
	folded, err := journal.Fold(append(all, recs...))
	require.NoError(t, err)
	return folded
}

func screen(width int) (*Screen, *bytes.Buffer) {
	var b bytes.Buffer
	return NewScreen(&b, []string{"NO_COLOR=1"}, true, width, ""), &b
}

func TestLinesFitTheScreen(t *testing.T) {
	long := "somebody changed it since, and this is a sentence of some length; --force puts it back"
	acted := []journal.Record{
		{K: journal.StepOutcome, Step: "mpc", Outcome: journal.OK}, {K: journal.RunRollback, Why: "asked for"},
		{K: journal.UndoIntent, Step: "mpc", Attempt: 1}, {K: journal.UndoDone, Step: "mpc"},
	}
	rolledBack := run(t, append(acted, journal.Record{K: journal.RunClose, Closed: journal.ClosedRolledBack})...)
	left := run(t, append(acted, journal.Record{K: journal.RunClose, Closed: journal.ClosedResidue, Residue: []journal.Residue{{Step: "mpc", Field: "a", Why: long}}})...)
	failed := run(t, journal.Record{K: journal.StepFail, Step: "mpc", Why: long}, journal.Record{K: journal.RunClose, Closed: journal.ClosedFailed})
	for _, width := range []int{40, 60, 80} {
		s, b := screen(width)
		for _, r := range []*journal.Run{rolledBack, left, failed} {
			s.Outcome(r)
			s.Run(r)
			s.Preview(r, []int{0})
		}
		s.Runs([]*journal.Run{rolledBack, left})
		s.Residue(left.Residue)
		s.Results(json.RawMessage(`{"list":["a","b","c","d","e","f","g","a","b","c","d","e","f","g","a","b","c","d","e","f","g"]}`))
		s.Complaint(long + "\n" + long)
		p := NewProgress(s, nil)
		p.Record(journal.Record{K: journal.RunRollback, Why: long})
		p.Record(journal.Record{K: journal.StepFail, Step: "mpc", Why: long})
		for _, line := range strings.Split(b.String(), "\n") {
			if !strings.HasPrefix(line, "    writ ") { // a command to copy
				require.LessOrEqual(t, lipgloss.Width(line), width, line)
			}
		}
	}
}

func TestWriteThatMayHaveActedIsBegun(t *testing.T) {
	undo := []journal.Record{{K: journal.RunResume}, {K: journal.RunRollback}}
	sent := append(undo, journal.Record{K: journal.UndoIntent, Step: "mpc", Attempt: 1}, journal.Record{K: journal.UndoDone, Step: "mpc"})
	unsent := append(undo[:2:2], journal.Record{K: journal.UndoDone, Step: "mpc"})
	for want, recs := range map[string][]journal.Record{
		"in doubt": nil, "changed, undone": sent, "in doubt, nothing to undo": unsent,
	} {
		r := run(t, recs...)
		r.Mode = journal.Over
		s, b := screen(80)
		s.Run(r)
		require.Contains(t, b.String(), "mpc  mpc.agency  "+want+"\n")
	}
}

func TestReadAfterAWriteIsTold(t *testing.T) {
	for want, rec := range map[string]journal.Record{
		"  ? mpc: a read shows that it did not act; trying again in 1s\n": {Found: journal.FoundBefore, Wait: time.Second, After: json.RawMessage("{}")},
		"  ? mpc: no call can read what it did; sending it once more\n":   {Found: journal.FoundBefore, Wait: time.Millisecond},
		"  ? mpc: odd\n": {Found: journal.FoundOther, Why: "odd"},
		"":               {Found: journal.FoundBefore},
	} {
		s, b := screen(80)
		rec.K, rec.Step = journal.StepVerify, "mpc"
		NewProgress(s, nil).Record(rec)
		require.Equal(t, want, b.String())
	}
}

func TestForeignTextGivesNoOrders(t *testing.T) {
	for text, want := range map[string]string{
		"##[group]": "## [group]", "##vso[task]": "## vso[task]", "a\n::b": "a ::b", "a::b": "a::b",
		"\x1b[31m": `\u{1b}[31m`, "\xff": `\xff`, "a:b": "a:b",
	} {
		require.Equal(t, want, Clean(text))
	}
	for _, file := range []string{"::error::x.yaml", "##vso[x", "-x", "@x", " x"} {
		s, b := screen(80)
		s.Diagnostics([]diag.Diagnostic{{File: file, Line: 1, Col: 1, Message: "m", Rule: "r", Text: "##vso[x] ::y"}})
		require.True(t, strings.HasPrefix(b.String(), "./"), b.String())
		require.NotContains(t, b.String(), "##vso[")
		require.NotContains(t, b.String(), "\n::")
	}
	var b bytes.Buffer
	NewScreen(CalmLines(&b), []string{"NO_COLOR=1"}, true, 80, "").Complaint("a\n::error::b\n    ::error::c")
	require.Equal(t, "writ: a\n  :\u2009:error::b\n    :\u2009:error::c\n", b.String())
}
