package journal

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	magic      = "writ-journal"
	version    = 1
	headSize   = 27       // three groups of eight hex digits, a space behind each
	maxPayload = 64 << 10 // a larger record goes into a blob
	notSaid    = -1       // how far a journal was synced, in a frame of an older writ
)

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)

	errShape = errors.New("not the JSON of a record")
	errKind  = errors.New("this writ does not know it")
)

// link chains a frame to the one before it: the first 64 bits, in hex, of that frame's SHA-256.
type link [16]byte

func linkTo(line []byte) link {
	sum := sha256.Sum256(line)
	var l link
	hex.Encode(l[:], sum[:8])
	return l
}

// header is the first line of the journal of a run.
func header(run, lineage string) string {
	return fmt.Sprintf("%s %d %s %s\n", magic, version, run, lineage)
}

// parseHeader answers the header line of a journal that should be run's.
func parseHeader(run string, data []byte) ([]byte, error) {
	end := bytes.IndexByte(data, '\n') + 1
	words := strings.Split(strings.TrimSuffix(string(data[:end]), "\n"), " ")
	damaged := func(reason string) error { return &DamagedError{Run: run, Reason: "the journal " + reason} }
	if len(data) == 0 {
		return nil, damaged("is empty")
	}
	if len(words) < 2 || words[0] != magic {
		return nil, damaged("does not begin like one")
	}
	if n, err := strconv.ParseUint(words[1], 10, 32); err != nil {
		return nil, damaged("has a version that is no number")
	} else if n != version {
		return nil, &NewerError{Run: run, What: "journal format " + words[1]}
	}
	if len(words) != 4 || !isHex(words[3], 32) || string(data[:end]) != header(words[2], words[3]) {
		return nil, damaged("has a header that is not whole")
	}
	if words[2] != run {
		return nil, damaged("is that of run " + words[2])
	}
	return data[:end], nil
}

// frame is one line of a journal.
type frame struct {
	seq     uint32
	payload []byte
	line    []byte // all of it, with the newline
}

// parseFrame reads the frame that data begins with. It is false unless every byte of the frame is as it was written.
func parseFrame(data []byte) (frame, bool) {
	if len(data) <= headSize || data[8] != ' ' || data[17] != ' ' || data[26] != ' ' {
		return frame{}, false
	}
	size, ok1 := parseWord(data[:8])
	sum, ok2 := parseWord(data[9:17])
	seq, ok3 := parseWord(data[18:26])
	if !ok1 || !ok2 || !ok3 || size == 0 || size > maxPayload || len(data) <= headSize+int(size) {
		return frame{}, false
	}
	end := headSize + int(size)
	f := frame{seq: seq, payload: data[headSize:end], line: data[:end+1]}
	return f, data[end] == '\n' && checksum(data[18:26], f.payload) == sum
}

// appendFrame adds a record's line to dst. Body is the record's JSON, whose first key is k; prev, and up to which
// record the journal is synced, are spliced in behind it.
func appendFrame(dst []byte, seq uint32, synced int64, prev link, kind Type, body []byte) []byte {
	start := len(dst)
	dst = append(dst, "00000000 00000000 00000000 "...)
	cut := kindSize(kind)
	dst = append(dst, body[:cut]...)
	dst = append(dst, prevKey...)
	dst = append(dst, prev[:]...)
	dst = append(dst, '"')
	if synced != notSaid {
		dst = append(dst, syncedKey...)
		dst = strconv.AppendInt(dst, synced, 10)
	}
	dst = append(dst, body[cut:]...)
	line := dst[start:]
	payload := line[headSize:]
	putWord(line[0:8], uint32(len(payload)))
	putWord(line[18:26], seq)
	putWord(line[9:17], checksum(line[18:26], payload))
	return append(dst, '\n')
}

const (
	prevKey   = `,"prev":"`
	syncedKey = `,"synced":`
	spliced   = len(prevKey) + len(link{}) + len(`"`) + len(syncedKey) + len("4294967295")
)

