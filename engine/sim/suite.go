package sim

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/engine/journal/simdisk"
)

// Suite is what a case is held to, whatever its plan and its cloud.
type Suite struct {
	Name   string // of the case, in tables
	Case   func(parallelism int) *Case
	Widths []int  // how many calls may be under way
	Stride int    // only each so-manieth event is the first at which something goes wrong
	Only   Fault  // of the single faults, this one; "": all
	All    bool   // of the pairs of deaths, each state of the disk after the first, and not one of them in turn
	Again  string // the command that has a run again, before the width and the spot
}

// Tally counts runs, and those that came out wrong. Many goroutines may use it.
type Tally struct {
	t           *testing.T
	name        string
	began       time.Time
	runs, wrong atomic.Int64
}

// Count begins a tally.
func Count(t *testing.T, name string) *Tally {
	t.Helper()
	return &Tally{t: t, name: name, began: time.Now()}
}

// Run notes what became of a run. Of the first wrong ones it tells how to have them again.
func (c *Tally) Run(err error, again string, args ...any) {
	c.runs.Add(1)
	if err != nil && c.wrong.Add(1) <= 8 {
		c.t.Errorf("%v\nagain: "+again, append([]any{err}, args...)...)
	}
}

// End tells how many there were, and adds a row to the table that WRIT_TABLE names.
func (c *Tally) End() {
	c.t.Helper()
	took := time.Since(c.began).Seconds()
	row := fmt.Sprintf("%s\t%d\t%d wrong\t%.0f/s", c.name, c.runs.Load(), c.wrong.Load(), float64(c.runs.Load())/took)
	c.t.Log(row)
	name := os.Getenv("WRIT_TABLE")
	if name == "" {
		return
	}
	file, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	require.NoError(c.t, err)
	defer file.Close()
	_, err = fmt.Fprintln(file, row)
	require.NoError(c.t, err)
}

// EveryFault tries each event of each scene: death, with the disk in each state, and each fault that the event can meet;
// then the way on, and the way back.
func (s Suite) EveryFault(t *testing.T) {
	t.Helper()
	tally := Count(t, s.Name+": single faults")
	s.side(t, func(c *Case, scene Scene, m Moment) {
		for _, spot := range s.singles(scene, m) {
			tally.Run(c.single(m, spot), s.Again, c.Parallelism, spot)
		}
	})
	tally.End()
}

// EveryPair tries each pair of deaths: at each event, and again at each event of the recovery.
func (s Suite) EveryPair(t *testing.T) {
	t.Helper()
	tally := Count(t, s.Name+": pairs of deaths")
	s.side(t, func(c *Case, scene Scene, m Moment) {
		for _, first := range s.firsts(scene, m) {
			err := c.DieAgain(m, first, func(spot Spot, err error) { tally.Run(err, s.Again, c.Parallelism, spot) })
			if err != nil {
				tally.Run(err, s.Again, c.Parallelism, first)
			}
		}
	})
	tally.End()
}

// side goes through the events of all scenes on all processors, each worker with a case of its own.
func (s Suite) side(t *testing.T, work func(c *Case, scene Scene, m Moment)) {
	t.Helper()
	workers := runtime.GOMAXPROCS(0)
	var group sync.WaitGroup
	for _, width := range s.Widths {
		for worker := range workers {
			c := s.Case(width)
			group.Go(func() {
				if err := c.through(worker*s.Stride, workers*s.Stride, work); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
	}
}

func (c *Case) through(from, stride int, work func(c *Case, scene Scene, m Moment)) error {
	if _, _, err := c.Learn(base(1)); err != nil {
		return err
	}
	for _, scene := range Scenes() {
		moments, err := c.Moments(scene, 1)
		if err != nil {
			return err
		}
		for i := from; i < len(moments); i += stride {
			work(c, scene, moments[i])
		}
	}
	return nil
}

// singles are the single faults at a moment.
func (s Suite) singles(scene Scene, m Moment) []Spot {
	var spots []Spot
	for _, way := range []Way{Onward, Back} {
		add := func(state simdisk.State, faults ...Fault) {
			for _, fault := range faults {
				if s.Only == "" || s.Only == fault {
					spots = append(spots, Spot{Scene: scene, Seed: 1, At: m.n, Fault: fault, State: state, Way: way, Again: -1})
				}
			}
		}
		for _, state := range simdisk.States() {
			add(state, Death)
		}
		add(simdisk.Clean, FaultsAt(m.event)...)
		add(simdisk.Clean, Stop)
		if m.event.Seam == Disk { // after what failed, the power goes as well
			add(simdisk.Lost, FaultsAt(m.event)...)
		}
	}
	return spots
}

func (c *Case) single(m Moment, s Spot) error {
	if s.Fault == Death {
		return c.Die(m, s)
	}
	return c.Try(s)
}

// firsts are the first deaths at a moment.
func (s Suite) firsts(scene Scene, m Moment) []Spot {
	states := simdisk.States()
	if !s.All {
		states = states[m.n%len(states):][:1]
	}
	var spots []Spot
	for _, state := range states {
		for _, way := range []Way{Onward, Back} {
			spots = append(spots, Spot{Scene: scene, Seed: 1, At: m.n, Fault: Death, State: state, Way: way})
		}
	}
	return spots
}

// Replay has one run of a suite again.
func (c *Case) Replay(t *testing.T, spot string) {
	t.Helper()
	s, err := ParseSpot(spot)
	require.NoError(t, err)
	defer func() { c.tell(t) }()
	_, _, err = c.Learn(base(s.Seed))
	require.NoError(t, err)
	if s.Fault != Death {
		require.NoError(t, c.Try(s))
		return
	}
	moments, err := c.Moments(s.Scene, s.Seed)
	require.NoError(t, err)
	m := moments[s.At]
	t.Logf("event %d: %s", m.n, m.event)
	if s.Again < 0 {
		require.NoError(t, c.Die(m, s))
		return
	}
	first := s
	first.Again, first.Second = 0, ""
	require.NoError(t, c.DieAgain(m, first, func(found Spot, err error) {
		if found == s {
			require.NoError(t, err)
		}
	}))
}

// tell logs what the last run's journal holds.
func (c *Case) tell(t *testing.T) {
	t.Helper()
	id, err := c.newest(c.now.World)
	require.NoError(t, err)
	folder, err := (&Process{World: c.now.World}).folder()
	require.NoError(t, err)
	records, _, err := folder.Read(id)
	require.NoError(t, err)
	for _, rec := range records {
		rec.Open, rec.Process = nil, nil
		raw, err := json.Marshal(rec)
		require.NoError(t, err)
		t.Logf("%s", raw)
	}
}

// Events counts the events of an undisturbed run, there and back, and holds the counts to what they were: a change that
// lowers them takes something out of the tests.
func (c *Case) Events(t *testing.T, there, back int) {
	t.Helper()
	on, off, err := c.Learn(base(1))
	require.NoError(t, err)
	t.Logf("K: %d events there, %d back", len(on), len(off))
	require.GreaterOrEqual(t, len(on), there)
	require.GreaterOrEqual(t, len(off), back)
}
