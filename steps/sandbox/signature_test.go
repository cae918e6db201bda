package sandbox

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The vectors come from the API sheet: made by the official SDK, and by a program of nobody's.
func TestSignatureAgreesWithTheDocumentedVectors(t *testing.T) {
	const date = "20260102T030405Z"
	newline := "{\"operate_type\":\"CREATED\"}\n"
	for _, v := range []struct{ name, method, target, body, token, hash, signature string }{
		{"1", "GET", "/v1/p0001/agencies", "", "",
			"d5ab0048cf67af7221bc1fc87f49ede0c35fbaa02579382ef254178f808dce36",
			"b742af79c15efddf32ea654fe62c0930abb5eced4e40ed77f10c5fe9d2942b45"},
		{"2", "POST", "/v1/p0001/agencies", newline, "",
			"2857617fbf95f7a412dc565f9b8f844f80472eed20cb2221ee45c66ff04fdd06",
			"a56a0193f53b9441e54206fe2787f2f99f4ff4e9251dc16b49d30f74456daaf8"},
		{"3", "POST", "/v1/p0001/agencies", strings.TrimSpace(newline), "",
			"67ddaff130037d766d2d547a019114e5159b1f156e7a8eccab79c06c384ce6f7",
			"aff517c99629198f3d1bed496dc39f04a3d2f831874751a6004948803efb53ce"},
		{"4", "DELETE", "/v2/p0001/authorizations?user_id=a+b~c/%C3%BC", "", "tok",
			"387ee5a2cc47fc7c6b0014cd69d54191bafb64854fd05fe64dcd3b3e85c53872",
			"8861ebcf86de3c325ee452cac61d52bd670f37ef872d4c3aa014323ab9b8ebe3"},
	} {
		t.Run(v.name, func(t *testing.T) {
			r := httptest.NewRequest(v.method, v.target, strings.NewReader(v.body))
			r.Header.Set("X-Sdk-Date", date)
			r.Header.Set("X-Project-Id", "p0001")
			signed := []string{"x-project-id", "x-sdk-date"}
			if v.token != "" {
				r.Header.Set("X-Security-Token", v.token)
				signed = append(signed, "x-security-token")
			}
			canonical := canonicalRequest(r, r.URL.EscapedPath(), signed, []byte(v.body))
			require.Equal(t, v.hash, hexHash([]byte(canonical)), canonical)
			require.Equal(t, v.signature, sign("SKEXAMPLE", date, canonical))
		})
	}
}

func TestSignatureAgreesWithTheVectorsOfTheOfficialTests(t *testing.T) {
	const date = "20060102T150405Z"
	for _, v := range []struct{ method, target, body, signature string }{
		{"GET", "/path?limit=1", "", "5a2ce64c865e0e6046321c6f3d5a77ba8413eeaf355c3166c03d58d02ac79624"},
		{"POST", "/path?key=value", "{\"Name\":\"test\",\"Id\":1}\n",
			"cecc2af119b18ab70b4d094c0750f3b42c02f254903179a0fc2cc72fc9db4f59"},
	} {
		r := httptest.NewRequest(v.method, v.target, nil)
		r.Header.Set("X-Sdk-Date", date)
		canonical := canonicalRequest(r, "/path", []string{"x-sdk-date"}, []byte(v.body))
		require.Equal(t, v.signature, sign("SecretKey", date, canonical))
	}
}

func TestCanonicalRequestIsTheDocumentedText(t *testing.T) {
	r := httptest.NewRequest("GET", "/v1/p0001/agencies", nil)
	r.Header.Set("X-Sdk-Date", " 20260102T030405Z ")
	r.Header.Set("X-Project-Id", "p0001")
	require.Equal(t, `GET
/v1/p0001/agencies/

x-project-id:p0001
x-sdk-date:20260102T030405Z

x-project-id;x-sdk-date
e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855`,
		canonicalRequest(r, "/v1/p0001/agencies", []string{"x-project-id", "x-sdk-date"}, nil))
}

