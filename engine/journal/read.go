package journal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"strings"
	"syscall"
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

// contents is a journal as read.
type contents struct {
	run     string
	records []Record
	seq     uint32 // of the last record
	repairs int    // how many records tell of one
	closed  bool   // the last record closes the run
	synced  int64  // up to which record the journal was synced when the last one was written, or notSaid
	prev    link
	good    int    // how many bytes are header and whole records
	ends    []int  // where each record ends
	sure    int    // how many bytes are known to be on the disk
	tail    []byte // what stands behind the whole records
	torn    int    // how much of that is an incomplete record and not just zeros

	blob func(digest string) ([]byte, error)
	each func(Record) // takes the records; nil keeps them
}

const (
	window  = 1 << 20                   // how much of a journal is in memory at a time
	longest = headSize + maxPayload + 1 // of a line

	longestHeader = 256
)

// parse reads a journal that is about that long. It gives all records before the first that is not whole to each, or keeps
// them when that is nil, unless what follows shows that the file is damaged rather than cut short.
func (c *contents) parse(from io.ReaderAt, size int64) error {
	first, err := readUpTo(from, 0, longestHeader)
	if err != nil {
		return err
	}
	head, err := parseHeader(c.run, first)
	if err != nil {
		return err
	}
	c.prev, c.good, c.synced = linkTo(head), len(head), notSaid
	return c.read(from, size)
}

// readUpTo answers what stands from a place on, size bytes of it or as many as there are.
func readUpTo(from io.ReaderAt, at int, size int64) ([]byte, error) {
	data := make([]byte, max(0, size))
	n, err := from.ReadAt(data, int64(at))
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return data[:n], err
}

// read goes on in a journal behind the records that were read already.
func (c *contents) read(from io.ReaderAt, size int64) error {
	if err := c.takeAll(from, size); err != nil {
		return err
	}
	if c.synced > 0 && int(c.synced) <= len(c.ends) {
		c.sure = c.ends[c.synced-1]
	}
	c.torn = len(bytes.TrimRight(c.tail, "\x00"))
	at := laterFrame(c.tail, c.seq)
	if at < 0 || c.isTorn(at) {
		return nil
	}
	overtaken, err := c.overtaken(from)
	if err != nil {
		return err
	}
	if overtaken {
		return c.read(from, size)
	}
	return c.damaged(nil, "it cannot be read, but a record at byte %d can", c.good+at)
}

// takeAll gives on all whole lines, and keeps what stands behind them.
func (c *contents) takeAll(from io.ReaderAt, size int64) error {
	buf := make([]byte, max(0, min(window, size-int64(c.good)))+1)
	var lines []line
	for {
		n, err := from.ReadAt(buf, int64(c.good))
		ended := errors.Is(err, io.EOF)
		if err != nil && !ended {
			return err
		}
		c.tail = buf[:n]
		if lines == nil {
			count := bytes.Count(c.tail, []byte("\n"))
			if lines = make([]line, 0, min(count, batch)); c.each == nil && c.records == nil {
				c.records = make([]Record, 0, int64(count)*max(size, 1)/int64(max(n, 1)))
			}
		}
		for more := true; more; more = len(lines) > 0 {
			if lines, err = c.takeSome(lines[:0]); err != nil {
				return err
			}
		}
		switch {
		case ended:
			return nil
		case len(buf) <= longest: // the journal has grown
			buf = make([]byte, longest+1)
		case len(c.tail) >= longest: // a line, were it whole, would be here
			rest, err := io.ReadAll(io.NewSectionReader(from, int64(c.good), math.MaxInt64-int64(c.good)))
			c.tail = rest
			return err
		}
	}
}

// takeSome gives on a batch of the whole lines that the tail begins with.
func (c *contents) takeSome(lines []line) ([]line, error) {
	lines = wholeLines(lines, c.tail)
	decodeAll(lines)
	for i := range lines {
		if err := c.take(&lines[i]); err != nil {
			return nil, err
		}
		c.tail = c.tail[len(lines[i].line):]
	}
	return lines, nil
}

// overtaken reports whether the first line that was not whole has become so. Who looks at a run that another process writes
// may read the place of a line just before it is written, and later ones after that.
func (c *contents) overtaken(from io.ReaderAt) (bool, error) {
	data, err := readUpTo(from, c.good, longest)
	_, whole := parseFrame(data)
	return whole, err
}

