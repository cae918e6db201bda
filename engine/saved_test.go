package engine_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"writ/engine"
	"writ/engine/journal"
	"writ/engine/step"
)

// save previews a job and answers what a file would hold.
func (b *bench) save(job engine.Job, expires time.Duration) []byte {
	b.t.Helper()
	preview, err := b.Preview(context.Background(), job)
	require.NoError(b.t, err)
	saved, err := b.Save(preview, job, expires)
	require.NoError(b.t, err)
	raw, err := saved.Encode()
	require.NoError(b.t, err)
	return raw
}

// saved is the job that a file asks for, here.
func (b *bench) saved(raw []byte) (engine.Job, error) {
	b.t.Helper()
	saved, err := engine.LoadSaved(raw)
	if err != nil {
		return engine.Job{}, err
	}
	p, err := saved.LoadPlan(b.Kinds)
	if err != nil {
		return engine.Job{}, err
	}
	in, err := saved.LoadInputs(p, b.Getenv)
	return engine.Job{Plan: p, Inputs: in, Target: target, Options: saved.Options, Saved: saved}, err
}

// follow applies what a file holds.
func (b *bench) follow(raw []byte) (*journal.Run, error) {
	b.t.Helper()
	job, err := b.saved(raw)
	if err != nil {
		return nil, err
	}
	return b.Apply(context.Background(), job, yes)
}

func TestASavedPreviewIsAppliedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, tourStart())
		raw := b.save(b.job(tour, map[string]any{"names": []any{"e1", "e3"}}, nil), time.Hour)
		require.Zero(t, b.cloud.sent())

		run, err := b.follow(raw)
		require.NoError(t, err)
		require.Equal(t, engine.ExitDone, engine.Exit(run.Exit))
		require.Equal(t, "v", b.cloud.snapshot()["e3"])
		saved, err := engine.LoadSaved(raw)
		require.NoError(t, err)
		loaded, err := b.Load(run.Open.Run)
		require.NoError(t, err)
		require.Equal(t, saved.ID, loaded.Open.Preview)

		b.rollback(run.Open.Run, false)
		sent := b.cloud.sent()
		_, err = b.follow(raw)
		b.refused(err, engine.ExitStale)
		require.ErrorContains(t, err, run.Open.Run)
		require.Equal(t, sent, b.cloud.sent())
	})
}

func TestLookingAndDecliningDoNotUseASavedPreviewUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, map[string]string{"a": "old"})
		raw := b.save(b.job(three, nil, nil), time.Hour)
		job, err := b.saved(raw)
		require.NoError(t, err)
		_, err = b.Preview(context.Background(), job)
		require.NoError(t, err)
		_, err = b.Apply(context.Background(), job, func(*journal.Run) error { return context.Canceled })
		require.ErrorIs(t, err, context.Canceled)
		run, err := b.follow(raw)
		require.NoError(t, err)
		require.Equal(t, engine.ExitDone, engine.Exit(run.Exit))
	})
}

func TestASavedPreviewIsRefusedWhenSomethingMoved(t *testing.T) {
	const plan = `
steps:
  - {id: list, uses: toy.list, with: {names: [x, y]}}
  - {id: each, uses: toy.cell, for_each: "${{ steps.list.outputs.values }}", with: {name: "${{ each.key }}", value: v}}
  - {id: a, uses: toy.cell, with: {name: a, value: new}}
  - {id: s, uses: toy.set, with: {name: s, members: [m]}}
  - {id: same, uses: toy.cell, with: {name: same, value: same}}
  - {id: maybe, uses: toy.cell, if: "${{ steps.list.outputs.values.size() < 3 }}", with: {name: maybe, value: v}}
`
	field := func(path, was, is string) step.Field {
		f := step.Field{Path: path}
		if was != "" {
			f.Old = []byte(was)
		}
		if is != "" {
			f.New = []byte(is)
		}
		return f
	}
	for name, c := range map[string]struct {
		cell, value string
		moved       []engine.Moved
	}{
		"a cell":           {"a", "theirs", []engine.Moved{{Step: "a", Fields: []step.Field{field("value", `"old"`, `"theirs"`)}}}},
		"to what is asked": {"a", "new", []engine.Moved{{Step: "a", Fields: []step.Field{field("value", `"old"`, `"new"`)}}}},
		"a set":            {"s", "k,l", []engine.Moved{{Step: "s", Fields: []step.Field{field("members", `["l"]`, `["k","l"]`)}}}},
		"what was met":     {"same", "not", []engine.Moved{{Step: "same", Fields: []step.Field{field("value", `"same"`, `"not"`)}}}},
		"what is read, and who follows": {"y", "q", []engine.Moved{
			{Step: "list", Fields: []step.Field{field("values", `["p"]`, `["p","q"]`)}},
			{Step: `each["q"]`, Why: "is not in the preview"},
		}},
		"an instance that is gone": {"x", "", []engine.Moved{
			{Step: "list", Fields: []step.Field{field("values", `["p"]`, `[]`)}},
			{Step: `each["p"]`, Why: "is not there any more"},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, map[string]string{"x": "p", "a": "old", "s": "l", "same": "same"})
				raw := b.save(b.job(plan, nil, nil), time.Hour)
				b.cloud.set(c.cell, c.value)
				_, err := b.follow(raw)
				b.refused(err, engine.ExitStale)
				var stale *engine.StaleError
				require.ErrorAs(t, err, &stale)
				require.Equal(t, c.moved, stale.Moved)
				require.Zero(t, b.cloud.sent())

				job, err := b.saved(raw)
				require.NoError(t, err)
				_, err = b.Preview(context.Background(), job)
				require.ErrorAs(t, err, &stale, "a dry run says the same")
			})
		})
	}
}

