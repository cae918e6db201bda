package cloud_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"writ/engine/step"
	"writ/steps/cloud"
)

// rawServer answers each request with these very bytes, and hangs up.
func rawServer(tb testing.TB, answer *[]byte) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = l.Close() })
	go func() {
		for conn, err := l.Accept(); err == nil; conn, err = l.Accept() {
			_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
			if req, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
				_, _ = io.Copy(io.Discard, req.Body)
				_, _ = conn.Write(*answer)
			}
			_ = conn.Close()
		}
	}()
	return "http://" + l.Addr().String()
}

// classes are all that a call may end in, but a fault of ours.
var classes = []step.Class{
	"", step.Throttled, step.Unavailable, step.Unauthenticated, step.Denied, step.Invalid, step.NotFound, step.Conflict,
	step.AlreadySo, step.UnknownOutcome,
}

// FuzzAnswers: whatever comes back, a call ends in a known class and in words that are bounded and without secrets. A
// write is a success only for a documented status with an object in it; any other answer below 300 leaves it in doubt,
// and so does a broken one.
func FuzzAnswers(f *testing.F) {
	for _, s := range []struct {
		status       int
		header, body string
	}{
		{200, "Content-Type: application/json", `{"agency":"x"}`}, {200, "", `{"error_code":"X.1","error_msg":"no"}`},
		{204, "", ""}, {200, "Content-Length: 10", "{}"}, {200, "Transfer-Encoding: chunked", "5\r\n{\"a\":\r\n"},
		{400, "X-Request-Id: r1", `{"error":{"code":400,"message":"m","title":"t"}}`}, {429, "Retry-After: -1", `{"error_code":"APIGW.0308"}`},
		{403, "Content-Type: text/html", "<html>SKEXAMPLE</html>"}, {503, "", `<Error><Code>SlowDown</Code><RequestId>x</RequestId></Error>`},
		{302, "Location: http://SKEXAMPLE/", ""}, {100, "", ""}, {199, "", "x"}, {404, "Set-Cookie: x", `{"error_code":"APIGW.0101"}`},
		{200, "", `{"a":{"a":[{"a":1,"A":2}]}}`}, {500, "Date: x", "\xff\xfe"}, {401, "", `{"error_msg":"\u001b[31m","error_code":"IAM.0064"}`},
		{200, "", `<ListAllMyBucketsResult><Buckets><Bucket><Name>a</Name></Bucket></Buckets></ListAllMyBucketsResult>`},
	} {
		for service := range uint8(4) {
			f.Add(s.status, s.header, []byte(s.body), service)
		}
	}
	var answer []byte
	var bases []string // several, since each has only so many connections a minute
	for range 16 {
		bases = append(bases, rawServer(f, &answer))
	}
	count := 0
	f.Fuzz(func(t *testing.T, status int, header string, body []byte, which uint8) {
		answer = fmt.Appendf(nil, "HTTP/1.1 %d Word\r\nDate: %s\r\n%s\r\n\r\n%s", status, clock().Format(http.TimeFormat), header, body)
		count++
		cfg := config(bases[count%len(bases)])
		delete(cfg.Endpoints, "iam")
		cfg.Closed = true
		c, err := cloud.New(cfg)
		require.NoError(t, err)
		var out map[string]any
		call := cloud.Call{Service: []string{"mpc", "dli", "modelarts", "dbss"}[which%4], Operation: "Op", Method: http.MethodPost, Path: "/v1/x", Body: struct{}{}, Out: &out}
		wrote := c.Call(t.Context(), call)
		known(t, wrote)
		if status >= 200 && status < 300 && wrote != nil {
			require.True(t, step.IsClass(wrote, step.UnknownOutcome), "%v", wrote)
		}
		if wrote == nil {
			require.Equal(t, 200, status)
			require.NotNil(t, out)
		}
		call.Method, call.Body = http.MethodGet, nil
		read := c.Call(t.Context(), call)
		known(t, read)
		require.False(t, step.IsClass(read, step.UnknownOutcome))
		_, err = c.Buckets(t.Context(), "")
		known(t, err)
	})
}

func known(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	e := step.ErrorOf(err)
	require.Contains(t, classes, e.Class)
	require.NotContains(t, e.Error(), secretKey)
	require.LessOrEqual(t, len(e.Error()), 1000)
	assert.LessOrEqual(t, e.RetryAfter, 24*time.Hour)
	assert.GreaterOrEqual(t, e.RetryAfter, time.Duration(0))
}