// kindSize is how many bytes of a body `{"k":"run.open"` takes.
func kindSize(kind Type) int { return len(`{"k":""`) + len(kind) }

// splice is what stands in a payload behind k and is no part of the record.
type splice struct {
	kind   Type
	prev   link
	synced int64
	rest   []byte // of the record, from the first comma on
}

// parseSplice is false unless the payload begins as appendFrame makes it.
func parseSplice(payload []byte) (s splice, ok bool) {
	rest, ok := bytes.CutPrefix(payload, []byte(`{"k":"`))
	word, rest, found := bytes.Cut(rest, []byte(`"`+prevKey))
	if !ok || !found || bytes.IndexByte(word, '"') >= 0 || len(rest) < len(s.prev)+2 || rest[len(s.prev)] != '"' {
		return splice{}, false
	}
	s = splice{Type(word), link(rest), notSaid, rest[len(s.prev)+1:]}
	digits, ok := bytes.CutPrefix(s.rest, []byte(syncedKey))
	if !ok {
		return s, true
	}
	end := bytes.IndexAny(digits, ",}")
	if end < 0 {
		return splice{}, false
	}
	n, err := strconv.ParseUint(string(digits[:end]), 10, 32)
	s.synced, s.rest = int64(n), digits[end:]
	return s, err == nil && strconv.FormatUint(n, 10) == string(digits[:end])
}

// splitPayload takes a payload apart again. The record's JSON is made in scratch.
func splitPayload(payload, scratch []byte) (s splice, body []byte, ok bool) {
	s, ok = parseSplice(payload)
	if !ok {
		return s, nil, false
	}
	return s, append(append(scratch[:0], payload[:kindSize(s.kind)]...), s.rest...), true
}

// encodeRecord answers a record's JSON, in buf. What it accepts, decodeRecord reads back.
func encodeRecord(buf *bytes.Buffer, rec *Record) ([]byte, error) {
	if !known[rec.K] {
		return nil, fmt.Errorf("record %q: %w", rec.K, errKind)
	}
	buf.Reset()
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(rec); err != nil {
		return nil, fmt.Errorf("record %s: %w", rec.K, err)
	}
	body := bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
	if err := checkRecord(body); err != nil {
		return nil, fmt.Errorf("record %s: %w", rec.K, err)
	}
	return body, nil
}

func decodeRecord(body []byte) (Record, error) {
	var rec Record
	if err := json.Unmarshal(body, &rec); err != nil {
		return Record{}, err
	}
	return rec, checkRecord(body)
}

// checkRecord refuses what encoding/json lets pass and another reader may read otherwise: keys that are double or in
// another case, blanks, wrong UTF-8. The body is known to be JSON.
func checkRecord(body []byte) error {
	if !utf8.Valid(body) {
		return fmt.Errorf("%w: it is not UTF-8", errShape)
	}
	w := walker{data: body}
	if err := w.value(recordShape(), 0); err != nil {
		return err
	}
	if w.pos != len(body) {
		return w.blank()
	}
	return nil
}

func checksum(seq, payload []byte) uint32 {
	return crc32.Update(crc32.Checksum(seq, castagnoli), castagnoli, payload)
}

func putWord(dst []byte, n uint32) {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], n)
	hex.Encode(dst, b[:])
}

// parseWord reads eight hex digits. Only the lower case is written, so only that is read: one value, one spelling.
func parseWord(src []byte) (uint32, bool) {
	var n uint32
	for _, c := range src {
		switch {
		case '0' <= c && c <= '9':
			n = n<<4 | uint32(c-'0')
		case 'a' <= c && c <= 'f':
			n = n<<4 | uint32(c-'a'+10)
		default:
			return 0, false
		}
	}
	return n, true
}

func isHex(s string, size int) bool {
	return len(s) == size && strings.Trim(s, "0123456789abcdef") == ""
}
