package journal

import (
	"errors"
	"io/fs"
	"syscall"
)

// Space that a run may need is set aside before the run begins, so that a full disk is met before the first call and
// not between a call and its record. Where the file system can, the journal's own file gets the blocks, and its length
// grows into them ahead of the records. Elsewhere a second file holds the space and gives it up as the journal grows.

const (
	reserveName = "reserve"
	reserveStep = 64 << 10 // how much of the second file is given up at a time
	blockSize   = 4 << 10  // of a usual disk
)

// Reserve sees to it that space is set aside for size more bytes of records. What was set aside before and is not
// used counts, whoever asked for it, so a run that goes on needs nothing of a disk that is full by now. It answers a
// *DiskError with what is missing and what is free when there is not that much; the journal is then as good as before.
func (j *Journal) Reserve(size int64) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	spare, err := j.spare()
	if err != nil {
		return disk("look at", j.at(journalName), err)
	}
	missing := size - spare - j.reserve.left
	if missing <= 0 {
		return nil
	}
	if free, err := j.folder.disk.Free(); err == nil && free < missing {
		return j.noSpace(missing, syscall.ENOSPC)
	}
	// What the journal has already is asked for again, at no cost: it need not be in one piece.
	err = j.file.Allocate(j.size, size-j.reserve.left)
	if errors.Is(err, errors.ErrUnsupported) {
		err = j.reserve.grow(j, missing)
	}
	if err != nil {
		return j.noSpace(missing, err)
	}
	return nil
}

// spare is how many bytes of records have their space in the journal's own file already.
func (j *Journal) spare() (int64, error) {
	_, space, err := j.file.Size()
	return max(0, space-j.size), err
}

func (j *Journal) noSpace(missing int64, err error) error {
	free, _ := j.folder.disk.Free()
	return &DiskError{Op: "reserve", Path: j.at(journalName), Needed: missing, Free: free, Err: err}
}

// reserve is the second file. The zero value holds nothing.
type reserve struct {
	file   DiskFile
	left   int64 // its size
	credit int64 // given up and not yet used
}

func (r *reserve) grow(j *Journal, size int64) error {
	if r.file == nil {
		created, err := j.folder.disk.Create(j.dir + "/" + reserveName)
		if err != nil {
			return err
		}
		r.file = created
	}
	zeros := make([]byte, reserveStep)
	for size > 0 {
		n, err := r.file.WriteAt(zeros[:min(size, reserveStep)], r.left)
		r.left += int64(n)
		size -= int64(n)
		if err != nil {
			return err
		}
	}
	return r.file.Sync()
}

// open takes up the second file that an earlier process left, if there is one.
func (r *reserve) open(j *Journal) error {
	opened, err := j.folder.disk.Open(j.dir+"/"+reserveName, true)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return disk("open", j.at(reserveName), err)
	}
	size, _, err := opened.Size()
	if err != nil {
		_ = opened.Close()
		return disk("look at", j.at(reserveName), err)
	}
	r.file, r.left = opened, size
	return nil
}

// spend gives up as much as size bytes of records are about to need.
func (r *reserve) spend(size int64) error {
	if r.left == 0 || r.credit >= size {
		r.credit = max(0, r.credit-size)
		return nil
	}
	given := min(r.left, max(size-r.credit, reserveStep))
	if err := r.file.Truncate(r.left - given); err != nil {
		return err
	}
	r.left -= given
	r.credit = max(0, r.credit+given-size)
	return nil
}

// lend gives the disk back some of the space that is set aside, for a file of that size beside the journal.
func (j *Journal) lend(size int64) {
	size += 2 * blockSize // a file takes whole blocks, and may need one for its name
	if j.reserve.left > 0 {
		_ = j.reserve.spend(size)
		return
	}
	spare, err := j.spare()
	end := j.size + j.torn
	if err != nil || j.file.Truncate(end) != nil { // frees all the blocks beyond the end
		return
	}
	if rest := spare - j.torn - size; rest > 0 {
		_ = j.file.Allocate(end, rest)
	}
	j.long = end
}

func (r *reserve) close() error {
	if r.file == nil {
		return nil
	}
	return r.file.Close()
}

// release gives back what a closed run did not need. It changes no record, and nothing depends on it.
func (j *Journal) release() {
	if j.reserve.file != nil {
		_ = j.folder.disk.Remove(j.dir + "/" + reserveName)
	}
	// Truncating frees the blocks beyond the end, whether the file is made shorter or not.
	if size, _, err := j.file.Size(); err == nil && size == j.long {
		_ = j.file.Truncate(j.size)
	}
}
