package sim

import (
	"fmt"
	"strings"
)

// Seam is what an event crosses.
type Seam string

// The seams.
const (
	Send   Seam = "send"   // a call is about to leave
	Answer Seam = "answer" // it acted, if it does; its answer is about to arrive
	Disk   Seam = "disk"   // the disk is about to do something
	Tell   Seam = "tell"   // a record is about to be shown
)

// Event is something that crosses a seam.
type Event struct {
	Seam  Seam
	Op    string
	Write bool // of a call: it changes something
}

func (e Event) String() string { return fmt.Sprintf("%s %s", e.Seam, e.Op) }

// Fault is what goes wrong at an event.
type Fault string

// The faults of calls.
const (
	None        Fault = ""
	Reset       Fault = "reset"        // cut off; it did not act
	Lost        Fault = "lost reply"   // it acted; nothing comes back
	Late        Fault = "late"         // nothing comes back; it acts within two timeouts of being sent
	Half        Fault = "half"         // a call about many things acts on some; nothing comes back
	Failed      Fault = "500"          // it did not act
	FailedActed Fault = "500, acted"   // it did
	Garbled     Fault = "garbled 200"  // it acted; what comes back is no answer
	Portal      Fault = "portal's 200" // somebody else answered; it did not act
	Throttled   Fault = "429"
	Refused     Fault = "no route" // certainly not sent
	Expired     Fault = "401"
	Denied      Fault = "403"
	Invalid     Fault = "400"
	Stale       Fault = "stale" // a read shows what stood before the last write, for a while
)

// The faults of the disk.
const (
	NoSpace  Fault = "no space"            // of a write: a first part of it is there
	IO       Fault = "i/o error"           // nothing was done
	SyncLost Fault = "sync fails, lost"    // and what it was for is gone
	SyncKept Fault = "sync fails, is kept" // and what it was for is there all the same
)

// The ends of a process.
const (
	Death Fault = "death" // killed
	Stop  Fault = "stop"  // asked to stop, once
)

// OfWrites are the faults of a call that changes something.
var OfWrites = []Fault{Reset, Lost, Late, Half, Failed, FailedActed, Garbled, Portal, Throttled, Refused, Expired, Denied, Invalid}

// OfReads are those of one that looks.
var OfReads = []Fault{Reset, Stale, Failed, Garbled, Portal, Throttled, Refused, Expired, Denied, Invalid}

// Acts reports whether a write acts at once all the same.
func (f Fault) Acts() bool {
	switch f {
	case None, Lost, FailedActed, Garbled:
		return true
	}
	return false
}

// onDisk are the faults of a disk's operation.
func onDisk(op string) []Fault {
	switch kind, _, _ := strings.Cut(op, " "); kind {
	case "write":
		return []Fault{NoSpace, IO}
	case "sync":
		return []Fault{SyncLost, SyncKept}
	}
	return []Fault{IO}
}
