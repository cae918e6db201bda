package sandbox

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	tokensPath   = "/v3/auth/tokens"
	projectScope = `"scope":{"project":{"name":"cn-north-7"}}`
	domainScope  = `"scope":{"domain":{"name":"sandbox"}}`
)

// signIn is the body that asks for a token with the sandbox's password, and with this scope.
func signIn(scope string) string {
	user := `{"name":"` + userName + `","password":"` + userPassword + `","domain":{"name":"` + domainName + `"}}`
	return bodyOf(`"methods":["password"],"password":{"user":`+user+`}`, scope)
}

// rescope is the body that asks for another scope with a token.
func rescope(token, scope string) string {
	return bodyOf(`"methods":["token"],"token":{"id":"`+token+`"}`, scope)
}

func bodyOf(identity, scope string) string {
	if scope != "" {
		scope = "," + scope
	}
	return `{"auth":{"identity":{` + identity + `}` + scope + `}}`
}

// token signs in and answers the token.
func (b *box) token(scope string) string {
	b.t.Helper()
	got := b.with("iam", "POST", tokensPath, signIn(scope))
	require.Equal(b.t, 201, got.status, got.body)
	require.NotEmpty(b.t, got.header.Get("X-Subject-Token"))
	return got.header.Get("X-Subject-Token")
}

// at starts a sandbox whose clock stands where now says.
func at(t *testing.T, now *time.Time, variants string) *box {
	t.Helper()
	return open(t, Options{Seed: []byte(`{"variants":{` + variants + `}}`), Clock: func() time.Time { return *now }})
}

type tokenDocument struct{ Token tokenAnswer }

func documentOf(t *testing.T, r response) tokenAnswer {
	t.Helper()
	var d tokenDocument
	require.NoError(t, json.Unmarshal([]byte(r.body), &d), r.body)
	return d.Token
}

func TestAPasswordGivesATokenOfItsScope(t *testing.T) {
	b := open(t, Options{})
	account := reference{domainID, domainName}
	for scope, project := range map[string]*tokenProject{
		"":          nil,
		domainScope: nil,
		`"scope":{"domain":{"id":"` + domainID + `"}}`: nil,
		projectScope: {reference{b.p, "cn-north-7"}, account},
		`"scope":{"project":{"id":"` + b.p + `"}}`:                                                         {reference{b.p, "cn-north-7"}, account},
		`"scope":{"domain":{"name":"sandbox"},"project":{"id":"` + b.p + `","domain":{"name":"sandbox"}}}`: {reference{b.p, "cn-north-7"}, account},
	} {
		got := documentOf(t, b.with("iam", "POST", tokensPath, signIn(scope)))
		require.Equal(t, project, got.Project, scope)
		require.Equal(t, project == nil, got.Domain != nil, scope)
		require.Equal(t, reference{userID, userName}, got.User.reference)
		require.Equal(t, []string{"password"}, got.Methods)
		issued, err := time.Parse(tokenTimeFormat, got.IssuedAt)
		require.NoError(t, err)
		expires, err := time.Parse(tokenTimeFormat, got.ExpiresAt)
		require.NoError(t, err)
		require.Equal(t, 24*time.Hour, expires.Sub(issued))
	}
	byID := bodyOf(`"methods":["password"],"password":{"user":{"id":"`+userID+`","password":"`+userPassword+`"}}`, "")
	require.Equal(t, 201, b.with("iam", "POST", tokensPath, byID).status)
}

func TestATokenComesWithACatalogUnlessNoneIsWanted(t *testing.T) {
	b := open(t, Options{Services: []string{"iam", "metadata", "obs"}})
	catalog := documentOf(t, b.with("iam", "POST", tokensPath, signIn(""))).Catalog
	require.Len(t, catalog, 2, "the metadata service takes no tokens of the account")
	require.Equal(t, "iam", catalog[0].Type)
	require.Equal(t, b.s.Endpoints().Endpoints["iam"], catalog[0].Endpoints[0].URL)
	require.Empty(t, documentOf(t, b.with("iam", "POST", tokensPath+"?nocatalog=true", signIn(""))).Catalog)
}

