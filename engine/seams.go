package engine

import (
	"crypto/rand"
	"encoding/binary"
	"io"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"writ/engine/journal"
)

// What the engine does not decide itself comes in through these seams: time, chance and who works beside its loop. The
// disk's is the journal's folder, the network's is the client of the kinds.

// Clock tells the time, and waits.
type Clock interface {
	Now() time.Time
	After(time.Duration) <-chan time.Time
}

type machineClock struct{}

func (machineClock) Now() time.Time                         { return time.Now() }
func (machineClock) After(d time.Duration) <-chan time.Time { return time.After(d) }

func (e *Engine) clock() Clock {
	if e.Clock == nil {
		return machineClock{}
	}
	return e.Clock
}

// Crew does what one drive of a run has under way beside the engine's own loop: calls, and waits.
type Crew interface {
	// Go begins a piece of work.
	Go(work func() []journal.Record)
	// Wait answers what a piece of work came to. It is false when stop or over, which may be nil, came first.
	Wait(stop <-chan struct{}, over <-chan time.Time) (recs []journal.Record, ok bool)
	// Next answers what else has come in by now, if anything.
	Next() (recs []journal.Record, ok bool)
	// Leave lets the work that is still under way end unheard.
	Leave()
}

func (e *Engine) crew() Crew {
	if e.Crew == nil {
		return &goroutines{next: make(chan func() []journal.Record), results: make(chan []journal.Record), left: make(chan struct{})}
	}
	return e.Crew()
}

// goroutines is a crew of as many goroutines as there were pieces of work at the same time. Each goes on with the next
// piece, on a stack that is deep already.
type goroutines struct {
	next    chan func() []journal.Record
	results chan []journal.Record
	left    chan struct{}
}

func (g *goroutines) Go(work func() []journal.Record) {
	select {
	case g.next <- work:
	default: // none is free
		go g.serve(work)
	}
}

func (g *goroutines) serve(work func() []journal.Record) {
	for {
		select {
		case g.results <- work():
		case <-g.left:
			return
		}
		select {
		case work = <-g.next:
		case <-g.left:
			return
		}
	}
}

func (g *goroutines) Wait(stop <-chan struct{}, over <-chan time.Time) ([]journal.Record, bool) {
	select {
	case recs := <-g.results:
		return recs, true
	case <-stop:
	case <-over:
	}
	return nil, false
}

func (g *goroutines) Next() ([]journal.Record, bool) {
	select {
	case recs := <-g.results:
		return recs, true
	default:
		return nil, false
	}
}

func (g *goroutines) Leave() { close(g.left) }

func (e *Engine) chance() io.Reader {
	if e.Chance == nil {
		return rand.Reader
	}
	return e.Chance
}

// newID is a ULID in lower case, as runs and previews are called.
func (e *Engine) newID() (string, error) {
	id, err := ulid.New(ulid.Timestamp(e.clock().Now()), e.chance())
	return strings.ToLower(id.String()), err
}

// spread moves a wait by up to half of it either way, so that those who were refused together do not come back
// together.
func spread(wait time.Duration, chance io.Reader) time.Duration {
	var b [4]byte
	if _, err := io.ReadFull(chance, b[:]); err != nil {
		return wait
	}
	return wait/2 + time.Duration(float64(wait)*float64(binary.BigEndian.Uint32(b[:]))/(1<<32))
}
