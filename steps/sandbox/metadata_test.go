package sandbox

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	metadataToken = "/meta-data/latest/api/token"
	securityKey   = "/openstack/latest/securitykey"
)

func TestTheMetadataServiceGivesAKeyForAToken(t *testing.T) {
	now := time.Now()
	b := at(t, &now, `"token_seconds":7200`)
	got := b.with("metadata", "PUT", metadataToken, "", "X-Metadata-Token-Ttl-Seconds", "3600")
	require.Equal(t, 200, got.status)
	require.Equal(t, "text/plain", got.header.Get("Content-Type"))
	token := got.body

	var made struct{ Credential temporaryKey }
	got = b.with("metadata", "GET", securityKey, "", "X-Metadata-Token", token)
	require.Equal(t, 200, got.status)
	require.NoError(t, json.Unmarshal([]byte(got.body), &made))
	require.Equal(t, now.Add(2*time.Hour).UTC().Format(tokenTimeFormat), made.Credential.ExpiresAt)
	require.Equal(t, 200, b.do(b.requestWith(made.Credential, "mpc", "GET", mpcPath, "")).status)

	now = now.Add(time.Hour)
	require.Equal(t, 401, b.with("metadata", "GET", securityKey, "", "X-Metadata-Token", token).status)
}

func TestTheMetadataServiceRefusesInPlainText(t *testing.T) {
	b := open(t, Options{})
	for _, seconds := range []string{"", "0", "21601", "x"} {
		got := b.with("metadata", "PUT", metadataToken, "", "X-Metadata-Token-Ttl-Seconds", seconds)
		require.Equal(t, 400, got.status, seconds)
		require.Equal(t, "Bad Request", got.body)
	}
	got := b.with("metadata", "GET", securityKey, "")
	require.Equal(t, 401, got.status)
	require.Equal(t, "Unauthorized", got.body)
	require.Equal(t, 401, b.with("metadata", "GET", securityKey, "", "X-Metadata-Token", b.token("")).status)
	require.Equal(t, 404, b.with("metadata", "GET", "/latest/meta-data", "").status)
	b.fault(`{"service":"metadata","do":"status","status":503}`)
	require.Equal(t, "Service Unavailable", b.with("metadata", "GET", securityKey, "").body)
}
