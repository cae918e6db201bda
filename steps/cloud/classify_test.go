package cloud_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"writ/engine/step"
)

func flat(code string) string { return fmt.Sprintf(`{"error_msg":"words","error_code":%q}`, code) }

const (
	html                 = "<html><body>portal with private data</body></html>"
	unknown, unavailable = step.UnknownOutcome, step.Unavailable
)

// failures are answers with what they mean for a write and for a read.
var failures = []struct {
	name        string
	status      int
	body        string
	write, read step.Class
	code        string
}{
	{"gateway throttles", 429, flat("APIGW.0308"), step.Throttled, step.Throttled, "APIGW.0308"},
	{"older gateway throttles", 403, flat("APIG.0308"), step.Throttled, step.Throttled, "APIG.0308"},
	{"plain 429", 429, "", step.Throttled, step.Throttled, ""},
	{"bad signature", 401, flat("APIGW.0301"), step.Unauthenticated, step.Unauthenticated, "APIGW.0301"},
	{"stale token", 401, flat("APIG.0307"), step.Unauthenticated, step.Unauthenticated, "APIG.0307"},
	{"user may not call", 403, flat("APIGW.0302"), step.Denied, step.Denied, "APIGW.0302"},
	{"not permitted", 403, flat("APIGW.0306"), step.Denied, step.Denied, "APIGW.0306"},
	{"no such API", 404, flat("APIGW.0101"), step.Invalid, step.Invalid, "APIGW.0101"},
	{"gateway's bad request", 400, flat("APIGW.0602"), step.Invalid, step.Invalid, "APIGW.0602"},
	{"gateway fails", 500, flat("APIGW.0601"), unknown, unavailable, "APIGW.0601"},
	{"gateway's backend is away", 502, flat("APIGW.0201"), unknown, unavailable, "APIGW.0201"},
	{"nested envelope", 400, `{"error":{"error_code":"DBSS.10000001","error_msg":"words"}}`, step.Invalid, step.Invalid, "DBSS.10000001"},
	{"keystone", 404, `{"error":{"message":"words","code":404,"title":"Not Found"}}`, step.NotFound, step.NotFound, ""},
	{"keystone user data", 400, `{"error":{"message":"words","code":1109,"title":"Bad"}}`, step.Invalid, step.Invalid, "1109"},
	{"SDK form", 409, `{"code":"IAM.0005","message":"words"}`, step.Conflict, step.Conflict, "IAM.0005"},
	{"server error under 400", 400, flat("DLI.0999"), unknown, unavailable, "DLI.0999"},
	{"missing thing under 400", 400, flat("DLI.0002"), step.NotFound, step.NotFound, "DLI.0002"},
	{"missing thing", 404, flat("DLI.0023"), step.NotFound, step.NotFound, "DLI.0023"},
	{"401 that is none", 401, flat("ModelArts.0428"), step.NotFound, step.NotFound, "ModelArts.0428"},
	{"same code, other status", 400, flat("ModelArts.0428"), unknown, unavailable, "ModelArts.0428"},
	{"row missing", 400, flat("ModelArts.0429"), step.NotFound, step.NotFound, "ModelArts.0429"},
	{"row exists", 400, flat("ModelArts.0424"), step.Conflict, step.Conflict, "ModelArts.0424"},
	{"bad key under 403", 403, flat("ModelArts.0206"), step.Unauthenticated, step.Unauthenticated, "ModelArts.0206"},
	{"validation under 403", 403, flat("MPC.10202"), step.Invalid, step.Invalid, "MPC.10202"},
	{"expired key under 400", 400, flat("IAM.1105"), step.Unauthenticated, step.Unauthenticated, "IAM.1105"},
	{"IAM throttles", 429, flat("IAM.0012"), step.Throttled, step.Throttled, "IAM.0012"},
	{"bare 401", 401, "", step.Unauthenticated, step.Unauthenticated, ""},
	{"bare 403", 403, "", step.Denied, step.Denied, ""},
	{"bare 404", 404, "", step.NotFound, step.NotFound, ""},
	{"a page's 404", 404, html, step.Invalid, step.Invalid, ""},
	{"a page's 403", 403, html, step.Denied, step.Denied, ""},
	{"a page's 503", 503, html, unknown, unavailable, ""},
	{"408", 408, "", unknown, unavailable, ""},
	{"413", 413, flat("ModelArts.4104"), step.Invalid, step.Invalid, "ModelArts.4104"},
	{"the operation's own, any status", 403, flat("OWN.1"), step.AlreadySo, step.AlreadySo, "OWN.1"},
	{"the operation's own, this status", 401, flat("OWN.2"), step.AlreadySo, step.AlreadySo, "OWN.2"},
	{"the operation's own, other status", 400, flat("OWN.2"), step.Invalid, step.Invalid, "OWN.2"},
	{"a success that is not documented", 202, `{}`, unknown, unavailable, ""},
	{"a success without a body", 200, ``, unknown, unavailable, ""},
	{"a success in HTML", 200, html, unknown, unavailable, ""},
	{"a success cut short", 200, `{"operate_type":"CRE`, unknown, unavailable, ""},
	{"a success of another type", 200, `{"operate_type":1}`, unknown, unavailable, ""},
	{"a list", 200, `[]`, unknown, unavailable, ""},
	{"null", 200, `null`, unknown, unavailable, ""},
	{"a name twice", 200, `{"operate_type":"CREATED","Operate_Type":"CANCELED"}`, unknown, unavailable, ""},
	{"a name twice, inside", 200, `{"x":[{"a":1,"a":2}]}`, unknown, unavailable, ""},
	{"two values", 200, `{} {}`, unknown, unavailable, ""},
	{"deep", 200, `{"x":` + nest(100) + `}`, unknown, unavailable, ""},
	{"not UTF-8", 200, "{\"x\":\"\xff\"}", unknown, unavailable, ""},
	{"a success that carries an error", 200, flat("X.1"), unknown, unavailable, ""},
}

