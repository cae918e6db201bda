package sandbox

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// box is a started sandbox and a client that signs with its key.
type box struct {
	t *testing.T
	s *Server
	p string // the first project's id
}

func open(t *testing.T, opts Options) *box {
	t.Helper()
	s, err := New(opts)
	require.NoError(t, err)
	require.NoError(t, s.Start())
	t.Cleanup(func() { s.Close() })
	return &box{t: t, s: s, p: s.Endpoints().ProjectID}
}

func seeded(t *testing.T, seed string) *box {
	t.Helper()
	return open(t, Options{Seed: []byte(seed)})
}

type response struct {
	status int
	body   string
	header http.Header
}

func (r response) field(t *testing.T, name string) any {
	t.Helper()
	var fields map[string]any
	require.NoError(t, json.Unmarshal([]byte(r.body), &fields), r.body)
	return fields[name]
}

// request makes a signed request to a service; {p} in the path stands for the project.
func (b *box) request(service, method, path, body string) *http.Request {
	b.t.Helper()
	path = strings.ReplaceAll(path, "{p}", b.p)
	r, err := http.NewRequest(method, b.s.Endpoints().Endpoints[service]+path, strings.NewReader(body))
	require.NoError(b.t, err)
	r.Header.Set("Content-Type", "application/json")
	signRequest(r, r.URL.EscapedPath(), body, time.Now())
	return r
}

func signRequest(r *http.Request, path, body string, at time.Time) {
	date := at.UTC().Format(signDateFormat)
	r.Header.Set(signDateHeader, date)
	signed := []string{"x-sdk-date"}
	signature := sign(secretKey, date, canonicalRequest(r, path, signed, []byte(body)))
	r.Header.Set("Authorization", signAlgorithm+" Access="+accessKey+", SignedHeaders=x-sdk-date, Signature="+signature)
}

func (b *box) try(r *http.Request) (response, error) {
	b.t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 20 * time.Second}
	answer, err := client.Do(r)
	if err != nil {
		return response{}, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	return response{answer.StatusCode, string(body), answer.Header}, err
}

func (b *box) do(r *http.Request) response {
	b.t.Helper()
	answer, err := b.try(r)
	require.NoError(b.t, err)
	require.NotEmpty(b.t, answer.header.Get("X-Request-Id")+answer.header.Get("X-Obs-Request-Id"))
	return answer
}

func (b *box) call(service, method, path, body string) response {
	b.t.Helper()
	return b.do(b.request(service, method, path, body))
}

func (b *box) expect(status int, want, service, method, path, body string) {
	b.t.Helper()
	got := b.call(service, method, path, body)
	require.Equal(b.t, status, got.status, got.body)
	if want == "" {
		require.Empty(b.t, got.body)
		require.NotContains(b.t, got.header, "Content-Type")
		return
	}
	require.JSONEq(b.t, want, got.body)
}

func (b *box) refused(status int, code, service, method, path, body string) {
	b.t.Helper()
	got := b.call(service, method, path, body)
	require.Equal(b.t, status, got.status, got.body)
	require.Equal(b.t, code, got.field(b.t, "error_code"), got.body)
}

// with makes a request with these headers, by turns names and values, and no signature.
func (b *box) with(service, method, path, body string, headers ...string) response {
	b.t.Helper()
	r := b.request(service, method, path, body)
	r.Header.Del("Authorization")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return b.do(r)
}

func (b *box) control(method, path, body string) response {
	b.t.Helper()
	r, err := http.NewRequest(method, b.s.ControlURL()+path, bytes.NewBufferString(body))
	require.NoError(b.t, err)
	return b.do(r)
}

func (b *box) state() string {
	b.t.Helper()
	got := b.control("GET", "/-/state", "")
	require.Equal(b.t, 200, got.status)
	return got.body
}

func (b *box) fault(body string) {
	b.t.Helper()
	got := b.control("POST", "/-/faults", body)
	require.Equal(b.t, 200, got.status, got.body)
}

func (b *box) requests() []logEntry {
	b.t.Helper()
	var log struct{ Requests []logEntry }
	require.NoError(b.t, json.Unmarshal([]byte(b.control("GET", "/-/requests", "").body), &log))
	return log.Requests
}
