package cloud

import (
	"net/http"
	"reflect"
	"time"

	sdksigner "github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/signer"
	sdkrequest "github.com/huaweicloud/huaweicloud-sdk-go-v3/core/request"
)

// sign lets a request through: with a token, with OBS's signature, or with that of all other services.
func (c *Client) sign(req *http.Request, call Call, body []byte, creds Credentials) error {
	switch {
	case call.Service == obsService:
		return signOBS(req, call, creds)
	case creds.Token.IsZero():
		return signRequest(req, body, creds, c.clock())
	}
	req.Header.Set("X-Auth-Token", creds.Token.Reveal())
	if call.subject {
		req.Header.Set("X-Subject-Token", creds.Token.Reveal())
	}
	return nil
}

// signRequest sets a request's date and signature. It signs these very bytes as the body, the path, the query, and the
// headers that begin with X-; Host, User-Agent and Content-Type stay unsigned, which all gateways take.
func signRequest(req *http.Request, body []byte, creds Credentials, now time.Time) error {
	if !creds.SecurityToken.IsZero() {
		req.Header.Set("X-Security-Token", creds.SecurityToken.Reveal())
	}
	req.Header.Set(sdksigner.HeaderXDate, now.UTC().Format(sdksigner.BasicDateFormat))
	headers, err := sdksigner.Sign(signable(req, body), creds.AccessKey, creds.SecretKey.Reveal())
	for name, value := range headers {
		req.Header.Set(name, value)
	}
	return err
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
