package trial

import (
	"context"
	"sync/atomic"
	"time"
)

// clock is the machine's, which runs ahead by what somebody has waited: a wait is over at once. The sandbox and the
// client go by it too, so that what takes an hour to show, or to expire, does so for all.
type clock struct{ ahead atomic.Int64 }

func (c *clock) Now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

// Sleep is over at once, too.
func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	c.ahead.Add(int64(d))
	return ctx.Err()
}

func (c *clock) After(d time.Duration) <-chan time.Time {
	c.ahead.Add(int64(max(d, 0)))
	over := make(chan time.Time, 1)
	over <- c.Now()
	return over
}
