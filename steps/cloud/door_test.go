package cloud_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"writ/engine/step"
	"writ/steps/cloud"
)

func TestOneRefusalIsEnough(t *testing.T) {
	var received atomic.Int32
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) { received.Add(1); w.WriteHeader(401) })
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			assert.Equal(t, step.Unauthenticated, step.ErrorOf(c.Call(t.Context(), get(nil))).Class)
		})
	}
	all.Wait()
	assert.EqualValues(t, 1, received.Load())
}

func TestTheFirstCallGoesAlone(t *testing.T) {
	arrived, release := make(chan struct{}, 16), make(chan struct{})
	c := serve(t, func(http.ResponseWriter, *http.Request) {
		arrived <- struct{}{}
		<-release
	})
	var all sync.WaitGroup
	defer all.Wait()
	call := func() { assert.NoError(t, c.Call(t.Context(), get(nil))) }
	all.Go(call)
	<-arrived
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := c.Call(ctx, get(nil))
	assert.Equal(t, step.Unavailable, step.ErrorOf(err).Class, "%v", err)
	assert.Empty(t, arrived)
	release <- struct{}{}
	for range 8 {
		all.Go(call)
	}
	for range 8 { // all at once: none waits for another's answer
		<-arrived
	}
	close(release)
}

// What comes from somebody who did not look at the credentials, or may have, lets nobody else through.
func TestOnlyAnAnswerThatLookedAtTheCredentialsOpensTheDoor(t *testing.T) {
	for _, tc := range []struct {
		status int
		code   string
		opens  bool
	}{
		{200, "", true}, {400, "MPC.10202", true}, {403, "APIGW.0302", true}, {404, "MPC.10089", true},
		{429, "APIGW.0308", false}, {404, "APIGW.0101", false}, {404, "APIG.0101", false}, {400, "APIGW.0105", false}, {500, "APIGW.0601", false},
		{503, "APIGW.0613", false}, {302, "", false},
	} {
		c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(tc.status)
			if tc.code != "" {
				fmt.Fprint(w, flat(tc.code))
			}
		})
		_ = c.Call(t.Context(), get(nil))
		assert.Equal(t, tc.opens, cloud.IsOpen(c), "%v", tc)
	}
}

func TestAPanicLeavesTheDoorUnlocked(t *testing.T) {
	panics := true
	c := serve(t, func(http.ResponseWriter, *http.Request) {}, func(cfg *cloud.Config) {
		cfg.Trace = func(cloud.Trace) {
			if panics {
				panic("a fault of ours")
			}
		}
	})
	assert.Panics(t, func() { _ = c.Call(t.Context(), get(nil)) })
	panics = false
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	assert.NoError(t, c.Call(ctx, get(nil)))
}
