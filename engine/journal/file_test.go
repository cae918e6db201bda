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

	mend := f.spoil(withoutAllocate(syscall.ENOSPC))
	_, err = f.Create(runID(1), 4096)
	require.ErrorAs(t, err, &full)
	require.EqualValues(t, 4096, full.Needed)
	checkEmpty(t, f)
	mend()

	for _, bad := range []faults{
		{writes: new(int), syncs: never(), cuts: never(), err: syscall.ENOSPC},
		{writes: never(), syncs: new(int), cuts: never(), err: syscall.ENOSPC},
	} {
		mend := f.spoil(func(o DiskFile) DiskFile { bad.DiskFile = o; return bad })
		_, err = f.Create(runID(1), 0)
		mend()
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
	mend := f.spoil(func(o DiskFile) DiskFile { bad.DiskFile = o; return bad })
	j, err := f.Create(runID(1), 0)
	require.NoError(t, err)
	mend()
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

		j, recs, notices, err := GoOn(f, runID(1))
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
	j, recs, _, err := GoOn(f, runID(1))
	require.NoError(t, err)
	require.NoError(t, j.Close())
	require.Equal(t, sample()[:2], recs)

	// A sync that fails in recovery stops it: nothing is answered that may not be on the disk.
	f.spoil(func(o DiskFile) DiskFile {
		return faults{DiskFile: o, writes: never(), syncs: new(int), cuts: never(), err: syscall.EIO}
	})
	_, _, _, err = GoOn(f, runID(1))
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

// spareOf is how many bytes a journal's file has of the disk beyond its records.
func spareOf(t *testing.T, f *Folder) int64 {
	t.Helper()
	opened, err := os.Open(journalPath(f, runID(1)))
	require.NoError(t, err)
	_, space, err := osFile{opened}.Size()
	require.NoError(t, err)
	require.NoError(t, opened.Close())
	return space - int64(len(bytesOf(t, f, runID(1))))
}

func TestSpaceIsHeldUntilTheRunCloses(t *testing.T) {
	f := newFolder(t)
	j, err := f.Create(runID(1), 1<<20)
	require.NoError(t, err)
	if j.reserve.file != nil {
		t.Skip("the file system cannot set blocks aside")
	}
	path := journalPath(f, runID(1))
	require.Greater(t, spareOf(t, f), int64(1<<20-8192))
	require.NoError(t, j.Append(sample()[:4]...))
	require.NoError(t, j.Close())
	require.Greater(t, spareOf(t, f), int64(1<<20-8192))

	require.NoError(t, os.WriteFile(path, append(bytesOf(t, f, runID(1)), "torn"...), 0o600))
	j, err = f.reopen(runID(1))
	require.NoError(t, err)
	require.NoError(t, j.Reserve(1<<20))
	require.NoError(t, j.Append(sample()[4]))
	require.Greater(t, spareOf(t, f), int64(1<<20-8192))
	records := bytesOf(t, f, runID(1))
	require.NoError(t, j.Close())
	require.Less(t, spareOf(t, f), int64(8192))
	all, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, records, all, "a closed run has no zeros")
}

// What the journal is long ahead of its records lies on the disk already: else it would count for space that is set aside.
func TestTheLengthStaysWithinTheSpace(t *testing.T) {
	f := newFolder(t)
	j, err := f.Create(runID(1), 24<<10)
	require.NoError(t, err)
	for range 150 {
		require.NoError(t, j.Append(ordinary()))
		require.NoError(t, j.Sync())
		info, err := os.Stat(journalPath(f, runID(1)))
		require.NoError(t, err)
		require.LessOrEqual(t, info.Size(), info.Sys().(*syscall.Stat_t).Blocks*512)
	}
	require.Greater(t, j.size, int64(40<<10), "beyond what was set aside")
	require.NoError(t, j.Close())
}

func (f *Folder) reopen(run string) (*Journal, error) {
	j, _, _, err := GoOn(f, run)
	return j, err
}

func TestCuttingATailKeepsTheSpace(t *testing.T) {
	f := newFolder(t)
	j, err := f.Create(runID(1), 1<<20)
	require.NoError(t, err)
	if j.reserve.file != nil {
		t.Skip("the file system cannot set blocks aside")
	}
	_, err = j.file.WriteAt([]byte("torn"), j.size)
	require.NoError(t, err)
	require.NoError(t, j.Close())
	j, err = f.reopen(runID(1))
	require.NoError(t, err)
	require.NoError(t, j.Close())
	require.Greater(t, spareOf(t, f), int64(1<<20-8192))
}

