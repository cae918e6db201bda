package cloud

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"writ/engine/step"
)

// manners keep the calls of each service apart in time, and hold them all back when the service asks for it.
type manners struct {
	rate     float64 // calls a second; 0 is no limit
	mu       sync.Mutex
	services map[string]*pace
}

type pace struct {
	limiter *rate.Limiter
	until   time.Time // nothing is sent before
}

func (m *manners) pace(service string) *pace {
	p, ok := m.services[service]
	if !ok {
		p = &pace{limiter: rate.NewLimiter(rate.Inf, 0)}
		if m.rate > 0 {
			p.limiter = rate.NewLimiter(rate.Limit(m.rate), max(1, int(m.rate)))
		}
		m.services[service] = p
	}
	return p
}

// held is how long a service asked to be left alone yet.
func (m *manners) held(service string, now time.Time) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	return max(0, m.pace(service).until.Sub(now))
}

// turn is how long it is until a call of the service has its turn, which it takes.
func (m *manners) turn(service string, now time.Time) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.pace(service).limiter.ReserveN(now, 1).DelayFrom(now)
}

// note takes what an answer asks of all calls of the service.
func (m *manners) note(service string, now time.Time, err error) {
	var e *step.Error
	if !errors.As(err, &e) || e.RetryAfter == 0 {
		return
	}
	if e.Class != step.Throttled && e.Status != http.StatusServiceUnavailable {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if p := m.pace(service); p.until.Before(now.Add(e.RetryAfter)) {
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
		if err := c.sleep(ctx, c.manners.turn(call.Service, c.clock())); err != nil {
			return c.unsent(call, err)
		}
		if c.manners.held(call.Service, c.clock()) == 0 {
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
