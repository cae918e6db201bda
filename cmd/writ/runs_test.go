package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/engine"
	"writ/engine/journal"
)

// runsFolder holds a run that is done, and then the one that make leaves.
func runsFolder(t *testing.T, make func(*journal.Folder)) string {
	t.Helper()
	dir := t.TempDir()
	file, runs := filepath.Join(dir, "plan.yaml"), filepath.Join(dir, "runs")
	require.NoError(t, os.WriteFile(file, []byte(onePlanText), 0o600))
	exit, _, complaints := writ("apply", file, "--sandbox", "--yes", "--runs", runs)
	require.Equal(t, engine.ExitDone, exit, complaints)
	folder, err := journal.OpenFolder(runs)
	require.NoError(t, err)
	defer folder.Close()
	make(folder)
	return runs
}

// writ carries out a command line.
func writ(args ...string) (engine.Exit, string, string) {
	var out, complaints bytes.Buffer
	a := &app{stdin: strings.NewReader(""), stdout: &out, stderr: &complaints, environ: []string{"NO_COLOR=1"}, stop: make(chan struct{})}
	exit := a.main(args)
	return exit, out.String(), complaints.String()
}

const newest = "7zzzzzzzzzzzzzzzzzzzzzzzzz"

func unbegun(t *testing.T) func(*journal.Folder) {
	return func(folder *journal.Folder) {
		j, err := folder.Create(newest, 0)
		require.NoError(t, err)
		require.NoError(t, j.Close())
	}
}

func TestRunThatNeverBeganIsNoDamage(t *testing.T) {
	runs := runsFolder(t, unbegun(t))
	for _, command := range []string{"show", "resume", "rollback"} {
		exit, out, complaints := writ(command, newest, "--runs", runs)
		require.Equal(t, engine.ExitDone, exit, complaints)
		require.Contains(t, strings.Join(strings.Fields(out), " "), "ended before it began: nothing was done, there is nothing to undo")
	}
	exit, out, _ := writ("runs", "--runs", runs)
	require.Equal(t, engine.ExitDone, exit)
	require.Equal(t, 1, strings.Count(out, "\n"), out)
	_, _, complaints := writ("runs", "--runs", runs, "-v")
	require.Contains(t, complaints, newest)
	exit, out, complaints = writ("rollback", "last", "--runs", runs)
	require.Equal(t, engine.ExitDone, exit, complaints)
	require.Contains(t, out, "rolled back: ")
}

func TestRunThatCannotBeReadIsSaid(t *testing.T) {
	runs := runsFolder(t, unbegun(t))
	require.NoError(t, os.WriteFile(filepath.Join(runs, "runs", newest, "journal"), []byte("not a journal\n"), 0o600))
	exit, out, complaints := writ("runs", "--runs", runs)
	require.Equal(t, engine.ExitJournal, exit)
	require.Contains(t, out, "done")
	require.Contains(t, complaints, "move it away")
	for _, command := range []string{"show", "resume", "rollback"} {
		exit, _, _ := writ(command, "last", "--runs", runs)
		require.Equal(t, engine.ExitJournal, exit, command)
	}
	exit, out, _ = writ("runs", "--runs", runs, "--format", "json")
	require.Equal(t, engine.ExitJournal, exit)
	require.Contains(t, out, `{"error":{"exit":10,`)
}

func TestOnlyUnreadableRunsAreNotNoRuns(t *testing.T) {
	runs := filepath.Join(t.TempDir(), "runs")
	folder, err := journal.OpenFolder(runs)
	require.NoError(t, err)
	unbegun(t)(folder)
	require.NoError(t, os.WriteFile(filepath.Join(runs, "runs", newest, "journal"), []byte("x"), 0o600))
	exit, out, _ := writ("runs", "--runs", runs)
	require.Equal(t, engine.ExitJournal, exit)
	require.Empty(t, out)
}
