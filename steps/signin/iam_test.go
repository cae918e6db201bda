package signin_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"writ/engine/step"
	"writ/steps/cloud"
	"writ/steps/signin"
)

const canary = "kanarien-vogel-4711"

// iam is an IAM that issues tokens, numbered, and remembers what it was asked.
type iam struct {
	url    string
	life   time.Duration
	answer http.HandlerFunc // in place of a token

	mu    sync.Mutex
	asked []string
}

func newIAM(t *testing.T) *iam {
	t.Helper()
	i := &iam{life: 24 * time.Hour}
	s := httptest.NewServer(i)
	t.Cleanup(s.Close)
	i.url = s.URL
	return i
}

func (i *iam) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	var body any
	_ = json.NewDecoder(r.Body).Decode(&body)
	text, _ := json.Marshal(body)
	i.asked = append(i.asked, r.Method+" "+r.URL.Path+" "+string(text))
	if i.answer != nil {
		i.answer(w, r)
		return
	}
	w.Header().Set("X-Subject-Token", fmt.Sprintf("token-%d", len(i.asked)))
	w.WriteHeader(http.StatusCreated)
	fmt.Fprintf(w, `{"token":{"methods":["password"],"expires_at":%q,"user":{"id":"u1","name":"jane","domain":{"id":"d1","name":"acme"}},
		"project":{"id":"p1","name":"eu-de","domain":{"id":"d1","name":"acme"}},"catalog":[]}}`, now().Add(i.life).Format("2006-01-02T15:04:05.000000Z"))
}

func (i *iam) count() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return len(i.asked)
}

// withPassword is a source of a user that signs in there.
func (i *iam) withPassword(t *testing.T, change ...func(*signin.Options)) *signin.Source {
	t.Helper()
	o := desk{env: environment("HW_USER_NAME=jane", "HW_USER_PASSWORD="+canary, "HW_DOMAIN_NAME=acme", "HW_REGION_NAME=eu-de", "HW_AUTH_URL="+i.url+"/v3")}.options(t)
	for _, c := range change {
		c(&o)
	}
	return discover(t, o)
}

func TestAPasswordBecomesAToken(t *testing.T) {
	user := `"identity":{"methods":["password"],"password":{"user":{"domain":{"name":"acme"},"name":"jane","password":"` + canary + `"}}}`
	for name, test := range map[string]struct {
		env     []string
		change  func(*signin.Options)
		project string
	}{
		"of the project called like the region": {nil, nil, `{"name":"eu-de"}`},
		"of a project by name":                  {[]string{"HW_PROJECT_NAME=eu-de_sub"}, nil, `{"name":"eu-de_sub"}`},
		"of a project by id":                    {[]string{"HW_PROJECT_ID=p9", "HW_PROJECT_NAME=eu-de_sub"}, nil, `{"id":"p9"}`},
		"of the target's region":                {nil, func(o *signin.Options) { o.Region = "eu-nl" }, `{"name":"eu-nl"}`},
		"of the target's project":               {[]string{"HW_PROJECT_ID=p9"}, func(o *signin.Options) { o.ProjectID = "p8" }, `{"id":"p8"}`},
	} {
		t.Run(name, func(t *testing.T) {
			i := newIAM(t)
			env := append([]string{"HW_USER_NAME=jane", "HW_USER_PASSWORD=" + canary, "HW_DOMAIN_NAME=acme", "HW_REGION_NAME=eu-de", "HW_AUTH_URL=https://iam.example.org/v3"}, test.env...)
			o := desk{env: environment(env...)}.options(t)
			o.Endpoints = map[string]string{"iam": i.url + "/"}
			if test.change != nil {
				test.change(&o)
			}
			s := discover(t, o)
			c, err := s.SignIn(context.Background())
			require.NoError(t, err)
			assert.Equal(t, cloud.Credentials{Token: "token-1", Expires: now().Add(24 * time.Hour)}, c)
			assert.Equal(t, []string{`POST /v3/auth/tokens {"auth":{` + user + `,"scope":{"project":` + test.project + `}}}`}, i.asked)
		})
	}
}

func TestWhatIAMSaysOfTheUserIsLearned(t *testing.T) {
	s := newIAM(t).withPassword(t)
	signIn(t, s)
	got := facts(t, s)
	delete(got, "iam")
	assert.Equal(t, map[string]string{
		"project id": "p1", "project": "eu-de", "domain id": "d1", "domain": "acme", "user id": "u1", "user": "jane", "region": "eu-de",
	}, got)
}

func TestAUserByIDNeedsNoAccount(t *testing.T) {
	i := newIAM(t)
	s := discover(t, desk{env: environment("OS_USER_ID=u1", "OS_PASSWORD=p", "OS_PROJECT_ID=p1", "OS_AUTH_URL="+i.url)}.options(t))
	signIn(t, s)
	_, err := s.Domain(context.Background())
	require.NoError(t, err)
	assert.Equal(t, []string{
		`POST /v3/auth/tokens {"auth":{"identity":{"methods":["password"],"password":{"user":{"id":"u1","password":"p"}}},"scope":{"project":{"id":"p1"}}}}`,
		`POST /v3/auth/tokens {"auth":{"identity":{"methods":["password"],"password":{"user":{"id":"u1","password":"p"}}}}}`,
	}, i.asked)
}