func TestWhatCannotBeReadNowIsNoDifference(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, map[string]string{"a": "old"})
		raw := b.save(b.job(three, nil, nil), time.Hour)
		b.cloud.always["read a"] = failing(step.Denied)
		_, err := b.follow(raw)
		b.refused(err, engine.ExitDenied)
		require.Zero(t, b.cloud.sent())
	})
}

func TestAPreviewThatNoApplyWouldFollowIsNotSaved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, nil)
		b.cloud.always["read a"] = failing(step.Denied)
		job := b.job(three, nil, nil)
		preview, err := b.Preview(context.Background(), job)
		require.NoError(t, err)
		_, err = b.Save(preview, job, time.Hour)
		b.refused(err, engine.ExitDenied)
	})
}

func TestASavedPreviewExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, map[string]string{"a": "old"})
		raw := b.save(b.job(three, nil, nil), time.Hour)
		time.Sleep(time.Hour - time.Second)
		job, err := b.saved(raw)
		require.NoError(t, err)
		_, err = b.Apply(context.Background(), job, func(*journal.Run) error {
			time.Sleep(time.Second) // a person thinks
			return nil
		})
		b.refused(err, engine.ExitStale)
		_, err = b.follow(raw)
		b.refused(err, engine.ExitStale)
		require.ErrorContains(t, err, "expired")
		require.Zero(t, b.cloud.sent())
	})
}

func TestASavedPreviewIsForWhomItWasMade(t *testing.T) {
	elsewhere := func(change func(*journal.Target)) func(*engine.Job) {
		return func(j *engine.Job) { change(&j.Target) }
	}
	as := func(who engine.Identity) func(*engine.Job) { return func(j *engine.Job) { j.Who = who } }
	key := engine.Identity{DomainID: "d", AccessKey: "k"}
	for name, c := range map[string]struct {
		was, is func(*engine.Job)
		ok      bool
	}{
		"another project":  {is: elsewhere(func(t *journal.Target) { t.ProjectID = "q" })},
		"another region":   {is: elsewhere(func(t *journal.Target) { t.Region = "q" })},
		"another cloud":    {is: elsewhere(func(t *journal.Target) { t.Cloud = "otc" })},
		"another sandbox":  {is: elsewhere(func(t *journal.Target) { t.SandboxID = "2" })},
		"another address":  {is: func(j *engine.Job) { j.Endpoints = map[string]string{"mpc": "https://b"} }},
		"no address":       {was: func(j *engine.Job) { j.Endpoints = map[string]string{"mpc": "https://b"} }},
		"another account":  {was: as(key), is: as(engine.Identity{DomainID: "e", AccessKey: "k"})},
		"another key":      {was: as(key), is: as(engine.Identity{DomainID: "d", AccessKey: "l"})},
		"another user":     {was: as(engine.Identity{UserID: "u"}), is: as(engine.Identity{UserID: "v"})},
		"the same":         {was: as(key), is: as(key), ok: true},
		"a temporary key":  {was: as(key), is: as(engine.Identity{DomainID: "d"}), ok: true},
		"nothing is known": {was: as(key), ok: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, map[string]string{"a": "old"})
				job := b.job(three, nil, nil)
				if c.was != nil {
					c.was(&job)
				}
				followed, err := b.saved(b.save(job, time.Hour))
				require.NoError(t, err)
				if c.is != nil {
					c.is(&followed)
				}
				run, err := b.Apply(context.Background(), followed, yes)
				if c.ok {
					require.NoError(t, err)
					require.Equal(t, engine.ExitDone, engine.Exit(run.Exit))
					return
				}
				b.refused(err, engine.ExitDenied)
				require.Zero(t, b.cloud.sent())
			})
		})
	}
}