func TestWhatGivesNoTokenIsRefusedByKeystone(t *testing.T) {
	b := open(t, Options{})
	wrong := func(old, new string) string {
		body := strings.Replace(signIn(projectScope), old, new, 1)
		require.NotEqual(t, signIn(projectScope), body)
		return body
	}
	for body, status := range map[string]int{
		`nonsense`:                                400,
		wrong(userPassword, "wrong"):              401,
		wrong(userPassword, ""):                   400,
		wrong(userName, "somebody"):               401,
		wrong(userName, ""):                       400,
		wrong(`"sandbox"`, `"OTC00000"`):          401,
		wrong(`,"domain":{"name":"sandbox"}`, ``): 400,
		wrong("cn-north-7", "eu-de"):              401,
		wrong(`{"name":"cn-north-7"}`, `{}`):      401,
		wrong(`"methods":["password"]`, `"methods":["password","totp"]`): 401,
		wrong(`"methods":["password"]`, `"methods":["assume_role"]`):     401,
		signIn(`"scope":{"domain":{"name":"other"}}`):                    401,
		rescope("invented", ""):                                          401,
	} {
		got := b.with("iam", "POST", tokensPath, body)
		require.Equal(t, status, got.status, body)
		require.Equal(t, float64(status), got.field(t, "error").(map[string]any)["code"], body)
		require.Empty(t, got.header.Get("X-Subject-Token"))
	}
}

func TestATokenStandsForASignatureWithinItsScope(t *testing.T) {
	b := seeded(t, `{"projects":{"p1":{},"p2":{"region":"eu-de"}}}`)
	project, domain := b.token(projectScope), b.token(domainScope)
	for _, c := range []struct {
		token, service, path string
		status               int
		code                 string
	}{
		{project, "mpc", mpcPath, 200, ""},
		{project, "dbss", "/v2/{p}/audit/backup/obs-buckets", 200, ""},
		{project, "modelarts", authorizations, 200, ""},
		{project, "mpc", "/v1/p2/agencies", 403, "APIGW.0302"},
		{project, "modelarts", "/v2/p2/authorizations", 403, "ModelArts.0210"},
		{domain, "mpc", mpcPath, 401, "MPC.10203"},
		{domain, "dli", "/v2/{p}/agency", 401, "DLI.0013"},
		{domain, "modelarts", authorizations, 401, "ModelArts.0212"},
		{domain, "dbss", "/v2/{p}/audit/backup/obs-buckets", 401, "DBSS.10020100"},
		{project[1:], "mpc", mpcPath, 401, "APIGW.0301"},
		{domain, "iam", agencies + "?domain_id=" + domainID, 200, ""},
		{project, "iam", "/v3/projects", 200, ""},
		{project, "iam", "/v3/auth/projects", 200, ""},
		{project, "iam", "/v3/auth/domains", 200, ""},
	} {
		got := b.with(c.service, "GET", c.path, "", "X-Auth-Token", c.token)
		require.Equal(t, c.status, got.status, "%s: %s", c.path, got.body)
		if c.code != "" {
			require.Equal(t, c.code, got.field(t, "error_code"), c.path)
		}
	}
	for _, path := range []string{agencies + "?domain_id=" + domainID, "/v3/users", "/v3/roles"} {
		got := b.with("iam", "GET", path, "", "X-Auth-Token", project)
		require.Equal(t, 403, got.status, path)
		require.Equal(t, 403.0, got.field(t, "error").(map[string]any)["code"], "the account is not the project's")
	}
}

func TestATokenIsShownCheckedAndRevoked(t *testing.T) {
	b := open(t, Options{})
	token, other := b.token(projectScope), b.token(domainScope)
	by := func(method string, headers ...string) response {
		return b.with("iam", method, tokensPath, "", headers...)
	}
	shown := by("GET", "X-Auth-Token", token, "X-Subject-Token", token)
	require.Equal(t, 200, shown.status)
	require.Equal(t, token, shown.header.Get("X-Subject-Token"))
	require.Equal(t, b.p, documentOf(t, shown).Project.ID)
	checked := by("HEAD", "X-Auth-Token", other, "X-Subject-Token", token)
	require.Equal(t, 200, checked.status)
	require.Empty(t, checked.body)
	require.NotContains(t, checked.header, "Content-Type")
	require.Equal(t, 404, by("GET", "X-Auth-Token", token, "X-Subject-Token", "invented").status)
	require.Equal(t, 404, by("HEAD", "X-Auth-Token", token).status)
	require.Equal(t, 401, by("GET", "X-Subject-Token", token).status)

	revoked := by("DELETE", "X-Auth-Token", other, "X-Subject-Token", token)
	require.Equal(t, 204, revoked.status)
	require.Empty(t, revoked.body)
	require.Equal(t, 404, by("GET", "X-Auth-Token", other, "X-Subject-Token", token).status)
	require.Equal(t, 404, by("DELETE", "X-Auth-Token", other, "X-Subject-Token", token).status)
	got := b.with("mpc", "GET", mpcPath, "", "X-Auth-Token", token)
	require.Equal(t, 401, got.status)
	require.Equal(t, "APIGW.0307", got.field(t, "error_code"))
	require.Equal(t, 401, b.with("iam", "POST", tokensPath, rescope(token, "")).status)
	require.Equal(t, 200, b.control("PUT", "/-/state", "{}").status)
	require.Equal(t, 401, b.with("mpc", "GET", mpcPath, "", "X-Auth-Token", token).status, "another cloud forgets no revocation")
	require.NotContains(t, b.state(), "revoked")
}

