package sandbox

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestEndpointsNameEachServiceOnAPortOfItsOwn(t *testing.T) {
	b := open(t, Options{})
	var e Endpoints
	require.NoError(t, json.Unmarshal([]byte(b.control("GET", "/-/endpoints", "").body), &e))
	require.Equal(t, b.s.Endpoints(), e)
	require.Equal(t, "cn-north-7", e.Region)
	require.Len(t, e.ProjectID, 32)
	require.Len(t, e.DomainID, 32)
	require.Len(t, e.SecretKey, 40)
	ports := map[string]bool{b.s.ControlURL(): true}
	for _, service := range services {
		require.Regexp(t, `^http://127\.0\.0\.1:\d+$`, e.Endpoints[service])
		ports[e.Endpoints[service]] = true
	}
	require.Len(t, ports, 8)
}

func TestTheDefaultCloudIsThisDocument(t *testing.T) {
	b := open(t, Options{})
	require.JSONEq(t, `{"projects":{"5a9db0c5000000000000000000000001":{"region":"cn-north-7",
		"dbss":{"obs_buckets":[{"bucket_name":"1202","location":"cn-north-7"},
			{"bucket_name":"aosblueprints-example","location":"cn-north-7"}]},
		"dli":{"agency":null,"authorized_buckets":[]},
		"mpc":{"agency":"CANCELED","buckets":[{"bucket":"1202","is_authorized":0,"kms":false},
			{"bucket":"aosblueprints-example","is_authorized":0,"kms":false}]},
		"modelarts":{"authorizations":[],"agencies":[]}}},
		"iam":{"users":[],"agencies":[],"roles":[]},"variants":{}}`, b.state())
}

func TestEqualCloudsGiveEqualDocuments(t *testing.T) {
	b := seeded(t, `{"projects":{"p2":{"region":"eu-de"},"p1":{"modelarts":{"agencies":["b","a"],"authorizations":[
		{"user_id":"user-2","content":"x","type":"credential","secret_key":"k"},{"user_id":"all","content":"y"}]},
		"dli":{"agency":{"roles":["b","a"]}}}},
		"iam":{"roles":[{"name":"r"},{"name":"a"}],"agencies":[{"name":"n","trust_domain_name":"t"}]}}`)
	first := b.state()
	require.True(t, strings.HasSuffix(first, "}\n"))
	require.Equal(t, first, b.control("PUT", "/-/state", first).body)
	require.Equal(t, first, seeded(t, first).state())
	require.Equal(t, "p1", b.s.Endpoints().ProjectID)
}

func TestPutReplacesTheWholeCloudAndKeepsFaults(t *testing.T) {
	b := open(t, Options{})
	b.fault(`{"service":"mpc","do":"status","status":500}`)
	require.Equal(t, 200, b.control("PUT", "/-/state", `{"projects":{"p9":{"region":"eu-de"}}}`).status)
	require.Equal(t, "p9", b.s.Endpoints().ProjectID)
	require.Equal(t, "eu-de", b.s.Endpoints().Region)
	require.NotContains(t, b.state(), defaultProjectID)
	b.p = "p9"
	require.Equal(t, 500, b.call("mpc", "GET", mpcPath, "").status)
	require.Equal(t, 200, b.call("mpc", "GET", mpcPath, "").status)
}

func TestPutNamesWhatIsWrong(t *testing.T) {
	b := open(t, Options{})
	before := b.state()
	for document, names := range map[string]string{
		``:                       "no JSON",
		`[]`:                     "array",
		`{"project":{}}`:         `"project"`,
		`{"projects":{}}`:        "projects",
		`{"projects":{"a/b":1}}`: "projects",
		`{"projects":{"p":{"mpc":{"agency":"ON"}}}}`:                                                          "mpc.agency",
		`{"projects":{"p":{"mpc":{"agency":1}}}}`:                                                             "mpc.agency",
		`{"projects":{"p":{"mpc":{"buckets":[{"bucket":"a"},{"bucket":"a"}]}}}}`:                              `"a" stands twice`,
		`{"projects":{"p":{"mpc":{"buckets":[{"bucket":"a","is_authorized":2}]}}}}`:                           "is_authorized",
		`{"projects":{"p":{"dbss":{"obs_buckets":[{"location":"x"}]}}}}`:                                      "bucket_name is empty",
		`{"projects":{"p":{},"p":{}}}`:                                                                        "projects.p: given twice",
		`{"projects":{"p":{"modelarts":{"authorizations":[{"user_id":"u1"}]}}}}`:                              "user_id",
		`{"projects":{"p":{"modelarts":{"authorizations":[{"user_id":"user-1"}]}}}}`:                          "content",
		`{"projects":{"p":{"modelarts":{"authorizations":[{"user_id":"user-1","content":"a","type":"x"}]}}}}`: "type",
		`{"iam":{"agencies":[{"name":"a"},{"name":"a"}]}}`:                                                    "iam.agencies",
		`{"iam":{"agencies":[{"name":"a","domain_id":"d"}]}}`:                                                 "domain_id",
		`{"iam":{"agencies":[{"name":"a","duration":"long"}]}}`:                                               "duration",
		`{"variants":{"mpc_fresh":"new"}}`:                                                                    "mpc_fresh",
		`{"variants":{"mpc_conflict_status":404}}`:                                                            "mpc_conflict_status",
		`{"variants":{"mpc_stale":"new"}}`:                                                                    "mpc_stale",
		`{"faults":[{"do":"x"}]}`:                                                                             "faults[0].do",
		`{"faults":[null]}`:                                                                                   "faults[0]",
		strings.Repeat("[", 100_000):                                                                          "depth",
	} {
		got := b.control("PUT", "/-/state", document)
		require.Equal(t, 400, got.status, document)
		require.Contains(t, got.field(t, "error"), names)
	}
	require.Equal(t, before, b.state())
}

