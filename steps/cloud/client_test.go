package cloud_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"writ/engine/step"
	"writ/steps/cloud"
)

const secretKey, token = "SKEXAMPLE", "TOKENEXAMPLE"

func clock() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

func config(base string) cloud.Config {
	return cloud.Config{
		Credentials: cloud.Credentials{AccessKey: "AKEXAMPLE", SecretKey: cloud.Hide(secretKey)},
		Region:      "cn-north-7", ProjectID: "p0001", DomainID: "d0001", Clock: clock,
		Endpoints: map[string]string{"dbss": base, "dli": base, "iam": base, "modelarts": base, "mpc": base, "obs": base},
	}
}

// serve starts a server and a client of it. The server's clock is the client's, and a look at the projects, as before
// a first write, does not reach the handler.
func serve(t *testing.T, h http.HandlerFunc, change ...func(*cloud.Config)) *cloud.Client {
	t.Helper()
	return serveAll(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", clock().Format(http.TimeFormat))
		if r.URL.Path == "/v3/projects" {
			fmt.Fprint(w, `{"projects":[]}`)
			return
		}
		h(w, r)
	}, change...)
}

func serveAll(t *testing.T, h http.HandlerFunc, change ...func(*cloud.Config)) *cloud.Client {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	cfg := config(s.URL)
	for _, f := range change {
		f(&cfg)
	}
	return client(t, cfg)
}

func client(t *testing.T, cfg cloud.Config) *cloud.Client {
	t.Helper()
	c, err := cloud.New(cfg)
	require.NoError(t, err)
	return c
}

func get(out any) cloud.Call {
	return cloud.Call{Service: "mpc", Operation: "ShowAgenciesTask", Method: http.MethodGet, Path: "/v1/{project_id}/agencies", Out: out}
}

func post(body any) cloud.Call {
	return cloud.Call{Service: "mpc", Operation: "CreateAgenciesTask", Method: http.MethodPost, Path: "/v1/{project_id}/agencies", Body: body, OK: []int{204}}
}

func TestRequestsAreSignedLikeTheVectors(t *testing.T) {
	created := struct {
		OperateType string `json:"operate_type"`
	}{"CREATED"}
	for _, tc := range []struct {
		name, signed, signature, body string
		token                         cloud.Secret
		call                          cloud.Call
	}{
		{
			name: "1", signed: "x-project-id;x-sdk-date", call: get(nil),
			signature: "b742af79c15efddf32ea654fe62c0930abb5eced4e40ed77f10c5fe9d2942b45",
		}, {
			name: "2", signed: "x-project-id;x-sdk-date", call: post(created), body: `{"operate_type":"CREATED"}` + "\n",
			signature: "a56a0193f53b9441e54206fe2787f2f99f4ff4e9251dc16b49d30f74456daaf8",
		}, {
			name: "4", signed: "x-project-id;x-sdk-date;x-security-token", token: cloud.Hide("tok"),
			call: cloud.Call{
				Service: "modelarts", Operation: "DeleteAuthorizations", Method: http.MethodDelete,
				Path: "/v2/{project_id}/authorizations", Query: url.Values{"user_id": {"a b~c/ü"}},
			},
			signature: "8861ebcf86de3c325ee452cac61d52bd670f37ef872d4c3aa014323ab9b8ebe3",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got *http.Request
			var body []byte
			c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				got = r
				body, _ = io.ReadAll(r.Body)
				if tc.call.OK != nil {
					w.WriteHeader(tc.call.OK[0])
				}
			}, func(cfg *cloud.Config) { cfg.Credentials.SecurityToken = tc.token })
			require.NoError(t, c.Call(t.Context(), tc.call))
			assert.Equal(t, "SDK-HMAC-SHA256 Access=AKEXAMPLE, SignedHeaders="+tc.signed+", Signature="+tc.signature, got.Header.Get("Authorization"))
			assert.Equal(t, tc.body, string(body))
			assert.Equal(t, "application/json", got.Header.Get("Content-Type"))
			assert.Equal(t, "20260102T030405Z", got.Header.Get("X-Sdk-Date"))
			assert.Equal(t, "p0001", got.Header.Get("X-Project-Id"))
			assert.Equal(t, tc.call.Query.Get("user_id"), got.URL.Query().Get("user_id"))
		})
	}
}

func TestAccountCallsNameTheDomain(t *testing.T) {
	var paths []string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		paths = append(paths, r.URL.Path)
		assert.Empty(t, r.Header.Get("X-Project-Id"))
		if r.URL.Path == "/v3/auth/domains" {
			assert.Empty(t, r.Header.Get("X-Domain-Id"))
			fmt.Fprint(w, `{"domains":[{"id":"found","name":"ACCOUNT","enabled":true}],"links":{"self":"","next":null}}`)
			return
		}
		assert.Equal(t, "found", r.Header.Get("X-Domain-Id"))
		assert.Equal(t, "found", r.URL.Query().Get("domain_id"))
		fmt.Fprint(w, `{"agencies":[{"id":"1","name":"a","duration":null},{"id":"2","name":"ab"}]}`)
	}, func(cfg *cloud.Config) { cfg.DomainID = "" })
	for range 2 {
		agencies, err := c.Agencies(t.Context(), "a")
		require.NoError(t, err)
		assert.Equal(t, []cloud.Agency{{ID: "1", Name: "a"}}, agencies)
	}
	assert.Equal(t, []string{"/v3/auth/domains", "/v3.0/OS-AGENCY/agencies", "/v3.0/OS-AGENCY/agencies"}, paths)
}

