package sandbox

import (
	"crypto/hmac"
	"net/http"
	"slices"
	"sync"
	"time"
)

// What the gateway documents about keys: the tolerated difference of clocks, and the lock after repeated failures.
const (
	clockTolerance = 15 * time.Minute
	failuresMax    = 5
	lockTime       = 5 * time.Minute
)

// The texts that the gateway is documented to put behind "Incorrect IAM authentication information: ".
const (
	textNoToken  = "x-auth-token not found"
	textBadToken = "decrypt token fail"
	textBadSign  = "verify aksk signature fail"
	textExpired  = "calc ak sk signature fail:signature expired"
	textLocked   = "AK access failed to reach the limit,forbidden"
)

// keyGuard decides whether a request was signed with the sandbox's key, and locks the key for five minutes after more
// than five wrong signatures in a row. It counts in memory: a restart unlocks.
type keyGuard struct {
	clock func() time.Time

	mu          sync.Mutex
	failures    int
	lockedUntil time.Time
}

func newKeyGuard(clock func() time.Time) *keyGuard {
	return &keyGuard{clock: clock}
}

// check answers "" for a genuine request, else the gateway's words. The path is the one that was signed: without a
// service prefix.
func (g *keyGuard) check(r *http.Request, path string, body []byte) string {
	value := r.Header.Get("Authorization")
	if value == "" {
		return withoutSignature(r)
	}
	h, ok := parseAuthorization(value)
	switch {
	case !ok || !slices.Contains(h.signed, "x-sdk-date"):
		return textBadSign
	case h.accessKey != accessKey:
		return "Get secretKey failed,ak:" + h.accessKey + ",err:ak not exist"
	case r.Header.Get("X-Security-Token") != "":
		return textBadToken // the sandbox's keys are permanent ones
	}
	return g.verify(r, h, path, body)
}

// withoutSignature refuses tokens, which the sandbox does not issue.
func withoutSignature(r *http.Request) string {
	if r.Header.Get("X-Auth-Token") != "" {
		return textBadToken
	}
	return textNoToken
}

func (g *keyGuard) verify(r *http.Request, h signedHeader, path string, body []byte) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.clock()
	if now.Before(g.lockedUntil) {
		return textLocked
	}
	date := r.Header.Get(signDateHeader)
	signedAt, err := time.Parse(signDateFormat, date)
	if err != nil || now.Sub(signedAt).Abs() > clockTolerance {
		return textExpired
	}
	want := sign(secretKey, date, canonicalRequest(r, path, h.signed, body))
	if !hmac.Equal([]byte(want), []byte(h.signature)) {
		g.fail(now)
		return textBadSign
	}
	g.failures = 0
	return ""
}

func (g *keyGuard) fail(now time.Time) {
	g.failures++
	if g.failures > failuresMax {
		g.failures = 0
		g.lockedUntil = now.Add(lockTime)
	}
}
