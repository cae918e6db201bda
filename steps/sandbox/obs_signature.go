package sandbox

import (
	"crypto/hmac"
	"crypto/sha1" // OBS's signature is made of it
	"encoding/base64"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// authenticateOBS looks at a signature of OBS's own kind: "OBS <access key>:<signature>". Of the other kinds that OBS
// takes (signed addresses, and those of its S3 interface) none is emulated. OBS has no answer of its own to a temporary
// key that has expired or does not fit its security token: it is a key that does not exist.
func (x *exchange) authenticateOBS() *answer {
	header := x.r.Header.Get("Authorization")
	if header == "" {
		return x.refusal(http.StatusForbidden, "AccessDenied")
	}
	key, isOBS := strings.CutPrefix(header, "OBS ")
	access, signature, ok := strings.Cut(key, ":")
	if !isOBS || !ok {
		return x.refusal(http.StatusBadRequest, "InvalidArgument")
	}
	date := x.r.Header.Get("X-Obs-Date")
	if date == "" {
		date = x.r.Header.Get("Date")
	}
	signedAt, err := http.ParseTime(date)
	if err != nil {
		return x.refusal(http.StatusForbidden, "AccessDenied") // documented for a date that is missing or malformed
	}
	return x.checkOBS(presented{
		access: access, securityToken: x.r.Header.Get("X-Obs-Security-Token"), signedAt: signedAt,
		matches: func(secret string) bool { return equal(signature, signOBS(secret, obsText(x.r))) },
	})
}

func (x *exchange) checkOBS(p presented) *answer {
	switch x.s.keys.check(p) {
	case genuine:
		return nil
	case lockedKey:
		return x.refusal(http.StatusBadRequest, "TooManyWrongSignature")
	case skewedClock:
		return x.refusal(http.StatusForbidden, "RequestTimeTooSkewed")
	case wrongSignature:
		return x.refusal(http.StatusForbidden, "SignatureDoesNotMatch")
	}
	return x.refusal(http.StatusForbidden, "InvalidAccessKeyId")
}

// obsText is what is signed of a call that names neither bucket nor sub-resource. The date's line is empty when
// x-obs-date, which is signed among its like, stands for it.
func obsText(r *http.Request) string {
	date := r.Header.Get("Date")
	if r.Header.Get("X-Obs-Date") != "" {
		date = ""
	}
	lines := []string{r.Method, r.Header.Get("Content-Md5"), r.Header.Get("Content-Type"), date}
	return strings.Join(lines, "\n") + "\n" + obsHeaders(r.Header) + "/"
}

func obsHeaders(header http.Header) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(header)) {
		if strings.HasPrefix(name, "X-Obs-") {
			b.WriteString(strings.ToLower(name) + ":" + strings.TrimSpace(strings.Join(header[name], ",")) + "\n")
		}
	}
	return b.String()
}

func signOBS(secret, text string) string {
	mac := hmac.New(sha1.New, []byte(secret))
	mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// equal compares in constant time, as the real thing must.
func equal(a, b string) bool { return hmac.Equal([]byte(a), []byte(b)) }