func TestTheFileOfAPlanMayBeGoneButNotChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, map[string]string{"a": "old"})
		b.file = t.TempDir() + "/plan.yaml"
		require.NoError(t, os.WriteFile(b.file, []byte("version: 1\n"+three), 0o600))
		raw := b.save(b.job(three, nil, nil), time.Hour)
		require.NoError(t, os.WriteFile(b.file, []byte("version: 1\n"+three+"# more\n"), 0o600))
		_, err := b.follow(raw)
		b.refused(err, engine.ExitStale)
		require.NoError(t, os.Remove(b.file))
		_, err = b.follow(raw)
		require.NoError(t, err)
	})
}

func TestNoSecretGetsIntoASavedPreview(t *testing.T) {
	const canary = `canary "secret"/of+tests`
	const plan = `
inputs: {pass: {type: string, sensitive: true}}
steps:
  - {id: a, uses: toy.cell, with: {name: a, value: x, secret: "${{ inputs.pass }}"}}
  - {id: echo, uses: toy.list, with: {names: [echo]}}
`
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, map[string]string{"echo": "it is " + canary})
		b.env["PASS"] = canary
		raw := b.save(b.job(plan, nil, map[string]string{"pass": "env:PASS"}), time.Hour)
		for _, form := range []string{
			canary, strings.ReplaceAll(canary, `"`, `\"`), url.QueryEscape(canary), hex.EncodeToString([]byte(canary)),
			base64.StdEncoding.EncodeToString([]byte(canary)),
		} {
			require.NotContains(t, string(raw), form)
		}

		b.cloud.set("echo", "now "+canary)
		_, err := b.follow(raw)
		var stale *engine.StaleError
		require.ErrorAs(t, err, &stale)
		require.Equal(t, "values", stale.Moved[0].Fields[0].Path, "a difference is seen, and not what it is")
		require.NotContains(t, text(stale.Moved[0].Fields[0].New), canary)

		b.cloud.set("echo", "it is "+canary)
		b.env["PASS"] = "another secret"
		_, err = b.follow(raw)
		b.refused(err, engine.ExitStale)
		b.env["PASS"] = canary
		_, err = b.follow(raw)
		require.NoError(t, err)
		require.Equal(t, "x|"+canary, b.cloud.snapshot()["a"])
	})
}

func TestADamagedPreviewIsRefused(t *testing.T) {
	var raw []byte
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, map[string]string{"a": "old"})
		raw = b.save(b.job(three, nil, nil), time.Hour)
	})
	for name, bad := range map[string][]byte{
		"nothing":        {},
		"cut":            raw[:len(raw)/2],
		"without an end": raw[:len(raw)-1],
		"with more":      append(bytes.Clone(raw), '\n'),
		"edited":         bytes.Replace(raw, []byte(`"old"`), []byte(`"odd"`), 1),
		"newer":          bytes.Replace(raw, []byte(`"writ_preview":1,`), []byte(`"writ_preview":2,`), 1),
		"reindented":     bytes.ReplaceAll(raw, []byte("  "), []byte(" ")),
	} {
		_, err := engine.LoadSaved(bad)
		var refusal *engine.Refusal
		require.ErrorAs(t, err, &refusal, name)
		require.Equal(t, engine.ExitStale, refusal.Exit, name)
	}
	// Even with a digest that fits, a file has one spelling and its parts belong together.
	for name, edit := range map[string][2]string{
		"a key twice":    {`"id": "`, `"id": "x", "id": "`},
		"another case":   {`"id": "`, `"Id": "`},
		"an unknown key": {`"id": "`, `"extra": 1, "id": "`},
		"another plan":   {`value: new`, `value: old`},
		"another input":  {`"values": {}`, `"values": {"a": 1}`},
	} {
		_, err := engine.LoadSaved(resealed(t, raw, edit[0], edit[1]))
		require.ErrorContains(t, err, "damaged", name)
	}
	_, err := engine.LoadSaved(raw)
	require.NoError(t, err)
}