func TestQueryIsSortedByKeyAndThenByValue(t *testing.T) {
	r := httptest.NewRequest("GET", "/?b=2&a=z&b=1&c", nil)
	require.Equal(t, "a=z&b=1&b=2&c=", canonicalQuery(r.URL.Query()))
}

func TestUnsignedPayloadStandsForTheBody(t *testing.T) {
	b := open(t, Options{})
	r := b.request("mpc", "POST", "/v1/{p}/agencies", `{"operate_type":"CREATED"}`)
	r.Header.Set("X-Sdk-Content-Sha256", "UNSIGNED-PAYLOAD")
	signRequest(r, r.URL.EscapedPath(), "", time.Now())
	require.Equal(t, 204, b.do(r).status)
}

func TestHostCanBeSigned(t *testing.T) {
	b := open(t, Options{})
	r := b.request("mpc", "GET", "/v1/{p}/agencies", "")
	date := r.Header.Get("X-Sdk-Date")
	r.Host = r.URL.Host
	signature := sign(secretKey, date, canonicalRequest(r, r.URL.EscapedPath(), []string{"host", "x-sdk-date"}, nil))
	r.Header.Set("Authorization",
		"SDK-HMAC-SHA256 Access="+accessKey+", SignedHeaders=x-sdk-date;host, Signature="+signature)
	require.Equal(t, 200, b.do(r).status)
}

func TestWrongCredentialsAreRefusedInTheGatewaysWords(t *testing.T) {
	b := open(t, Options{})
	for name, c := range map[string]struct {
		change func(*http.Request)
		text   string
	}{
		"no signature": {func(r *http.Request) { r.Header.Del("Authorization") }, textNoToken},
		"a token": {func(r *http.Request) {
			r.Header.Del("Authorization")
			r.Header.Set("X-Auth-Token", "MII")
		}, textBadToken},
		"unknown key": {func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), accessKey, "OTHER", 1))
		}, "Get secretKey failed,ak:OTHER,err:ak not exist"},
		"date unsigned": {func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "x-sdk-date", "accept", 1))
		}, textBadSign},
		"wrong clock": {func(r *http.Request) {
			signRequest(r, r.URL.EscapedPath(), "", time.Now().Add(-16*time.Minute))
		}, textExpired},
		"temporary key":   {func(r *http.Request) { r.Header.Set("X-Security-Token", "t") }, textBadToken},
		"another request": {func(r *http.Request) { r.URL.RawQuery = "a=b" }, textBadSign},
		"not a signature": {func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") }, textBadSign},
	} {
		t.Run(name, func(t *testing.T) {
			r := b.request("mpc", "GET", "/v1/{p}/agencies", "")
			c.change(r)
			got := b.do(r)
			require.Equal(t, 401, got.status)
			require.Equal(t, "APIGW.0301", got.field(t, "error_code"))
			require.Equal(t, "Incorrect IAM authentication information: "+c.text, got.field(t, "error_msg"))
			require.Equal(t, got.header.Get("X-Request-Id"), got.field(t, "request_id"))
		})
	}
	last := b.requests()[0]
	require.Equal(t, "ShowAgenciesTask", last.Operation)
	require.Equal(t, 401, last.Status)
}

func TestSixWrongSignaturesLockTheKeyForFiveMinutes(t *testing.T) {
	now := time.Now()
	b := open(t, Options{Clock: func() time.Time { return now }})
	wrong := func() {
		r := b.request("mpc", "GET", "/v1/{p}/agencies", "")
		r.Header.Set("Authorization", r.Header.Get("Authorization")[:100]+"0")
		require.Contains(t, b.do(r).body, textBadSign)
	}
	for range 5 {
		wrong()
	}
	require.Equal(t, 200, b.call("mpc", "GET", "/v1/{p}/agencies", "").status, "a good one in between starts again")
	for range 6 {
		wrong()
	}
	got := b.call("mpc", "GET", "/v1/{p}/agencies", "")
	require.Equal(t, 401, got.status)
	require.Contains(t, got.body, textLocked)
	now = now.Add(lockTime)
	require.Equal(t, 200, b.call("mpc", "GET", "/v1/{p}/agencies", "").status)
}
