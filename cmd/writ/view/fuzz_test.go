package view

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/engine/diag"
	"writ/engine/journal"
	"writ/engine/step"
)

// FuzzRender: whatever texts come from a plan or a cloud, what is printed has no control characters and no orders for
// a CI system in it, and what is printed as JSON is JSON.
func FuzzRender(f *testing.F) {
	for _, text := range []string{
		"plain", "\x1b]0;title\x07", "\r\n::add-mask::x", "::error::x\n  ::set-output name=a::b", "##[group]a", "##vso[task]", "##teamcity[x]",
		"\u202eabc\u200b\u2066", "\u009b31m", "\xff\xfe", "%0A::x", "<script>", "a::b", strings.Repeat("x ::y ", 60), "\x00", "ü漢🙂",
	} {
		f.Add(text, "mpc", "why")
		f.Add("mpc", text, text)
	}
	f.Fuzz(func(t *testing.T, name, key, why string) {
		folded, records := hostileRun(t, name, journal.Address("mpc", key), why)
		for _, width := range []int{40, 80} {
			var out bytes.Buffer
			s := NewScreen(CalmLines(&out), []string{"NO_COLOR=1"}, true, width, "")
			s.Preview(folded, []int{0})
			s.Outcome(folded)
			s.Run(folded)
			s.Runs([]*journal.Run{folded})
			s.Results(folded.Results)
			s.Residue(folded.Residue)
			s.Complaint(why + "\n" + name)
			s.Paragraph(why)
			s.Diagnostics([]diag.Diagnostic{{File: name, Line: 1, Col: 1, Message: why, Rule: "r"}})
			progress := NewProgress(s, nil)
			for _, rec := range records {
				progress.Record(rec)
			}
			requireCalm(t, out.String())
		}
		var out bytes.Buffer
		lines := NewJSONLines("writ records", NewScreen(CalmLines(&out), []string{"NO_COLOR=1"}, true, 80, ""))
		lines.Preview(folded, []int{0})
		for _, rec := range records {
			lines.Line(rec)
		}
		requireCalm(t, out.String())
		for _, line := range strings.Split(strings.TrimSpace(out.String()), "\n") {
			require.True(t, json.Valid([]byte(line)), line)
		}
	})
}

// hostileRun is one whose every text comes from elsewhere.
func hostileRun(t *testing.T, name, address, why string) (*journal.Run, []journal.Record) {
	value, err := json.Marshal(map[string]string{"field": why, name: why})
	require.NoError(t, err)
	failure := &step.Error{Class: step.Invalid, Operation: "mpc X", Status: 400, Code: why, Message: why, RequestID: why}
	open := &journal.Opening{
		Run: runID, Plan: name, File: name, AccessKey: why, Source: why,
		Target: journal.Target{Cloud: "huaweicloud", Region: why, ProjectID: name},
		Steps:  []journal.Step{{ID: "mpc", Name: name, Uses: "mpc.agency", Effect: step.Reversible, Each: true}},
	}
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	records := []journal.Record{
		{K: journal.RunOpen, Open: open, At: at},
		{K: journal.StepEvaluate, Step: "mpc", Instances: []journal.Instance{{Step: address, In: value}}},
		{K: journal.StepObserve, Step: address, Change: journal.Create, Before: json.RawMessage("null"), Goal: value, Warnings: []string{why}},
		{K: journal.StepIntent, Step: address, Attempt: 1},
		{K: journal.StepOutcome, Step: address, Outcome: journal.Unknown, Error: failure},
		{K: journal.StepFail, Step: address, Error: failure, Why: why},
		{K: journal.RunRollback, Why: why},
		{K: journal.UndoIntent, Step: address, Attempt: 1},
		{K: journal.UndoDone, Step: address, Residue: []journal.Residue{{Step: address, Field: name, Why: why}}},
		{K: journal.RunClose, Closed: journal.ClosedResidue, Residue: []journal.Residue{{Step: address, Field: name, Why: why}}, Results: value},
	}
	folded, err := journal.Fold(records)
	require.NoError(t, err)
	return folded, records
}
