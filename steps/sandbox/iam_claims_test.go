package sandbox

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRevocationsAreForgottenWithTheirTokens(t *testing.T) {
	now := time.Now()
	c := newCloud(new(document))
	for range 3 {
		c.revoke(newClaims(tokenKind, now, time.Minute), now)
	}
	require.Len(t, c.revoked.list(), 3)
	c.revoke(newClaims(tokenKind, now, time.Hour), now.Add(time.Minute))
	require.Len(t, c.revoked.list(), 1)
}

func TestOnlyWhatWasSealedIsUnsealed(t *testing.T) {
	sealed := newClaims(tokenKind, time.Now(), time.Hour).seal()
	_, ok := unseal(tokenKind, sealed)
	require.True(t, ok)
	_, ok = unseal(temporaryKind, sealed)
	require.False(t, ok, "one kind is not another")
	for i := range sealed {
		changed := []byte(sealed)
		changed[i] ^= 1
		_, ok := unseal(tokenKind, string(changed))
		require.False(t, ok, fmt.Sprint("character ", i))
	}
}
