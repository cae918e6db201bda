package cloud_test

import (
	"context"
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

// stale is the gateway's refusal of a token that must be updated.
func stale(w http.ResponseWriter, code string) {
	w.WriteHeader(401)
	fmt.Fprintf(w, `{"error_msg":"The token must be updated","error_code":%q,"request_id":"r1"}`, code)
}

// deadTokens are the answers to a token that somebody cannot use any more.
var deadTokens = []struct {
	status int
	body   string
}{
	{401, flat("APIGW.0307")}, {401, flat("APIG.0307")}, {401, flat("APIGW.0301")}, {401, flat("APIG.0301")},
	{401, flat("IAM.0063")}, {401, flat("IAM.0066")}, {401, flat("IAM.0067")}, {401, `{"error":{"message":"no","code":401,"title":"Unauthorized"}}`},
	{401, flat("ModelArts.0202")}, {401, flat("ModelArts.0203")}, {403, flat("ModelArts.0203")},
	{401, flat("MPC.10203")}, {401, flat("DLI.0013")}, {400, flat("DLI.0015")}, {401, flat("DBSS.10020100")}, {401, ""},
}

func TestACallIsSentOnceMoreAfterItsTokenDied(t *testing.T) {
	for _, dead := range deadTokens {
		var used []string
		c := serve(t, func(w http.ResponseWriter, r *http.Request) {
			used = append(used, r.Method+" "+r.Header.Get("X-Auth-Token"))
			if r.Header.Get("X-Auth-Token") == "token1" {
				w.WriteHeader(dead.status)
				fmt.Fprint(w, dead.body)
				return
			}
			w.WriteHeader(204)
		}, byToken(t, &issuer{clock: clock, life: time.Hour}))
		require.NoError(t, c.Call(t.Context(), post(struct{}{})), dead)
		require.NoError(t, c.Call(t.Context(), post(struct{}{})), dead)
		assert.Equal(t, []string{"POST token1", "POST token2", "POST token2"}, used, dead)
	}
}

func TestOtherRefusalsAreNotSentAgain(t *testing.T) {
	for _, answer := range []struct {
		status int
		code   string
	}{
		{403, "APIGW.0307"}, {401, "IAM.0064"}, {401, "ModelArts.0428"}, {401, "ModelArts.4504"}, {401, "ModelArts.4505"},
		{400, "MPC.10202"}, {404, "IAM.0004"}, {429, "APIGW.0308"}, {500, "APIGW.0601"}, {503, "APIGW.0613"},
	} {
		var received atomic.Int32
		c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			received.Add(1)
			w.WriteHeader(answer.status)
			fmt.Fprint(w, flat(answer.code))
		}, byToken(t, &issuer{clock: clock, life: time.Hour}))
		require.Error(t, c.Call(t.Context(), post(struct{}{})))
		assert.EqualValues(t, 1, received.Load(), answer)
	}
}

func TestCallsRefusedTogetherShareOneRenewal(t *testing.T) {
	const together = 8
	var arrived sync.WaitGroup
	arrived.Add(together)
	i := &issuer{clock: clock, life: time.Hour}
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && r.Header.Get("X-Auth-Token") == "token1" {
			arrived.Done()
			arrived.Wait()
			stale(w, "APIGW.0307")
			return
		}
		if r.Method == http.MethodPost {
			w.WriteHeader(204)
		}
	}, byToken(t, i))
	require.NoError(t, c.Call(t.Context(), get(nil)))
	var all sync.WaitGroup
	for range together {
		all.Go(func() { assert.NoError(t, c.Call(t.Context(), post(nil))) })
	}
	all.Wait()
	assert.EqualValues(t, 2, i.issued.Load())
}

func TestACallIsNotSentAThirdTime(t *testing.T) {
	var received atomic.Int32
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) { received.Add(1); stale(w, "APIGW.0307") },
		byToken(t, &issuer{clock: clock, life: time.Hour}))
	err := step.ErrorOf(c.Call(t.Context(), post(struct{}{})))
	assert.Equal(t, step.Unauthenticated, err.Class)
	assert.Equal(t, "APIGW.0307", err.Code)
	assert.EqualValues(t, 2, received.Load())
	assert.True(t, step.IsClass(c.Call(t.Context(), get(nil)), step.Unauthenticated))
	assert.EqualValues(t, 2, received.Load(), "the door is shut")
}

func TestATokenThatNothingRenewsIsRefusedOnce(t *testing.T) {
	var received atomic.Int32
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) { received.Add(1); stale(w, "APIGW.0307") },
		byToken(t, &issuer{clock: clock, life: time.Hour}), func(cfg *cloud.Config) { cfg.Renew = nil })
	err := step.ErrorOf(c.Call(t.Context(), post(struct{}{})))
	assert.Equal(t, step.Unauthenticated, err.Class)
	assert.Equal(t, "The token must be updated", err.Message)
	assert.EqualValues(t, 1, received.Load())
}

// expiring gives a client keys that expire, and renews them with others.
func expiring(cfg *cloud.Config) {
	cfg.Credentials.SecurityToken, cfg.Credentials.Expires = cloud.Hide("s1"), clock().Add(time.Hour)
	cfg.Renew = func(_ context.Context, old cloud.Credentials) (cloud.Credentials, error) {
		old.AccessKey, old.SecurityToken = "AKRENEWED", cloud.Hide("s2")
		return old, nil
	}
}

