package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"writ/engine/step"
)

func anyRecord() *rapid.Generator[Record] {
	return rapid.Custom(func(r *rapid.T) Record {
		kinds := []Type{RunOpen, StepIntent, UndoDone, Note, RunClose}
		text := rapid.StringN(-1, 40, -1)
		rec := Record{
			K: rapid.SampledFrom(kinds).Draw(r, "k"), Step: text.Draw(r, "step"), Why: text.Draw(r, "why"),
			At:      time.Unix(rapid.Int64Range(0, 1<<35).Draw(r, "s"), rapid.Int64Range(0, 999999999).Draw(r, "ns")).UTC(),
			Attempt: rapid.Int().Draw(r, "attempt"),
			In:      anyJSON(r, "in"), Before: anyJSON(r, "before"),
		}
		if rapid.Bool().Draw(r, "error") {
			rec.Error = &step.Error{Class: step.Denied, Message: text.Draw(r, "message")}
		}
		return rec
	})
}

// anyJSON is nil or the JSON of some map; now and then it is too large for a line.
func anyJSON(r *rapid.T, label string) json.RawMessage {
	m := rapid.MapOfN(rapid.String(), rapid.SliceOf(rapid.String()), 0, 12).Draw(r, label)
	if len(m) == 0 {
		return nil
	}
	if rapid.IntRange(0, 30).Draw(r, label+" large") == 30 {
		m["large"] = []string{strings.Repeat("x", 70_000)}
	}
	data, err := json.Marshal(m)
	require.NoError(r, err)
	return data
}

func TestARunIsThereOnce(t *testing.T) {
	f := newFolder(t)
	write(t, f, runID(1), sample()...)
	_, err := f.Create(runID(1), 0)
	require.ErrorIs(t, err, fs.ErrExist)
	recs, _, err := f.Read(runID(1))
	require.NoError(t, err)
	require.Equal(t, sample(), recs)
	for _, id := range []string{"", "x", "..", runID(1) + "0", strings.ToUpper(runID(1)), "81j" + runID(1)[3:], runID(1)[:25] + "u"} {
		_, err := f.Create(id, 0)
		require.ErrorContains(t, err, "ULID", id)
	}
}

func TestRunsAreListedOldestFirst(t *testing.T) {
	f := newFolder(t)
	runs, err := f.Runs()
	require.NoError(t, err)
	require.Empty(t, runs)
	for _, n := range []int{3, 1, 2} {
		write(t, f, runID(n))
	}
	require.NoError(t, os.WriteFile(f.at("runs/notes.txt"), nil, 0o600))
	runs, err = f.Runs()
	require.NoError(t, err)
	require.Equal(t, []string{runID(1), runID(2), runID(3)}, runs)
}

func TestDiskFullBeforeTheRun(t *testing.T) {
	f := newFolder(t)
	_, err := f.Create(runID(1), 1<<60)
	var full *DiskError
	require.ErrorAs(t, err, &full)
	require.EqualValues(t, 1<<60, full.Needed)
	require.Positive(t, full.Free)
	require.ErrorContains(t, err, "needs 1125899906842624 KiB for apply and rollback")
	require.ErrorIs(t, err, syscall.ENOSPC)
	checkEmpty(t, f)

	f.allocate = func(*os.File, int64, int64) error { return syscall.ENOSPC }
	_, err = f.Create(runID(1), 4096)
	require.ErrorAs(t, err, &full)
	require.EqualValues(t, 4096, full.Needed)
	checkEmpty(t, f)

	for _, bad := range []faults{
		{writes: new(int), syncs: never(), cuts: never(), err: syscall.ENOSPC},
		{writes: never(), syncs: new(int), cuts: never(), err: syscall.ENOSPC},
	} {
		f.wrap = func(o *os.File) file { bad.file = o; return bad }
		_, err = f.Create(runID(1), 0)
		require.ErrorAs(t, err, &full)
		require.ErrorIs(t, err, syscall.ENOSPC)
		checkEmpty(t, f)
	}
}

