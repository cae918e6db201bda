package cloud_test

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"writ/engine/step"
	"writ/steps/cloud"
)

func TestRedirectsAreNotFollowed(t *testing.T) {
	var elsewhere atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	defer other.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", other.URL+"/steal?token=x")
			w.WriteHeader(status)
		})
		for _, call := range []cloud.Call{get(nil), post(struct{}{})} {
			err := step.ErrorOf(c.Call(t.Context(), call))
			assert.Equal(t, step.Invalid, err.Class)
			assert.Contains(t, err.Message, strings.TrimPrefix(other.URL, "http://"))
			assert.NotContains(t, err.Message, "steal")
		}
	}
	assert.Zero(t, elsewhere.Load())
}

// Net/http repeats a request when a kept connection turns out dead. The server here cuts each connection at its
// second request, after it has counted it.
func TestWritesAreNotSentAgainOnADroppedConnection(t *testing.T) {
	var received atomic.Int32
	drop := make(chan bool, 8)
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		received.Add(1)
		_, _ = io.Copy(io.Discard, r.Body)
		select {
		case dropped := <-drop:
			if !dropped {
				break
			}
			conn, _, err := http.NewResponseController(w).Hijack()
			if assert.NoError(t, err) {
				conn.Close()
			}
			return
		default: // nobody sent this one
		}
		if r.Close {
			w.WriteHeader(204)
		}
	})
	for _, status := range []int{200, 204} {
		for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete} {
			for _, body := range []any{nil, struct{}{}} {
				received.Store(0)
				call := post(body)
				call.Method, call.OK = method, []int{status}
				drop <- false
				require.NoError(t, c.Call(t.Context(), call))
				drop <- true
				err := c.Call(t.Context(), call)
				assert.True(t, step.IsClass(err, step.UnknownOutcome), "%v", err)
				assert.EqualValues(t, 2, received.Load(), method)
			}
		}
	}
}

func TestNothingSentIsUnavailable(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	l.Close()
	c := client(t, config("http://"+l.Addr().String()))
	for _, call := range []cloud.Call{get(nil), post(struct{}{})} {
		err := step.ErrorOf(c.Call(t.Context(), call))
		assert.Equal(t, step.Unavailable, err.Class)
		assert.Zero(t, err.Status)
	}
}

func TestAnEndedContextLeavesAWriteUnknown(t *testing.T) {
	release := make(chan struct{})
	c := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}, func(cfg *cloud.Config) { cfg.Timeout = 50 * time.Millisecond })
	defer close(release)
	assert.Equal(t, step.UnknownOutcome, step.ErrorOf(c.Call(t.Context(), post(struct{}{}))).Class)
	assert.Equal(t, step.Unavailable, step.ErrorOf(c.Call(t.Context(), get(nil))).Class)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	assert.Equal(t, step.Unavailable, step.ErrorOf(c.Call(ctx, post(struct{}{}))).Class, "nothing was sent")
}

func TestAnUntrustedServerIsNotTriedAgain(t *testing.T) {
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	defer s.Close()
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	for _, base := range []string{s.URL, strings.Replace(plain.URL, "http:", "https:", 1)} {
		err := step.ErrorOf(client(t, config(base)).Call(t.Context(), post(struct{}{})))
		assert.Equal(t, step.Invalid, err.Class)
		assert.Contains(t, err.Message, "identity was not accepted")
	}
}

func TestMetadataAddressesAreRefused(t *testing.T) {
	for _, host := range []string{"169.254.169.254", "[fe80::1]", "[::ffff:169.254.169.254]"} {
		err := step.ErrorOf(client(t, config("https://"+host)).Call(t.Context(), get(nil)))
		assert.Equal(t, step.Invalid, err.Class, "%s: %v", host, err)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

func TestAnswersAreBounded(t *testing.T) {
	for name, h := range map[string]http.HandlerFunc{
		"body":   func(w http.ResponseWriter, _ *http.Request) { _, _ = io.Copy(w, endless{}) },
		"header": func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-Long", strings.Repeat("x", 128<<10)) },
	} {
		c := serve(t, h)
		err := step.ErrorOf(c.Call(t.Context(), get(&struct{}{})))
		assert.Equal(t, step.Unavailable, err.Class, "%s: %v", name, err)
	}
}

// put is a write that is answered by a body.
func put() cloud.Call {
	call := post(struct{}{})
	call.OK = []int{200}
	return call
}

// As many calls as are made at a time make as many connections, or a few more while they begin, and keep them.
func TestConnectionsAreKept(t *testing.T) {
	for _, call := range []cloud.Call{put(), get(&struct{}{})} {
		for _, width := range []int{64, 200} {
			made := connections(t, width, call)
			// A slow machine lets some rest for too long; kept by none they would be twenty times as many as calls at a time.
			assert.LessOrEqual(t, made, 5*width, "%s, %d at a time", call.Method, width)
		}
	}
}

// connections are how many are made by calls at so many at a time, twenty each.
func connections(t *testing.T, width int, call cloud.Call) int {
	t.Helper()
	var made atomic.Int32
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", clock().Format(http.TimeFormat))
		_, _ = io.WriteString(w, "{}")
	}))
	s.Config.ConnState = func(_ net.Conn, to http.ConnState) {
		if to == http.StateNew {
			made.Add(1)
		}
	}
	s.Start()
	defer s.Close()
	c := client(t, config(s.URL))
	var all sync.WaitGroup
	for range width {
		all.Go(func() {
			for range 20 {
				assert.NoError(t, c.Call(t.Context(), call))
			}
		})
	}
	all.Wait()
	return int(made.Load())
}

// What a server may be about to close is not used for a write, nor what bytes may follow an answer on that has no body.
func TestAWriteTakesNoDoubtfulConnection(t *testing.T) {
	t.Parallel()
	var from []string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		from = append(from, r.RemoteAddr)
		if r.Close {
			w.WriteHeader(204)
		}
	})
	for _, call := range []cloud.Call{put(), put(), post(nil), post(nil)} {
		require.NoError(t, c.Call(t.Context(), call))
	}
	time.Sleep(1500 * time.Millisecond)
	require.NoError(t, c.Call(t.Context(), put()))
	assert.Equal(t, from[0], from[1])
	assert.NotEqual(t, from[2], from[3])
	assert.NotContains(t, from[:4], from[4])
}
