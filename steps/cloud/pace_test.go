package cloud_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"writ/engine/step"
	"writ/steps/cloud"
)

// narrow is a server that takes one call a second.
func narrow(now *fakeClock, after string) http.HandlerFunc {
	var last time.Time
	return func(w http.ResponseWriter, r *http.Request) {
		switch {
		case now.Now().Sub(last) < time.Second:
			w.Header().Set("Retry-After", after)
			w.WriteHeader(429)
			return
		case r.Method == http.MethodPost:
			w.WriteHeader(204)
		}
		last = now.Now()
	}
}

// Each try is a read and, where that went well, a write: it never ends at a pace at which the write is always refused.
func TestANarrowServiceTakesAReadAndAWriteAfterAFewTries(t *testing.T) {
	for _, rate := range []float64{0, 4, 10} {
		for _, after := range []string{"1", ""} {
			now := newFakeClock()
			c, _ := patient(t, now, narrow(now, after), func(cfg *cloud.Config) { cfg.Rate = rate })
			tries := 0
			for written := false; !written && tries < 20; tries++ {
				written = c.Call(t.Context(), get(nil)) == nil && c.Call(t.Context(), post(nil)) == nil
			}
			assert.LessOrEqual(t, tries, 6, "rate %v, Retry-After %q", rate, after)
		}
	}
}

// choosy answers 429, or what a service says when it is calm.
func choosy(busy *bool) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if *busy {
			w.WriteHeader(429)
		}
	}
}

func TestThePaceHasAFloorAndComesBack(t *testing.T) {
	for _, rate := range []float64{0, 2} {
		var busy bool
		c, waits := patient(t, newFakeClock(), choosy(&busy), func(cfg *cloud.Config) { cfg.Rate = rate })
		calls := func(n int) []time.Duration {
			*waits = nil
			for range n {
				_ = c.Call(t.Context(), get(nil))
			}
			return *waits
		}
		busy = true
		slow := calls(10)
		assert.Equal(t, 5*time.Second, slow[len(slow)-1], "one call in five seconds")
		busy = false
		back := calls(60)
		assert.InDelta(t, 5/1.1, back[1].Seconds(), 0.01, "a tenth faster each time")
		if rate == 0 {
			assert.Less(t, len(back), 40, "then nothing holds it")
			continue
		}
		assert.Equal(t, 500*time.Millisecond, back[len(back)-1].Round(time.Millisecond), "then it is as configured")
	}
}

func TestAConfiguredPaceBelowTheFloorIsKept(t *testing.T) {
	busy := true
	c, waits := patient(t, newFakeClock(), choosy(&busy), func(cfg *cloud.Config) { cfg.Rate = 0.1 })
	for range 4 {
		require.Error(t, c.Call(t.Context(), get(nil)))
	}
	assert.Equal(t, []time.Duration{10 * time.Second, 10 * time.Second, 10 * time.Second}, *waits)
}

// All who are under way when a service is busy hear so. That slows the pace once.
func TestManyAnswersToCallsAtOnceSlowThePaceOnce(t *testing.T) {
	now := newFakeClock()
	arrived, answers := make(chan struct{}), make(chan struct{})
	c, waits := patient(t, now, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RawQuery == "" {
			arrived <- struct{}{}
			<-answers
			w.WriteHeader(429)
		}
	}, func(*cloud.Config) {})
	calm := get(nil)
	calm.Query = map[string][]string{"calm": {"1"}}
	require.NoError(t, c.Call(t.Context(), calm)) // opens the door to many at once
	ended := make(chan error)
	for range 3 {
		go func() { ended <- c.Call(t.Context(), get(nil)) }()
		<-arrived
	}
	now.turn(time.Second)
	for range 3 {
		answers <- struct{}{}
		assert.True(t, step.IsClass(<-ended, step.Throttled))
		now.turn(time.Millisecond)
	}
	require.NoError(t, c.Call(t.Context(), calm))
	assert.InDelta(t, 0.5, (*waits)[0].Seconds(), 0.01)
}

func TestWhoWaitsForHisTurnHearsThatThePaceIsSlower(t *testing.T) {
	now := newFakeClock()
	var sent []time.Duration
	c, _ := patient(t, now, func(http.ResponseWriter, *http.Request) {
		sent = append(sent, now.Now().Sub(clock()))
	}, func(cfg *cloud.Config) { cfg.Rate = 1 })
	require.NoError(t, c.Call(t.Context(), get(nil)))
	waiting := func(_ context.Context, d time.Duration) error { now.turn(d); return nil }
	cloud.SetSleep(c, func(ctx context.Context, d time.Duration) error {
		if d > 0 {
			cloud.SetSleep(c, waiting)
			cloud.Note(c, "mpc", &step.Error{Class: step.Throttled, Status: 429})
		}
		return waiting(ctx, d)
	})
	require.NoError(t, c.Call(t.Context(), get(nil)))
	assert.Equal(t, []time.Duration{0, 2 * time.Second}, sent)
}
