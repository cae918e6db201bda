package sandbox

import (
	"net/http"
	"slices"
	"sync"
	"time"
)

// throttle counts the calls that each service let in within the last second. It counts in memory, each process for
// itself.
type throttle struct {
	mu    sync.Mutex
	calls map[string][]time.Time
}

// admits counts a call, unless the service has had so many within a second already. No number is no limit.
func (t *throttle) admits(service string, perSecond int, now time.Time) bool {
	if perSecond == 0 {
		return true
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.calls == nil {
		t.calls = map[string][]time.Time{}
	}
	recent := slices.DeleteFunc(t.calls[service], func(at time.Time) bool { return now.Sub(at) >= time.Second })
	admitted := len(recent) < perSecond
	if admitted {
		recent = append(recent, now)
	}
	t.calls[service] = recent
	return admitted
}

// throttled is what a service, or the gateway before it, says to one call too many.
func (x *exchange) throttled(v variants) answer {
	var a answer
	switch sp := x.speaker(v); x.service {
	case "iam":
		a = sp.refusal(http.StatusTooManyRequests, "IAM.0012")
	case "obs":
		a = sp.refusal(http.StatusServiceUnavailable, "SlowDown")
	default:
		a = sp.refusal(http.StatusTooManyRequests, "")
	}
	if v.ThrottleRetryAfter != "none" {
		a = a.with("Retry-After", "1")
	}
	return a
}