func checkEmpty(t *testing.T, f *Folder) {
	t.Helper()
	entries, err := os.ReadDir(f.at("runs"))
	require.NoError(t, err)
	require.Empty(t, entries)
}

// broken makes a run whose first records are whole and whose disk then fails as told.
func broken(t *testing.T, f *Folder, bad faults) *Journal {
	t.Helper()
	whole := f.wrap
	f.wrap = func(o *os.File) file { bad.file = o; return bad }
	j, err := f.Create(runID(1), 0)
	require.NoError(t, err)
	f.wrap = whole
	require.NoError(t, j.Append(sample()[:2]...))
	require.NoError(t, j.Err())
	return j
}

func checkPoisoned(t *testing.T, j *Journal, cause error) {
	t.Helper()
	size := len(bytesOf(t, j.folder, j.run))
	_, blobErr := j.PutBlob([]byte("x"))
	for _, err := range []error{j.Err(), j.Append(sample()[2]), j.Sync(), j.Append(), blobErr} {
		var poisoned *PoisonedError
		require.ErrorAs(t, err, &poisoned)
		require.ErrorIs(t, err, cause)
	}
	require.Len(t, bytesOf(t, j.folder, j.run), size)
	require.NoError(t, j.Close())
}

func TestDiskFullMidway(t *testing.T) {
	for _, bad := range []struct {
		faults
		cause error
	}{
		{faults{err: syscall.ENOSPC}, syscall.ENOSPC},
		{faults{err: syscall.EIO}, syscall.EIO},
		{faults{short: true}, io.ErrShortWrite},
	} {
		f := newFolder(t)
		two := 2
		bad.writes, bad.syncs, bad.cuts = &two, never(), never()
		j := broken(t, f, bad.faults)
		require.ErrorIs(t, j.Append(sample()[2:]...), bad.cause)
		require.NoError(t, os.Chmod(journalPath(f, runID(1)), 0o600))
		checkPoisoned(t, j, bad.cause)

		j, recs, notices, err := f.Continue(runID(1))
		require.NoError(t, err)
		require.NoError(t, j.Close())
		require.Len(t, notices, 1)
		whole := len(recs) - 1
		require.GreaterOrEqual(t, whole, 2)
		require.Equal(t, sample()[:whole], recs[:whole])
		require.Equal(t, SegmentOpen, recs[whole].K)
	}
}

func TestSyncFails(t *testing.T) {
	f := newFolder(t)
	one := 1
	j := broken(t, f, faults{writes: never(), syncs: &one, cuts: never(), err: syscall.EIO})
	require.ErrorIs(t, j.Sync(), syscall.EIO)
	checkPoisoned(t, j, syscall.EIO)
	j, recs, _, err := f.Continue(runID(1))
	require.NoError(t, err)
	require.NoError(t, j.Close())
	require.Equal(t, sample()[:2], recs)

	// A sync that fails in recovery stops it: nothing is answered that may not be on the disk.
	f.wrap = func(o *os.File) file {
		return faults{file: o, writes: never(), syncs: new(int), cuts: never(), err: syscall.EIO}
	}
	_, _, _, err = f.Continue(runID(1))
	require.ErrorIs(t, err, syscall.EIO)
}

func TestWhatCannotBeReadBackIsNotWritten(t *testing.T) {
	for name, rec := range map[string]Record{
		"type":    {K: "step.dream"},
		"json":    {K: Note, In: json.RawMessage(`{`)},
		"doubled": {K: Note, In: json.RawMessage(`{"a":1,"a":2}`)},
		"utf-8":   {K: Note, In: json.RawMessage("\"\xff\"")},
		"deep":    {K: Note, In: json.RawMessage(strings.Repeat("[", 2000) + strings.Repeat("]", 2000))},
		"time":    {K: Note, At: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFolder(t)
			j, err := f.Create(runID(1), 0)
			require.NoError(t, err)
			before := bytesOf(t, f, runID(1))
			var poisoned *PoisonedError
			require.ErrorAs(t, j.Append(sample()[0], rec), &poisoned)
			require.ErrorAs(t, j.Err(), &poisoned)
			require.Equal(t, before, bytesOf(t, f, runID(1)))
			require.NoError(t, j.Close())
		})
	}
}