func TestFailuresHaveClasses(t *testing.T) {
	for _, tc := range failures {
		t.Run(tc.name, func(t *testing.T) {
			answer := func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("X-Request-Id", "r1")
				if tc.body == html {
					w.Header().Set("Content-Type", "text/html; charset=utf-8")
				}
				w.WriteHeader(tc.status)
				fmt.Fprint(w, tc.body)
			}
			for method, want := range map[string]step.Class{http.MethodPost: tc.write, http.MethodDelete: tc.write, http.MethodGet: tc.read} {
				var out struct {
					OperateType string `json:"operate_type"`
				}
				call := get(&out)
				call.Method = method
				call.Classes = map[string]step.Class{"OWN.1": step.AlreadySo, "401 OWN.2": step.AlreadySo}
				err := step.ErrorOf(serve(t, answer).Call(t.Context(), call))
				assert.Equal(t, want, err.Class, "%s: %v", method, err)
				assert.Equal(t, tc.code, err.Code)
				assert.Equal(t, tc.status, err.Status)
				assert.Equal(t, "r1", err.RequestID)
				assert.Equal(t, "mpc ShowAgenciesTask", err.Operation)
				assert.NotContains(t, err.Message, "private")
				if tc.body == html {
					assert.Contains(t, err.Message, "text/html")
				}
			}
		})
	}
}

func nest(n int) string {
	s := ""
	for range n {
		s = "[" + s + "]"
	}
	return s
}

func TestATruncatedAnswerIsUnknown(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		fmt.Fprint(w, `{}`)
	})
	call := post(struct{}{})
	call.OK = nil
	for _, out := range []any{nil, &struct{}{}} {
		call.Out = out
		assert.Equal(t, step.UnknownOutcome, step.ErrorOf(c.Call(t.Context(), call)).Class)
	}
}

type verdict struct{ class step.Class }

func (v verdict) Check() (step.Class, string) { return v.class, "words" }

func TestAnOutMayRefuseASuccess(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{}`) })
	for _, class := range []step.Class{step.Invalid, step.UnknownOutcome} {
		call := post(struct{}{})
		call.OK, call.Out = nil, &verdict{class}
		err := step.ErrorOf(c.Call(t.Context(), call))
		assert.Equal(t, &step.Error{Class: class, Operation: "mpc CreateAgenciesTask", Status: 200, Message: "words"}, err)
	}
	require.NoError(t, c.Call(t.Context(), get(&verdict{})))
}

func TestRetryAfterIsSecondsOrADate(t *testing.T) {
	for value, want := range map[string]time.Duration{
		"7":                             7 * time.Second,
		"Fri, 02 Jan 2026 03:05:05 GMT": time.Minute,
		"Fri, 02 Jan 2026 03:00:00 GMT": 0,
		"-5":                            0,
		"99999999999999":                24 * time.Hour,
		"soon":                          0,
		"":                              0,
	} {
		c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", value)
			w.WriteHeader(429)
		})
		assert.Equal(t, want, step.ErrorOf(c.Call(t.Context(), get(nil))).RetryAfter, value)
	}
}

func TestARequestIDMayStandInTheBody(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(401)
		fmt.Fprint(w, `{"error_msg":"Incorrect IAM authentication information","error_code":"APIGW.0301","request_id":"b1"}`)
	})
	err := c.Call(t.Context(), get(nil))
	assert.EqualError(t, err, "mpc ShowAgenciesTask: HTTP 401 APIGW.0301: Incorrect IAM authentication information (request b1)")
}

func TestADenialByPolicySaysWhatItSays(t *testing.T) {
	const encoded = "an encoded authorization message came with it, not shown"
	for body, want := range map[string]string{
		`{"error_code":"PDP5.0001","error_msg":"no permission","encoded_authorization_message":"SECRETIVE","details":[{"error_code":"PDP5.0002","error_msg":"by policy"},{"error_msg":"or so"}]}`: "no permission; PDP5.0002 by policy; or so; " + encoded,
		`{"error":{"error_code":"PDP5.0001","error_msg":"no permission","encoded_authorization_message":"SECRETIVE"}}`:                                                                            "no permission; " + encoded,
		`{"error_code":"PDP5.0001","error_msg":"no permission","details":"none","encoded_authorization_message":null}`:                                                                            "no permission",
		`{"error_code":"PDP5.0001","encoded_authorization_message":"SECRETIVE"}`:                                                                                                                  encoded,
	} {
		err := step.ErrorOf(serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(403)
			fmt.Fprint(w, body)
		}).Call(t.Context(), get(nil)))
		assert.Equal(t, want, err.Message)
		assert.Equal(t, "PDP5.0001", err.Code)
		assert.Equal(t, step.Denied, err.Class)
	}
}
