package journal

import (
	"errors"
	"fmt"
	"io/fs"
)

// Read answers the records of a run, and notices of what it left out. It writes nothing, so it may look at a run that
// another process is writing. An incomplete record at the end is left out; anything else that is wrong is a
// *DamagedError or a *NewerError. A run that does not exist is fs.ErrNotExist.
func (f *Folder) Read(run string) ([]Record, []string, error) {
	c, notices, err := f.look(run, nil)
	return c.records, notices, err
}

// Replay is Read for one who wants what the records make, and not to keep them all: it folds them while it reads, and
// gives each to a func. Records that cannot follow each other are a *DamagedError.
func (f *Folder) Replay(id string, each func(Record)) (*Run, []string, error) {
	var all folding
	_, notices, err := f.look(id, func(rec Record) {
		all.take(rec)
		each(rec)
	})
	if err != nil {
		return nil, nil, err
	}
	run, err := all.made(id)
	return run, notices, err
}

// folding folds records as they come.
type folding struct {
	run   Run
	count int
	err   error // of the first that cannot follow
}

func (f *folding) take(rec Record) {
	if f.count++; f.err != nil {
		return
	}
	if _, err := f.run.Apply(rec); err != nil {
		f.err = fmt.Errorf("record %d: %w", f.count, err)
	}
}

// made answers the run of that id once all its records are taken.
func (f *folding) made(id string) (*Run, error) {
	if f.err != nil {
		return nil, &DamagedError{Run: id, Reason: f.err.Error(), Err: f.err}
	}
	return &f.run, nil
}

// look reads a journal and gives its records to each, or keeps them when that is nil.
func (f *Folder) look(run string, each func(Record)) (contents, []string, error) {
	opened, err := f.openJournal(run, false)
	if err != nil {
		return contents{}, nil, err
	}
	defer func() { _ = opened.Close() }()
	c, err := f.load(run, opened, each)
	if err != nil || c.torn == 0 {
		return c, nil, err
	}
	notice := fmt.Sprintf("run %s: left out %d bytes of an incomplete record after record %d", run, c.torn, c.seq)
	return c, []string{notice}, nil
}

// Continue answers a run, and its journal to go on with. An incomplete record at the end is copied aside and cut off; a
// last record of type SegmentOpen then says so, and steps that could have begun by then may have sent something. All
// that is answered is durable. Errors are those of Replay, and *DiskError; notices may come with one.
//
// The caller holds the target's lock. Continue may be killed anywhere and called again.
func (f *Folder) Continue(id string) (*Journal, *Run, []string, error) {
	var all folding
	j, notices, err := f.goOn(id, all.take)
	if err != nil {
		return nil, nil, nil, err
	}
	run, err := all.made(id)
	if err != nil {
		return nil, nil, notices, errors.Join(err, j.Close())
	}
	return j, run, notices, nil
}

// goOn opens a journal to go on with, and gives its records to each.
func (f *Folder) goOn(run string, each func(Record)) (*Journal, []string, error) {
	j := &Journal{run: run, folder: f, dir: runDir(run)}
	notices, err := j.mend(each)
	if err != nil {
		return nil, nil, errors.Join(err, j.abandon())
	}
	return j, notices, nil
}

// openJournal opens the journal of a run, which must have one.
func (f *Folder) openJournal(run string, write bool) (DiskFile, error) {
	if err := f.find(run); err != nil {
		return nil, err
	}
	name := runDir(run) + "/" + journalName
	opened, err := f.disk.Open(name, write)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &DamagedError{Run: run, Reason: "the journal is missing"}
	}
	return opened, disk("open", f.at(name), err)
}

func (f *Folder) load(run string, opened DiskFile, each func(Record)) (contents, error) {
	c := contents{run: run, each: each}
	c.blob = func(digest string) ([]byte, error) { return f.readBlob(run, digest) }
	size, _, err := opened.Size()
	if err == nil {
		err = c.parse(opened, size)
	}
	var bad *fs.PathError
	if errors.As(err, &bad) {
		err = disk("read", f.at(runDir(run)+"/"+journalName), err)
	}
	if err != nil {
		return contents{}, err
	}
	return c, nil
}
