package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"
)

// What is sealed.
const (
	tokenKind     = "token"
	temporaryKind = "temporary"
	metadataKind  = "metadata"
)

// sealKey makes everything that was sealed good for any sandbox at any time, as the permanent key is.
const sealKey = "this seal guards nothing real"

// claims are what a token says. The sandbox keeps no list of its tokens: it seals the claims into the token and reads
// them back, so that tokens outlive the process. Only those that were revoked it remembers.
type claims struct {
	Kind    string   `json:"kind"`
	ID      string   `json:"id"`
	Project string   `json:"project,omitempty"` // of the scope; empty: the account
	Methods []string `json:"methods,omitempty"`
	Issued  int64    `json:"issued"` // microseconds
	Expires int64    `json:"expires"`
}

func newClaims(kind string, now time.Time, life time.Duration) claims {
	return claims{Kind: kind, ID: newRequestID(), Issued: now.UnixMicro(), Expires: now.Add(life).UnixMicro()}
}

func (c claims) isOver(now time.Time) bool { return now.UnixMicro() >= c.Expires }

func (c claims) seal() string {
	data, err := json.Marshal(c)
	if err != nil {
		panic(err) // plain data
	}
	text := base64.RawURLEncoding.EncodeToString(data)
	return text + "." + base64.RawURLEncoding.EncodeToString(keyed(text))
}

// unseal reads what was sealed as one kind of thing, however old it is.
func unseal(kind, sealed string) (claims, bool) {
	var c claims
	text, mac, _ := strings.Cut(sealed, ".")
	given, err := base64.RawURLEncoding.Strict().DecodeString(mac)
	if err != nil || !hmac.Equal(given, keyed(text)) {
		return c, false
	}
	data, err := base64.RawURLEncoding.DecodeString(text)
	return c, err == nil && json.Unmarshal(data, &c) == nil && c.Kind == kind
}

func keyed(text string) []byte {
	mac := hmac.New(sha256.New, []byte(sealKey))
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

// revocation remembers a revoked token until it would have expired.
type revocation struct {
	ID      string `json:"id"`
	Expires int64  `json:"expires"`
}

func (c *cloud) revoke(token claims, now time.Time) {
	for _, r := range c.revoked.rows {
		if r.Expires <= now.UnixMicro() {
			c.revoked.drop(r.ID)
		}
	}
	c.revoked.put(revocation{token.ID, token.Expires})
}

// isOver tells whether a token has expired or was revoked.
func (c *cloud) isOver(token claims, now time.Time) bool {
	return token.isOver(now) || c.revoked.has(token.ID)
}
