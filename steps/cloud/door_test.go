package cloud_test

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"

	"writ/engine/step"
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
