package sandbox

import (
	"sync"
	"time"
)

// What the gateway documents about keys: the tolerated difference of clocks, and the lock after repeated failures. OBS
// has the same tolerance, and a lock of its own that counts unknown failures; here both share one.
const (
	clockTolerance = 15 * time.Minute
	failuresMax    = 5
	lockTime       = 5 * time.Minute
)

// presented is what a signed request shows of its key, in either way of signing.
type presented struct {
	access, securityToken string
	signedAt              time.Time // zero: no date, or one that cannot be read
	matches               func(secret string) bool
}

// verdict is what the key of a request is found to be.
type verdict int

const (
	genuine verdict = iota
	unknownKey
	badSecurityToken
	expiredKey
	lockedKey
	skewedClock
	wrongSignature
)

// keyGuard decides whether a request was signed with a key of the sandbox, and locks a key for five minutes after more
// than five wrong signatures in a row. It counts in memory: a restart unlocks.
type keyGuard struct {
	clock func() time.Time

	mu    sync.Mutex
	locks map[string]lock
}

type lock struct {
	failures int
	until    time.Time
}

func newKeyGuard(clock func() time.Time) *keyGuard {
	return &keyGuard{clock: clock, locks: map[string]lock{}}
}

func (g *keyGuard) check(p presented) verdict {
	now := g.clock()
	secret, v := secretOf(p.access, p.securityToken, now)
	switch {
	case v != genuine:
		return v
	case g.isLocked(p.access, now):
		return lockedKey
	case p.signedAt.IsZero() || now.Sub(p.signedAt).Abs() > clockTolerance:
		return skewedClock
	case !p.matches(secret):
		g.fail(p.access, now)
		return wrongSignature
	}
	g.forgive(p.access)
	return genuine
}

func (g *keyGuard) isLocked(access string, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return now.Before(g.locks[access].until)
}

func (g *keyGuard) fail(access string, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	l := g.locks[access]
	l.failures++
	if l.failures > failuresMax {
		l = lock{until: now.Add(lockTime)}
	}
	g.locks[access] = l
}

func (g *keyGuard) forgive(access string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.locks, access)
}

// secretOf finds the secret key behind an access key: the permanent one, or the temporary one that a security token
// tells of. The permanent key comes without a security token.
func secretOf(access, securityToken string, now time.Time) (string, verdict) {
	if securityToken == "" {
		if access != accessKey {
			return "", unknownKey
		}
		return secretKey, genuine
	}
	c, ok := unseal(temporaryKind, securityToken)
	key := c.temporaryKey(securityToken)
	switch {
	case !ok:
		return "", badSecurityToken
	case key.Access != access:
		return "", unknownKey
	case c.isOver(now):
		return "", expiredKey
	}
	return key.Secret, genuine
}
