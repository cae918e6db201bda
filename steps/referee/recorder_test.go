package referee_test

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// services are those that writ calls.
var services = []string{"dbss", "dli", "iam", "modelarts", "mpc", "obs"}

// reply is what a recorder answers.
type reply struct {
	status int
	body   string
}

// wire is what matters of a request: what a service could tell one from another by. Left out are the user agent, the
// date's value, and what is about the connection and the answer only (Accept, Accept-Encoding).
type wire struct {
	service, method, path string
	query                 url.Values
	contentType           string // of a body, without parameters: for some calls the SDK adds charset=UTF-8, which JSON is anyway
	headers               map[string]string
	algorithm, access     string
	signed                []string // the names of the signed headers, the user agent apart: the SDK signs it, writ does not
	body                  any
}

// recorder stands for all services. It answers what it is told, in that order.
type recorder struct {
	t         *testing.T
	endpoints map[string]string

	mu      sync.Mutex
	replies []reply
	seen    []wire
}

func newRecorder(t *testing.T) *recorder {
	t.Helper()
	rec := &recorder{t: t, endpoints: map[string]string{}}
	for _, service := range services {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { rec.serve(service, w, r) }))
		t.Cleanup(s.Close)
		rec.endpoints[service] = s.URL
	}
	return rec
}

// begin forgets what was seen.
func (rec *recorder) begin(replies []reply) {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	rec.replies, rec.seen = replies, nil
}

func (rec *recorder) serve(service string, w http.ResponseWriter, r *http.Request) {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	rec.seen = append(rec.seen, wireOf(rec.t, service, r))
	next := reply{status: http.StatusNoContent}
	if len(rec.replies) > 0 {
		next, rec.replies = rec.replies[0], rec.replies[1:]
	}
	if strings.HasPrefix(next.body, "{") {
		w.Header().Set("Content-Type", "application/json")
	}
	if next.status == http.StatusCreated {
		w.Header().Set("X-Subject-Token", "TOKENEXAMPLE") // where a token is made
	}
	w.WriteHeader(next.status)
	_, _ = io.WriteString(w, next.body)
}

func (rec *recorder) requests() []wire {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return rec.seen
}

func wireOf(t *testing.T, service string, r *http.Request) wire {
	out := wire{
		service: service, method: r.Method, path: r.URL.EscapedPath(), query: r.URL.Query(), headers: map[string]string{},
	}
	for name, values := range r.Header {
		if strings.HasPrefix(name, "X-") {
			out.headers[name] = strings.Join(values, ",")
		}
	}
	out.readDate(t, r)
	out.readAuthorization(t, r.Header.Get("Authorization"))
	out.readBody(t, r)
	return out
}

// readDate takes any date of now for the same. To OBS it may be said in Date or in x-obs-date; the signature covers both.
func (w *wire) readDate(t *testing.T, r *http.Request) {
	name, form, value := "X-Sdk-Date", "20060102T150405Z", r.Header.Get("X-Sdk-Date")
	if w.service == "obs" {
		delete(w.headers, "X-Obs-Date")
		name, form, value = "Date", http.TimeFormat, r.Header.Get("Date")+r.Header.Get("X-Obs-Date")
	}
	if value == "" {
		return
	}
	at, err := time.Parse(form, value)
	assert.NoError(t, err)
	assert.WithinDuration(t, time.Now(), at, time.Minute)
	w.headers[name] = "now"
}

// readAuthorization reads "SDK-HMAC-SHA256 Access=…, SignedHeaders=…, Signature=…", and OBS's "OBS access:signature".
func (w *wire) readAuthorization(t *testing.T, value string) {
	rest := ""
	w.algorithm, rest, _ = strings.Cut(value, " ")
	if w.service == "obs" {
		w.access, rest, _ = strings.Cut(rest, ":")
		assert.Regexp(t, `^[A-Za-z0-9+/]{27}=$`, rest)
		return
	}
	for _, part := range strings.Split(rest, ", ") {
		switch name, value, _ := strings.Cut(part, "="); name {
		case "Access":
			w.access = value
		case "SignedHeaders":
			w.signed = slices.DeleteFunc(strings.Split(value, ";"), func(h string) bool { return h == "user-agent" })
		case "Signature":
			assert.Regexp(t, `^[0-9a-f]{64}$`, value)
		}
	}
}

// readBody takes a body as JSON, so that the order of its fields and the line end do not count.
func (w *wire) readBody(t *testing.T, r *http.Request) {
	raw, err := io.ReadAll(r.Body)
	assert.NoError(t, err)
	if len(raw) > 0 {
		assert.NoError(t, json.Unmarshal(raw, &w.body), "%s", raw)
		w.contentType, _, err = mime.ParseMediaType(r.Header.Get("Content-Type"))
		assert.NoError(t, err)
	}
}
