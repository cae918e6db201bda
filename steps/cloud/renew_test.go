package cloud_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"writ/engine/step"
	"writ/steps/cloud"
)

// fakeClock is a clock that a test turns.
type fakeClock struct {
	mu  sync.Mutex
	now time.Time
}

func newFakeClock() *fakeClock { return &fakeClock{now: clock()} }

func (c *fakeClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *fakeClock) turn(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// issuer hands out the tokens token1, token2, … as a sign-in would.
type issuer struct {
	clock  func() time.Time
	life   time.Duration
	issued atomic.Int32
	asked  atomic.Int32
	fails  error
}

func (i *issuer) token(context.Context) (cloud.Credentials, error) {
	i.asked.Add(1)
	if i.fails != nil {
		return cloud.Credentials{}, i.fails
	}
	return cloud.Credentials{Token: cloud.Hide(fmt.Sprint("token", i.issued.Add(1))), Expires: i.clock().Add(i.life)}, nil
}

func (i *issuer) renew(ctx context.Context, _ cloud.Credentials) (cloud.Credentials, error) {
	return i.token(ctx)
}

// byToken makes a client that starts with token1.
func byToken(t *testing.T, i *issuer) func(*cloud.Config) {
	return func(cfg *cloud.Config) {
		first, err := i.token(t.Context())
		require.NoError(t, err)
		cfg.Credentials, cfg.Renew, cfg.Clock = first, i.renew, i.clock
	}
}

func TestATokenStandsInPlaceOfASignature(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "token1", r.Header.Get("X-Auth-Token"))
		for _, name := range []string{"Authorization", "X-Sdk-Date", "X-Project-Id", "X-Domain-Id", "X-Subject-Token"} {
			assert.Empty(t, r.Header.Get(name), name)
		}
		w.WriteHeader(204)
	}, byToken(t, &issuer{clock: clock, life: time.Hour}))
	require.NoError(t, c.Call(t.Context(), post(struct{}{})))
}

func TestATokenIsRenewedBeforeItExpires(t *testing.T) {
	for _, tc := range []struct{ life, still, due time.Duration }{
		{24 * time.Hour, 24*time.Hour - 5*time.Minute - time.Second, 24*time.Hour - 5*time.Minute},
		{20 * time.Minute, 18*time.Minute - time.Second, 18 * time.Minute},
	} {
		now := newFakeClock()
		var used []string
		c := serve(t, func(w http.ResponseWriter, r *http.Request) {
			used = append(used, r.Header.Get("X-Auth-Token"))
			w.WriteHeader(204)
		}, byToken(t, &issuer{clock: now.Now, life: tc.life}))
		for _, at := range []time.Duration{tc.still, tc.due - tc.still, 0} {
			now.turn(at)
			require.NoError(t, c.Call(t.Context(), post(nil)))
		}
		assert.Equal(t, []string{"token1", "token2", "token2"}, used, tc.life)
	}
}

func TestAllCallersShareOneRenewal(t *testing.T) {
	now := newFakeClock()
	i := &issuer{clock: now.Now, life: time.Hour}
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }, byToken(t, i))
	now.turn(time.Hour)
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() { assert.NoError(t, c.Call(t.Context(), post(nil))) })
	}
	all.Wait()
	assert.EqualValues(t, 2, i.issued.Load())
}

func TestARenewalThatFailsDoesNoHarmWhileTheOldTokenHolds(t *testing.T) {
	now := newFakeClock()
	i := &issuer{clock: now.Now, life: time.Hour}
	var received atomic.Int32
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) { received.Add(1); w.WriteHeader(204) }, byToken(t, i))
	i.fails = errors.New("IAM is away, said token1")
	now.turn(57 * time.Minute)
	for _, later := range []time.Duration{0, 29 * time.Second, time.Second} {
		now.turn(later)
		require.NoError(t, c.Call(t.Context(), post(nil)))
	}
	assert.EqualValues(t, 3, i.asked.Load(), "at first, now, and after half a minute")
	now.turn(3 * time.Minute)
	err := step.ErrorOf(c.Call(t.Context(), post(nil)))
	assert.Equal(t, step.Unauthenticated, err.Class)
	assert.Equal(t, "no new credentials: IAM is away, said (secret)", err.Message)
	assert.EqualValues(t, 3, received.Load())
	i.fails = nil
	require.NoError(t, c.Call(t.Context(), post(nil)), "a sign-in that failed shuts no door")
}

func TestAClockThatIsAheadDoesNotSignInForEachCall(t *testing.T) {
	i := &issuer{clock: clock, life: -time.Hour}
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }, byToken(t, i))
	for range 5 {
		require.NoError(t, c.Call(t.Context(), post(nil)))
	}
	assert.EqualValues(t, 2, i.issued.Load())
}

