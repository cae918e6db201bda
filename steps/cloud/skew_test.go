package cloud_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"writ/engine/step"
	"writ/steps/cloud"
)

// off answers with a clock that differs from the client's, and notes what it was asked.
func off(t *testing.T, behind time.Duration, change ...func(*cloud.Config)) (*cloud.Client, *[]string) {
	var asked []string
	return serveAll(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.URL.RequestURI())
		w.Header().Set("Date", clock().Add(-behind).Format(http.TimeFormat))
		if r.Method == http.MethodPost {
			w.WriteHeader(204)
		}
	}, change...), &asked
}

const look, write = "GET /v3/projects?name=cn-north-7", "POST /v1/p0001/agencies"

func TestTheClockIsLookedAtBeforeTheFirstWrite(t *testing.T) {
	c, asked := off(t, 13*time.Minute)
	for range 2 {
		require.NoError(t, c.Call(t.Context(), post(nil)))
	}
	assert.Equal(t, []string{look, write, write}, *asked)
}

func TestASignedReadShowsTheClockToo(t *testing.T) {
	c, asked := off(t, -13*time.Minute)
	require.NoError(t, c.Call(t.Context(), get(nil)))
	require.NoError(t, c.Call(t.Context(), post(nil)))
	assert.Equal(t, []string{"GET /v1/p0001/agencies", write}, *asked)
}

func TestAClockThatIsFarOffRefusesWrites(t *testing.T) {
	for behind, words := range map[time.Duration]string{
		15 * time.Minute:             "this machine's clock is 15m0s ahead of the cloud's",
		-(2*time.Hour + time.Second): "this machine's clock is 2h0m1s behind the cloud's",
		48 * time.Hour:               "this machine's clock is 48h0m0s ahead of the cloud's",
		-100 * time.Hour:             "this machine's clock is 4 days behind the cloud's",
		3000 * 24 * time.Hour:        "this machine's clock is 3000 days ahead of the cloud's",
	} {
		c, asked := off(t, behind)
		for range 2 {
			err := step.ErrorOf(c.Call(t.Context(), post(nil)))
			assert.Equal(t, step.Unauthenticated, err.Class)
			assert.Equal(t, words+", and signatures are refused beyond 15m; nothing was sent: set the clock", err.Message)
		}
		assert.Equal(t, []string{look}, *asked)
		require.NoError(t, c.Call(t.Context(), get(nil)), "reads find out themselves")
	}
}

func TestAWriteByTokenNeedsNoClock(t *testing.T) {
	c, asked := off(t, time.Hour, byToken(t, &issuer{clock: clock, life: time.Hour}))
	require.NoError(t, c.Call(t.Context(), post(nil)))
	assert.Equal(t, []string{write}, *asked)
}

func TestWhereIAMIsNotTheWriteGoesWithout(t *testing.T) {
	c, asked := off(t, time.Hour, func(cfg *cloud.Config) {
		delete(cfg.Endpoints, "iam")
		cfg.Closed = true
	})
	require.NoError(t, c.Call(t.Context(), post(nil)))
	assert.Equal(t, []string{write}, *asked)
	err := step.ErrorOf(c.Call(t.Context(), post(nil)))
	assert.Equal(t, step.Unauthenticated, err.Class, "the first write's answer showed it")
}

func TestAnIAMThatIsAwayIsAskedOnce(t *testing.T) {
	dead := "http://127.0.0.1:1"
	c, asked := off(t, 0, func(cfg *cloud.Config) { cfg.Endpoints["iam"] = dead })
	require.NoError(t, c.Call(t.Context(), post(nil)))
	assert.Equal(t, []string{write}, *asked)
}

func TestTheTimeOfTheCallItselfIsNoSkew(t *testing.T) {
	now := newFakeClock()
	c := serveAll(t, func(w http.ResponseWriter, r *http.Request) {
		now.turn(16 * time.Minute)
		w.Header().Set("Date", now.Now().Format(http.TimeFormat))
		now.turn(16 * time.Minute)
		if r.Method == http.MethodPost {
			w.WriteHeader(204)
		}
	}, func(cfg *cloud.Config) { cfg.Clock = now.Now })
	require.NoError(t, c.Call(t.Context(), post(nil)))
}

func TestARefusedSignatureNamesTheClock(t *testing.T) {
	refuse := func(behind time.Duration) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Date", clock().Add(-behind).Format(http.TimeFormat))
			w.WriteHeader(401)
			fmt.Fprint(w, `{"error_msg":"calc ak sk signature fail:signature expired","error_code":"APIGW.0301"}`)
		}
	}
	err := step.ErrorOf(serveAll(t, refuse(20*time.Minute)).Call(t.Context(), get(nil)))
	assert.Equal(t, "calc ak sk signature fail:signature expired; this machine's clock is 20m0s ahead of the cloud's", err.Message)
	err = step.ErrorOf(serveAll(t, refuse(0)).Call(t.Context(), get(nil)))
	assert.Equal(t, "calc ak sk signature fail:signature expired", err.Message)
	err = step.ErrorOf(serveAll(t, refuse(20*time.Minute)).Call(t.Context(), post(nil)))
	assert.Equal(t, step.Unauthenticated, err.Class)
	assert.Equal(t, "iam KeystoneListProjects", err.Operation, "it was refused when the clock was looked at")
}

func TestAClockThatIsOffIsToldOnce(t *testing.T) {
	for behind, want := range map[time.Duration][]string{
		4 * time.Minute:  nil,
		-6 * time.Minute: {"this machine's clock is 6m0s behind the cloud's; signatures are refused beyond 15m"},
	} {
		var told []string
		c, _ := off(t, behind, func(cfg *cloud.Config) { cfg.Notice = func(s string) { told = append(told, s) } })
		for range 3 {
			require.NoError(t, c.Call(t.Context(), get(nil)))
		}
		assert.Equal(t, want, told)
	}
}