func TestManyAppendAndSyncAtOnce(t *testing.T) {
	f := newFolder(t)
	j, err := f.Create(runID(1), 1<<20)
	require.NoError(t, err)
	var all sync.WaitGroup
	errs := make([]error, 16)
	for i := range errs {
		all.Go(func() {
			for n := range 20 {
				errs[i] = errors.Join(errs[i], j.Append(Record{K: Note, At: noon, Step: fmt.Sprint(i), Attempt: n + 1}), j.Sync())
			}
			_, err := j.PutBlob([]byte{byte(i % 4)})
			errs[i] = errors.Join(errs[i], err)
		})
	}
	all.Wait()
	require.NoError(t, errors.Join(errs...))
	require.NoError(t, j.Close())
	recs, _, err := f.Read(runID(1))
	require.NoError(t, err)
	next := map[string]int{}
	for _, rec := range recs {
		next[rec.Step]++
		require.Equal(t, next[rec.Step], rec.Attempt)
	}
	require.Len(t, recs, 16*20)
}

func blocks(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	require.NoError(t, err)
	return held(info)
}

func TestSpaceIsHeldUntilTheRunCloses(t *testing.T) {
	f := newFolder(t)
	j, err := f.Create(runID(1), 1<<20)
	require.NoError(t, err)
	if j.reserve.file != nil {
		t.Skip("the file system cannot set blocks aside")
	}
	path := journalPath(f, runID(1))
	require.Greater(t, blocks(t, path), int64(1<<20-8192))
	require.NoError(t, j.Append(sample()[:4]...))
	require.NoError(t, j.Close())
	require.Greater(t, blocks(t, path), int64(1<<20-8192))

	require.NoError(t, os.WriteFile(path, append(bytesOf(t, f, runID(1)), "torn"...), 0o600))
	j, err = f.reopen(runID(1))
	require.NoError(t, err)
	require.NoError(t, j.Reserve(1<<20))
	require.NoError(t, j.Append(sample()[4]))
	require.Greater(t, blocks(t, path), int64(1<<20-8192))
	size := len(bytesOf(t, f, runID(1)))
	require.NoError(t, j.Close())
	require.Less(t, blocks(t, path), int64(8192))
	require.Len(t, bytesOf(t, f, runID(1)), size)
}

func (f *Folder) reopen(run string) (*Journal, error) {
	j, _, _, err := f.Continue(run)
	return j, err
}

func TestCuttingATailKeepsTheSpace(t *testing.T) {
	f := newFolder(t)
	j, err := f.Create(runID(1), 1<<20)
	require.NoError(t, err)
	if j.reserve.file != nil {
		t.Skip("the file system cannot set blocks aside")
	}
	_, err = j.raw.WriteString("torn")
	require.NoError(t, err)
	require.NoError(t, j.Close())
	j, err = f.reopen(runID(1))
	require.NoError(t, err)
	require.NoError(t, j.Close())
	require.Greater(t, blocks(t, journalPath(f, runID(1))), int64(1<<20-8192))
}

func TestDiskFullBehindTheRun(t *testing.T) {
	for _, what := range []string{"hold", "hold in a second file", "hold, torn", "hold in a second file, torn"} {
		t.Run(what, func(t *testing.T) {
			f := smallFolder(t)
			cmd, out := child(t, what, f)
			require.True(t, out.Scan())
			kill(t, cmd)
			fillDisk(t, f)

			j, recs, _, err := f.Continue(runID(1))
			require.NoError(t, err)
			require.Equal(t, sample()[:4], recs[:4])
			require.Equal(t, strings.Contains(what, "torn"), len(recs) == 5)
			require.NoError(t, j.Reserve(100<<10))
			var full *DiskError
			require.ErrorAs(t, j.Reserve(1<<20), &full)
			require.Less(t, full.Needed, int64(1<<20-100<<10))
			for range 90 {
				require.NoError(t, j.Append(Record{K: Note, At: noon, Why: strings.Repeat("x", 1000)}))
				require.NoError(t, j.Sync())
			}
			require.NoError(t, j.Append(sample()[4]))
			require.NoError(t, j.Close())
		})
	}
}

