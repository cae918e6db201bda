package sim

import (
	"cmp"
	"flag"
	"runtime"
	"runtime/debug"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// What a person can ask for, behind go test ./engine/sim -args:
var (
	seed  = flag.Uint64("seed", 1, "where the random runs begin")
	seeds = flag.Int("seeds", 1500, "how many random runs")
	every = flag.Int("every", 0, "of the single faults, only each so-manieth event; 0: as many as a short test has time for")
	fault = flag.String("fault", "", "of the single faults, only this one, as a failure names it; \"\": all")
	pairs = flag.Int("pairs", 0, "of the pairs of deaths, only each so-manieth first event, but with all states of the disk; 0: a sample")
	spot  = flag.String("spot", "", "one run of the enumerations, as a failure names it")
	width = flag.Int("width", 4, "how many calls are under way at most in the run of -spot")
)

func TestMain(m *testing.M) {
	debug.SetGCPercent(1600) // much is made, little is kept
	m.Run()
}

func suite(t *testing.T, stride int) Suite {
	return Suite{
		Name: "toy kinds", Case: func(width int) *Case { return referenceCase(t, width) }, Widths: []int{1, 4}, Stride: stride, Only: Fault(*fault),
		Again: "go test ./engine/sim -run TestSpot -args -width %d -spot '%s'",
	}
}

func TestNoEventIsLost(t *testing.T) { referenceCase(t, 1).Events(t, 224, 177) }

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

func TestEveryFault(t *testing.T) { suite(t, cmp.Or(*every, 12)).EveryFault(t) }

func TestEveryPairOfDeaths(t *testing.T) {
	s := suite(t, cmp.Or(*pairs, 120))
	if s.All = *pairs > 0; !s.All {
		s.Widths = []int{4}
	}
	s.EveryPair(t)
}

// planSeeds is how many seeds in a row are about the same plan.
const planSeeds = 200

// Runs of random plans, in which everything goes wrong at random, again and again.
func TestSeeds(t *testing.T) {
	random := Count(t, "random seeds")
	var group sync.WaitGroup
	next := make(chan uint64)
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			var c *Case
			var plan uint64
			for at := range next {
				if c == nil || at/planSeeds != plan {
					made, err := RandomToyCase(at / planSeeds)
					if err != nil {
						t.Error(err)
						continue
					}
					c, plan = made, at/planSeeds
				}
				if *seeds == 1 {
					c.Log = t.Logf
				}
				random.Run(c.Seeded(at), "go test ./engine/sim -run TestSeeds -args -seeds 1 -seed %d", at)
			}
		})
	}
	for i := range *seeds {
		next <- *seed + uint64(i)
	}
	close(next)
	group.Wait()
	random.End()
}

// Seeds on which one of the bugs shows that cmd/writ/sabotage builds in: those that few others meet.
func TestSeedsThatFindBugs(t *testing.T) {
	for _, at := range []uint64{71013, 106827, 286261, 340372, 411908, 490349, 539175, 584097, 589028} {
		c, err := RandomToyCase(at / planSeeds)
		require.NoError(t, err)
		require.NoError(t, c.Seeded(at), "seed %d", at)
	}
}

func TestSpot(t *testing.T) {
	if *spot == "" {
		t.Skip("no -spot is asked for")
	}
	referenceCase(t, *width).Replay(t, *spot)
}
