package sandbox

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestEachServiceTakesOnlySoManyCallsASecond(t *testing.T) {
	for variant, retryAfter := range map[string]string{
		``: "1", `,"throttle_retry_after":"seconds"`: "1", `,"throttle_retry_after":"none"`: "",
	} {
		now := time.Now()
		b := at(t, &now, `"throttle_per_second":2`+variant)
		calls := func(status ...int) (last response) {
			for _, want := range status {
				last = b.signed("mpc", "GET", mpcPath, want)
			}
			return last
		}
		got := calls(200, 200, 429)
		require.Equal(t, "APIGW.0308", got.field(t, "error_code"))
		require.Equal(t, retryAfter, got.header.Get("Retry-After"))
		b.signed("iam", "GET", "/v3/projects", 200)
		now = now.Add(999 * time.Millisecond)
		calls(429)
		now = now.Add(time.Millisecond)
		calls(200, 200, 429)
	}
}

func TestIAMAndOBSThrottleInTheirOwnWords(t *testing.T) {
	now := time.Now()
	b := at(t, &now, `"throttle_per_second":1`)
	b.signed("iam", "GET", "/v3/projects", 200)
	require.Equal(t, "IAM.0012", b.signed("iam", "GET", "/v3/projects", 429).field(t, "error_code"))
	require.Equal(t, 200, b.do(b.obsRequest(permanent, "/")).status)
	got := b.do(b.obsRequest(permanent, "/"))
	require.Equal(t, 503, got.status)
	require.Contains(t, got.body, "<Code>SlowDown</Code>")
}

func TestWhatIsThrottledChangesNothingAndMeetsNoFault(t *testing.T) {
	now := time.Now()
	b := at(t, &now, `"throttle_per_second":1`)
	b.fault(`{"service":"mpc","nth":2,"do":"status","status":500}`)
	b.signed("mpc", "GET", mpcPath, 200)
	b.signedBody("mpc", "POST", mpcPath, mpcCreate, 429)
	require.False(t, b.granted())
	now = now.Add(time.Second)
	b.signed("mpc", "GET", mpcPath, 500)
}
