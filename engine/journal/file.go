package journal

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"path"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
)

const journalName = "journal"

// file is what a journal asks of the disk.
type file interface {
	io.Writer
	Sync() error
	Truncate(size int64) error
	Close() error
}

// Journal writes the records of one run. Its methods may be called from several goroutines; whoever has it holds the
// target's lock, so that no other process writes the same file.
type Journal struct {
	run    string
	folder *Folder
	dir    *os.Root
	raw    *os.File
	file   file // raw, behind the seam

	mu      sync.Mutex
	seq     uint32 // of the last record
	prev    link
	size    int64
	closed  bool // the last record closes the run
	reserve reserve
	json    bytes.Buffer
	lines   []byte

	blobs  sync.Mutex
	poison atomic.Pointer[PoisonedError]
}

// Create begins the journal of a new run, and sets reserve bytes aside for its records. When it answers, the empty
// journal and its name are durable. When it fails, as on a full disk, with a *DiskError, nothing is left of the run.
func (f *Folder) Create(run string, reserve int64) (*Journal, error) {
	if err := checkRun(run); err != nil {
		return nil, err
	}
	if err := f.makeDir(f.root, "runs"); err != nil {
		return nil, err
	}
	if _, err := f.root.Lstat(runDir(run)); err == nil {
		return nil, disk("create", f.at(runDir(run)), fs.ErrExist)
	}
	// The run gets its name last, so that a crash leaves a whole journal or no run.
	unborn := "runs/.new-" + run
	j, err := f.begin(unborn, run, reserve)
	if err == nil {
		err = j.rename(unborn)
	}
	if err != nil {
		return nil, errors.Join(err, j.abandon(), f.root.RemoveAll(unborn))
	}
	return j, nil
}

func (f *Folder) begin(dir, run string, reserve int64) (*Journal, error) {
	if err := f.makeDir(f.root, dir); err != nil {
		return nil, err
	}
	opened, err := f.openDir(dir)
	if err != nil {
		return nil, err
	}
	j := &Journal{run: run, folder: f, dir: opened}
	if j.raw, err = createFile(opened, journalName); err != nil {
		return j, disk("create", j.at(journalName), err)
	}
	j.file = f.wrap(j.raw)
	if err := j.Reserve(reserve); err != nil {
		return j, err
	}
	return j, disk("create", j.at(journalName), j.writeHeader())
}

func (j *Journal) writeHeader() error {
	var lineage [16]byte
	_, _ = rand.Read(lineage[:]) // never fails
	line := []byte(header(j.run, hex.EncodeToString(lineage[:])))
	j.prev = linkTo(line)
	if err := j.write(line); err != nil {
		return err
	}
	if err := j.file.Sync(); err != nil {
		return err
	}
	return syncDir(j.dir.Open("."))
}

// rename gives the run its name. Should only what follows fail, the run goes again.
func (j *Journal) rename(unborn string) error {
	f, name := j.folder, runDir(j.run)
	if err := f.root.Rename(unborn, name); err != nil {
		return disk("create", f.at(name), err)
	}
	dir, err := f.openDir(name)
	if err == nil {
		_ = j.dir.Close()
		j.dir = dir
		err = syncDir(f.root.Open("runs"))
	}
	if err != nil {
		return disk("create", f.at(name), errors.Join(err, f.root.RemoveAll(name)))
	}
	return nil
}

func (j *Journal) abandon() error {
	if j == nil {
		return nil
	}
	if j.raw != nil {
		_ = j.raw.Close()
	}
	return errors.Join(j.reserve.close(), j.dir.Close())
}

// Append writes records, all of them in one write, so that a crash leaves a first part of them and never a gap. They
// are durable only after a Sync that begins later. Any error poisons the journal.
func (j *Journal) Append(recs ...Record) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.Err(); err != nil {
		return err
	}
	if err := j.append(recs); err != nil {
		return j.fail(err)
	}
	return nil
}

func (j *Journal) append(recs []Record) error {
	j.lines = j.lines[:0]
	for i := range recs {
		if err := j.encode(&recs[i]); err != nil {
			return err
		}
	}
	if err := j.reserve.spend(int64(len(j.lines))); err != nil {
		return disk("shrink", j.at(reserveName), err)
	}
	return j.write(j.lines)
}

// encode adds a record's line to those that are about to be written.
func (j *Journal) encode(rec *Record) error {
	body, err := encodeRecord(&j.json, rec)
	if err != nil {
		return err
	}
	if payloadSize(body) > maxPayload {
		if body, err = j.setAside(rec.K, body); err != nil {
			return err
		}
	}
	if j.seq == math.MaxUint32 {
		return errors.New("the journal is full: no number is left for another record")
	}
	j.seq++
	start := len(j.lines)
	j.lines = appendFrame(j.lines, j.seq, j.prev, rec.K, body)
	j.prev = linkTo(j.lines[start:])
	j.closed = rec.K == RunClose
	return nil
}

func (j *Journal) write(data []byte) error {
	if err := writeAll(j.file, data); err != nil {
		return disk("append to", j.at(journalName), err)
	}
	j.size += int64(len(data))
	return nil
}

// place makes a file beside the journal. It has its name only when all of it is durable.
func (j *Journal) place(name string, data []byte) error {
	parent, base := path.Split(name)
	unborn := parent + ".new-" + base
	if err := j.dir.Remove(unborn); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	created, err := createFile(j.dir, unborn)
	if err != nil {
		return err
	}
	if err := fill(j.folder.wrap(created), data); err != nil {
		return err
	}
	if err := j.dir.Rename(unborn, name); err != nil {
		return err
	}
	return syncDir(j.dir.Open("./" + parent))
}

func fill(out file, data []byte) error {
	err := writeAll(out, data)
	if err == nil {
		err = out.Sync()
	}
	return errors.Join(err, out.Close())
}

func writeAll(out io.Writer, data []byte) error {
	n, err := out.Write(data)
	if err == nil && n < len(data) {
		err = io.ErrShortWrite
	}
	return err
}

// Sync makes durable what was appended before it was called. Appends may go on meanwhile. An error poisons the
// journal and is never tried again: after a failed sync the system may have forgotten what was not written.
func (j *Journal) Sync() error {
	if err := j.Err(); err != nil {
		return err
	}
	if err := j.file.Sync(); err != nil {
		return j.fail(disk("sync", j.at(journalName), err))
	}
	return nil
}

// Err is nil, or a *PoisonedError once an append or a sync has failed. Every later Append and Sync answers it.
func (j *Journal) Err() error {
	if p := j.poison.Load(); p != nil {
		return p
	}
	return nil
}

// fail poisons the journal; the first error stays.
func (j *Journal) fail(err error) error {
	j.poison.CompareAndSwap(nil, &PoisonedError{Err: err})
	return j.poison.Load()
}

// Close lets go of the file. It syncs nothing. The space that was set aside stays with a run that can go on, and is
// given back when the last record closes the run.
func (j *Journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed && j.Err() == nil {
		j.release()
	}
	return errors.Join(j.file.Close(), j.reserve.close(), j.dir.Close())
}

func (j *Journal) at(name string) string { return filepath.Join(j.folder.at(runDir(j.run)), name) }

// held is how many bytes the file has beyond its end.
func held(info fs.FileInfo) int64 {
	return max(0, info.Sys().(*syscall.Stat_t).Blocks*512-info.Size())
}
