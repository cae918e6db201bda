package cloud

import (
	"net/http"
	"reflect"
	"time"

	sdksigner "github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/signer"
	sdkrequest "github.com/huaweicloud/huaweicloud-sdk-go-v3/core/request"
)

// signer sets a request's date and signature. It signs these very bytes as the body, the path, the query, and the
// headers that begin with X-; Host, User-Agent and Content-Type stay unsigned, which all gateways take.
type signer func(req *http.Request, body []byte) error

func newSigner(creds Credentials, clock func() time.Time) signer {
	return func(req *http.Request, body []byte) error {
		if creds.SecurityToken != "" {
			req.Header.Set("X-Security-Token", creds.SecurityToken.Reveal())
		}
		req.Header.Set(sdksigner.HeaderXDate, clock().UTC().Format(sdksigner.BasicDateFormat))
		headers, err := sdksigner.Sign(signable(req, body), creds.AccessKey, creds.SecretKey.Reveal())
		for name, value := range headers {
			req.Header.Set(name, value)
		}
		return err
	}
}

// signable is the request as the official signer wants it: query values wrapped by reflection, the body as text, so
// that it is hashed as it stands.
func signable(req *http.Request, body []byte) *sdkrequest.DefaultHttpRequest {
	b := sdkrequest.NewHttpRequestBuilder().WithMethod(req.Method).WithPath(req.URL.Path).WithBody("", string(body))
	for name, values := range req.URL.Query() {
		b.AddQueryParam(name, reflect.ValueOf(values))
	}
	for _, name := range []string{"X-Project-Id", "X-Domain-Id", "X-Security-Token", sdksigner.HeaderXDate} {
		if value := req.Header.Get(name); value != "" {
			b.AddHeaderParam(name, value)
		}
	}
	return b.Build()
}
