package signin_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
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
			assert.Equal(t, cloud.Credentials{Token: cloud.Hide("token-1"), Expires: now().Add(24 * time.Hour)}, c)
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
	_, err := s.Domain(context.Background(), cloud.Credentials{})
	require.NoError(t, err)
	assert.Equal(t, []string{
		`POST /v3/auth/tokens {"auth":{"identity":{"methods":["password"],"password":{"user":{"id":"u1","password":"p"}}},"scope":{"project":{"id":"p1"}}}}`,
		`POST /v3/auth/tokens {"auth":{"identity":{"methods":["password"],"password":{"user":{"id":"u1","password":"p"}}}}}`,
	}, i.asked)
}

func TestAUserOfAnAccountByID(t *testing.T) {
	i := newIAM(t)
	s := discover(t, desk{env: environment("OS_USERNAME=jane", "OS_PASSWORD=p", "OS_DOMAIN_ID=d1", "OS_REGION=eu-de", "OS_AUTH_URL="+i.url)}.options(t))
	_, err := s.Domain(context.Background(), cloud.Credentials{})
	require.NoError(t, err)
	assert.Equal(t, []string{
		`POST /v3/auth/tokens {"auth":{"identity":{"methods":["password"],"password":{"user":{"domain":{"id":"d1"},"name":"jane","password":"p"}}},"scope":{"domain":{"id":"d1"}}}}`,
	}, i.asked)
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

func TestTheAccountsTokenIsOneOfItsOwn(t *testing.T) {
	i := newIAM(t)
	_, with := caching(t)
	s := i.withPassword(t, with)
	require.True(t, s.HasDomain())
	ctx := context.Background()
	assert.Equal(t, "token-1", signIn(t, s))
	account, err := s.Domain(ctx, cloud.Credentials{})
	require.NoError(t, err)
	assert.Equal(t, cloud.Hide("token-2"), account.Token)
	assert.Contains(t, i.asked[1], `"scope":{"domain":{"name":"acme"}}`)

	again, err := s.Domain(ctx, cloud.Credentials{})
	require.NoError(t, err)
	assert.Equal(t, account.Token, again.Token)

	renewed, err := s.Domain(ctx, account)
	require.NoError(t, err)
	assert.Equal(t, cloud.Hide("token-3"), renewed.Token)
	assert.Contains(t, i.asked[2], `"scope":{"domain":{"name":"acme"}}`)
	assert.Equal(t, "token-1", signIn(t, s), "the project's is as it was")
}
