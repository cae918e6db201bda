package cloud

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"writ/engine/step"
)

// manners keep the calls of each service apart in time, and hold them all back when the service asks for it.
type manners struct {
	rate     float64 // calls a second; 0 is no limit
	mu       sync.Mutex
	services map[string]*pace
}

// held is how long a service asked to be left alone yet.
func (m *manners) held(service string, now time.Time) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	return max(0, m.pace(service).until.Sub(now))
}

// turn is how long it is until a call of the service has its turn, which it takes, and when its pace was slowed last.
func (m *manners) turn(service string, now time.Time) (wait time.Duration, slowed time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := m.pace(service)
	return p.limiter.ReserveN(now, 1).DelayFrom(now), p.slowed
}

// slowedSince reports whether a turn that was taken at a faster pace is worth nothing any more.
func (m *manners) slowedSince(service string, slowed time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.pace(service).slowed.After(slowed)
}

// note takes what the answer to a call, sent at that time, says to all calls of the service.
func (m *manners) note(service string, sent, now time.Time, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p, e := m.pace(service), (*step.Error)(nil)
	switch {
	case verdictOf(err) == accepted:
		m.gather(p, sent, now)
		return
	case !errors.As(err, &e):
		return
	case e.Class == step.Throttled && e.Status != 0:
		m.brake(p, sent, now)
	case e.Class != step.Throttled && e.Status != http.StatusServiceUnavailable:
		return
	}
	if p.until.Before(now.Add(e.RetryAfter)) {
		p.until = now.Add(e.RetryAfter)
	}
}

// await waits until a call may be sent: until the service may be asked again, and for the call's turn. If in the
// meantime an answer to another call asks for more, it begins anew, with another turn, lest all who waited go at once.
func (c *Client) await(ctx context.Context, call Call) error {
	for {
		if err := c.untilAsked(ctx, call); err != nil {
			return err
		}
		wait, slowed := c.manners.turn(call.Service, c.clock())
		if err := c.sleep(ctx, wait); err != nil {
			return c.unsent(call, err)
		}
		if c.manners.held(call.Service, c.clock()) == 0 && !c.manners.slowedSince(call.Service, slowed) {
			return nil
		}
	}
}

// untilAsked waits as long as the service asked for. A service that asked for more than the call or its context has time
// for is not waited for: the call is throttled, and nothing was sent.
func (c *Client) untilAsked(ctx context.Context, call Call) error {
	for held := c.manners.held(call.Service, c.clock()); held > 0; held = c.manners.held(call.Service, c.clock()) {
		end, ok := ctx.Deadline()
		if held > c.timeout || ok && time.Until(end) < held {
			return &step.Error{
				Class: step.Throttled, Operation: call.name(), RetryAfter: held,
				Message: "not sent: the service asked to be left alone for a while",
			}
		}
		if err := c.sleep(ctx, held); err != nil {
			return c.unsent(call, err)
		}
	}
	return nil
}

// sleep waits, and no longer than the context lives.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
