package view

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/engine/diag"
	"writ/engine/journal"
	"writ/engine/step"
)

var update = flag.Bool("update", false, "rewrite the expected outputs")

// golden compares a text with the file that holds it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o750))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

// story is a run of three steps: one changes, one loses its answer, one fails, and two are put back.
func story(t *testing.T) *Report {
	t.Helper()
	second := 0
	at := func(rec journal.Record) journal.Record {
		second++
		rec.At = time.Date(2026, 1, 2, 3, 4, second, 0, time.UTC)
		return rec
	}
	raw := func(s string) json.RawMessage { return json.RawMessage(s) }
	open := &journal.Opening{
		Run: runID, Plan: "story", File: "story.yaml", Target: journal.Target{Cloud: "otc", Region: "eu-de", ProjectID: "p"}, PlanDigest: "sha256:00",
		Options: journal.Options{Parallelism: 10, OnFailure: "rollback"},
		Steps: []journal.Step{
			{ID: "mpc", Uses: "mpc.agency", Effect: step.Reversible}, {ID: "roles", Uses: "dli.agency", Effect: step.Reversible, Parents: []int{0}},
			{ID: "grant", Uses: "mpc.bucket_authorization", Effect: step.Reversible, Parents: []int{1}, Each: true},
		},
	}
	lost := &step.Error{Class: step.UnknownOutcome, Operation: "dli CreateDliAgency", Message: "no answer"}
	denied := &step.Error{Class: step.Denied, Operation: "mpc UpdateBucketAuthorized", Status: 403, Code: "MPC.10202", RequestID: "r2"}
	key := journal.Address("grant", `<script>"x"</script>`)
	var recs []journal.Record
	for _, rec := range []journal.Record{
		{K: journal.RunOpen, Open: open},
		{K: journal.StepEvaluate, Step: "mpc", Instances: []journal.Instance{{Step: "mpc"}}},
		{K: journal.StepObserve, Step: "mpc", Before: raw(`{"operate_type":"CANCELED"}`), Goal: raw(`{"operate_type":"CREATED"}`), Change: journal.Create, Reverse: &step.Reverse{Says: "undo posts CANCELED"}},
		{K: journal.StepIntent, Step: "mpc", Attempt: 1, Before: raw(`{"operate_type":"CANCELED"}`), Goal: raw(`{"operate_type":"CREATED"}`)},
		{K: journal.StepOutcome, Step: "mpc", Outcome: journal.OK, Calls: []step.Call{{Service: "mpc", Operation: "CreateAgenciesTask", Method: "POST", Status: 200, RequestID: "r1", Took: time.Second}}},
		{K: journal.StepVerify, Step: "mpc", Found: journal.FoundGoal, After: raw(`{"operate_type":"CREATED"}`)},
		{K: journal.StepDone, Step: "mpc", How: journal.Applied, After: raw(`{"operate_type":"CREATED"}`)},
		{K: journal.StepEvaluate, Step: "roles", Instances: []journal.Instance{{Step: "roles"}}},
		{K: journal.StepObserve, Step: "roles", Before: raw(`{"roles":["a"]}`), Goal: raw(`{"roles":["a","b"]}`), Change: journal.Update, Reverse: &step.Reverse{Says: "undo posts the roles [a]"}},
		{K: journal.StepIntent, Step: "roles", Attempt: 1, Before: raw(`{"roles":["a"]}`), Goal: raw(`{"roles":["a","b"]}`)},
		{K: journal.StepOutcome, Step: "roles", Outcome: journal.Unknown, Error: lost},
		{K: journal.StepVerify, Step: "roles", Found: journal.FoundGoal, After: raw(`{"roles":["a","b"]}`)},
		{K: journal.StepDone, Step: "roles", How: journal.Adopted, After: raw(`{"roles":["a","b"]}`)},
		{K: journal.StepEvaluate, Step: "grant", Instances: []journal.Instance{{Step: key}}},
		{K: journal.StepObserve, Step: key, Before: raw(`{"is_authorized":0}`), Goal: raw(`{"is_authorized":1}`), Change: journal.Create},
		{K: journal.StepIntent, Step: key, Attempt: 1, Before: raw(`{"is_authorized":0}`), Goal: raw(`{"is_authorized":1}`)},
		{K: journal.StepOutcome, Step: key, Outcome: journal.Rejected, Error: denied},
		{K: journal.StepFail, Step: key, Why: denied.Error(), Error: denied},
		{K: journal.RunRollback, Auto: true, Why: "a step failed"},
		{K: journal.UndoIntent, Step: "roles", Attempt: 1},
		{K: journal.UndoOutcome, Step: "roles", Outcome: journal.OK},
		{K: journal.UndoDone, Step: "roles", After: raw(`{"roles":["a","c"]}`), Residue: []journal.Residue{{Step: "roles", Field: "roles", Why: "somebody added c <b>"}}},
		{K: journal.UndoIntent, Step: "mpc", Attempt: 1},
		{K: journal.UndoOutcome, Step: "mpc", Outcome: journal.OK},
		{K: journal.UndoDone, Step: "mpc", After: raw(`{"operate_type":"CANCELED"}`)},
		{K: journal.RunClose, Closed: journal.ClosedResidue, Exit: 4, Residue: []journal.Residue{{Step: "roles", Field: "roles", Why: "somebody added c <b>"}}},
	} {
		recs = append(recs, at(rec))
	}
	folded, err := journal.Fold(recs)
	require.NoError(t, err)
	return &Report{Run: folded, Records: recs, File: "story.yaml", Exit: 4, Version: "1.2.3", Now: time.Date(2026, 1, 2, 4, 0, 0, 0, time.UTC)}
}

func htmlOf(t *testing.T, r *Report) string {
	t.Helper()
	var b strings.Builder
	require.NoError(t, HTML(&b, r))
	return b.String()
}

