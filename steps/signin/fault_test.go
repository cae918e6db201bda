package signin_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"writ/engine/step"
	"writ/steps/signin"
)

func refuse(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for _, h := range headers {
			name, value, _ := strings.Cut(h, ": ")
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// noTokens are answers without a token.
var noTokens = map[string]struct {
	answer http.HandlerFunc
	want   step.Error
}{
	"a locked account": {
		refuse(401, `{"error_code":"IAM.0061","error_msg":"Account locked."}`, "X-Iam-Trace-Id: trace-1"),
		step.Error{Class: step.Unauthenticated, Status: 401, Code: "IAM.0061", Message: "Account locked.", RequestID: "trace-1"},
	},
	"a wrong password under 400": {
		refuse(400, `{"error":{"message":"Incorrect password: `+canary+`","code":"1103","title":"Bad Request"}}`, "X-Request-Id: r", "X-Iam-Trace-Id: t"),
		step.Error{Class: step.Unauthenticated, Status: 400, Code: "1103", Message: "Incorrect password: (secret)", RequestID: "r"},
	},
	"a body that is refused": {
		refuse(400, `{"error":{"message":"The request body is invalid","code":400,"title":"Bad Request"}}`),
		step.Error{Class: step.Invalid, Status: 400, Message: "The request body is invalid"},
	},
	"a user who may not": {
		refuse(403, `{"error_code":"IAM.0082","error_msg":"user disabled"}`),
		step.Error{Class: step.Denied, Status: 403, Code: "IAM.0082", Message: "user disabled"},
	},
	"a project that is not there": {
		refuse(404, `{"error":{"message":"Could not find project: eu-de.","code":404,"title":"Not Found"}}`),
		step.Error{Class: step.NotFound, Status: 404, Message: "Could not find project: eu-de."},
	},
	"throttled": {
		refuse(429, `{"error_code":"IAM.0012","error_msg":"The throttling threshold has been reached."}`, "Retry-After: 7"),
		step.Error{Class: step.Throttled, Status: 429, Code: "IAM.0012", Message: "The throttling threshold has been reached.", RetryAfter: 7 * time.Second},
	},
	"many words, and a date to wait for": {
		refuse(429, `{"error_msg":"`+strings.Repeat("ä", 300)+`"}`, "Retry-After: Fri, 02 Jan 2026 03:05:05 GMT"),
		step.Error{Class: step.Throttled, Status: 429, Message: strings.Repeat("ä", 248) + "…", RetryAfter: time.Minute},
	},
	"a proxy's page": {
		refuse(503, `<html>`+canary),
		step.Error{Class: step.Unavailable, Status: 503, Message: "an answer of type text/html in place of an error code"},
	},
	"a redirect": {
		refuse(307, ``, "Location: http://127.0.0.1:1/"),
		step.Error{Class: step.Invalid, Status: 307, Message: "a redirect to 127.0.0.1:1, which is never followed"},
	},
	"a token without an end": {
		refuse(201, `{"token":{}}`, "X-Subject-Token: t"),
		step.Error{Class: step.Unavailable, Status: 201, Message: "an answer that cannot be understood"},
	},
	"no token": {
		refuse(201, `{"token":{"expires_at":"2030-01-01T00:00:00.000000Z"}}`, "X-Request-Id: r"),
		step.Error{Class: step.Unavailable, Status: 201, Message: "an answer that cannot be understood", RequestID: "r"},
	},
	"an answer that does not end": {
		refuse(201, `{"token":{"catalog":"`+strings.Repeat("x", 5<<20)+`"}}`, "X-Subject-Token: t"),
		step.Error{Class: step.Unavailable, Message: "an answer that cannot be understood"},
	},
	"a right that is missing, though 401": {
		refuse(401, `{"error_code":"IAM.0064","error_msg":"no"}`),
		step.Error{Class: step.Denied, Status: 401, Code: "IAM.0064", Message: "no"},
	},
}

func TestWhyThereIsNoToken(t *testing.T) {
	const op = "iam KeystoneCreateUserTokenByPassword"
	for name, test := range noTokens {
		t.Run(name, func(t *testing.T) {
			i := newIAM(t)
			i.answer = test.answer
			_, err := i.withPassword(t).SignIn(context.Background())
			test.want.Operation = op
			assert.Equal(t, &test.want, err)
			assert.Equal(t, 1, i.count())
		})
	}
}

func TestWhatNeverReachesIAM(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*signin.Options)
		class  step.Class
		want   string
	}{
		"nobody there": {func(o *signin.Options) { o.Endpoints = map[string]string{"iam": "http://127.0.0.1:1"} }, step.Unavailable, "no answer: dial tcp 127.0.0.1:1"},
		"an endpoint of another kind": {func(o *signin.Options) { o.Endpoints = map[string]string{"iam": "http://iam.example.org"} },
			step.Invalid, "endpoint of iam: iam.example.org is plain http"},
		"the metadata service": {func(o *signin.Options) { o.Endpoints = map[string]string{"iam": "https://169.254.169.254"} }, step.Unavailable, "no cloud endpoint has such an address"},
		"certificates that are none": {func(o *signin.Options) {
			o.Auth = signin.OSEnv
			o.Getenv = desk{env: environment("OS_USER_ID=u", "OS_PASSWORD=p", "OS_REGION=eu-de", "OS_CACERT=/dev/null")}.options(t).Getenv
		}, step.Invalid, "/dev/null: not a file"},
		"no region": {func(o *signin.Options) {
			o.Getenv = desk{env: environment("OS_USER_ID=u", "OS_PASSWORD=p", "OS_AUTH_URL=https://iam.example.org")}.options(t).Getenv
		}, step.Invalid, "no region and no project is known"},
	} {
		t.Run(name, func(t *testing.T) {
			i := newIAM(t)
			s := i.withPassword(t, test.change)
			_, err := s.SignIn(context.Background())
			assert.True(t, step.IsClass(err, test.class), "%v", err)
			assert.ErrorContains(t, err, test.want)
			assert.Zero(t, i.count())
		})
	}
}
