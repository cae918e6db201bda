package journal

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"math"
	"path"
	"path/filepath"
	"sync"
	"sync/atomic"
)

const journalName = "journal"

// Journal writes the records of one run. Its methods may be called from several goroutines; whoever has it holds the
// target's lock, so that no other process writes the same file.
type Journal struct {
	run    string
	folder *Folder
	dir    string // where it lies in the folder
	file   DiskFile

	mu      sync.Mutex
	seq     uint32 // of the last record
	synced  uint32 // of the last record that is known to be durable
	prev    link
	size    int64 // of the header and the records
	long    int64 // of the file, which has zeros behind them
	torn    int64 // bytes of an incomplete record that recovery has not cut off yet
	closed  bool  // the last record closes the run
	reserve reserve
	json    bytes.Buffer
	lines   []byte

	poison atomic.Pointer[PoisonedError]
}

// Create begins the journal of a new run, and sets reserve bytes aside for its records. When it answers, the empty
// journal and its name are durable. When it fails, as on a full disk, with a *DiskError, nothing is left of the run.
func (f *Folder) Create(run string, reserve int64) (*Journal, error) {
	if err := checkRun(run); err != nil {
		return nil, err
	}
	if err := f.makeDir("runs"); err != nil {
		return nil, err
	}
	if _, err := f.disk.Stat(runDir(run)); err == nil {
		return nil, disk("create", f.at(runDir(run)), fs.ErrExist)
	}
	// The run gets its name last, so that a crash leaves a whole journal or no run.
	unborn := "runs/.new-" + run
	j := &Journal{run: run, folder: f, dir: unborn}
	err := j.begin(reserve)
	if err == nil {
		err = j.rename()
	}
	if err != nil {
		err = errors.Join(err, j.abandon())
		if j.dir == unborn {
			err = errors.Join(err, f.disk.RemoveAll(unborn))
		}
		return nil, err
	}
	return j, nil
}

func (j *Journal) begin(reserve int64) (err error) {
	if err := j.folder.makeDir(j.dir); err != nil {
		return err
	}
	if j.file, err = j.folder.disk.Create(j.dir + "/" + journalName); err != nil {
		return disk("create", j.at(journalName), err)
	}
	if err := j.Reserve(reserve); err != nil {
		return err
	}
	return disk("create", j.at(journalName), j.writeHeader())
}

func (j *Journal) writeHeader() error {
	var lineage [16]byte
	if _, err := io.ReadFull(j.folder.Rand, lineage[:]); err != nil {
		return err
	}
	line := []byte(header(j.run, hex.EncodeToString(lineage[:])))
	j.prev = linkTo(line)
	if err := j.write(line); err != nil {
		return err
	}
	if err := j.file.Sync(); err != nil {
		return err
	}
	return j.folder.disk.SyncDir(j.dir)
}

// rename gives the run its name. Should only what follows fail, the run loses it again; where even that fails, a run is
// left that has no record, and is in nobody's way. Nothing of it is removed while it may have its name.
func (j *Journal) rename() error {
	f, name := j.folder, runDir(j.run)
	err := f.disk.Rename(j.dir, name)
	if err == nil {
		if err = f.disk.SyncDir("runs"); err == nil {
			j.dir = name
			return nil
		}
		if f.disk.Rename(name, j.dir) != nil || f.disk.SyncDir("runs") != nil {
			j.dir = name
		}
	}
	return disk("create", f.at(name), err)
}

func (j *Journal) abandon() error {
	if j.file != nil {
		_ = j.file.Close()
	}
	return j.reserve.close()
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
	if j.json.Cap() > 4*maxPayload { // a plan's first record is longer than all others together
		j.json = bytes.Buffer{}
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
	if len(body)+spliced > maxPayload {
		if body, err = j.setAside(rec.K, body); err != nil {
			return err
		}
	}
	if j.seq == math.MaxUint32 {
		return errors.New("the journal is full: no number is left for another record")
	}
	j.seq++
	start := len(j.lines)
	j.lines = appendFrame(j.lines, j.seq, int64(j.synced), j.prev, rec.K, body)
	j.prev = linkTo(j.lines[start:])
	j.closed = rec.K == RunClose
	return nil
}

func (j *Journal) write(data []byte) error {
	end := j.size + int64(len(data))
	if end > j.long {
		j.stretch(end)
	}
	if err := writeAll(j.file, data, j.size); err != nil {
		return disk("append to", j.at(journalName), err)
	}
	j.size, j.long = end, max(j.long, end)
	return nil
}

// ahead is how many zeros a journal has behind its records, at most.
const ahead = 64 << 10

// stretch lets the file grow by zeros into the space that is set aside for it. A sync of what is written within a file
// need not write how long that is, and takes three quarters of the time. Where it cannot be done, the records that are
// written let the file grow by themselves.
func (j *Journal) stretch(end int64) {
	_, space, err := j.file.Size()
	long := min(end+ahead, space)
	if err == nil && long > end && j.file.Truncate(long) == nil {
		j.long = long
	}
}

// place makes a file beside the journal. It has its name only when all of it is durable.
func (j *Journal) place(name string, data []byte) error {
	d, base := j.folder.disk, path.Base(name)
	parent := path.Join(j.dir, path.Dir(name))
	unborn := parent + "/.new-" + base
	if err := d.Remove(unborn); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	created, err := d.Create(unborn)
	if err != nil {
		return err
	}
	if err := fill(created, data); err != nil {
		return err
	}
	if err := d.Rename(unborn, parent+"/"+base); err != nil {
		return err
	}
	return d.SyncDir(parent)
}

func fill(out DiskFile, data []byte) error {
	err := writeAll(out, data, 0)
	if err == nil {
		err = out.Sync()
	}
	return errors.Join(err, out.Close())
}

func writeAll(out io.WriterAt, data []byte, at int64) error {
	n, err := out.WriteAt(data, at)
	if err == nil && n < len(data) {
		err = io.ErrShortWrite
	}
	return err
}

// Sync makes durable what was appended before it was called. Appends may go on meanwhile. An error poisons the
// journal and is never tried again: after a failed sync the system may have forgotten what was not written.
func (j *Journal) Sync() error {
	j.mu.Lock()
	seq, err := j.seq, j.Err()
	j.mu.Unlock()
	if err != nil {
		return err
	}
	if err := j.file.Sync(); err != nil {
		return j.fail(disk("sync", j.at(journalName), err))
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.synced = max(j.synced, seq)
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
	return errors.Join(j.file.Close(), j.reserve.close())
}

func (j *Journal) at(name string) string { return filepath.Join(j.folder.at(runDir(j.run)), name) }
