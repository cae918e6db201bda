package journal

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestALargeRecordComesBack(t *testing.T) {
	f := newFolder(t)
	var want []Record
	for _, size := range []int{maxPayload, maxPayload + 1} {
		for near := -110; near < 0; near += 9 {
			want = append(want, Record{K: Note, At: noon, Why: strings.Repeat("x", size+near)})
		}
	}
	want = append(want, Record{K: Note, At: noon, Why: strings.Repeat("x", 1<<20)})
	data := write(t, f, runID(1), want...)
	recs, notices, err := f.Read(runID(1))
	require.NoError(t, err)
	require.Empty(t, notices)
	require.Equal(t, want, recs)
	at := ends(data)
	for i := 1; i < len(at); i++ {
		require.LessOrEqual(t, at[i]-at[i-1], headSize+maxPayload+1)
	}
	require.Contains(t, string(data[at[len(at)-2]:]), `,"blob":"sha256:`)
}

func TestBlobChanged(t *testing.T) {
	f := newFolder(t)
	write(t, f, runID(1), sample()[0], Record{K: Note, At: noon, Why: strings.Repeat("x", 70_000)}, sample()[2])
	at := ends(bytesOf(t, f, runID(1)))
	names, err := os.ReadDir(f.at(runDir(runID(1)) + "/blobs"))
	require.NoError(t, err)
	require.Len(t, names, 1)
	path := f.at(runDir(runID(1)) + "/blobs/" + names[0].Name())
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	for _, change := range []func() error{
		func() error { return os.WriteFile(path, []byte(strings.Replace(string(whole), "x", "y", 1)), 0o600) },
		func() error { return os.Truncate(path, 100) },
		func() error { return os.Remove(path) },
	} {
		require.NoError(t, change())
		var damaged *DamagedError
		_, _, err = f.Read(runID(1))
		require.ErrorAs(t, err, &damaged)
		require.Equal(t, 2, damaged.Record)
		require.EqualValues(t, at[1], damaged.Offset)
		require.Contains(t, damaged.Reason, "its JSON (blob sha256:"+names[0].Name()+") is ")
		_, err = f.Blob(runID(1), "sha256:"+names[0].Name())
		require.ErrorAs(t, err, &damaged)
	}
}

func TestABlobThatIsGoneHasAName(t *testing.T) {
	f := newFolder(t)
	j, err := f.Create(runID(1), 0)
	require.NoError(t, err)
	var digests []string
	for _, text := range []string{"plan", "inputs", "other"} {
		digest, err := j.PutBlob([]byte(text))
		require.NoError(t, err)
		digests = append(digests, digest)
	}
	require.NoError(t, j.Append(Record{K: RunOpen, At: noon, Open: &Opening{PlanDigest: digests[0], InputDigest: digests[1]}}))
	require.NoError(t, j.Close())
	require.NoError(t, os.RemoveAll(f.at(runDir(runID(1))+"/blobs")))
	for i, what := range []string{"its plan", "the record of its inputs", "a file beside its journal"} {
		_, err := f.Blob(runID(1), digests[i])
		require.EqualError(t, err, "run "+runID(1)+": "+what+" (blob "+digests[i]+") is missing; nothing is repaired by guessing; "+
			"restore the folder from a copy, or move runs/"+runID(1)+" away once the cloud was looked at")
	}
}

func TestABlobIsKeptOnce(t *testing.T) {
	f := newFolder(t)
	j, err := f.Create(runID(1), 0)
	require.NoError(t, err)
	sum := sha256.Sum256([]byte("before"))
	want := "sha256:" + hex.EncodeToString(sum[:])
	path := f.at(runDir(runID(1)) + "/blobs/" + want[7:])
	for _, spoil := range []func() error{
		func() error { return nil },
		func() error { return nil },
		func() error { return os.WriteFile(path, []byte("half"), 0o600) }, // is replaced
		func() error { return os.WriteFile(f.at(runDir(runID(1))+"/blobs/.new-"+want[7:]), nil, 0o600) }, // left by a crash
	} {
		require.NoError(t, spoil())
		digest, err := j.PutBlob([]byte("before"))
		require.NoError(t, err)
		require.Equal(t, want, digest)
		data, err := f.Blob(runID(1), digest)
		require.NoError(t, err)
		require.Equal(t, "before", string(data))
	}
	require.NoError(t, j.Close())
	for _, bad := range []string{"", want[7:], "sha256:../journal", want + "0", strings.ToUpper(want)} {
		_, err := f.Blob(runID(1), bad)
		require.ErrorContains(t, err, "no digest")
	}
}

func TestABlobThatCannotBeKeptPoisons(t *testing.T) {
	f := newFolder(t)
	j, err := f.Create(runID(1), 0)
	require.NoError(t, err)
	f.spoil(func(o DiskFile) DiskFile {
		return faults{DiskFile: o, writes: never(), syncs: new(int), cuts: never(), err: syscall.ENOSPC}
	})
	require.ErrorIs(t, j.Append(Record{K: Note, At: noon, Why: strings.Repeat("x", 70_000)}), syscall.ENOSPC)
	checkPoisoned(t, j, syscall.ENOSPC)
	recs, _, err := f.Read(runID(1))
	require.NoError(t, err)
	require.Empty(t, recs)
}
