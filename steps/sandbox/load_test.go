package sandbox

import (
	"flag"
	"fmt"
	"io"
	"math"
	"net/http"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// go test ./steps/sandbox -run TestUnderLoadNothingGrows -v -args -load 10m
var load = flag.Duration("load", 500*time.Millisecond, "how long each number of connections calls the sandbox, in memory and with a file")

// Clients that share the machine sign calls of four kinds, three of which change something. Whatever the sandbox keeps of
// them has a bound: what it holds when its log of requests is full, it holds at the end.
func TestUnderLoadNothingGrows(t *testing.T) {
	for _, where := range []string{"memory", "file"} {
		for _, connections := range []int{16, 64, 200} {
			t.Run(fmt.Sprintf("%s, %d connections", where, connections), func(t *testing.T) {
				opts := Options{Seed: []byte(loadedCloud)}
				if where == "file" {
					opts.StateFile = filepath.Join(t.TempDir(), "sandbox.json")
				}
				underLoad(t, open(t, opts), connections, *load)
			})
		}
	}
}

// loadedCloud is too large to be written whole with each change.
var loadedCloud = `{"projects":{"p1":{"dli":{"agency":{"roles":["obs_adm"]}},
	"mpc":{"buckets":[` + rowsOf(loadedRows, `{"bucket":"bucket-%d"}`) + `]},
	"modelarts":{"authorizations":[` + rowsOf(loadedRows, `{"user_id":"user-%d","content":"a"}`) + `]}}}}`

const loadedRows = 500

func rowsOf(n int, format string) string {
	rows := make([]string, n)
	for i := range rows {
		rows[i] = fmt.Sprintf(format, i)
	}
	return strings.Join(rows, ",")
}

func underLoad(t *testing.T, b *box, connections int, duration time.Duration) {
	t.Helper()
	idle := runtime.NumGoroutine()
	transport := &http.Transport{MaxIdleConnsPerHost: connections}
	caller := &loader{at: b.s.Endpoints().Endpoints, client: &http.Client{Transport: transport}}
	for range logMax {
		b.s.log.add(logEntry{Service: "mpc", Body: "as long as a body of those that follow"})
	}
	first := caller.run(t, connections, duration/10)
	rest := caller.run(t, connections, duration-duration/10)
	transport.CloseIdleConnections()
	for end := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > idle && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
	assert.LessOrEqual(t, runtime.NumGoroutine(), idle, "goroutines")
	assert.Less(t, rest.heap, first.heap*5/4+4<<20, "bytes in use")
	assert.Len(t, b.s.log.list(), logMax)
	t.Logf("%8.0f calls/s  p50 %s  p99 %s  %d KiB in use after a tenth of the time, %d KiB at its end",
		float64(rest.calls)/rest.took.Seconds(), rest.quantile(0.5), rest.quantile(0.99), first.heap>>10, rest.heap>>10)
}

// loader calls a sandbox as its clients do.
type loader struct {
	at     map[string]string
	client *http.Client
}

// loaded is how it went.
type loaded struct {
	calls int
	took  time.Duration
	heap  uint64    // bytes in use at the end
	spans [1024]int // calls that took less than 1.02 to the power of the index, in microseconds
}

func (l *loader) run(t *testing.T, connections int, duration time.Duration) loaded {
	t.Helper()
	began := time.Now()
	each := make([]loaded, connections)
	var all sync.WaitGroup
	for i := range each {
		all.Go(func() {
			for n := i; time.Since(began) < duration && !t.Failed(); n++ {
				at := time.Now()
				assert.NoError(t, l.call(n))
				each[i].note(time.Since(at))
			}
		})
	}
	all.Wait()
	sum := loaded{took: time.Since(began)}
	for i := range each {
		sum.calls += each[i].calls
		for k, n := range each[i].spans {
			sum.spans[k] += n
		}
	}
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	sum.heap = m.HeapAlloc
	require.NotZero(t, sum.calls)
	return sum
}

// call makes the nth call of a client.
func (l *loader) call(n int) error {
	row := n % loadedRows
	switch n % 4 {
	case 0:
		return l.send("mpc", "PUT", "/v1/p1/authority", fmt.Sprintf(`{"bucket":"bucket-%d","operation":"%d"}`, row, n/loadedRows%2))
	case 1:
		return l.send("dli", "POST", "/v1.0/p1/dli/obs-authorize", fmt.Sprintf(`{"obs_buckets":["bucket-%d"]}`, row))
	case 2:
		return l.send("modelarts", "POST", "/v2/p1/authorizations", fmt.Sprintf(`{"user_id":"user-%d","content":"%d"}`, row, n))
	}
	return l.send("dli", "GET", "/v2/p1/agency", "")
}

func (l *loader) send(service, method, path, body string) error {
	r, err := http.NewRequest(method, l.at[service]+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	signRequest(r, path, body, time.Now())
	answer, err := l.client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode >= 400 {
		return fmt.Errorf("%s %s: %s", method, path, answer.Status)
	}
	_, err = io.Copy(io.Discard, answer.Body)
	return err
}

func (l *loaded) note(took time.Duration) {
	l.calls++
	k := int(math.Log(float64(max(took.Microseconds(), 1))) / math.Log(1.02))
	l.spans[min(k+1, len(l.spans)-1)]++
}

// quantile is the time within which this part of the calls was answered, to two hundredths.
func (l *loaded) quantile(part float64) time.Duration {
	seen := 0
	for k, n := range l.spans {
		if seen += n; float64(seen) >= part*float64(l.calls) {
			return (time.Duration(math.Pow(1.02, float64(k))) * time.Microsecond).Round(10 * time.Microsecond)
		}
	}
	return 0
}
