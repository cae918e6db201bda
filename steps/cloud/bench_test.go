package cloud_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	sdksigner "github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/signer"
	sdkrequest "github.com/huaweicloud/huaweicloud-sdk-go-v3/core/request"

	"writ/steps/cloud"
)

type grantIn struct {
	Buckets []string `json:"obs_buckets"`
}

type grantOut struct {
	IsSuccess cloud.Bool `json:"is_success"`
	Message   string     `json:"message"`
}

const granted = `{"is_success":"true","message":"The following OBS bucket is authorized successfully, bucket-1."}`

// atOnce is a network without one.
type atOnce struct{}

func (atOnce) RoundTrip(r *http.Request) (*http.Response, error) {
	_, err := io.Copy(io.Discard, r.Body)
	return &http.Response{
		StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(granted)), Request: r,
		Header: http.Header{
			"Content-Type": {"application/json"}, "X-Request-Id": {"0123456789abcdef0123456789abcdef"},
			"Date": {clock().Format(http.TimeFormat)},
		},
	}, err
}

// What a write costs beside the least that it can: the official signer and a bare net/http. "alone" is the client's own
// work; "wire" has the server's in it, and 64 calls at a time.
func BenchmarkWrite(b *testing.B) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, err := atOnce{}.RoundTrip(r)
		if err != nil {
			return
		}
		for name, values := range a.Header {
			w.Header()[name] = values
		}
		_, _ = io.Copy(w, a.Body)
	}))
	defer s.Close()
	kept := http.DefaultTransport.(*http.Transport).Clone()
	kept.MaxIdleConnsPerHost = 256
	for name, transport := range map[string]http.RoundTripper{"alone": atOnce{}, "wire": nil} {
		width := 1
		if transport == nil {
			width = 32
		}
		b.Run("bare/"+name, func(b *testing.B) {
			over := transport
			if over == nil {
				over = kept
			}
			measure(b, width, func() error { return bareWrite(over, s.URL) })
		})
		b.Run("writ/"+name, func(b *testing.B) {
			cfg := config(s.URL)
			cfg.Transport = transport
			c, err := cloud.New(cfg)
			if err != nil {
				b.Fatal(err)
			}
			measure(b, width, func() error {
				var out grantOut
				return c.Call(b.Context(), cloud.Call{
					Service: "dli", Operation: "RegisterBucket", Method: http.MethodPost, Path: "/v1.0/{project_id}/dli/obs-authorize",
					Body: grantIn{[]string{"bucket-1"}}, Out: &out, OK: []int{200},
				})
			})
		})
	}
}

// bareWrite is a signed call with nothing around it.
func bareWrite(over http.RoundTripper, base string) error {
	body, err := json.Marshal(grantIn{[]string{"bucket-1"}})
	if err != nil {
		return err
	}
	req, err := http.NewRequest(http.MethodPost, base+"/v1.0/p0001/dli/obs-authorize", bytes.NewReader(body))
	if err != nil {
		return err
	}
	date := clock().Format(sdksigner.BasicDateFormat)
	signed := sdkrequest.NewHttpRequestBuilder().WithMethod(req.Method).WithPath(req.URL.Path).WithBody("", string(body)).
		AddHeaderParam(sdksigner.HeaderXDate, date).Build()
	headers, err := sdksigner.Sign(signed, "AKEXAMPLE", secretKey)
	if err != nil {
		return err
	}
	req.Header.Set(sdksigner.HeaderXDate, date)
	for name, value := range headers {
		req.Header.Set(name, value)
	}
	resp, err := over.RoundTrip(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	var out grantOut
	return json.NewDecoder(resp.Body).Decode(&out)
}

// measure tells also the process's CPU time: on a machine that others use, the time that passes says little.
func measure(b *testing.B, width int, write func() error) {
	b.Helper()
	if err := write(); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.SetParallelism(width)
	b.ResetTimer()
	before := cpuTime(b)
	if width == 1 {
		for range b.N {
			if err := write(); err != nil {
				b.Fatal(err)
			}
		}
	} else {
		b.RunParallel(func(p *testing.PB) {
			for p.Next() {
				if err := write(); err != nil {
					b.Error(err)
				}
			}
		})
	}
	b.ReportMetric(float64((cpuTime(b)-before).Nanoseconds())/float64(b.N), "cpu-ns/op")
}

func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// Everything that is printed goes through a redactor, most of it in lines.
func BenchmarkRedactedLine(b *testing.B) {
	var r cloud.Redactor
	r.Learn(cloud.Hide("SandboxSecretKeyThatOpensNothingReal0000"))
	w := r.Writer(io.Discard)
	line := []byte("! s1234  dli.obs_authorization  sent; no call can read it\n      obs_buckets: +bucket-1234\n      undo: none; no call takes it back\n")
	b.SetBytes(int64(len(line)))
	b.ReportAllocs()
	for b.Loop() {
		_, _ = w.Write(line)
	}
}
