package signin_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"writ/engine/step"
	"writ/steps/cloud"
	"writ/steps/signin"
)

const keys = `{"credential":{"access":"AK%d","secret":"SK","securitytoken":"ST","expires_at":%q}}`

// server is a source of the agency of a server whose metadata service answers like this.
func server(t *testing.T, h http.HandlerFunc, change ...func(*signin.Options)) *signin.Source {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	o := desk{}.options(t)
	o.Auth, o.Endpoints = signin.ECS, map[string]string{"metadata": s.URL}
	for _, c := range change {
		c(&o)
	}
	return discover(t, o)
}

// metadata answers keys, numbered, that live so long from the moment the clock shows.
func metadata(asked *[]string, life *time.Duration, clock func() time.Time) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		*asked = append(*asked, r.Method+" "+r.URL.Path+" "+r.Header.Get("X-Metadata-Token")+r.Header.Get("X-Metadata-Token-Ttl-Seconds"))
		if r.Method == http.MethodPut {
			fmt.Fprintln(w, "session")
			return
		}
		fmt.Fprintf(w, keys, len(*asked)/2, clock().Add(*life).Format("2006-01-02T15:04:05.000000Z"))
	}
}

func TestAnAgencyGivesKeys(t *testing.T) {
	var asked []string
	life := 24 * time.Hour
	s := server(t, metadata(&asked, &life, now))
	c, err := s.SignIn(context.Background())
	require.NoError(t, err)
	assert.Equal(t, cloud.Credentials{AccessKey: "AK1", SecretKey: cloud.Hide("SK"), SecurityToken: cloud.Hide("ST"), Expires: now().Add(life - 35*time.Minute)}, c)
	assert.Equal(t, []string{"PUT /meta-data/latest/api/token 21600", "GET /openstack/latest/securitykey session"}, asked)
	assert.Equal(t, "AK1", s.AccessKey)
	assert.True(t, s.CanRenew())
	assert.False(t, s.HasDomain())

	fresh, err := s.Renew(context.Background(), c)
	require.NoError(t, err)
	assert.Equal(t, "AK2", fresh.AccessKey)
	assert.Equal(t, "AK1", s.AccessKey, "renewing changes nothing in the source")
}

// The client renews five minutes before, or a tenth of a shorter life.
func TestKeysOfAnAgencyAreSaidToExpireEarly(t *testing.T) {
	for life, said := range map[time.Duration]time.Duration{
		24 * time.Hour:   24*time.Hour - 35*time.Minute,
		20 * time.Minute: 15 * time.Minute,
		-time.Minute:     -time.Minute,
	} {
		var asked []string
		c, err := server(t, metadata(&asked, &life, now)).SignIn(context.Background())
		require.NoError(t, err)
		assert.Equal(t, now().Add(said), c.Expires)
	}
}

func TestAnOldMetadataServiceWantsNoSession(t *testing.T) {
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		assert.NotContains(t, r.Header, "X-Metadata-Token")
		fmt.Fprintf(w, keys, 1, now().Add(time.Hour).Format(time.RFC3339))
	})
	assert.Equal(t, "AK1SKST", signIn(t, s))
}

func TestWhyThereAreNoKeys(t *testing.T) {
	const op = "metadata GetSecurityKey"
	const none = "the metadata service gives no keys: has this server an agency?"
	for name, test := range map[string]struct {
		put, get http.HandlerFunc
		want     step.Error
	}{
		"no agency":     {ok, refuse(401, "Please configure Cloud Service Agency first"), step.Error{Class: step.Unauthenticated, Status: 401, Message: none}},
		"throttled":     {ok, refuse(429, ""), step.Error{Class: step.Throttled, Status: 429, Message: none}},
		"broken":        {ok, refuse(500, ""), step.Error{Class: step.Unavailable, Status: 500, Message: none}},
		"a redirect":    {ok, refuse(307, "", "Location: http://127.0.0.1:1/"), step.Error{Class: step.Unauthenticated, Status: 307, Message: none}},
		"no session":    {refuse(403, ""), ok, step.Error{Class: step.Unauthenticated, Status: 403, Message: "the metadata service gives no token"}},
		"half a key":    {ok, refuse(200, `{"credential":{"access":"AK","secret":"SK","expires_at":"2030-01-01T00:00:00Z"}}`), step.Error{Class: step.Unavailable, Status: 200, Message: "an answer that cannot be understood"}},
		"nonsense":      {ok, refuse(200, canary), step.Error{Class: step.Unavailable, Status: 200, Message: "an answer that cannot be understood"}},
		"no end of it":  {ok, refuse(200, strings.Repeat(" ", 1<<20)), step.Error{Class: step.Unavailable, Status: 200, Message: "an answer that cannot be understood"}},
		"it breaks off": {ok, refuse(200, "{", "Content-Length: 100"), step.Error{Class: step.Unavailable, Message: "the answer broke off"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := server(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodPut {
					test.put(w, r)
					return
				}
				test.get(w, r)
			})
			_, err := s.SignIn(context.Background())
			test.want.Operation = op
			assert.Equal(t, &test.want, err)
		})
	}
}

func ok(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("session")) }

func TestTheMetadataServiceIsOnThisMachineOrAtItsAddress(t *testing.T) {
	o := desk{}.options(t)
	o.Auth, o.Endpoints = signin.ECS, map[string]string{"metadata": "http://metadata.example.org"}
	_, _, err := signin.Discover(o)
	assert.EqualError(t, err, "endpoint of metadata: metadata.example.org is plain http; that is for this machine only")

	o.Endpoints["metadata"] = "http://127.0.0.1:1"
	_, err = discover(t, o).SignIn(context.Background())
	assert.True(t, step.IsClass(err, step.Unavailable), "%v", err)
	assert.ErrorContains(t, err, "is this a server of the cloud?")
}