func TestAUserOfAnAccountByID(t *testing.T) {
	i := newIAM(t)
	s := discover(t, desk{env: environment("OS_USERNAME=jane", "OS_PASSWORD=p", "OS_DOMAIN_ID=d1", "OS_REGION=eu-de", "OS_AUTH_URL="+i.url)}.options(t))
	_, err := s.Domain(context.Background())
	require.NoError(t, err)
	assert.Equal(t, []string{
		`POST /v3/auth/tokens {"auth":{"identity":{"methods":["password"],"password":{"user":{"domain":{"id":"d1"},"name":"jane","password":"p"}}},"scope":{"domain":{"id":"d1"}}}}`,
	}, i.asked)
}

func TestTheAccountsTokenIsOneOfItsOwn(t *testing.T) {
	i := newIAM(t)
	s := i.withPassword(t)
	require.True(t, s.HasDomain())
	ctx := context.Background()
	assert.Equal(t, "token-1", signIn(t, s))
	account, err := s.Domain(ctx)
	require.NoError(t, err)
	assert.Equal(t, cloud.Secret("token-2"), account.Token)
	assert.Contains(t, i.asked[1], `"scope":{"domain":{"name":"acme"}}`)

	again, err := s.Domain(ctx)
	require.NoError(t, err)
	assert.Equal(t, account, again)

	renewed, err := s.Renew(ctx, account)
	require.NoError(t, err)
	assert.Equal(t, cloud.Secret("token-3"), renewed.Token)
	assert.Contains(t, i.asked[2], `"scope":{"domain":{"name":"acme"}}`)
	assert.Equal(t, "token-1", signIn(t, s), "the project's is as it was")
}

func TestManyWhoRenewAskOnce(t *testing.T) {
	i := newIAM(t)
	s := i.withPassword(t)
	old, err := s.SignIn(context.Background())
	require.NoError(t, err)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			c, err := s.Renew(context.Background(), old)
			assert.NoError(t, err)
			assert.Equal(t, cloud.Secret("token-2"), c.Token)
		})
	}
	group.Wait()
	assert.Equal(t, 2, i.count())
}

func TestATokenIsRenewedBeforeItExpires(t *testing.T) {
	for life, lasts := range map[time.Duration]time.Duration{24 * time.Hour: 24*time.Hour - 5*time.Minute, 10 * time.Minute: 9 * time.Minute} {
		i, later := newIAM(t), time.Duration(0)
		i.life = life
		s := i.withPassword(t, func(o *signin.Options) { o.Now = func() time.Time { return now().Add(later) } })
		signIn(t, s)
		later = lasts - time.Second
		assert.Equal(t, "token-1", signIn(t, s))
		i.life, later = 48*time.Hour, lasts
		assert.Equal(t, "token-2", signIn(t, s))
	}
}

func TestAWrongPasswordIsSentOnce(t *testing.T) {
	i := newIAM(t)
	i.answer = refuse(http.StatusUnauthorized, `{"error":{"message":"The username or password is wrong.","code":401,"title":"Unauthorized"}}`)
	s := i.withPassword(t)
	ctx := context.Background()
	_, first := s.SignIn(ctx)
	_, again := s.SignIn(ctx)
	_, account := s.Domain(ctx)
	_, renewed := s.Renew(ctx, cloud.Credentials{Token: "t"})
	for _, err := range []error{first, again, account, renewed} {
		assert.True(t, step.IsClass(err, step.Unauthenticated), "%v", err)
	}
	assert.Equal(t, 1, i.count())
}

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

func TestWhyThereIsNoToken(t *testing.T) {
	const op = "iam KeystoneCreateUserTokenByPassword"
	for name, test := range map[string]struct {
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
			refuse(429, `{"error_msg":"`+strings.Repeat("ä", 300)+`"}`, "Retry-After: Fri, 02 Jan 2026 03:04:05 GMT"),
			step.Error{Class: step.Throttled, Status: 429, Message: strings.Repeat("ä", 250) + "…"},
		},
		"a proxy's page": {
			refuse(503, `<html>`+canary),
			step.Error{Class: step.Unavailable, Status: 503, Message: "an answer without an error code"},
		},
		"a redirect": {
			refuse(307, ``, "Location: http://127.0.0.1:1/"),
			step.Error{Class: step.Invalid, Status: 307, Message: "a redirect, which is never followed"},
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
	} {
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

func TestCertificatesStandInPlaceOfTheSystems(t *testing.T) {
	i := newIAM(t)
	s := httptest.NewTLSServer(i)
	t.Cleanup(s.Close)
	d := desk{env: environment("OS_USER_ID=u", "OS_PASSWORD=p", "OS_PROJECT_ID=p", "OS_AUTH_URL="+s.URL, "OS_CACERT=~/ca.pem")}
	_, err := discover(t, desk{env: environment("OS_USER_ID=u", "OS_PASSWORD=p", "OS_PROJECT_ID=p", "OS_AUTH_URL="+s.URL)}.options(t)).SignIn(context.Background())
	assert.True(t, step.IsClass(err, step.Invalid), "%v", err)
	assert.ErrorContains(t, err, "the server's identity was not accepted")

	d.files = map[string]string{"ca.pem": "no certificate"}
	_, err = discover(t, d.options(t)).SignIn(context.Background())
	assert.ErrorContains(t, err, "ca.pem: no certificate in it")

	d.files = map[string]string{"ca.pem": pemOf(s.Certificate().Raw)}
	source := discover(t, d.options(t))
	assert.Equal(t, "token-1", signIn(t, source))
	roots, err := source.RootCAs()
	require.NoError(t, err)
	assert.NotNil(t, roots, "they hold for the client's calls too")
}
