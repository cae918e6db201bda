package engine_test

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"writ/engine"
	"writ/engine/journal"
)

func TestAStopPausesAndResumeFinishes(t *testing.T) {
	for _, op := range []string{"apply a", "apply s", "read b"} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, map[string]string{"a": "old"})
			if strings.HasPrefix(op, "read") {
				b.cloud.fails(op, fault{}) // the preview's
			}
			b.cloud.fails(op, fault{acts: true, do: func() { close(b.stop) }})
			run := b.apply(three)
			require.Equal(t, journal.Paused, run.Mode)
			require.Equal(t, engine.ExitPaused, engine.Exit(run.Exit))
			require.Nil(t, run.Failure)
			b.Engine.Stop = nil
			run = b.resume(run.Open.Run)
			require.Equal(t, end{journal.Over, journal.ClosedDone, engine.ExitDone, map[string]string{"a": "applied", "s": "applied", "b": "applied"}}, ending(run))
			require.Equal(t, []string{"apply a", "apply s", "apply b"}, b.cloud.writes())
		})
	}
}

func TestAStopInAPauseBetweenAttemptsFailsNothing(t *testing.T) {
	for _, op := range []string{"apply a", "read a"} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, map[string]string{"a": "old"})
			if op == "read a" {
				b.cloud.fails(op, fault{})
			}
			b.cloud.fails(op, fault{err: throttled.err, do: func() { time.AfterFunc(time.Millisecond, func() { close(b.stop) }) }})
			begin := time.Now()
			run := b.apply(three)
			require.Less(t, time.Since(begin), time.Second)
			require.Equal(t, []any{journal.Paused, engine.ExitPaused}, []any{run.Mode, engine.Exit(run.Exit)})
			b.Engine.Stop = nil
			require.Equal(t, engine.ExitDone, engine.Exit(b.resume(run.Open.Run).Exit))
		})
	}
}

func TestAStopWaitsForCallsOnlySoLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, map[string]string{"a": "old"})
		b.cloud.fails("read a", fault{}, fault{do: func() { close(b.stop); time.Sleep(6 * time.Second) }})
		begin := time.Now()
		run := b.apply(three)
		require.Equal(t, 6*time.Second, time.Since(begin), "the toy does not look up while it sleeps")
		require.Equal(t, []any{journal.Paused, engine.ExitPaused}, []any{run.Mode, engine.Exit(run.Exit)})
		b.Engine.Stop = nil
		require.Equal(t, engine.ExitDone, engine.Exit(b.resume(run.Open.Run).Exit), "the read that was cut short has failed nothing")
	})
}

func TestAStopWhilePreviewingBeginsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, nil)
		b.cloud.fails("read a", fault{do: func() { close(b.stop) }})
		_, err := b.Apply(context.Background(), b.job(three, nil, nil), func(*journal.Run) error {
			t.Error("asked about half a preview")
			return nil
		})
		b.refused(err, engine.ExitPaused)
		ids, err := b.Folder.Runs()
		require.NoError(t, err)
		require.Empty(t, ids)
	})
}

func TestAStopWhileAllIsPutBackGoesOnLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := map[string]string{"a": "old"}
		b := newBench(t, start)
		b.cloud.fails("apply bad", refused)
		b.cloud.fails("undo s", fault{acts: true, do: func() { close(b.stop) }})
		run := b.apply(threeAnd(bad))
		require.Equal(t, []any{journal.Paused, engine.ExitPaused}, []any{run.Mode, engine.Exit(run.Exit)})
		b.Engine.Stop = nil
		run = b.resume(run.Open.Run)
		require.Equal(t, []any{journal.ClosedRolledBack, engine.ExitFailed}, []any{run.Closed, engine.Exit(run.Exit)})
		require.Equal(t, start, b.cloud.snapshot())
	})
}

const waits = `
steps:
  - {id: a, uses: toy.cell, wait: {until: "${{ after.value == 'there' }}", every: 30s, for: 10m}, with: {name: a, value: there}}
  - {id: b, uses: toy.slow, wait: {every: 30s, for: 10m}, with: {name: b, value: x}}
  - {id: each, uses: toy.cell, for_each: ["k"], wait: {until: "${{ each.key == 'k' && after.value == 'x' }}", every: 1s, for: 1m}, with: {name: "${{ each.key }}", value: x}}
  - {id: last, uses: toy.cell, needs: [a, b, each], with: {name: last, value: x}}
`

func TestAWaitGoesOnUntilTheEffectIsThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, nil)
		b.options.Parallelism = 4
		time.AfterFunc(100*time.Second, func() { b.cloud.set("ready", "yes") })
		b.cloud.fails("read ready", fault{}, throttled)
		begin := time.Now()
		run := b.apply(waits)
		require.Equal(t, end{journal.Over, journal.ClosedDone, engine.ExitDone, map[string]string{"a": "applied", "b": "applied", `each["k"]`: "applied", "last": "applied"}}, ending(run))
		require.Equal(t, 120*time.Second, time.Since(begin))
	})
}

func TestAWaitThatEndsPausesAndResumeWaitsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, nil)
		begin := time.Now()
		run := b.apply(waits)
		require.Equal(t, 10*time.Minute, time.Since(begin))
		require.Equal(t, []any{journal.Paused, engine.ExitPaused, "stalled"}, []any{run.Mode, engine.Exit(run.Exit), ending(run).Steps["b"]})
		require.Equal(t, "b: its effect was not there after 10m0s", run.Why)

		time.AfterFunc(5*time.Minute, func() { b.cloud.set("ready", "yes") })
		run = b.resume(run.Open.Run)
		require.Equal(t, engine.ExitDone, engine.Exit(run.Exit))
		require.Equal(t, []string{"apply a", "apply b", "apply k", "apply last"}, b.cloud.writes())
	})
}

func TestAStopEndsAWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, nil)
		time.AfterFunc(45*time.Second, func() { close(b.stop) })
		begin := time.Now()
		run := b.apply(waits)
		require.Equal(t, 45*time.Second, time.Since(begin))
		require.Equal(t, []any{journal.Paused, engine.ExitPaused}, []any{run.Mode, engine.Exit(run.Exit)})
	})
}

func TestAnAwaitThatIsRefusedFailsTheStep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, nil)
		b.cloud.fails("read ready", refused)
		run := b.apply(waits)
		require.Equal(t, journal.ClosedRolledBack, run.Closed)
		require.Empty(t, b.cloud.snapshot())

		b = newBench(t, nil)
		run = b.apply("steps:\n  - {id: a, uses: toy.cell, wait: {until: \"${{ [after.value][int(after.value)] == '' }}\", every: 1s, for: 1m}, with: {name: a, value: '7'}}\n")
		require.Equal(t, journal.ClosedRolledBack, run.Closed)
		require.Contains(t, run.Part("a").Error.Message, "wait.until: ")
	})
}

func TestResumeRefusesWhatItCannotGoOnWith(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, nil)
		run := b.apply(three)
		_, err := b.Resume(context.Background(), run.Open.Run)
		b.refused(err, engine.ExitWrong)
		_, err = b.Resume(context.Background(), "01j00000000000000000000000")
		require.ErrorIs(t, err, fs.ErrNotExist)
	})
}

func TestResumeRefusesAnEditedPlan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const p = "steps:\n  - {id: m, uses: toy.make, with: {name: m}}\n"
		b := newBench(t, nil)
		b.file = filepath.Join(t.TempDir(), "plan.yaml")
		require.NoError(t, os.WriteFile(b.file, []byte("version: 1\n"+p), 0o600))
		b.cloud.fails("apply m", lost)
		run := b.apply(p)

		require.NoError(t, os.WriteFile(b.file, []byte("version: 1\n# edited\n"+p), 0o600))
		_, err := b.Resume(context.Background(), run.Open.Run)
		b.refused(err, engine.ExitStale)
		require.NoError(t, os.Remove(b.file))
		run = b.resume(run.Open.Run, engine.Assumption{Step: "m"})
		require.Equal(t, engine.ExitDone, engine.Exit(run.Exit), "the run's folder keeps the plan")
	})
}

const canary = "secret-of-the-test"

const secretive = `
inputs: {key: {type: string, sensitive: true}}
steps:
  - {id: m, uses: toy.make, with: {name: m}}
  - {id: a, uses: toy.cell, needs: [m], with: {name: a, value: x, secret: "${{ inputs.key }}"}}
`

func TestASecretReachesTheCloudAndNoFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, nil)
		b.env["KEY"] = canary
		b.cloud.fails("apply a", fault{acts: true, panics: true})
		b.cloud.fails("apply m", lost)
		job := b.job(secretive, nil, map[string]string{"key": "env:KEY"})
		require.Equal(t, []string{canary}, job.Inputs.Secrets())
		run, err := b.Apply(context.Background(), job, yes)
		require.NoError(t, err)

		b.env["KEY"] = "another-secret"
		_, err = b.Resume(context.Background(), run.Open.Run)
		b.refused(err, engine.ExitStale)
		require.NotContains(t, err.Error(), "another-secret")
		delete(b.env, "KEY")
		_, err = b.Resume(context.Background(), run.Open.Run)
		b.refused(err, engine.ExitWrong)

		b.env["KEY"] = canary
		run = b.resume(run.Open.Run, engine.Assumption{Step: "m"})
		require.Equal(t, engine.ExitDone, engine.Exit(run.Exit))
		require.Equal(t, "x|"+canary, b.cloud.snapshot()["a"])
		require.NoError(t, filepath.WalkDir(b.dir, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && entry.Type().IsRegular() {
				data, err := os.ReadFile(path)
				require.NoError(t, err)
				require.NotContains(t, string(data), canary, path)
			}
			return err
		}))
	})
}

func TestSecretsComeFromFilesToo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	require.NoError(t, os.WriteFile(path, []byte(canary+"\r\n"), 0o600))
	in, err := engine.NewInputs(nil, map[string]string{"key": "file:" + path}, os.Getenv)
	require.NoError(t, err)
	require.Equal(t, []string{canary}, in.Secrets())
	for _, ref := range []string{"file:" + path + "x", "env:WRIT_TEST_NOT_SET", canary} {
		_, err := engine.NewInputs(nil, map[string]string{"key": ref}, os.Getenv)
		require.Error(t, err)
		require.NotContains(t, err.Error(), canary)
	}
}

func TestJudgeTellsADeadRunFromALivingOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, nil)
		done := b.apply(three)
		b.Judge(done)
		require.Equal(t, journal.Over, done.Mode)
		for n, exit := range map[int]engine.Exit{2: engine.ExitPaused, 4: engine.ExitUnknown} {
			run, err := journal.Fold(records(b, done.Open.Run)[:n])
			require.NoError(t, err)
			b.Judge(run)
			require.Equal(t, []any{journal.Paused, exit}, []any{run.Mode, engine.Exit(run.Exit)})
		}
	})
}
