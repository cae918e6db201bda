package sim

import (
	"math/rand/v2"
	"slices"
	"time"

	"writ/engine/journal/simdisk"
)

// Cloud is what the runs of a world change. It decides nothing: what reaches it, acts.
type Cloud interface {
	Clone() Cloud
	// State is what the cloud comes to, in one spelling. What its names for new things are does not count.
	State() string
	// Needless lists the calls that set what stood already though a read shows that, and those that made a thing where one
	// stood, since the world began.
	Needless() (idle, twice []string)
}

// timeout is how long a call is waited for.
const timeout = time.Minute

// World is all that outlives a process.
type World struct {
	Disk  *simdisk.Disk
	Cloud Cloud
	clock *clock
	late  []late
	murky bool // a call acted late, or a read showed an old picture: then nobody can know what need not be sent
}

// late is a call that is under way still, whoever sent it.
type late struct {
	at  time.Time
	act func(Cloud)
}

// dawn is when every world begins.
var dawn = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// NewWorld is a world with an empty disk.
func NewWorld(c Cloud) *World {
	return &World{Disk: simdisk.New(), Cloud: c, clock: &clock{now: dawn}}
}

// Clone is the same world once more.
func (w *World) Clone() *World {
	return &World{Disk: w.Disk.Clone(), Cloud: w.Cloud.Clone(), clock: &clock{now: w.clock.now}, late: slices.Clone(w.late), murky: w.murky}
}

// Crash is the world after a power cut.
func (w *World) Crash(state simdisk.State, rng *rand.Rand) *World {
	after := w.Clone()
	after.Disk = w.Disk.Crash(state, rng)
	return after
}

// arrive lets calls act whose time has come, in their order, each at its time: a clock that waits is there at once.
func (w *World) arrive() {
	now := w.clock.now
	slices.SortStableFunc(w.late, func(a, b late) int { return a.at.Compare(b.at) })
	for len(w.late) > 0 && !now.Before(w.late[0].at) {
		l := w.late[0]
		w.late = slices.Delete(w.late, 0, 1)
		w.clock.now = l.at
		l.act(w.Cloud)
	}
	w.clock.now = now
}

// Quiet lets time pass until nothing is under way any more.
func (w *World) Quiet() {
	w.clock.now = w.clock.now.Add(10 * timeout)
	w.arrive()
}
