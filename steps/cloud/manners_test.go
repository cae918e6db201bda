package cloud_test

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"writ/engine/step"
	"writ/steps/cloud"
)

// patient is a client by token whose waits turn its clock.
func patient(t *testing.T, now *fakeClock, h http.HandlerFunc, change func(*cloud.Config)) (*cloud.Client, *[]time.Duration) {
	t.Helper()
	c := serve(t, h, byToken(t, &issuer{clock: now.Now, life: 100 * time.Hour}), change)
	var waits []time.Duration
	cloud.SetSleep(c, func(_ context.Context, d time.Duration) error {
		if d > 0 {
			waits = append(waits, d)
		}
		now.turn(d)
		return nil
	})
	return c, &waits
}

func of(service string) cloud.Call {
	call := get(nil)
	call.Service = service
	return call
}

func TestCallsOfAServiceKeepTheRate(t *testing.T) {
	now := newFakeClock()
	c, waits := patient(t, now, func(http.ResponseWriter, *http.Request) {}, func(cfg *cloud.Config) { cfg.Rate = 2 })
	for _, service := range []string{"mpc", "mpc", "mpc", "mpc", "dli", "dli"} {
		require.NoError(t, c.Call(t.Context(), of(service)))
	}
	assert.Equal(t, []time.Duration{500 * time.Millisecond, 500 * time.Millisecond}, *waits, "two at once, then two a second; others apart")
	now.turn(time.Hour)
	require.NoError(t, c.Call(t.Context(), of("mpc")))
	assert.Len(t, *waits, 2)
}

func TestASlowRateLetsOneCallThroughAtOnce(t *testing.T) {
	c, waits := patient(t, newFakeClock(), func(http.ResponseWriter, *http.Request) {}, func(cfg *cloud.Config) { cfg.Rate = 0.5 })
	for range 2 {
		require.NoError(t, c.Call(t.Context(), get(nil)))
	}
	assert.Equal(t, []time.Duration{2 * time.Second}, *waits)
}

// busy refuses the first call with a status and Retry-After.
func busy(status int, after string, received *atomic.Int32) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if received.Add(1) == 1 {
			w.Header().Set("Retry-After", after)
			w.WriteHeader(status)
		}
	}
}

func TestAServiceThatAsksToWaitIsLeftAloneByAll(t *testing.T) {
	for _, status := range []int{429, 503} {
		var received atomic.Int32
		c, waits := patient(t, newFakeClock(), busy(status, "7", &received), func(*cloud.Config) {})
		err := step.ErrorOf(c.Call(t.Context(), get(nil)))
		assert.Equal(t, 7*time.Second, err.RetryAfter)
		require.NoError(t, c.Call(t.Context(), of("dli")))
		assert.Empty(t, *waits, "another service")
		require.NoError(t, c.Call(t.Context(), get(nil)))
		assert.Equal(t, []time.Duration{7 * time.Second}, *waits, status)
	}
}

func TestNobodyWaitsLongerThanHeHasTime(t *testing.T) {
	short, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	for _, tc := range []struct {
		name  string
		after int
		ctx   context.Context
	}{{"longer than a call may take", 61, t.Context()}, {"longer than the context lives", 10, short}, {"a day at most", 1e6, t.Context()}} {
		var received atomic.Int32
		c, waits := patient(t, newFakeClock(), busy(429, strconv.Itoa(tc.after), &received), func(*cloud.Config) {})
		require.Error(t, c.Call(t.Context(), get(nil)))
		err := step.ErrorOf(c.Call(tc.ctx, post(nil)))
		assert.Equal(t, step.Throttled, err.Class, tc.name)
		assert.Equal(t, min(24*time.Hour, time.Duration(tc.after)*time.Second), err.RetryAfter, tc.name)
		assert.EqualValues(t, 1, received.Load(), "nothing was sent")
		assert.Empty(t, *waits)
	}
}

