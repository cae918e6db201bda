package cloud_test

import (
	"bufio"
	"crypto/x509"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"writ/steps/cloud"
)

// Among others no Idempotency-Key: it would make net/http repeat a write.
func TestACallHasTheseHeadersAndNoOthers(t *testing.T) {
	signed := []string{"Accept", "Authorization", "Connection", "Content-Length", "Content-Type", "User-Agent", "X-Project-Id", "X-Sdk-Date"}
	for _, tc := range []struct {
		name   string
		method string
		change func(*cloud.Config)
		want   []string
	}{
		{"a write", "POST", func(*cloud.Config) {}, signed},
		{"a read", "GET", func(*cloud.Config) {}, slices.DeleteFunc(slices.Clone(signed), func(s string) bool { return s[:3] == "Con" && s != "Content-Type" })},
		{"a temporary key", "PUT", func(cfg *cloud.Config) { cfg.Credentials.SecurityToken = cloud.Hide("s") }, append(slices.Clone(signed), "X-Security-Token")},
		{"a token", "POST", byToken(t, &issuer{clock: clock, life: time.Hour}), []string{"Accept", "Connection", "Content-Length", "Content-Type", "User-Agent", "X-Auth-Token"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var body any = struct{}{}
			if tc.method == http.MethodGet {
				body = nil
			}
			call := post(body)
			call.Method = tc.method
			c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				assert.Equal(t, "HTTP/1.1", r.Proto)
				assert.ElementsMatch(t, tc.want, slices.Collect(maps.Keys(r.Header)))
				w.WriteHeader(204)
			}, tc.change)
			require.NoError(t, c.Call(t.Context(), call))
		})
	}
}

func TestHTTP2IsNotSpokenWhereItIsOffered(t *testing.T) {
	var protocols []string
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		protocols = append(protocols, r.Proto)
		w.Header().Set("Date", clock().Format(http.TimeFormat))
		w.WriteHeader(204)
	}))
	s.EnableHTTP2 = true
	s.StartTLS()
	defer s.Close()
	cfg := config(s.URL)
	cfg.RootCAs = x509.NewCertPool()
	cfg.RootCAs.AddCert(s.Certificate())
	c := client(t, cfg)
	read := get(nil)
	read.OK = []int{204}
	require.NoError(t, c.Call(t.Context(), read))
	require.NoError(t, c.Call(t.Context(), post(nil)))
	assert.Equal(t, []string{"HTTP/1.1", "HTTP/1.1"}, protocols)
}

// A 204 has no body. Bytes that follow it nevertheless are not read as one, nor as the next answer.
func TestA204MayBringBytesThatAreNoBody(t *testing.T) {
	for _, rest := range []string{"", "{}", `{"error_code":"X.1","error_msg":"no"}`} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		defer l.Close()
		var received atomic.Int32
		go func() {
			for conn, err := l.Accept(); err == nil; conn, err = l.Accept() {
				_, _ = http.ReadRequest(bufio.NewReader(conn))
				received.Add(1)
				fmt.Fprintf(conn, "HTTP/1.1 204 No Content\r\nDate: %s\r\nContent-Length: %d\r\n\r\n%s", clock().Format(http.TimeFormat), len(rest), rest)
				conn.Close()
			}
		}()
		cfg := config("http://" + l.Addr().String())
		delete(cfg.Endpoints, "iam")
		cfg.Closed = true
		c := client(t, cfg)
		for range 2 {
			require.NoError(t, c.Call(t.Context(), post(struct{}{})), rest)
		}
		assert.EqualValues(t, 2, received.Load())
	}
}

func TestTheMetadataTransportReachesNothingElse(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer s.Close()
	m := cloud.NewMetadataTransport()
	assert.Nil(t, m.Proxy)
	assert.NoError(t, cloud.CheckMetadataAddress("169.254.169.254:80"))
	for host, ok := range map[string]bool{
		strings.TrimPrefix(s.URL, "http://"): true, "169.254.169.253": false, "169.254.170.2": false, "[fe80::1]": false, "192.0.2.1": false,
	} {
		resp, err := m.RoundTrip(httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+host+"/", nil))
		if ok {
			require.NoError(t, err, host)
			resp.Body.Close()
			continue
		}
		assert.ErrorContains(t, err, "no cloud endpoint has such an address", host)
	}
}

// Whatever a plan or a service brings as ids and values: the request goes to the same host, has as many segments and
// the same names in its query, or is refused.
func FuzzRequests(f *testing.F) {
	for _, s := range []string{"a", "../x", "a/b", "a?b=c", "a#b", "%2f", "a%2fb", "a b", "\r\nX-Evil: 1", "ü", "", ".", "..", "{x}", "@evil.example", "a&b=c", "a;b", "+"} {
		f.Add(s, s)
	}
	c, err := cloud.New(config("https://host.example"))
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, id, value string) {
		got, err := cloud.DraftURL(c, cloud.Call{
			Service: "iam", Operation: "Op", Method: http.MethodGet, Path: "/v3/{project_id}/things/{thing_id}/parts",
			IDs: map[string]string{"thing_id": id}, Query: url.Values{"name": {value}, "limit": {"1"}},
		})
		if err != nil {
			return
		}
		u, err := url.Parse(got)
		require.NoError(t, err)
		assert.Equal(t, "https://host.example", u.Scheme+"://"+u.Host)
		assert.Equal(t, "/v3/p0001/things/"+id+"/parts", u.EscapedPath())
		assert.Equal(t, url.Values{"name": {value}, "limit": {"1"}}, u.Query())
		assert.Empty(t, u.Fragment)
	})
}