func TestTheControlListenerServesEveryServiceByPrefixAndByHost(t *testing.T) {
	b := open(t, Options{})
	path := strings.ReplaceAll(mpcPath, "{p}", b.p)
	for _, c := range []struct{ path, host string }{
		{"/mpc" + path, ""}, {path, "mpc.localhost"}, {path, "mpc.127.0.0.1:80"}, {"/mpc" + path, "LOCALHOST:1"},
	} {
		r, err := http.NewRequest("GET", b.s.ControlURL()+c.path, nil)
		require.NoError(t, err)
		r.Host = c.host
		signRequest(r, path, "", time.Now())
		require.Equal(t, 200, b.do(r).status, c)
	}
	require.Equal(t, path, b.requests()[0].Path)
	require.Equal(t, 404, b.control("GET", "/ecs/v1", "").status)
	require.Equal(t, 404, b.control("GET", "/-/nothing", "").status)
	require.Equal(t, 404, b.control("POST", "/-/state", "").status)
}

func TestForeignHostsAndWebPagesAreTurnedAway(t *testing.T) {
	b := open(t, Options{})
	for _, host := range []string{
		"evil.example", "127.0.0.1.evil.example", "mpc.evil.example", "10.0.0.1:80", "ecs.localhost", "localhost:x",
		"0.0.0.0", "localhost.",
	} {
		for _, url := range []string{b.s.ControlURL() + "/-/state", b.s.Endpoints().Endpoints["mpc"] + "/"} {
			r, err := http.NewRequest("GET", url, nil)
			require.NoError(t, err)
			r.Host = host
			require.Equal(t, 421, b.do(r).status, host)
		}
	}
	for _, url := range []string{b.s.ControlURL() + "/-/state", b.s.Endpoints().Endpoints["mpc"] + "/"} {
		r, err := http.NewRequest("PUT", url, nil)
		require.NoError(t, err)
		r.Header.Set("Origin", "http://127.0.0.1")
		got := b.do(r)
		require.Equal(t, 403, got.status)
		require.NotContains(t, got.header, "Access-Control-Allow-Origin")
	}
	r := b.request("mpc", "GET", mpcPath, "")
	r.Host = "dli.localhost"
	require.Equal(t, 421, b.do(r).status)
	r.Host = "mpc.localhost"
	require.Equal(t, 200, b.do(r).status)
	require.Len(t, b.requests(), 1, "what is turned away is not logged")
}

func TestOnlyLoopbackIsListenedOn(t *testing.T) {
	for _, address := range []string{":0", "0.0.0.0:0", "[::]:0", "10.1.2.3:0", "example.com:0", "127.0.0.1"} {
		_, err := New(Options{Listen: address})
		require.ErrorContains(t, err, address)
	}
	open(t, Options{Listen: "localhost:0"})
}

func TestTheLogTellsRequestsInOrder(t *testing.T) {
	b := open(t, Options{})
	b.call("mpc", "GET", mpcPath+"?a=b", "")
	b.call("mpc", "POST", mpcPath, mpcCreate)
	b.call("mpc", "POST", mpcPath, mpcCreate)
	path := strings.ReplaceAll(mpcPath, "{p}", b.p)
	require.Equal(t, []logEntry{
		{"mpc", "ShowAgenciesTask", "GET", path, "a=b", "", 200, false},
		{"mpc", "CreateAgenciesTask", "POST", path, "", mpcCreate, 204, true},
		{"mpc", "CreateAgenciesTask", "POST", path, "", mpcCreate, 403, false},
	}, b.requests())
	require.Equal(t, 204, b.control("DELETE", "/-/requests", "").status)
	require.JSONEq(t, `{"requests":[]}`, b.control("GET", "/-/requests", "").body)
}

func TestTheLogForgetsTheOldest(t *testing.T) {
	var l requestLog
	for i := range logMax + 2 {
		l.add(logEntry{Status: i})
	}
	require.Len(t, l.list(), logMax)
	require.Equal(t, 2, l.list()[0].Status)
}

func TestBodiesOfMoreThanTwelveMegabytesAreRefused(t *testing.T) {
	b := open(t, Options{})
	r := b.request("mpc", "POST", mpcPath, "")
	body := strings.Repeat("a", bodyMax+1)
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
	if got, err := b.try(r); err == nil { // the connection may be cut while the rest is being sent
		require.Equal(t, 413, got.status)
	}
	require.Equal(t, 413, b.requests()[0].Status)
}

func TestACloneGoesItsOwnWay(t *testing.T) {
	b := open(t, Options{Seed: largeCloud(10)})
	b.changeEverything()
	before := everything(t, b.s)
	clone := b.s.Clone()
	require.Equal(t, before, everything(t, clone))
	require.NoError(t, clone.Start())
	t.Cleanup(func() { clone.Close() })
	other := &box{t: t, s: clone, p: b.p}
	require.Equal(t, 500, other.call("mpc", "POST", mpcPath, mpcCreate).status, "the fault that is left")
	require.Equal(t, 204, other.call("mpc", "POST", mpcPath, `{"operate_type":"CANCELED"}`).status)
	require.Equal(t, 200, other.call("modelarts", "DELETE", authorizations+"?user_id=all", "").status)
	require.Equal(t, before, everything(t, b.s))
	require.NotEqual(t, before, everything(t, clone))
}
