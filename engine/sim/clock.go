package sim

import "time"

// clock is the time of a world. Who waits is there at once, and so is the time.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

func (c *clock) After(d time.Duration) <-chan time.Time {
	c.now = c.now.Add(max(d, 0))
	over := make(chan time.Time, 1)
	over <- c.now
	return over
}