func TestKeysThatMayHaveExpiredAreRenewedOnce(t *testing.T) {
	forever := func(cfg *cloud.Config) { expiring(cfg); cfg.Credentials.Expires = time.Time{} }
	for _, tc := range []struct {
		code   string
		status int
		keys   func(*cloud.Config)
		want   []string
	}{
		{"APIGW.0301", 401, expiring, []string{"s1", "s2"}},
		{"APIG.0301", 401, expiring, []string{"s1", "s2"}},
		{"IAM.1108", 400, expiring, []string{"s1", "s2"}},
		{"APIGW.0301", 401, forever, []string{"s1"}},
		{"APIGW.0303", 401, expiring, []string{"s1"}},
		{"APIGW.0302", 403, expiring, []string{"s1"}},
	} {
		var used []string
		c := serve(t, func(w http.ResponseWriter, r *http.Request) {
			used = append(used, r.Header.Get("X-Security-Token"))
			w.WriteHeader(tc.status)
			fmt.Fprint(w, flat(tc.code))
		}, tc.keys)
		require.Error(t, c.Call(t.Context(), get(nil)))
		assert.Equal(t, tc.want, used, "%v", tc)
	}
}

func TestOBSRefusesKeysThatAreNoMore(t *testing.T) {
	now, asked, refusals := newFakeClock(), 0, 0
	give := temporary(t, now.Now, &asked)
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" && asked == 1 {
			refusals++
			w.WriteHeader(403)
			fmt.Fprint(w, `<Error><Code>InvalidAccessKeyId</Code><Message>no</Message></Error>`)
			return
		}
		give(w, r)
	}, byToken(t, &issuer{clock: now.Now, life: 24 * time.Hour}))
	found, err := c.Buckets(t.Context(), "")
	require.NoError(t, err)
	assert.Len(t, found, 1)
	assert.Equal(t, []int{2, 1}, []int{asked, refusals})
}

func TestTheAccountsTokenIsRenewedLikeTheProjects(t *testing.T) {
	var olds []string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Auth-Token") == "d1" {
			stale(w, "IAM.0067")
			return
		}
		fmt.Fprint(w, `{"agencies":[]}`)
	}, byToken(t, &issuer{clock: clock, life: time.Hour}), func(cfg *cloud.Config) {
		cfg.DomainToken = func(_ context.Context, old cloud.Credentials) (cloud.Credentials, error) {
			olds = append(olds, old.Token.Reveal())
			return cloud.Credentials{Token: cloud.Hide(fmt.Sprint("d", len(olds)))}, nil
		}
	})
	_, err := c.Agencies(t.Context(), "a")
	require.NoError(t, err)
	assert.Equal(t, []string{"", "d1"}, olds)
}

// otherClasses is what another call's failure means for the one that needed it: as a sign-in, and as a look for an id.
var otherClasses = []struct{ class, signIn, id step.Class }{
	{step.Unauthenticated, step.Unauthenticated, step.Unauthenticated},
	{step.Denied, step.Denied, step.Denied},
	{step.Throttled, step.Throttled, step.Throttled},
	{step.Unavailable, step.Unavailable, step.Unavailable},
	{step.Invalid, step.Invalid, step.Invalid},
	{step.UnknownOutcome, step.Unavailable, step.Unavailable},
	{step.NotFound, step.Unauthenticated, step.Invalid},
	{step.Conflict, step.Unauthenticated, step.Invalid},
	{step.AlreadySo, step.Unauthenticated, step.Invalid},
}

func TestASignInThatFailsSaysNothingOfTheCallsOwnObject(t *testing.T) {
	for _, tc := range otherClasses {
		now := newFakeClock()
		i := &issuer{clock: now.Now, life: time.Hour}
		c := serve(t, func(http.ResponseWriter, *http.Request) {}, byToken(t, i))
		now.turn(2 * time.Hour)
		i.fails = &step.Error{Class: tc.class, Operation: "iam KeystoneCreateUserTokenByPassword", Status: 404, Message: "no"}
		err := step.ErrorOf(c.Call(t.Context(), post(nil)))
		assert.Equal(t, tc.signIn, err.Class, tc.class)
		assert.Equal(t, tc.class, i.fails.(*step.Error).Class, "it is somebody else's")
	}
}

// A token whose account cannot be told is no grant that is not there.
func TestAnIDThatIsNotFoundSaysNothingOfTheCallsOwnObject(t *testing.T) {
	for status, want := range map[int]step.Class{404: step.Invalid, 409: step.Invalid, 403: step.Denied, 500: step.Unavailable} {
		c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			fmt.Fprint(w, `{"error":{"message":"Could not find token","code":404,"title":"Not Found"}}`)
		}, byToken(t, &issuer{clock: clock, life: time.Hour}), func(cfg *cloud.Config) { cfg.DomainID = "" })
		call := cloud.Call{
			Service: "iam", Operation: "CheckDomainPermissionForAgency", Method: http.MethodHead, Path: "/v3.0/{domain_id}/roles", Domain: true,
		}
		assert.Equal(t, want, step.ErrorOf(c.Call(t.Context(), call)).Class, status)
		_, err := c.Domain(t.Context())
		assert.Equal(t, want, step.ErrorOf(err).Class, status)
	}
}

func TestARenewalThatFailsForNowShutsNoDoor(t *testing.T) {
	i := &issuer{clock: clock, life: time.Hour}
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Auth-Token") == "token1" {
			stale(w, "APIGW.0301")
			return
		}
		w.WriteHeader(204)
	}, byToken(t, i))
	i.fails = &step.Error{Class: step.Unavailable, Status: 503}
	assert.True(t, step.IsClass(c.Call(t.Context(), post(nil)), step.Unavailable))
	i.fails = nil
	assert.NoError(t, c.Call(t.Context(), post(nil)))
}
