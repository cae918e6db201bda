package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// The words of the AK/SK signature, as the API signing guide gives them.
const (
	signAlgorithm   = "SDK-HMAC-SHA256"
	signDateHeader  = "X-Sdk-Date"
	signDateFormat  = "20060102T150405Z"
	contentHeader   = "X-Sdk-Content-Sha256"
	unsignedPayload = "UNSIGNED-PAYLOAD"
)

// authorization header of a signed request, taken apart.
type signedHeader struct {
	accessKey string
	signed    []string // lower case, sorted
	signature string
}

// parseAuthorization reads "SDK-HMAC-SHA256 Access=…, SignedHeaders=…, Signature=…".
func parseAuthorization(value string) (signedHeader, bool) {
	var h signedHeader
	rest, ok := strings.CutPrefix(value, signAlgorithm+" ")
	if !ok {
		return h, false
	}
	for _, part := range strings.Split(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch name {
		case "Access":
			h.accessKey = value
		case "SignedHeaders":
			h.signed = strings.Split(strings.ToLower(value), ";")
			slices.Sort(h.signed)
		case "Signature":
			h.signature = value
		}
	}
	return h, h.accessKey != "" && h.signature != "" && len(h.signed) > 0
}

// canonicalRequest is the text whose hash is signed. The path is the escaped one without a service prefix.
func canonicalRequest(r *http.Request, path string, signed []string, body []byte) string {
	var b strings.Builder
	b.WriteString(r.Method + "\n" + canonicalPath(path) + "\n" + canonicalQuery(r.URL.Query()) + "\n")
	for _, name := range signed {
		b.WriteString(name + ":" + headerValue(r, name) + "\n")
	}
	b.WriteString("\n" + strings.Join(signed, ";") + "\n" + bodyHash(r, body))
	return b.String()
}

// canonicalPath encodes each segment and always ends in a slash.
func canonicalPath(path string) string {
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		if plain, err := url.PathUnescape(segment); err == nil {
			segments[i] = percentEncode(plain)
		}
	}
	path = strings.Join(segments, "/")
	if !strings.HasSuffix(path, "/") {
		path += "/"
	}
	return path
}

// canonicalQuery sorts keys, and values within a key; a key without a value is "k=".
func canonicalQuery(query url.Values) string {
	var pairs []string
	keys := make([]string, 0, len(query))
	for key := range query {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		values := slices.Sorted(slices.Values(query[key]))
		for _, value := range values {
			pairs = append(pairs, percentEncode(key)+"="+percentEncode(value))
		}
	}
	return strings.Join(pairs, "&")
}

func headerValue(r *http.Request, name string) string {
	if name == "host" {
		return r.Host
	}
	values := make([]string, 0, 1)
	for _, value := range r.Header.Values(name) {
		values = append(values, strings.TrimSpace(value))
	}
	return strings.Join(values, ",")
}

// bodyHash is the body's, unless the client says that it left the body out of the signature.
func bodyHash(r *http.Request, body []byte) string {
	if r.Header.Get(contentHeader) == unsignedPayload {
		return unsignedPayload
	}
	return hexHash(body)
}

func sign(secret, date, canonical string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(signAlgorithm + "\n" + date + "\n" + hexHash([]byte(canonical))))
	return hex.EncodeToString(mac.Sum(nil))
}

func hexHash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// percentEncode leaves only letters, digits and -_.~ as they are.
func percentEncode(s string) string {
	const hexDigits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-_.~", c) >= 0:
			b.WriteByte(c)
		default:
			b.Write([]byte{'%', hexDigits[c>>4], hexDigits[c&15]})
		}
	}
	return b.String()
}