func TestDiskFullBehindTheRun(t *testing.T) {
	if !isolated(t) {
		return
	}
	for _, what := range []string{"hold", "hold in a second file", "hold, torn", "hold in a second file, torn"} {
		t.Run(what, func(t *testing.T) {
			f := smallFolder(t)
			cmd, out := child(t, what, f)
			require.True(t, out.Scan())
			kill(t, cmd)
			fillDisk(t, f)

			j, recs, _, err := GoOn(f, runID(1))
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

// isolated reports whether this is a process that may make disks of its own. In any other it runs the test again in
// such a one, and there is nothing more to do.
func isolated(t *testing.T) bool {
	t.Helper()
	if os.Getenv("JOURNAL_ISOLATED") != "" {
		return true
	}
	if out, err := exec.Command("unshare", "-rm", "true").CombinedOutput(); err != nil {
		t.Skipf("NOT TESTED: no disk of a few megabytes can be made, since unshare -rm is not permitted here: %v: %s", err, out)
	}
	cmd := exec.Command("unshare", "-rm", os.Args[0], "-test.v", "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), "JOURNAL_ISOLATED=yes")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), "--- PASS: "+t.Name())
	return false
}

// smallFolder is a folder on a disk of its own, which has two megabytes.
func smallFolder(t *testing.T) *Folder {
	t.Helper()
	dir := t.TempDir()
	mount(t, "-t", "tmpfs", "-o", "size=2m,mode=700", "none", dir)
	t.Cleanup(func() { _ = exec.Command("umount", "-l", dir).Run() })
	f, err := OpenFolder(filepath.Join(dir, ".writ"))
	require.NoError(t, err)
	f.Now = func() time.Time { return noon }
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func mount(t *testing.T, args ...string) {
	t.Helper()
	out, err := exec.Command("mount", args...).CombinedOutput()
	require.NoError(t, err, "%s", out)
}

// TestARunFinishesOnAFullDisk is the promise of the reserve: a run whose disk fills up behind it tells all that it
// does, forward and back, what is too large for a line included, and starts again in between.
func TestARunFinishesOnAFullDisk(t *testing.T) {
	if !isolated(t) {
		return
	}
	for name, cannot := range map[string]bool{"in the journal": false, "in a second file": true} {
		t.Run(name, func(t *testing.T) {
			f := smallFolder(t)
			if cannot {
				f.spoil(withoutAllocate(errors.ErrUnsupported))
			}
			j, err := f.Create(runID(1), 200<<10)
			require.NoError(t, err)
			_, err = j.PutBlob([]byte("plan"))
			require.NoError(t, err)
			fillDisk(t, f)
			want := Reference()
			for i, rec := range want {
				require.NoError(t, j.Append(rec), "record %d", i+1)
				if IsActedOn(rec.K) {
					require.NoError(t, j.Sync())
				}
				if i == len(want)/2 {
					require.NoError(t, j.Close())
					j, err = f.reopen(runID(1))
					require.NoError(t, err)
				}
			}
			require.NoError(t, j.Close())
			recs, notices, err := f.Read(runID(1))
			require.NoError(t, err)
			require.Empty(t, notices)
			require.Equal(t, want, recs)
			free, err := f.disk.Free()
			require.NoError(t, err)
			require.Positive(t, free, "what a closed run did not need is given back")

			fillDisk(t, f)
			var full *DiskError
			_, err = f.Create(runID(2), 4096)
			require.ErrorAs(t, err, &full)
			runs, err := f.Runs()
			require.NoError(t, err)
			require.Equal(t, []string{runID(1)}, runs)
		})
	}
}

func TestAReadOnlyDisk(t *testing.T) {
	if !isolated(t) {
		return
	}
	f := smallFolder(t)
	data := write(t, f, runID(1), sample()...)
	plant(t, f, runID(1), append(data, "torn"...))
	mount(t, "-o", "remount,ro", filepath.Dir(f.path))
	again, err := OpenFolder(f.path)
	require.NoError(t, err)
	defer func() { _ = again.Close() }()
	recs, notices, err := again.Read(runID(1))
	require.NoError(t, err)
	require.Len(t, notices, 1)
	require.Equal(t, sample(), recs)
	require.False(t, again.Held(target))
	_, createErr := again.Create(runID(2), 0)
	_, lockErr := again.Lock(target, runID(1), Process{})
	_, continueErr := again.reopen(runID(1))
	_, openErr := OpenFolder(f.path + "/../new")
	for _, err := range []error{createErr, lockErr, continueErr, openErr} {
		var failed *DiskError
		require.ErrorAs(t, err, &failed)
		require.ErrorIs(t, err, syscall.EROFS)
	}
	require.Equal(t, append(data, "torn"...), bytesOf(t, f, runID(1)))
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
	free, err := f.disk.Free()
	require.NoError(t, err)
	require.Zero(t, free)
}

func TestSpaceIsHeldInASecondFile(t *testing.T) {
	f := newFolder(t)
	f.spoil(withoutAllocate(errors.ErrUnsupported))
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
