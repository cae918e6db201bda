package sandbox

import (
	"cmp"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"
)

// How long a temporary key may be asked to live.
const (
	durationDefault = 900
	durationMax     = 86_400
)

// temporaryKey is a temporary access key as IAM and the metadata service show it.
type temporaryKey struct {
	Access        string `json:"access"`
	Secret        string `json:"secret"`
	SecurityToken string `json:"securitytoken"`
	ExpiresAt     string `json:"expires_at"`
}

// temporaryKey works the key out of its sealed claims: the same claims, the same key.
func (c claims) temporaryKey(sealed string) temporaryKey {
	return temporaryKey{
		Access:        "HST" + strings.ToUpper(derivedID("access", c.ID)[:17]),
		Secret:        hex.EncodeToString(keyed("secret " + c.ID))[:40],
		SecurityToken: sealed,
		ExpiresAt:     tokenTime(c.Expires),
	}
}

// newTemporaryKey makes a key that lives as long as asked, but no longer than tokens do.
func (c *call) newTemporaryKey(life time.Duration) temporaryKey {
	made := newClaims(temporaryKind, c.now, min(life, c.cloud.variants.tokenLife()))
	return made.temporaryKey(made.seal())
}

// createTemporaryKey makes a temporary key out of a token, in the body or in X-Auth-Token. It is good for the account
// and all its projects, whatever the token was for.
func createTemporaryKey(c *call) answer {
	var ask tokenRequest
	if json.Unmarshal(c.body, &ask) != nil {
		return refusal(http.StatusBadRequest, "IAM.0011", texts["IAM.0011"])
	}
	identity := ask.Auth.Identity
	if !slices.Equal(identity.Methods, []string{"token"}) {
		return refusal(http.StatusBadRequest, "IAM.0073", "Invalid input for field 'methods'.")
	}
	if _, ok := c.validToken(cmp.Or(identity.Token.ID, c.header.Get("X-Auth-Token"))); !ok {
		return notAuthenticated()
	}
	seconds := durationDefault
	if given := identity.Token.DurationSeconds; given != nil {
		seconds = *given
	}
	if seconds < durationDefault || seconds > durationMax {
		return refusal(http.StatusBadRequest, "IAM.0073", "Invalid input for field 'duration_seconds'.")
	}
	key := c.newTemporaryKey(time.Duration(seconds) * time.Second)
	return reply(http.StatusCreated, map[string]any{"credential": key})
}
