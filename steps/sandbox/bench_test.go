package sandbox

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// largeCloud is a seed with so many buckets, of which none is authorised.
func largeCloud(buckets int) []byte {
	var b bytes.Buffer
	b.WriteString(`{"projects":{"p1":{"dbss":{"obs_buckets":[`)
	for i := range buckets {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"bucket_name":"bucket-%d"}`, i)
	}
	b.WriteString(`]}}}}`)
	return b.Bytes()
}

// A signed write of one row costs the same in a small cloud and in a large one, in memory and in a file.
func BenchmarkSignedWrite(b *testing.B) {
	for _, buckets := range []int{100, 10_000, 100_000} {
		for name, opts := range map[string]Options{"memory": {}, "file": {StateFile: filepath.Join(b.TempDir(), "sandbox.json")}} {
			b.Run(fmt.Sprintf("%s/%d", name, buckets), func(b *testing.B) {
				opts.Seed = largeCloud(buckets)
				s, err := New(opts)
				if err != nil {
					b.Fatal(err)
				}
				defer s.Close()
				n := 0
				b.ReportAllocs()
				for b.Loop() {
					r := signedFor("POST", "/dli", "/v1.0/p1/dli/obs-authorize", fmt.Sprintf(`{"obs_buckets":["bucket-%d"]}`, n%buckets))
					w := httptest.NewRecorder()
					s.Handler().ServeHTTP(w, r)
					if w.Code != http.StatusOK {
						b.Fatal(w.Code, w.Body)
					}
					n++
				}
			})
		}
	}
}

// signedFor is a signed request as the control listener gets it.
func signedFor(method, prefix, path, body string) *http.Request {
	r := httptest.NewRequest(method, "http://127.0.0.1"+prefix+path, strings.NewReader(body))
	signRequest(r, path, body, time.Now())
	return r
}