// isTorn tells what a power cut leaves of records that were never synced from damage, where whole records stand behind
// one that is not, the first of them at that place of the tail. A block of the disk must be missing, and none of
// these records may know of a sync that the missing one was in.
func (c *contents) isTorn(at int) bool {
	if !lacksBlock(c.tail[:at], c.good) {
		return false
	}
	for rest := c.tail[at:]; ; {
		f, _ := parseFrame(rest)
		if s, ok := parseSplice(f.payload); !ok || s.synced == notSaid || s.synced > int64(c.seq) {
			return false
		}
		rest = rest[len(f.line):]
		next := laterFrame(rest, c.seq)
		if next < 0 {
			return true
		}
		rest = rest[next:]
	}
}

const sector = 512 // bytes that every disk writes together

// lacksBlock reports that a block of the disk that ends in data is zeros, as far as data goes. Offset is where data
// begins in the file. What begins in the middle of a block follows what the block held before.
func lacksBlock(data []byte, offset int) bool {
	for from := -(offset % sector); from+sector <= len(data); from += sector {
		if len(bytes.TrimLeft(data[max(0, from):from+sector], "\x00")) == 0 {
			return true
		}
	}
	return false
}

// take gives the record of a line on if it is the next one.
func (c *contents) take(l *line) error {
	if err := c.expect(l); err != nil {
		return err
	}
	rec, err := l.rec, l.err
	if l.isRef {
		rec, err = c.aside(l.kind, l.ref)
	}
	if err != nil {
		return c.blame(err)
	}
	if c.closed = rec.K == RunClose; rec.K == SegmentOpen {
		c.repairs++
	}
	if c.each != nil {
		c.each(rec)
	} else {
		c.records = append(c.records, rec)
	}
	c.seq, c.prev, c.synced = l.seq, l.link, l.synced
	c.good += len(l.line)
	c.ends = append(c.ends, c.good)
	return nil
}

// expect refuses a line that is not the next one.
func (c *contents) expect(l *line) error {
	switch {
	case !l.ok:
		return c.damaged(errShape, "%v", errShape)
	case l.seq != c.seq+1:
		return c.damaged(nil, "it has the number %d", l.seq)
	case l.prev != c.prev:
		return c.damaged(nil, "it does not follow the one before it")
	case !known[l.kind]:
		return &NewerError{Run: c.run, What: fmt.Sprintf("record %d is of type %q", l.seq, l.kind)}
	case l.synced >= int64(l.seq) || l.synced < c.synced:
		return c.damaged(nil, "it says that record %d was synced", l.synced)
	}
	return nil
}

// blame says what it means that the next record cannot be decoded. A disk that does not answer is no damage.
func (c *contents) blame(err error) error {
	var (
		field  unknownFieldError
		bad    *blobError
		failed *DiskError
		unsafe *UnsafeError
	)
	switch {
	case errors.As(err, &field):
		return &NewerError{Run: c.run, What: fmt.Sprintf("record %d: %v", c.seq+1, err)}
	case errors.As(err, &bad):
		return c.damaged(err, "its JSON %v", err)
	case errors.As(err, &failed), errors.As(err, &unsafe):
		return err
	}
	return c.damaged(err, "%v", err)
}

// aside reads a record that lies in a blob.
func (c *contents) aside(kind Type, ref reference) (Record, error) {
	data, err := c.blob(ref.digest)
	if err != nil {
		return Record{}, err
	}
	rec, err := decodeRecord(data)
	if err == nil && (rec.K != kind || int64(len(data)) != ref.size) {
		err = fmt.Errorf("%w: the side file holds another one", errShape)
	}
	return rec, err
}

// damaged blames the record behind those that were accepted.
func (c *contents) damaged(err error, format string, args ...any) error {
	return &DamagedError{
		Run: c.run, Offset: int64(c.good), Record: int(c.seq) + 1, Reason: fmt.Sprintf(format, args...), Err: err,
	}
}

// laterFrame looks for a whole frame, newer than seq, anywhere in data, and answers where it begins, or -1. It does
// not rely on line ends, since one of them may be what is damaged.
func laterFrame(data []byte, seq uint32) int {
	mark := []byte(`{"k":"`)
	for from := 0; ; {
		i := bytes.Index(data[from:], mark)
		if i < 0 {
			return -1
		}
		at := from + i - headSize
		from += i + len(mark)
		if at < 0 {
			continue
		}
		if f, ok := parseFrame(data[at:]); ok && f.seq > seq {
			return at
		}
	}
}

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
