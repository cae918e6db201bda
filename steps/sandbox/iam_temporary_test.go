package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const securityTokens = "/v3.0/OS-CREDENTIAL/securitytokens"

func keyFor(token string, seconds any) string {
	return fmt.Sprintf(`{"auth":{"identity":{"methods":["token"],"token":{"id":%q,"duration_seconds":%v}}}}`, token, seconds)
}

// temporaryKey exchanges a token for a key.
func (b *box) temporaryKey(token string, seconds int) temporaryKey {
	b.t.Helper()
	got := b.with("iam", "POST", securityTokens, keyFor(token, seconds))
	require.Equal(b.t, 201, got.status, got.body)
	var made struct{ Credential temporaryKey }
	require.NoError(b.t, json.Unmarshal([]byte(got.body), &made))
	return made.Credential
}

// requestWith makes a request that is signed with a temporary key, at the sandbox's time.
func (b *box) requestWith(key temporaryKey, service, method, path, body string) *http.Request {
	b.t.Helper()
	r := b.request(service, method, path, body)
	r.Header.Set("X-Security-Token", key.SecurityToken)
	date := b.s.clock().UTC().Format(signDateFormat)
	r.Header.Set(signDateHeader, date)
	signed := []string{"x-sdk-date", "x-security-token"}
	signature := sign(key.Secret, date, canonicalRequest(r, r.URL.EscapedPath(), signed, []byte(body)))
	r.Header.Set("Authorization", signAlgorithm+" Access="+key.Access+", SignedHeaders=x-sdk-date;x-security-token, Signature="+signature)
	return r
}

func TestATokenGivesATemporaryKeyForEverything(t *testing.T) {
	b := open(t, Options{})
	for _, scope := range []string{projectScope, domainScope} {
		key := b.temporaryKey(b.token(scope), 900)
		require.Len(t, key.Access, 20)
		require.Len(t, key.Secret, 40)
		require.Equal(t, 200, b.do(b.requestWith(key, "mpc", "GET", mpcPath, "")).status)
		require.Equal(t, 200, b.do(b.requestWith(key, "iam", "GET", agencies+"?domain_id="+domainID, "")).status)
		require.Equal(t, 204, b.do(b.requestWith(key, "mpc", "POST", mpcPath, mpcCreate)).status)
		b.call("mpc", "POST", mpcPath, strings.Replace(mpcCreate, "CREATED", "CANCELED", 1))
	}
}

func TestATemporaryKeyIsAskedForInSeveralWays(t *testing.T) {
	b := open(t, Options{})
	token := b.token(domainScope)
	const inHeader = `{"auth":{"identity":{"methods":["token"]}}}`
	require.Equal(t, 201, b.with("iam", "POST", securityTokens, inHeader, "X-Auth-Token", token).status)
	require.Equal(t, 201, b.call("iam", "POST", securityTokens, keyFor(token, 86_400)).status, "signed all the same")
	for body, status := range map[string]int{
		inHeader:                401,
		keyFor("other", 900):    401,
		keyFor(token, 899):      400,
		keyFor(token, 86_401):   400,
		keyFor(token, `"long"`): 400,
		`nonsense`:              400,
		strings.Replace(keyFor(token, 900), `["token"]`, `["assume_role"]`, 1): 400,
	} {
		require.Equal(t, status, b.with("iam", "POST", securityTokens, body).status, body)
	}
	r := b.request("iam", "POST", securityTokens, keyFor(token, 900))
	r.Header.Set("Authorization", r.Header.Get("Authorization")+"0")
	require.Equal(t, 401, b.do(r).status, "a wrong signature is not passed over")
}

func TestATemporaryKeyExpires(t *testing.T) {
	for variant, life := range map[string]time.Duration{``: 15 * time.Minute, `"token_seconds":60`: time.Minute} {
		now := time.Now()
		b := at(t, &now, variant)
		key := b.temporaryKey(b.token(""), 900)
		require.Equal(t, now.Add(life).UTC().Format(tokenTimeFormat), key.ExpiresAt)
		now = now.Add(life - time.Second)
		require.Equal(t, 200, b.do(b.requestWith(key, "mpc", "GET", mpcPath, "")).status)
		now = now.Add(time.Second)
		got := b.do(b.requestWith(key, "mpc", "GET", mpcPath, ""))
		require.Equal(t, 401, got.status)
		require.Contains(t, got.field(t, "error_msg"), textKeyExpired)
	}
}

func TestATemporaryKeyNeedsItsOwnSecurityToken(t *testing.T) {
	b := open(t, Options{})
	token := b.token("")
	key, other := b.temporaryKey(token, 900), b.temporaryKey(token, 900)
	for text, change := range map[string]func(*temporaryKey){
		"ak not exist": func(k *temporaryKey) { k.SecurityToken = other.SecurityToken },
		textBadToken:   func(k *temporaryKey) { k.SecurityToken = token },
		textBadSign:    func(k *temporaryKey) { k.Secret = other.Secret },
	} {
		wrong := key
		change(&wrong)
		got := b.do(b.requestWith(wrong, "mpc", "GET", mpcPath, ""))
		require.Equal(t, 401, got.status)
		require.Contains(t, got.body, text)
	}
	alone := b.requestWith(key, "mpc", "GET", mpcPath, "")
	alone.Header.Del("X-Security-Token")
	require.Contains(t, b.do(alone).body, "ak not exist")
}

func TestSixWrongSignaturesLockATemporaryKeyAndNoOther(t *testing.T) {
	now := time.Now()
	b := at(t, &now, "")
	key := b.temporaryKey(b.token(""), 900)
	wrong := key
	wrong.Secret = "wrong"
	for range 6 {
		require.Contains(t, b.do(b.requestWith(wrong, "mpc", "GET", mpcPath, "")).body, textBadSign)
	}
	require.Contains(t, b.do(b.requestWith(key, "mpc", "GET", mpcPath, "")).body, textLocked)
	require.Equal(t, 200, b.call("mpc", "GET", mpcPath, "").status)
	now = now.Add(lockTime)
	require.Equal(t, 200, b.do(b.requestWith(key, "mpc", "GET", mpcPath, "")).status)
}

func TestSecretsOfSigningInAreNeverShown(t *testing.T) {
	b := open(t, Options{})
	token := b.token(projectScope)
	key := b.temporaryKey(token, 900)
	b.with("iam", "POST", tokensPath, rescope(token, ""))
	b.with("iam", "GET", tokensPath, "", "X-Auth-Token", token, "X-Subject-Token", token)
	b.do(b.requestWith(key, "mpc", "GET", mpcPath, ""))
	b.with("iam", "POST", tokensPath, strings.Replace(signIn(""), `"password":"`, `"p\u0061ssword":"`, 1))
	b.with("iam", "POST", tokensPath, `{"password":"`+userPassword)
	b.with("iam", "POST", tokensPath, `{} }{"password":"`+userPassword+`"}`)
	shown := b.control("GET", "/-/requests", "").body + b.state()
	for what, secret := range map[string]string{
		"password": userPassword, "token": token, "secret": key.Secret, "security token": key.SecurityToken,
	} {
		require.NotContains(t, shown, secret, what)
	}
	require.Contains(t, b.requests()[0].Body, `"name":"`+userName+`"`, "the rest is shown")
}
