// Package torture holds writ's own kinds to what the simulator holds the toys to: the real client signs and reads, the
// emulated cloud checks and acts, and what lies between them fails at every call.
package torture

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/engine/sim"
	"writ/engine/step"
	"writ/steps"
	"writ/steps/cloud"
	"writ/steps/sandbox"
)

// emulated is a sandbox as a simulated cloud.
type emulated struct {
	server *sandbox.Server

	// What the cloud came to, until something may have changed it:
	whole string // its document
	facts string // its State

	idle []string // calls that were answered, and changed nothing
}

func emulate(t testing.TB, seed string, clock func() time.Time) *emulated {
	server, err := sandbox.New(sandbox.Options{Seed: []byte(seed), Clock: clock})
	require.NoError(t, err)
	return &emulated{server: server}
}

func (e *emulated) Clone() sim.Cloud {
	return &emulated{server: e.server.Clone(), whole: e.whole, facts: e.facts, idle: slices.Clone(e.idle)}
}

func (e *emulated) document() string {
	if e.whole == "" {
		e.whole = e.serve(httptest.NewRequest(http.MethodGet, "http://127.0.0.1/-/state", nil)).body()
	}
	return e.whole
}

// serve hands a request to the sandbox.
func (e *emulated) serve(r *http.Request) response {
	w := httptest.NewRecorder()
	e.server.Handler().ServeHTTP(w, r)
	return response{w.Result()}
}

// change hands it a request that is to change something.
func (e *emulated) change(r *http.Request) response {
	before, op := e.document(), r.Method+" "+r.URL.RequestURI()
	answer := e.serve(r)
	if e.whole, e.facts = "", ""; answer.StatusCode < 300 && e.document() == before && !strings.HasSuffix(op, "/obs-authorize") { // which no read shows
		e.idle = append(e.idle, op)
	}
	return answer
}

// Needless answers what need not have been sent. Of what IAM and ModelArts make, they refuse a second one.
func (e *emulated) Needless() (idle, twice []string) { return e.idle, nil }

func hand(e *emulated, r *http.Request) response {
	if changes(r) {
		return e.change(r)
	}
	return e.serve(r)
}

func changes(r *http.Request) bool { return r.Method != http.MethodGet && r.Method != http.MethodHead }

type response struct{ *http.Response }

func (r response) body() string {
	data, _ := io.ReadAll(r.Body) // of a recorder: it never fails
	return string(data)
}

// madeIDs are those that the cloud chose: which of them a thing has does not count.
var madeIDs = regexp.MustCompile(`"id": "[0-9a-f]{32}"`)

// State is a line for each fact that a run could change.
func (e *emulated) State() string {
	if e.facts == "" {
		e.facts = facts(e.document())
	}
	return e.facts
}

func facts(document string) string {
	var whole any
	if err := json.Unmarshal([]byte(madeIDs.ReplaceAllString(document, `"id": ""`)), &whole); err != nil {
		panic(err)
	}
	var b strings.Builder
	lines("", whole, &b)
	return b.String()
}

func lines(path string, v any, b *strings.Builder) {
	switch v := v.(type) {
	case map[string]any:
		for _, key := range sim.SortedKeys(v) {
			lines(path+"."+key, v[key], b)
		}
	case []any:
		for _, item := range v {
			raw, _ := json.Marshal(item) // it was JSON
			fmt.Fprintf(b, "%s[]=%s\n", path, raw)
		}
	default:
		fmt.Fprintf(b, "%s=%v\n", path, v)
	}
}

// wire is the network between the client and the cloud of whatever process runs.
type wire struct{ c *sim.Case }

func (w wire) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := readAll(r.Body)
	if err != nil {
		return nil, err
	}
	op := r.Method + " " + r.URL.RequestURI()
	var answer *http.Response
	trace := httptrace.ContextClientTrace(r.Context())
	f := w.c.Round(op, changes(r), func(c sim.Cloud, _ bool) {
		again := r.Clone(r.Context())
		again.RequestURI, again.Body = r.URL.RequestURI(), io.NopCloser(bytes.NewReader(body))
		again.Host = r.URL.Host
		answer = hand(c.(*emulated), again).Response
	})
	if trace != nil && trace.GotConn != nil && f != sim.Refused {
		trace.GotConn(httptrace.GotConnInfo{})
	}
	return spoiled(f, r, answer)
}

func readAll(body io.ReadCloser) ([]byte, error) {
	if body == nil {
		return nil, nil
	}
	defer body.Close()
	return io.ReadAll(body)
}

var errReset = &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}

// spoiled is what arrives of an answer.
func spoiled(f sim.Fault, r *http.Request, answer *http.Response) (*http.Response, error) {
	switch f {
	case sim.Refused:
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	case sim.Reset, sim.Lost, sim.Half:
		return nil, errReset
	case sim.Late:
		return nil, errors.New("net/http: timeout awaiting response headers")
	case sim.Failed, sim.FailedActed:
		return said(r, http.StatusInternalServerError, "APIG.0601"), nil
	case sim.Throttled:
		return said(r, http.StatusTooManyRequests, "APIG.0308"), nil
	case sim.Expired:
		return said(r, http.StatusUnauthorized, "APIGW.0307"), nil
	case sim.Denied:
		return said(r, http.StatusForbidden, "APIGW.0302"), nil
	case sim.Invalid:
		return said(r, http.StatusBadRequest, "APIGW.9999"), nil
	case sim.Garbled:
		return plain(r, http.StatusOK, "application/json", `{"result": "tr`), nil
	case sim.Portal:
		return plain(r, http.StatusOK, "text/html", "<html>please sign in</html>"), nil
	}
	return answer, nil
}

func said(r *http.Request, status int, code string) *http.Response {
	return plain(r, status, "application/json", fmt.Sprintf(`{"error_code": %q, "error_msg": "trouble"}`, code))
}

func plain(r *http.Request, status int, kind, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Status: http.StatusText(status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{"Content-Type": {kind}}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}
}

// kinds are writ's own, with a client of their own.
func kinds(t testing.TB, c *sim.Case, at sandbox.Endpoints) step.Kinds {
	endpoints := map[string]string{}
	for _, service := range cloud.Services() {
		endpoints[service] = "https://" + service + ".localhost"
	}
	client, err := cloud.New(cloud.Config{
		Credentials: cloud.Credentials{AccessKey: at.AccessKey, SecretKey: cloud.Hide(at.SecretKey)},
		Region:      at.Region, ProjectID: at.ProjectID, DomainID: at.DomainID, Endpoints: endpoints, Closed: true,
		Clock: c.Now, Sleep: c.Sleep, Transport: wire{c},
	})
	require.NoError(t, err)
	return steps.Kinds(client)
}
