package sim

import (
	"flag"
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

// What a person can ask for, behind go test ./engine/sim -args:
var (
	seed  = flag.Uint64("seed", 1, "where the random runs begin")
	seeds = flag.Int("seeds", 4000, "how many random runs")
	every = flag.Int("every", 0, "of the enumerations, only each so-manieth first event; 0: as many as a short test has time for")
	all   = flag.Bool("all", false, "of the pairs of deaths, all states of the disk, at one call at a time as well as at four")
	spot  = flag.String("spot", "", "one run of the enumerations, as a failure names it")
	width = flag.Int("width", 4, "how many calls are under way at most in the run of -spot")
)

// tally counts runs, and those that came out wrong.
type tally struct {
	t           *testing.T
	name        string
	began       time.Time
	runs, wrong atomic.Int64
}

func count(t *testing.T, name string) *tally { return &tally{t: t, name: name, began: time.Now()} }

// run notes what became of a run. Of the first wrong ones it tells how to have them again.
func (c *tally) run(again fmt.Stringer, width int, err error) {
	c.runs.Add(1)
	if err != nil && c.wrong.Add(1) <= 8 {
		c.t.Errorf("%v\nagain: go test ./engine/sim -run TestSpot -args -width %d -spot '%s'", err, width, again)
	}
}

// end tells how many there were, and adds a row to the table that WRIT_TABLE names.
func (c *tally) end() {
	took := time.Since(c.began)
	row := fmt.Sprintf("%s\t%d\t%d wrong\t%.0f/s\n", c.name, c.runs.Load(), c.wrong.Load(), float64(c.runs.Load())/took.Seconds())
	c.t.Log(row)
	if name := os.Getenv("WRIT_TABLE"); name != "" {
		file, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		require.NoError(c.t, err)
		defer file.Close()
		_, err = file.WriteString(row)
		require.NoError(c.t, err)
	}
}

// side carries work out on all processors, each worker with a case of its own.
func side(t *testing.T, width int, work func(c *Case, worker, workers int)) {
	t.Helper()
	var group sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for i := range workers {
		c := referenceCase(t, width)
		_, _, err := c.Learn(base(1))
		require.NoError(t, err)
		group.Go(func() { work(c, i, workers) })
	}
	group.Wait()
}

// stride is how many first events are passed over.
func stride(short int) int {
	if *every > 0 {
		return *every
	}
	return short
}

// The number of events is part of what is promised: a change that lowers it takes something out of the tests.
func TestNoEventIsLost(t *testing.T) {
	c := referenceCase(t, 1)
	there, back, err := c.Learn(base(1))
	require.NoError(t, err)
	t.Logf("K: %d events there, %d back", len(there), len(back))
	require.GreaterOrEqual(t, len(there), 250)
	require.GreaterOrEqual(t, len(back), 177)
}

func TestTheSameSeedIsTheSameRun(t *testing.T) {
	var first []string
	for range 2 {
		c := referenceCase(t, 4)
		there, back, err := c.Learn(base(5))
		require.NoError(t, err)
		var events []string
		for _, e := range append(there, back...) {
			events = append(events, e.String())
		}
		if first != nil {
			require.Equal(t, first, events)
		}
		first = events
	}
}

// Every event of every scene: death, with the disk in each state, and each fault that the event can meet; then the way on, and
// the way back.
func TestEveryFault(t *testing.T) {
	singles := count(t, "single faults")
	for _, width := range []int{1, 4} {
		side(t, width, func(c *Case, worker, workers int) {
			for _, scene := range Scenes() {
				moments, err := c.Moments(scene, 1)
				if err != nil {
					t.Error(err)
					return
				}
				for i := worker * stride(12); i < len(moments); i += workers * stride(12) {
					each(c, scene, moments[i], func(s Spot, err error) { singles.run(s, width, err) })
				}
			}
		})
	}
	singles.end()
}

func each(c *Case, scene Scene, m Moment, try func(Spot, error)) {
	for _, way := range []Way{Onward, Back} {
		s := Spot{Scene: scene, Seed: 1, At: m.n, Way: way, Again: -1}
		for _, s.State = range simdisk.States() {
			s.Fault = Death
			try(s, c.Die(m, s))
		}
		s.State = simdisk.Clean
		for _, s.Fault = range append(FaultsAt(m.event), Stop) {
			try(s, c.Try(s))
		}
		if m.event.Seam == Disk { // after what failed, the power goes as well
			s.State = simdisk.Lost
			for _, s.Fault = range FaultsAt(m.event) {
				try(s, c.Try(s))
			}
		}
	}
}

// Every pair of deaths: at every event, and again at every event of the recovery.
func TestEveryPairOfDeaths(t *testing.T) {
	pairs := count(t, "pairs of deaths")
	widths := []int{4}
	if *all {
		widths = []int{1, 4}
	}
	for _, width := range widths {
		side(t, width, func(c *Case, worker, workers int) {
			for _, scene := range Scenes() {
				moments, err := c.Moments(scene, 1)
				if err != nil {
					t.Error(err)
					return
				}
				for i := worker * stride(60); i < len(moments); i += workers * stride(60) {
					for _, s := range firsts(scene, moments[i]) {
						if err := c.DieAgain(moments[i], s, func(s Spot, err error) { pairs.run(s, width, err) }); err != nil {
							pairs.run(s, width, err)
						}
					}
				}
			}
		})
	}
	pairs.end()
}

// firsts are the first deaths at a moment.
func firsts(scene Scene, m Moment) []Spot {
	states := simdisk.States()
	if !*all {
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

// Runs of random plans, in which everything goes wrong at random, again and again.
func TestSeeds(t *testing.T) {
	random := count(t, "random seeds")
	var group sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for worker := range workers {
		group.Go(func() {
			var c *Case
			for i := worker; i < *seeds; i += workers {
				at := *seed + uint64(i)
				if plan := at / planSeeds; c == nil || i-workers < 0 || (at-uint64(workers))/planSeeds != plan {
					made, err := RandomToyCase(plan)
					if err != nil {
						t.Error(err)
						return
					}
					c = made
				}
				random.runs.Add(1)
				if err := c.Seeded(at); err != nil && random.wrong.Add(1) <= 8 {
					t.Errorf("%v\nagain: go test ./engine/sim -run TestSeeds -args -seeds 1 -seed %d", err, at)
				}
			}
		})
	}
	group.Wait()
	random.end()
}

// planSeeds is how many seeds in a row are about the same plan.
const planSeeds = 200

func TestSpot(t *testing.T) {
	if *spot == "" {
		t.Skip("no -spot is asked for")
	}
	s, err := ParseSpot(*spot)
	require.NoError(t, err)
	c := referenceCase(t, *width)
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
