package journal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
)

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