func TestPageTellsARun(t *testing.T) { golden(t, "story.html", htmlOf(t, story(t))) }

func TestPageAllowsNothingButItsStyle(t *testing.T) {
	text := htmlOf(t, story(t))
	style := regexp.MustCompile(`(?s)<style>(.*?)</style>`).FindStringSubmatch(text)
	require.Len(t, style, 2)
	sum := sha256.Sum256([]byte(style[1]))
	policy := regexp.MustCompile(`Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(text)
	require.Len(t, policy, 2)
	require.Contains(t, policy[1], "default-src &#39;none&#39;")
	require.Contains(t, strings.NewReplacer("&#43;", "+", "&#39;", "'").Replace(policy[1]), "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
	for _, word := range []string{"<script", "<b>", "style=", "src=", "http://", "https://", "url(http", "@import"} {
		require.NotContains(t, strings.ReplaceAll(text, `xmlns="http://www.w3.org/2000/svg"`, ""), word)
	}
}

func TestPageIsWellFormed(t *testing.T) {
	for name, r := range map[string]*Report{"story": story(t), "large": crowd(t, 400), "faults": faults()} {
		d := xml.NewDecoder(strings.NewReader(htmlOf(t, r)))
		for {
			_, err := d.Token()
			if err == io.EOF {
				break
			}
			require.NoError(t, err, name)
		}
	}
}

func faults() *Report {
	return &Report{File: "-x'y.yaml", Exit: 3, Faults: []diag.Diagnostic{
		{File: "x.yaml", Line: 2, Col: 3, EndCol: 5, Severity: diag.Error, Rule: "r", Message: "<script>", Suggestion: "did you mean y?", Text: "a <script>"},
		{File: "x.yaml", Severity: diag.Warning, Rule: "w", Message: "m", Related: []diag.Related{{File: "x.yaml", Line: 1, Col: 1, Message: "here"}}},
	}}
}

func TestPageTellsWhatIsWrongWithAPlan(t *testing.T) {
	text := htmlOf(t, faults())
	require.Contains(t, text, "the plan is wrong")
	require.Contains(t, text, "a &lt;script&gt;\n  ^~")
	require.Contains(t, text, `writ validate &#39;-x&#39;\&#39;&#39;y.yaml&#39;`)
	require.NotContains(t, text, "<script")
}

// crowd is a run of many steps in three waves.
func crowd(t *testing.T, n int) *Report {
	t.Helper()
	open := &journal.Opening{Run: runID, Plan: "crowd", Target: journal.Target{Cloud: "otc"}}
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	recs := []journal.Record{{K: journal.RunOpen, Open: open, At: at}}
	add := func(rec journal.Record) {
		at = at.Add(time.Millisecond)
		rec.At = at
		recs = append(recs, rec)
	}
	for i := range n {
		s := journal.Step{ID: fmt.Sprintf("step_%d", i), Uses: "mpc.agency", Effect: step.Reversible}
		for p := i % 10; i >= n/3 && p < i-n/3; p += 10 {
			s.Parents = append(s.Parents, p)
		}
		open.Steps = append(open.Steps, s)
		add(journal.Record{K: journal.StepEvaluate, Step: s.ID, Instances: []journal.Instance{{Step: s.ID}}})
		add(journal.Record{K: journal.StepObserve, Step: s.ID, Change: journal.Create, Before: json.RawMessage(`{}`), Goal: json.RawMessage(`{"a":1}`)})
		add(journal.Record{K: journal.StepIntent, Step: s.ID, Attempt: 1, Before: json.RawMessage(`{}`), Goal: json.RawMessage(`{"a":1}`)})
		add(journal.Record{K: journal.StepOutcome, Step: s.ID, Outcome: journal.OK})
		add(journal.Record{K: journal.StepVerify, Step: s.ID, Found: journal.FoundGoal, After: json.RawMessage(`{"a":1}`)})
		add(journal.Record{K: journal.StepDone, Step: s.ID, How: journal.Applied})
	}
	add(journal.Record{K: journal.RunClose, Closed: journal.ClosedDone})
	folded, err := journal.Fold(recs)
	require.NoError(t, err)
	return &Report{Run: folded, Records: recs}
}

func TestPageOfManyStepsStaysSmall(t *testing.T) {
	text := htmlOf(t, crowd(t, 2000))
	require.Less(t, len(text), 6<<20)
	require.Contains(t, text, "<strong>Wave 1</strong>")
	require.Equal(t, 2000, strings.Count(text, `<article id="step-step_`))
}

func TestTimeStandsStillWhileARunIsStopped(t *testing.T) {
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	in := func(d time.Duration) time.Time { return start.Add(d) }
	a := newAxis([]journal.Record{
		{K: journal.RunOpen, At: start}, {K: journal.RunPause, At: in(time.Second)}, {K: journal.RunResume, At: in(time.Hour)}, {K: journal.RunClose, At: in(time.Hour + time.Second)},
	})
	require.Equal(t, 2*time.Second, a.whole)
	require.Equal(t, time.Second, a.since(in(time.Minute)))
}

func TestTimesAreShort(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 1500: "2µs", 3 * time.Millisecond: "3ms", 1234 * time.Millisecond: "1.2s", 83 * time.Second: "1m23s", 90*time.Minute + time.Second: "1h30m",
	} {
		require.Equal(t, want, took(d))
	}
}

func TestWordsOfAShell(t *testing.T) {
	for text, want := range map[string]string{"plan.yaml": "plan.yaml", `grant["a b"]=done`: `'grant["a b"]=done'`, "a'b": `'a'\''b'`, "": "''", "$x": "'$x'"} {
		require.Equal(t, want, quoted(text))
	}
}
