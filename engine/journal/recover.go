package journal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"syscall"
)

// mend reads the journal, gives its records to each, and makes its end clean. The numbers are those of the package's
// comment.
func (j *Journal) mend(each func(Record)) ([]string, error) {
	opened, err := j.folder.openJournal(j.run, true) // 1
	if err != nil {
		return nil, err
	}
	j.file = opened
	c, err := j.folder.load(j.run, opened, each)
	if err != nil {
		return nil, err
	}
	j.seq, j.synced, j.prev = c.seq, uint32(max(0, c.synced)), c.prev
	j.size, j.torn, j.long, j.closed = int64(c.good), int64(c.torn), int64(c.good+len(c.tail)), c.closed
	if err := j.reserve.open(j); err != nil {
		return nil, err
	}
	if c.torn > 0 { // 2
		if err := j.keep(c.tail[:c.torn], c.repairs+1); err != nil {
			return nil, err
		}
	}
	if c.sure < c.good { // 3
		if err := j.rewrite(c.sure, c.good); err != nil {
			return nil, disk("write", j.at(journalName), err)
		}
	}
	if c.torn > 0 { // 4
		if err := j.cut(); err != nil {
			return nil, err
		}
	}
	said, err := j.say(c.repairs, c.seq) // 5
	if err != nil {
		return nil, err
	}
	if err := j.Sync(); err != nil { // 6
		return nil, err
	}
	for _, rec := range said {
		each(rec)
	}
	return j.notices(said), nil
}

// rewrite writes once more what stands from one place to another.
func (j *Journal) rewrite(from, to int) error {
	unsure, err := readUpTo(j.file, from, int64(to-from))
	if err == nil && len(unsure) < to-from {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return err
	}
	return writeAll(j.file, unsure, int64(from))
}

func tornName(n int) string { return fmt.Sprintf("journal.torn-%d", n) }

// keep copies a torn tail to a file of its own. A recovery that was killed may have done so already.
func (j *Journal) keep(tail []byte, n int) error {
	for ; ; n++ {
		kept, err := j.folder.readFile(j.dir + "/" + tornName(n))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return disk("write", j.at(tornName(n)), j.placeAnyway(tornName(n), tail))
		case err != nil:
			return err
		case bytes.Equal(kept, tail):
			return nil
		}
	}
}

// placeAnyway is place, and on a full disk lives off the space that was set aside for the run.
func (j *Journal) placeAnyway(name string, data []byte) error {
	err := j.place(name, data)
	if errors.Is(err, syscall.ENOSPC) {
		j.lend(int64(len(data)))
		err = j.place(name, data)
	}
	return err
}

// cut drops what stands behind the last whole record, for good: a record that took its place while it may still come
// back would look damaged. The blocks that were set aside go with it, and are asked for again; that they may not be
// had now is no reason to stop.
func (j *Journal) cut() error {
	spare, err := j.spare()
	if err == nil {
		err = j.file.Truncate(j.size)
	}
	if err != nil {
		return disk("cut", j.at(journalName), err)
	}
	if j.torn, j.long = 0, j.size; spare > 0 {
		_ = j.file.Allocate(j.size, spare)
	}
	return disk("sync", j.at(journalName), j.file.Sync())
}

// say appends a record for each copy of a torn tail that the journal does not tell of yet.
func (j *Journal) say(told int, seq uint32) ([]Record, error) {
	var said []Record
	for n := told + 1; ; n++ {
		size, err := j.folder.disk.Stat(j.dir + "/" + tornName(n))
		if errors.Is(err, fs.ErrNotExist) {
			break
		}
		if err != nil {
			return nil, disk("look at", j.at(tornName(n)), err)
		}
		why := fmt.Sprintf("dropped %d bytes of an incomplete record after record %d; they are kept in %s",
			size, seq, tornName(n))
		said = append(said, Record{K: SegmentOpen, At: j.folder.Now().UTC().Round(0), Why: why})
	}
	if len(said) == 0 {
		return nil, nil
	}
	return said, j.Append(said...)
}

func (j *Journal) notices(said []Record) []string {
	var notices []string
	for _, rec := range said {
		notices = append(notices, "run "+j.run+": "+strings.Replace(rec.Why, "journal.torn", j.at("journal.torn"), 1))
	}
	return notices
}
