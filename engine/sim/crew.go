package sim

import (
	"math/rand/v2"
	"slices"
	"time"

	"writ/engine/journal"
)

// crew does one piece of work after another, in an order that a seed decides, and hands what they came to over in another
// one: so a call may have acted long before its answer is heard of.
type crew struct {
	rng    *rand.Rand
	queued []func() []journal.Record
	ended  [][]journal.Record
}

func (c *crew) Go(work func() []journal.Record) { c.queued = append(c.queued, work) }

func (c *crew) Wait(stop <-chan struct{}, over <-chan time.Time) ([]journal.Record, bool) {
	for {
		select {
		case <-stop:
			return nil, false
		default:
		}
		n := len(c.queued) + len(c.ended)
		if n == 0 {
			<-over // else nothing would ever happen again
			return nil, false
		}
		i := c.rng.IntN(n)
		if i >= len(c.queued) {
			return c.hand(i - len(c.queued)), true
		}
		work := c.queued[i]
		c.queued = slices.Delete(c.queued, i, i+1)
		c.ended = append(c.ended, work())
	}
}

func (c *crew) hand(i int) []journal.Record {
	recs := c.ended[i]
	c.ended = slices.Delete(c.ended, i, i+1)
	return recs
}

func (c *crew) Next() ([]journal.Record, bool) {
	if len(c.ended) == 0 || c.rng.IntN(2) == 0 {
		return nil, false
	}
	return c.hand(c.rng.IntN(len(c.ended))), true
}

func (c *crew) Leave() {}