func TestAnAccountThatCannotBeToldIsAnError(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"domains":[{"id":"a"},{"id":"b"}]}`)
	}, func(cfg *cloud.Config) { cfg.DomainID = "" })
	_, err := c.Domain(t.Context())
	assert.True(t, step.IsClass(err, step.Invalid), "%v", err)
}

func TestDeletingAnAgencyThatIsGoneIsNoError(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(404)
		fmt.Fprint(w, `{"error":{"message":"Could not find agency: 2809","code":404,"title":"Not Found"}}`)
	})
	assert.NoError(t, c.DeleteAgency(t.Context(), "2809"))
}

func TestIdsCannotLeaveThePath(t *testing.T) {
	var received atomic.Int32
	c := serve(t, func(http.ResponseWriter, *http.Request) { received.Add(1) })
	for _, id := range []string{"", ".", "..", "a/b", "a?b", "a#b", "a%2fb", "a b", "a\r\nb", "ü", "{x}"} {
		err := c.DeleteAgency(t.Context(), id)
		assert.True(t, step.IsClass(err, step.Invalid), "%q: %v", id, err)
	}
	assert.Zero(t, received.Load())
}

func TestSecretsAreNeverPrinted(t *testing.T) {
	cfg := config("http://127.0.0.1:1")
	cfg.Credentials.SecurityToken = cloud.Hide(token)
	c := client(t, cfg)
	echo := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(400)
		fmt.Fprintf(w, `{"error_code":"X.1","error_msg":"bad: %s %s secret-word secret-wordy"}`, r.Header.Get("X-Security-Token"), secretKey)
	}, func(cfg *cloud.Config) { cfg.Credentials.SecurityToken = cloud.Hide(token) })
	call := get(nil)
	call.Secrets = []cloud.Secret{cloud.Hide("secret-word"), cloud.Hide("secret-wordy")}
	echoed := echo.Call(t.Context(), call)
	assert.EqualError(t, echoed, "mpc ShowAgenciesTask: HTTP 400 X.1: bad: (secret) (secret) (secret) (secret)")

	var b strings.Builder
	for _, v := range []any{cfg, &cfg, cfg.Credentials, c, *cfgOf(c), cfg.Credentials.SecretKey, echoed, *step.ErrorOf(echoed)} {
		fmt.Fprintf(&b, "%v %+v %#v %s %q %x\n", v, v, v, v, v, v)
	}
	for _, v := range []any{cfg.Credentials, c, echoed, []cloud.Secret{cloud.Hide(secretKey)}} {
		raw, err := json.Marshal(v)
		require.NoError(t, err)
		b.Write(raw)
	}
	hex := fmt.Sprintf("%x", secretKey)
	for _, secret := range []string{secretKey, token, hex, "secret-word"} {
		assert.NotContains(t, b.String(), secret)
	}
}

// cfgOf holds a client as somebody's unexported field would.
func cfgOf(c *cloud.Client) *struct{ c *cloud.Client } { return &struct{ c *cloud.Client }{c} }

func TestConfigurationsThatAreRefused(t *testing.T) {
	for name, change := range map[string]func(*cloud.Config){
		"plain http":        func(c *cloud.Config) { c.Endpoints["mpc"] = "http://mpc.example.com" },
		"http by decimal":   func(c *cloud.Config) { c.Endpoints["mpc"] = "http://2130706433" },
		"another scheme":    func(c *cloud.Config) { c.Endpoints["mpc"] = "ftp://localhost" },
		"a path":            func(c *cloud.Config) { c.Endpoints["mpc"] = "https://host/mpc" },
		"a user":            func(c *cloud.Config) { c.Endpoints["mpc"] = "https://u:p@host" },
		"no host":           func(c *cloud.Config) { c.Endpoints["mpc"] = "mpc" },
		"unknown cloud":     func(c *cloud.Config) { c.Cloud = "aws" },
		"region is a host":  func(c *cloud.Config) { c.Region = "evil.example/" },
		"project is a path": func(c *cloud.Config) { c.ProjectID = "a/../b" },
		"no secret key":     func(c *cloud.Config) { c.Credentials.SecretKey = cloud.Secret{} },
		"key with line end": func(c *cloud.Config) { c.Credentials.AccessKey = "AK\n" },
	} {
		cfg := config("http://127.0.0.1:1")
		change(&cfg)
		_, err := cloud.New(cfg)
		assert.Error(t, err, name)
		assert.NotContains(t, fmt.Sprint(err), secretKey)
	}
}

func TestAClientThatIsNilSaysSo(t *testing.T) {
	var c *cloud.Client
	assert.True(t, step.IsClass(c.Call(t.Context(), get(nil)), step.Internal))
}

func TestBoolTakesFourSpellings(t *testing.T) {
	for raw, want := range map[string]bool{`true`: true, `"true"`: true, `false`: false, `"false"`: false} {
		var b cloud.Bool
		require.NoError(t, json.Unmarshal([]byte(raw), &b), raw)
		assert.Equal(t, want, bool(b), raw)
	}
	for _, raw := range []string{`1`, `"True"`, `""`, `"yes"`, `[]`} {
		var b cloud.Bool
		assert.Error(t, json.Unmarshal([]byte(raw), &b), raw)
	}
}

func TestForeignTextIsCutAtACharacter(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(400)
		_ = json.NewEncoder(w).Encode(map[string]string{"error_code": "X.1", "error_msg": strings.Repeat("ü", 1000)})
	})
	err := step.ErrorOf(c.Call(t.Context(), get(nil)))
	assert.LessOrEqual(t, len(err.Message), 500)
	assert.True(t, strings.HasSuffix(err.Message, "ü…"), err.Message)
	assert.False(t, errors.Is(err, io.EOF))
}