func TestOtherFailuresAskNobodyElseToWait(t *testing.T) {
	for _, status := range []int{400, 500, 413} {
		var received atomic.Int32
		c, waits := patient(t, newFakeClock(), busy(status, "7", &received), func(*cloud.Config) {})
		require.Error(t, c.Call(t.Context(), get(nil)))
		require.NoError(t, c.Call(t.Context(), get(nil)))
		assert.Empty(t, *waits, status)
	}
}

func TestAWaitEndsWithItsContext(t *testing.T) {
	var received atomic.Int32
	c := serve(t, busy(429, "30", &received), byToken(t, &issuer{clock: clock, life: time.Hour}))
	require.Error(t, c.Call(t.Context(), get(nil)))
	ctx, cancel := context.WithCancel(t.Context())
	go cancel()
	err := step.ErrorOf(c.Call(ctx, post(nil)))
	assert.Equal(t, step.Unavailable, err.Class)
	assert.EqualValues(t, 1, received.Load())
}

func TestWhoWakesTooEarlyWaitsAgain(t *testing.T) {
	var received atomic.Int32
	now := newFakeClock()
	c, _ := patient(t, now, busy(429, "8", &received), func(*cloud.Config) {})
	var waits []time.Duration
	cloud.SetSleep(c, func(_ context.Context, d time.Duration) error {
		if d > 0 {
			waits = append(waits, d)
			now.turn(max(time.Second, d/2))
		}
		return nil
	})
	require.Error(t, c.Call(t.Context(), get(nil)))
	require.NoError(t, c.Call(t.Context(), get(nil)))
	assert.Equal(t, []time.Duration{8 * time.Second, 4 * time.Second, 2 * time.Second, time.Second}, waits)
}

func TestAShorterWaitDoesNotCutALongerOne(t *testing.T) {
	answers := map[string]chan string{"long": make(chan string), "short": make(chan string)}
	arrived := make(chan struct{}, 2)
	c, waits := patient(t, newFakeClock(), func(w http.ResponseWriter, r *http.Request) {
		if after, ok := answers[r.URL.Query().Get("who")]; ok {
			arrived <- struct{}{}
			w.Header().Set("Retry-After", <-after)
			w.WriteHeader(429)
		}
	}, func(*cloud.Config) {})
	require.NoError(t, c.Call(t.Context(), get(nil)))
	ended := map[string]chan error{}
	for who := range answers {
		ended[who] = make(chan error, 1)
		call := get(nil)
		call.Query = url.Values{"who": {who}}
		go func() { ended[who] <- c.Call(t.Context(), call) }()
		<-arrived
	}
	for _, a := range []struct{ who, after string }{{"long", "30"}, {"short", "1"}} {
		answers[a.who] <- a.after
		require.Error(t, <-ended[a.who])
	}
	require.NoError(t, c.Call(t.Context(), get(nil)))
	assert.Equal(t, []time.Duration{30 * time.Second}, *waits)
}

func TestWhoWaitsForHisTurnHearsThatTheServiceAsksToWait(t *testing.T) {
	now := newFakeClock()
	var sent []time.Duration
	c := serve(t, func(http.ResponseWriter, *http.Request) {
		sent = append(sent, now.Now().Sub(clock()))
	}, byToken(t, &issuer{clock: now.Now, life: 100 * time.Hour}), func(cfg *cloud.Config) { cfg.Rate = 1 })
	waiting := func(_ context.Context, d time.Duration) error { now.turn(d); return nil }
	cloud.SetSleep(c, waiting)
	require.NoError(t, c.Call(t.Context(), get(nil)))
	cloud.SetSleep(c, func(ctx context.Context, d time.Duration) error {
		cloud.SetSleep(c, waiting)
		if d > 0 { // while this one waits for its turn, an answer to another comes
			cloud.Note(c, "mpc", &step.Error{Class: step.Throttled, RetryAfter: 10 * time.Second})
		}
		return waiting(ctx, d)
	})
	require.NoError(t, c.Call(t.Context(), get(nil)))
	assert.Equal(t, []time.Duration{0, 10 * time.Second}, sent)
}