// resealed is a saved preview with an edit, and with the digest that goes with it.
func resealed(t *testing.T, raw []byte, was, is string) []byte {
	t.Helper()
	head, body, _ := strings.Cut(string(raw), "\n")
	edited := strings.Replace(strings.TrimSuffix(body, "}\n"), was, is, 1)
	require.NotEqual(t, body, edited+"}\n")
	before, _, _ := strings.Cut(head, "sha256:")
	return []byte(before + engine.DigestOf([]byte(edited)) + `","saved":` + "\n" + edited + "}\n")
}

func TestOnlyWhatCanBePutBackIsChangedWhenThatIsAsked(t *testing.T) {
	for name, c := range map[string]struct {
		step, left string
	}{
		"exactly":          {`{id: a, uses: toy.cell, with: {name: a, value: x}}`, ""},
		"in part":          {`{id: a, uses: toy.cell, with: {name: part, value: x}}`, "a: value: only its beginning can be restored"},
		"not":              {`{id: a, uses: toy.cell, irreversible: accept, with: {name: gone, value: x}}`, "a: cannot be undone"},
		"no call":          {`{id: a, uses: toy.grant, irreversible: accept, with: {buckets: [b]}}`, "a: no call takes it back"},
		"not wanted":       {`{id: a, uses: toy.cell, rollback: none, with: {name: a, value: x}}`, "a: its step says rollback: none"},
		"nothing to do":    {`{id: a, uses: toy.cell, with: {name: part, value: "~part"}}`, ""},
		"one of two cells": {`{id: a, uses: toy.cell, for_each: [a, part], with: {name: "${{ each.key }}", value: x}}`, `a["part"]: value: only its beginning`},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, map[string]string{"part": "~part", "gone": "!gone"})
				b.options.Reversible = true
				run, err := b.Apply(context.Background(), b.job("steps:\n  - "+c.step+"\n", nil, nil), yes)
				if c.left == "" {
					require.NoError(t, err)
					require.Equal(t, engine.ExitDone, engine.Exit(run.Exit))
					return
				}
				b.refused(err, engine.ExitWrong)
				require.ErrorContains(t, err, c.left)
				require.Zero(t, b.cloud.sent())
			})
		})
	}
}

func TestWhatTurnsOutNotToBeReversibleStopsBeforeItsWrite(t *testing.T) {
	const plan = `
steps:
  - {id: make, uses: toy.make, with: {name: m}}
  - {id: late, uses: toy.cell, with: {name: "${{ steps.make.outputs.id }}", value: x}}
`
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, map[string]string{"id-1": "~part"})
		b.options.Reversible = true
		run := b.apply(plan)
		require.Equal(t, journal.ClosedRolledBack, run.Closed)
		require.Contains(t, run.Failure.Why, "only its beginning")
		require.Equal(t, []string{"apply m", "undo m"}, b.cloud.writes())
	})
}

// FuzzSaved holds the reader to one spelling a preview, and to no panic, whatever stands in the file.
func FuzzSaved(f *testing.F) {
	seed := &engine.Saved{
		ID: "01jd3m8q00000000000000000a", Writ: "test", At: time.Unix(1, 0).UTC(), Until: time.Unix(2, 0).UTC(), Salt: "00",
		Plan:   engine.SavedPlan{File: "-", Digest: engine.DigestOf([]byte("version: 1\n" + three)), Text: "version: 1\n" + three},
		Inputs: engine.SavedInputs{Digest: engine.DigestOf([]byte(`{"values":{"a":1}}`)), Values: []byte(`{"values":{"a":1}}`)},
	}
	raw, err := seed.Encode()
	require.NoError(f, err)
	const step = `"steps": [
    {
      "step": "a",
      "uses": "toy.cell",
      "read": {
        "value": "x"
      },
      "undo": {
        "want": null
      }
    }
  ]`
	_, body, _ := strings.Cut(strings.TrimSuffix(string(raw), "}\n"), "\n")
	f.Add([]byte(body))
	f.Add([]byte(strings.Replace(body, `"steps": null`, step, 1)))
	f.Add(raw)
	f.Fuzz(func(t *testing.T, body []byte) {
		sealed := []byte(`{"writ_preview":1,"digest":"` + engine.DigestOf(body) + "\",\"saved\":\n" + string(body) + "}\n")
		for _, raw := range [][]byte{body, sealed} {
			s, err := engine.LoadSaved(raw)
			if err != nil {
				continue
			}
			again, err := s.Encode()
			require.NoError(t, err)
			require.Equal(t, string(raw), string(again))
			s.Given("a")
		}
	})
}
