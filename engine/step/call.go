package step

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Call is one call of a service as it went over the wire: what its owner asks for when something has to be looked into.
// It holds no path, no query and no body.
type Call struct {
	Service   string        `json:"service"`
	Operation string        `json:"operation"`
	Method    string        `json:"method"`
	Status    int           `json:"status,omitempty"` // HTTP status; 0 when no answer came
	RequestID string        `json:"request_id,omitempty"`
	Began     time.Time     `json:"began"`
	Took      time.Duration `json:"took_ns"`
}

// Failed reports whether the call had no answer, or one that says no.
func (c Call) Failed() bool { return c.Status == 0 || c.Status >= 400 }

// maxCalls is how many calls are remembered: a loop that waits makes many, and the last ones tell how it ended.
const maxCalls = 8

// Calls remembers the last calls that were made. It may be used by many at once.
type Calls struct {
	mu   sync.Mutex
	last []Call
}

type callsKey struct{}

// WithCalls answers a context in which calls are remembered, and who remembers them.
func WithCalls(ctx context.Context) (context.Context, *Calls) {
	c := &Calls{}
	return context.WithValue(ctx, callsKey{}, c), c
}

// Called remembers a call, if anybody asked for that. Who makes calls calls it, once a call is over.
func Called(ctx context.Context, call Call) {
	c, ok := ctx.Value(callsKey{}).(*Calls)
	if !ok {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.last) == maxCalls {
		c.last = slices.Delete(c.last, 0, 1)
	}
	c.last = append(c.last, call)
}

// Last answers the last calls, oldest first.
func (c *Calls) Last() []Call {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.last)
}