func TestTemporaryKeysAreRenewedToo(t *testing.T) {
	now := newFakeClock()
	var used []string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		used = append(used, r.Header.Get("X-Security-Token"))
		w.Header().Set("Date", now.Now().Format(http.TimeFormat))
		w.WriteHeader(204)
	}, func(cfg *cloud.Config) {
		cfg.Clock = now.Now
		cfg.Credentials.SecurityToken, cfg.Credentials.Expires = cloud.Hide("s1"), clock().Add(15*time.Minute)
		cfg.Renew = func(_ context.Context, old cloud.Credentials) (cloud.Credentials, error) {
			old.SecurityToken, old.Expires = cloud.Hide("s2"), now.Now().Add(15*time.Minute)
			return old, nil
		}
	})
	require.NoError(t, c.Call(t.Context(), post(nil)))
	now.turn(14 * time.Minute)
	require.NoError(t, c.Call(t.Context(), post(nil)))
	assert.Equal(t, []string{"s1", "s2"}, used)
}

func TestRenewedSecretsAreHiddenLikeTheFirst(t *testing.T) {
	now := newFakeClock()
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(400)
		fmt.Fprintf(w, `{"error_code":"X.1","error_msg":"old token1, new %s"}`, r.Header.Get("X-Auth-Token"))
	}, byToken(t, &issuer{clock: now.Now, life: time.Hour}))
	now.turn(time.Hour)
	err := step.ErrorOf(c.Call(t.Context(), post(nil)))
	assert.Equal(t, "old (secret), new (secret)", err.Message)
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v", c, c, c), "token2")
}

func TestRenewedCredentialsAreChecked(t *testing.T) {
	now := newFakeClock()
	c := serve(t, func(http.ResponseWriter, *http.Request) {}, byToken(t, &issuer{clock: now.Now, life: time.Hour}),
		func(cfg *cloud.Config) {
			cfg.Renew = func(context.Context, cloud.Credentials) (cloud.Credentials, error) {
				return cloud.Credentials{Token: cloud.Hide("t\r\nX-Evil: 1")}, nil
			}
		})
	now.turn(2 * time.Hour)
	err := step.ErrorOf(c.Call(t.Context(), post(nil)))
	assert.Equal(t, "no new credentials: the token has a blank or a character that keys never have", err.Message)
}

func TestAWaiterLeavesWithItsContext(t *testing.T) {
	now := newFakeClock()
	asked, release := make(chan struct{}), make(chan struct{})
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) },
		byToken(t, &issuer{clock: now.Now, life: time.Hour}), func(cfg *cloud.Config) {
			cfg.Renew = func(_ context.Context, old cloud.Credentials) (cloud.Credentials, error) {
				close(asked)
				<-release
				return old, nil
			}
		})
	now.turn(2 * time.Hour)
	first := make(chan error)
	go func() { first <- c.Call(t.Context(), post(nil)) }()
	<-asked
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	assert.Equal(t, step.Unavailable, step.ErrorOf(c.Call(ctx, post(nil))).Class)
	close(release)
	assert.NoError(t, <-first)
}

func TestCallsAboutTheAccountTakeTheAccountsToken(t *testing.T) {
	project, account := &issuer{clock: clock, life: time.Hour}, &issuer{clock: clock, life: time.Hour}
	var used []string
	h := func(w http.ResponseWriter, r *http.Request) {
		used = append(used, r.Header.Get("X-Auth-Token"))
		fmt.Fprint(w, `{"agencies":[]}`)
	}
	domainToken := func(cfg *cloud.Config) {
		cfg.DomainToken = func(ctx context.Context, _ cloud.Credentials) (cloud.Credentials, error) {
			creds, err := account.token(ctx)
			creds.Token = cloud.Hide("d" + creds.Token.Reveal())
			return creds, err
		}
	}
	c := serve(t, h, byToken(t, project), domainToken)
	assert.Zero(t, account.issued.Load(), "not before it is needed")
	for range 2 {
		_, err := c.Agencies(t.Context(), "a")
		require.NoError(t, err)
		require.NoError(t, c.Call(t.Context(), get(nil)))
	}
	_, err := serve(t, h, byToken(t, project)).Agencies(t.Context(), "a")
	require.NoError(t, err)
	_, err = serve(t, func(w http.ResponseWriter, r *http.Request) {
		assert.Contains(t, r.Header.Get("Authorization"), "AKEXAMPLE")
		fmt.Fprint(w, `{"agencies":[]}`)
	}, domainToken).Agencies(t.Context(), "a")
	require.NoError(t, err)
	assert.Equal(t, []string{"dtoken1", "token1", "dtoken1", "token1", "token2"}, used)
	assert.EqualValues(t, 1, account.issued.Load(), "never for access keys")
}
