package sim

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"

	"writ/engine/journal/simdisk"
)

// Scene is what one process does in a world before the trouble: a run on its way there, on its way back because somebody
// asked for it, or because a step failed.
type Scene string

// The scenes.
const (
	Apply    Scene = "apply"
	Rollback Scene = "rollback"
	Fails    Scene = "fails"
)

// Scenes answers them all.
func Scenes() []Scene { return []Scene{Apply, Rollback, Fails} }

// Spot names one simulated run so that it can be had again: what was going on, what went wrong at which event and in
// which state that left the disk, once or twice, and how a person went on.
type Spot struct {
	Scene  Scene
	Seed   uint64
	At     int
	Fault  Fault
	State  simdisk.State
	Way    Way
	Again  int // the event of the recovery at which it dies, too; -1: it does not
	Second simdisk.State
}

// String is the spot as ParseSpot reads it.
func (s Spot) String() string {
	return fmt.Sprintf("%s/%d/%d/%s/%s/%s/%d/%s", s.Scene, s.Seed, s.At, s.Fault, s.State, s.Way, s.Again, s.Second)
}

// ParseSpot reads a spot.
func ParseSpot(text string) (s Spot, err error) {
	f := strings.Split(text, "/")
	if len(f) != 8 {
		return s, fmt.Errorf("spot %q: it has %d parts, where 8 are due", text, len(f))
	}
	s = Spot{Scene: Scene(f[0]), Fault: Fault(f[3]), State: simdisk.State(f[4]), Way: Way(f[5]), Second: simdisk.State(f[7])}
	var errs [3]error
	s.Seed, errs[0] = strconv.ParseUint(f[1], 10, 64)
	s.At, errs[1] = strconv.Atoi(f[2])
	s.Again, errs[2] = strconv.Atoi(f[6])
	return s, errors.Join(errs[:]...)
}

// rng is the chance of a spot: the same for the same spot.
func (s Spot) rng() *rand.Rand { return chance(s.Seed, s.String()) }

func base(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }

// stage makes the world that a scene begins in, and what its process does there.
func (c *Case) stage(scene Scene, seed uint64) (*World, func(*Process) End, error) {
	w := NewWorld(c.Begin())
	if scene != Rollback {
		return w, c.Apply, nil
	}
	end := c.Apply(c.Process(w, base(seed), nil, nil))
	if end.Err != nil {
		return nil, nil, end.Err
	}
	return w, func(p *Process) End { return c.Rollback(p, end.Run.Open.Run) }, nil
}

// play carries a scene out with more trouble than the scene's own.
func (c *Case) play(scene Scene, seed uint64, trouble Trouble, each func(*World, int, Event)) (*World, *Process, error) {
	w, do, err := c.stage(scene, seed)
	if err != nil {
		return nil, nil, err
	}
	own := func(n int, e Event) Fault {
		if f := trouble(n, e); f != None {
			return f
		}
		if scene == Fails && e.Seam == Send && e.Op == c.FailsAt {
			return Invalid
		}
		return None
	}
	p := c.Process(w, base(seed), own, func(n int, e Event) { each(w, n, e) })
	do(p)
	return w, p, nil
}

func noTrouble(int, Event) Fault { return None }

// Moment is a world right before an event.
type Moment struct {
	n     int
	event Event
	world *World
	told  bool
}

// Moments are the worlds right before each event of a scene.
func (c *Case) Moments(scene Scene, seed uint64) ([]Moment, error) {
	var all []Moment
	_, _, err := c.play(scene, seed, noTrouble, func(w *World, n int, e Event) {
		all = append(all, Moment{n: n, event: e, world: w.Clone(), told: e.Seam == Tell})
	})
	return all, err
}

// FaultsAt are what can go wrong at an event, death and a stop apart.
func FaultsAt(e Event) []Fault {
	switch {
	case e.Seam == Send && e.Write:
		return OfWrites
	case e.Seam == Send:
		return OfReads
	case e.Seam == Disk:
		return onDisk(e.Op)
	}
	return nil
}

// Try is one run with one fault, and what becomes of it.
func (c *Case) Try(s Spot) error {
	w, p, err := c.play(s.Scene, s.Seed, func(n int, _ Event) Fault {
		if n == s.At {
			return s.Fault
		}
		return None
	}, func(*World, int, Event) {})
	if err != nil {
		return err
	}
	if p.events <= s.At {
		return fmt.Errorf("the fault never came to bear: there were %d events", p.events)
	}
	rng := s.rng()
	return c.Finish(w.Crash(s.State, rng), s.Way, rng)
}

// Die is the death of a process at a moment, and what becomes of the run.
func (c *Case) Die(m Moment, s Spot) error { return c.die(m, s, s.State) }

func (c *Case) die(m Moment, s Spot, state simdisk.State) error {
	rng := s.rng()
	w := m.world.Crash(state, rng)
	if m.told {
		if err := c.isTold(w); err != nil {
			return err
		}
	}
	return c.Finish(w, s.Way, rng)
}

// DieAgain is a death, and for each event of the recovery another one. It tells try what became of each.
func (c *Case) DieAgain(m Moment, s Spot, try func(Spot, error)) error {
	rng := s.rng()
	w := m.world.Crash(s.State, rng)
	id, err := c.newest(w)
	if err != nil {
		return err
	}
	var all []Moment
	p := c.Process(w, rng, nil, nil)
	p.each = func(n int, e Event) {
		all = append(all, Moment{n: n, event: e, world: w.Clone(), told: e.Seam == Tell})
	}
	c.goOn(p, id, nil, s.Way)
	for _, again := range all {
		s.Again, s.Second = again.n, simdisk.States()[(again.n+s.At)%len(simdisk.States())]
		try(s, c.die(again, s, s.Second))
	}
	return nil
}

// isTold holds a process to its word that the run is over.
func (c *Case) isTold(w *World) error {
	id, err := c.newest(w)
	if err != nil {
		return err
	}
	run, err := c.load(w, id)
	if err == nil && run.Finished.IsZero() {
		err = errors.New("it does not say so")
	}
	if err != nil {
		return fmt.Errorf("it was told that the run is over, and in the journal: %w", err)
	}
	return nil
}
