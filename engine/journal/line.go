package journal

import (
	"runtime"
	"sync"
)

// line is a whole frame, and what it holds.
type line struct {
	frame
	splice
	ok   bool // the payload is as appendFrame makes it
	link link // that the next line has

	isRef bool
	ref   reference // of a record in a blob; of others:
	rec   Record
	err   error
}

// batch is how many lines are decoded before the first of them is taken: decoding is most of what reading a journal costs,
// and no line needs another one for it.
const batch = 256

// wholeLines adds those that data begins with, up to a batch.
func wholeLines(lines []line, data []byte) []line {
	for len(lines) < batch {
		f, ok := parseFrame(data)
		if !ok {
			break
		}
		lines = append(lines, line{frame: f})
		data = data[len(f.line):]
	}
	return lines
}

// few lines are decoded by one goroutine: another costs more than it brings.
const few = 32

func decodeAll(lines []line) {
	each := max(few, (len(lines)+runtime.GOMAXPROCS(0)-1)/runtime.GOMAXPROCS(0))
	var others sync.WaitGroup
	for len(lines) > each {
		part := lines[:each]
		others.Go(func() { decodeSome(part) })
		lines = lines[each:]
	}
	decodeSome(lines)
	others.Wait()
}

func decodeSome(lines []line) {
	var scratch []byte
	for i := range lines {
		scratch = lines[i].decode(scratch)
	}
}

// decode answers what scratch has become. What it makes of the line holds nothing of that.
func (l *line) decode(scratch []byte) []byte {
	var body []byte
	l.splice, body, l.ok = splitPayload(l.payload, scratch)
	l.link = linkTo(l.line)
	if !l.ok || !known[l.kind] {
		return body
	}
	if l.ref, l.isRef = parseReference(l.kind, body); !l.isRef {
		l.rec, l.err = decodeRecord(body)
	}
	return body
}
