package journal

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

const target = "otc/eu-de/1"

func lockPath(f *Folder) string { return f.at("locks/" + safeName(target) + ".lock") }

func TestATargetHasOneHolder(t *testing.T) {
	f := newFolder(t)
	l, err := f.Lock(target, runID(1), Process{PID: 7, Host: "here"})
	require.NoError(t, err)
	before, err := os.Stat(lockPath(f))
	require.NoError(t, err)

	_, err = f.Lock(target, runID(2), Process{PID: 8})
	require.Equal(t, &HeldError{Target: target, Run: runID(1), PID: 7, Host: "here", Since: noon}, err)
	other, err := f.Lock("otc/eu-de-1", runID(3), Process{})
	require.NoError(t, err)
	require.NoError(t, other.Unlock())

	require.NoError(t, l.Unlock())
	again, err := f.Lock(target, runID(2), Process{PID: 8})
	require.NoError(t, err)
	require.NoError(t, again.Unlock())
	after, err := os.Stat(lockPath(f))
	require.NoError(t, err)
	require.True(t, os.SameFile(before, after), "the lock's file was removed")
}

func TestHolderIsKilled(t *testing.T) {
	f := newFolder(t)
	cmd, out := child(t, "lock", f)
	require.True(t, out.Scan())
	before, err := os.Stat(lockPath(f))
	require.NoError(t, err)
	_, err = f.Lock(target, runID(2), Process{})
	var held *HeldError
	require.ErrorAs(t, err, &held)
	require.Equal(t, []any{runID(1), cmd.Process.Pid, "here"}, []any{held.Run, held.PID, held.Host})
	require.ErrorContains(t, err, "is held by run "+runID(1))

	kill(t, cmd)
	l, err := f.Lock(target, runID(2), Process{})
	require.NoError(t, err)
	require.NoError(t, l.Unlock())
	after, err := os.Stat(lockPath(f))
	require.NoError(t, err)
	require.True(t, os.SameFile(before, after))
}

func TestALockHoldsWithoutItsDetails(t *testing.T) {
	f := newFolder(t)
	l, err := f.Lock(target, runID(1), Process{})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(f.at(l.name+".json"), []byte("{"), 0o600))
	_, err = f.Lock(target, runID(2), Process{})
	require.Equal(t, &HeldError{Target: target}, err)
	require.NoError(t, l.Unlock())
}
