package cloud

import (
	"time"

	"golang.org/x/time/rate"
)

// pace is how fast one service is called. It is the configured rate until the service says that this is too fast.
type pace struct {
	limiter *rate.Limiter
	until   time.Time // nothing is sent before
	slowed  time.Time // when the service last said so
}

// How the pace follows the service.
const (
	unlimited = 4.0 // calls a second from which it falls, and at which it ends, where there is no limit
	slowest   = 0.2
	braking   = 0.5 // its part that is left by an answer that says "too fast"
	gathering = 1.1 // what a call that went well makes of it
)

func (m *manners) pace(service string) *pace {
	p, ok := m.services[service]
	if !ok {
		p = &pace{limiter: m.limiter()}
		m.services[service] = p
	}
	return p
}

// limiter keeps the configured rate.
func (m *manners) limiter() *rate.Limiter {
	if m.rate == 0 {
		return rate.NewLimiter(rate.Inf, 0)
	}
	return rate.NewLimiter(rate.Limit(m.rate), max(1, int(m.rate)))
}

// top is the pace that none is faster than once a service has slowed it.
func (m *manners) top() rate.Limit {
	if m.rate == 0 {
		return unlimited
	}
	return rate.Limit(m.rate)
}

// brake makes the pace slower, and lets one call through at a time. Here and below, the answer to a call that was sent
// before the pace was slowed last says nothing new.
func (m *manners) brake(p *pace, sent, now time.Time) {
	if sent.Before(p.slowed) {
		return
	}
	slower := min(m.top(), max(slowest, braking*min(m.top(), p.limiter.Limit())))
	p.slowed, p.limiter = now, rate.NewLimiter(slower, 1)
	p.limiter.AllowN(now, 1)
}

// gather makes a pace that was slowed a little faster, until it is as configured.
func (m *manners) gather(p *pace, sent, now time.Time) {
	if p.slowed.IsZero() || sent.Before(p.slowed) {
		return
	}
	faster := gathering * p.limiter.Limit()
	if faster < m.top() {
		p.limiter.SetLimitAt(now, faster)
		return
	}
	full := m.limiter()
	p.slowed = time.Time{}
	p.limiter.SetLimitAt(now, full.Limit())
	p.limiter.SetBurstAt(now, full.Burst())
}