func TestATokenGivesAnotherForAnotherScope(t *testing.T) {
	now := time.Now()
	b := at(t, &now, "")
	first := b.with("iam", "POST", tokensPath, signIn(domainScope))
	now = now.Add(time.Hour)
	second := b.with("iam", "POST", tokensPath, rescope(first.header.Get("X-Subject-Token"), projectScope))
	require.Equal(t, 201, second.status, second.body)
	require.Equal(t, documentOf(t, first).ExpiresAt, documentOf(t, second).ExpiresAt)
	require.Equal(t, b.p, documentOf(t, second).Project.ID)
	require.Equal(t, 200, b.with("mpc", "GET", mpcPath, "", "X-Auth-Token", second.header.Get("X-Subject-Token")).status)
}

func TestATokenExpires(t *testing.T) {
	for variant, life := range map[string]time.Duration{``: 24 * time.Hour, `"token_seconds":60`: time.Minute} {
		now := time.Now()
		b := at(t, &now, variant)
		token := b.token(projectScope)
		now = now.Add(life - time.Millisecond)
		require.Equal(t, 200, b.with("mpc", "GET", mpcPath, "", "X-Auth-Token", token).status)
		now = now.Add(time.Millisecond)
		for _, service := range []struct{ name, path string }{{"mpc", mpcPath}, {"iam", "/v3/projects"}} {
			got := b.with(service.name, "GET", service.path, "", "X-Auth-Token", token)
			require.Equal(t, 401, got.status)
			require.Equal(t, "APIGW.0307", got.field(t, "error_code"))
			require.Equal(t, "The token must be updated", got.field(t, "error_msg"))
		}
		fresh := b.token(domainScope)
		got := b.with("iam", "GET", tokensPath, "", "X-Auth-Token", fresh, "X-Subject-Token", token)
		require.Equal(t, 404, got.status)
	}
}

func TestTokensAndKeysOutliveTheProcess(t *testing.T) {
	file := filepath.Join(t.TempDir(), "sandbox.json")
	b := open(t, Options{StateFile: file})
	kept, revoked := b.token(projectScope), b.token(projectScope)
	key := b.temporaryKey(kept, 900)
	require.Equal(t, 204, b.with("iam", "DELETE", tokensPath, "", "X-Auth-Token", kept, "X-Subject-Token", revoked).status)
	require.NoError(t, b.s.Close())
	b = open(t, Options{StateFile: file})
	require.Equal(t, 200, b.with("mpc", "GET", mpcPath, "", "X-Auth-Token", kept).status)
	require.Equal(t, 401, b.with("mpc", "GET", mpcPath, "", "X-Auth-Token", revoked).status)
	require.Equal(t, 200, b.do(b.requestWith(key, "mpc", "GET", mpcPath, "")).status)
}

// staleTokens are the services' own codes for a token that has expired, and for one that was revoked.
var staleTokens = map[string]struct{ path, expired, revoked string }{
	"iam":       {"/v3/projects", "IAM.0066", "IAM.0067"},
	"modelarts": {authorizations, "ModelArts.0202", "ModelArts.0203"},
	"mpc":       {mpcPath, "MPC.10203", "MPC.10203"},
	"dli":       {"/v2/{p}/agency", "DLI.0013", "DLI.0013"},
	"dbss":      {"/v2/{p}/audit/backup/obs-buckets", "DBSS.10020100", "DBSS.10020100"},
}

func TestAServiceMayRefuseAStaleTokenItself(t *testing.T) {
	now := time.Now()
	b := at(t, &now, `"stale_token":"service","token_seconds":60`)
	expired := b.token(projectScope)
	now = now.Add(time.Minute)
	revoked, holds := b.token(projectScope), b.token(projectScope)
	require.Equal(t, 204, b.with("iam", "DELETE", tokensPath, "", "X-Auth-Token", holds, "X-Subject-Token", revoked).status)
	for service, want := range staleTokens {
		for token, code := range map[string]string{expired: want.expired, revoked: want.revoked} {
			got := b.with(service, "GET", want.path, "", "X-Auth-Token", token)
			require.Equal(t, 401, got.status, service)
			require.Equal(t, code, got.field(t, "error_code"))
			require.NotContains(t, got.body, "request_id", "the envelope is the service's, not the gateway's")
		}
		require.NotEqual(t, 401, b.with(service, "GET", want.path, "", "X-Auth-Token", holds).status, service)
	}
}
