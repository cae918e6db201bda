package sandbox

import (
	"net/http"
	"strconv"
	"time"
)

// The longest life of a token of the metadata service: what the official SDK asks for.
const metadataSecondsMax = 21_600

// createMetadataToken answers a token as plain text, which is how the official SDK reads it.
func createMetadataToken(c *call) answer {
	seconds, err := strconv.Atoi(c.header.Get("X-Metadata-Token-Ttl-Seconds"))
	if err != nil || seconds < 1 || seconds > metadataSecondsMax {
		return plain(http.StatusBadRequest, "Bad Request")
	}
	return plain(http.StatusOK, newClaims(metadataKind, c.now, time.Duration(seconds)*time.Second).seal())
}

// showSecurityKey answers a temporary key of the account, as on a server with an agency.
func showSecurityKey(c *call) answer {
	token, ok := unseal(metadataKind, c.header.Get("X-Metadata-Token"))
	if !ok || token.isOver(c.now) {
		return plain(http.StatusUnauthorized, "Unauthorized")
	}
	return reply(http.StatusOK, map[string]any{"credential": c.newTemporaryKey(tokenLife)})
}

func plain(status int, text string) answer {
	return answer{status: status, body: []byte(text)}.with("Content-Type", "text/plain")
}
