package journal_test

import (
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/engine/journal"
	"writ/engine/journal/simdisk"
)

// The sync of the second record fails, and the disk has lost it; the system still shows it. A run that goes on from it must
// find all of it when the power is cut later.
func TestWhatAFailedSyncLostIsWrittenOnceMore(t *testing.T) {
	d := simdisk.New()
	f, err := journal.OpenDisk(d, "runs")
	require.NoError(t, err)
	j, err := f.Create(run, 4096)
	require.NoError(t, err)
	require.NoError(t, j.Append(small()[0]))
	require.NoError(t, j.Sync())
	require.NoError(t, j.Append(small()[1]))
	d.OnCall = func(op simdisk.Op) error {
		if op.Kind == simdisk.Sync {
			return simdisk.Forget(syscall.EIO)
		}
		return nil
	}
	require.Error(t, j.Sync())
	d.OnCall = nil

	j, recs, _, err := journal.GoOn(f, run)
	require.NoError(t, err)
	require.Equal(t, small()[:2], recs)
	require.NoError(t, j.Append(small()[2]))
	require.NoError(t, j.Sync())
	f, err = journal.OpenDisk(d.Crash(simdisk.Lost, nil), "runs")
	require.NoError(t, err)
	recs, _, err = f.Read(run)
	require.NoError(t, err)
	require.Equal(t, small()[:3], recs)
}
