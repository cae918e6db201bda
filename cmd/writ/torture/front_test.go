package torture

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/steps/sandbox"
)

// phase is a moment in the life of a request.
type phase int

const (
	arrived  phase = iota // it is here, and has not acted
	acted                 // it has acted, and nobody knows
	answered              // its answer is on its way
)

func (p phase) String() string { return [...]string{"arrives", "has acted", "is answered"}[p] }

// fate is what becomes of a request that arrived: it goes on at once, late, or never.
type fate struct {
	late time.Duration
	drop bool
}

// front stands before a sandbox, at addresses that stay the same, and sees each request come and go.
type front struct {
	t       testing.TB
	box     *sandbox.Server
	control string
	places  map[string]string // of services: where they are reached
	servers []*http.Server
	later   sync.WaitGroup

	mu    sync.Mutex
	sent  int
	times []moment
	watch func(n int, at phase) fate // nil: nobody
}

// moment is when a request that may change something arrived.
type moment struct {
	at   time.Time
	call string
}

func newFront(t testing.TB, document []byte) *front {
	t.Helper()
	box, err := sandbox.New(sandbox.Options{Seed: document})
	require.NoError(t, err)
	require.NoError(t, box.Start())
	f := &front{t: t, box: box, places: map[string]string{}}
	for service, place := range box.Endpoints().Endpoints {
		to, err := url.Parse(place)
		require.NoError(t, err)
		f.places[service] = f.listen("127.0.0.1:0", func(w http.ResponseWriter, r *http.Request) { f.pass(to, w, r) })
	}
	f.control = f.listen("127.0.0.1:0", f.tell)
	return f
}

func (f *front) listen(address string, handle http.HandlerFunc) string {
	l, err := net.Listen("tcp", address)
	require.NoError(f.t, err)
	s := &http.Server{Addr: l.Addr().String(), Handler: handle}
	f.servers = append(f.servers, s)
	go func() { _ = s.Serve(l) }()
	return "http://" + s.Addr
}

func (f *front) close() {
	f.later.Wait()
	f.unplug()
	_ = f.box.Close()
}

// unplug makes every address refuse connections; plug lets them in again.
func (f *front) unplug() {
	for _, s := range f.servers {
		_ = s.Close()
	}
}

func (f *front) plug() {
	old := f.servers
	f.servers = nil
	for _, s := range old {
		f.listen(s.Addr, s.Handler.ServeHTTP)
	}
}

// tell is what a client asks first: where the services are.
func (f *front) tell(w http.ResponseWriter, _ *http.Request) {
	at := f.box.Endpoints()
	at.Endpoints = f.places
	_ = json.NewEncoder(w).Encode(at)
}

// pass hands a request on, whether or not its sender lives to see the answer.
func (f *front) pass(to *url.URL, w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	n := f.note(r, body)
	out := &http.Request{
		Method: r.Method, Host: r.Host, Header: r.Header.Clone(), ContentLength: int64(len(body)), Body: io.NopCloser(bytes.NewReader(body)),
		URL: &url.URL{Scheme: to.Scheme, Host: to.Host, Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery},
	}
	what := f.see(n, arrived)
	if what.drop {
		return
	}
	if what.late > 0 {
		f.later.Go(func() {
			time.Sleep(what.late)
			_, _, _ = carry(out)
		})
		return
	}
	answer, content, err := carry(out)
	if err != nil {
		panic(http.ErrAbortHandler) // as the sandbox cut it, we do
	}
	f.see(n, acted)
	for key, values := range answer.Header {
		w.Header()[key] = values
	}
	w.WriteHeader(answer.StatusCode)
	_, _ = w.Write(content)
	_ = http.NewResponseController(w).Flush()
	f.see(n, answered)
}

// carry sends a request on a connection of its own, so that it is sent once.
func carry(out *http.Request) (*http.Response, []byte, error) {
	answer, err := (&http.Transport{DisableKeepAlives: true, DisableCompression: true}).RoundTrip(out)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	content, err := io.ReadAll(answer.Body)
	return answer, content, err
}

func (f *front) note(r *http.Request, body []byte) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		f.times = append(f.times, moment{time.Now(), r.Method + " " + r.URL.Path + "?" + r.URL.RawQuery + " " + string(body)})
	}
	f.sent++
	return f.sent
}

func (f *front) see(n int, at phase) fate {
	f.mu.Lock()
	watch := f.watch
	f.mu.Unlock()
	if watch == nil {
		return fate{}
	}
	return watch(n, at)
}

// observe has somebody watch the requests from now on, counted from 1; nil ends it.
func (f *front) observe(watch func(n int, at phase) fate) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sent, f.watch = 0, watch
}

func (f *front) requests() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.sent
}

// writesAfter lists what was sent, to change something, after a moment.
func (f *front) writesAfter(at time.Time) (late []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, m := range f.times {
		if m.at.After(at) {
			late = append(late, m.call)
		}
	}
	return late
}

// ask speaks with the sandbox itself.
func (f *front) ask(method, path, body string) []byte {
	f.t.Helper()
	r, err := http.NewRequest(method, f.box.ControlURL()+path, strings.NewReader(body))
	require.NoError(f.t, err)
	answer, err := http.DefaultClient.Do(r)
	require.NoError(f.t, err)
	defer func() { _ = answer.Body.Close() }()
	content, err := io.ReadAll(answer.Body)
	require.NoError(f.t, err)
	require.Less(f.t, answer.StatusCode, 300, "%s", content)
	return content
}

func (f *front) fault(text string) { f.t.Helper(); f.ask(http.MethodPost, "/-/faults", text) }

// call is what the sandbox's log tells of a request.
type call struct {
	Service, Operation, Method, Path, Query, Body string
	Status                                        int
	Changed                                       bool
}

func (c call) writes() bool { return c.Method != http.MethodGet && c.Method != http.MethodHead }

// key names what a call asks for. An agency's id tells in which order the agencies were made, and so it is left out.
func (c call) key() string {
	return c.Operation + " " + agencyID.ReplaceAllString(c.Path, "agencies/*") + "?" + c.Query + " " + c.Body
}

var agencyID = regexp.MustCompile(`agencies/[0-9a-f]{32}`)

func (f *front) calls() []call {
	f.t.Helper()
	var log struct{ Requests []call }
	require.NoError(f.t, json.Unmarshal(f.ask(http.MethodGet, "/-/requests", ""), &log))
	return log.Requests
}

// held waits until a call of that operation is held back.
func (f *front) held(operation string) {
	f.t.Helper()
	f.await(operation+" is held", func() bool {
		for _, c := range f.calls() {
			if c.Operation == operation && c.Status == 0 {
				return true
			}
		}
		return false
	})
}

func (f *front) await(what string, is func() bool) {
	f.t.Helper()
	require.Eventually(f.t, is, time.Minute, 10*time.Millisecond, "%s", what)
}