// smallFolder is a folder on a disk of its own, which has two megabytes.
func smallFolder(t *testing.T) *Folder {
	t.Helper()
	if os.Geteuid() != 0 || runtime.GOOS != "linux" {
		t.Skip("only root can make a disk")
	}
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=2m,mode=700", "none", dir).CombinedOutput(); err != nil {
		t.Skipf("no disk can be made: %v: %s", err, out)
	}
	t.Cleanup(func() { _ = exec.Command("umount", "-l", dir).Run() })
	f, err := OpenFolder(filepath.Join(dir, ".writ"))
	require.NoError(t, err)
	f.now = func() time.Time { return noon }
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// fillDisk leaves no byte of a folder's disk free.
func fillDisk(t *testing.T, f *Folder) {
	t.Helper()
	out, err := os.Create(filepath.Join(filepath.Dir(f.path), "others"))
	require.NoError(t, err)
	for err == nil {
		_, err = out.Write(make([]byte, 4096))
	}
	require.ErrorIs(t, err, syscall.ENOSPC)
	require.NoError(t, out.Close())
	free, err := freeBytes(f.path)
	require.NoError(t, err)
	require.Zero(t, free)
}

func TestSpaceIsHeldInASecondFile(t *testing.T) {
	f := newFolder(t)
	f.allocate = func(*os.File, int64, int64) error { return errors.ErrUnsupported }
	j, err := f.Create(runID(1), 200<<10)
	require.NoError(t, err)
	size := func() int64 {
		info, err := os.Stat(f.at(runDir(runID(1)) + "/reserve"))
		require.NoError(t, err)
		return info.Size()
	}
	require.EqualValues(t, 200<<10, size())
	note := Record{K: Note, At: noon, Why: strings.Repeat("x", 50_000)}
	require.NoError(t, j.Append(note))
	require.EqualValues(t, 136<<10, size())
	require.NoError(t, j.Close())
	require.EqualValues(t, 136<<10, size())

	j, err = f.reopen(runID(1))
	require.NoError(t, err)
	for range 4 {
		require.NoError(t, j.Append(note))
	}
	require.Zero(t, size())
	require.NoError(t, j.Append(Record{K: RunClose, At: noon}))
	require.NoError(t, j.Close())
	require.NoFileExists(t, f.at(runDir(runID(1))+"/reserve"))
}

func TestErrorsSayWhatAndWhere(t *testing.T) {
	const advice = "; nothing is repaired by guessing; restore the folder from a copy, or move runs/r away once the cloud was looked at"
	for want, err := range map[string]error{
		"run r: the journal is damaged at byte 7, record 2: why" + advice: &DamagedError{Run: "r", Offset: 7, Record: 2, Reason: "why"},
		"run r: the journal is empty" + advice:                            &DamagedError{Run: "r", Reason: "the journal is empty"},
		"run r: the journal needs a newer writ: journal format 2":         &NewerError{Run: "r", What: "journal format 2"},
		"the journal takes no more records: " + syscall.EIO.Error():       &PoisonedError{Err: syscall.EIO},
		"sync x: " + syscall.EIO.Error():                                  disk("sync", "x", syscall.EIO),
		"reserve x: needs 2 KiB for apply and rollback, 1 KiB free":       &DiskError{Op: "reserve", Path: "x", Needed: 1025, Free: 1024},
		"x belongs to another user":                                       &UnsafeError{"x", "belongs to another user"},
		"t is held by another process":                                    &HeldError{Target: "t"},
		"t is held by run r: process 7 on h, since 2026-03-04T12:00:00Z": &HeldError{
			Target: "t", Run: "r", PID: 7, Host: "h", Since: noon,
		},
	} {
		require.EqualError(t, err, want)
	}
	require.NoError(t, disk("sync", "x", nil))
}
