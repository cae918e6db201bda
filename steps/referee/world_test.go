package referee_test

import (
	"encoding/json"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	iam "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/iam/v3/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"writ/steps/sandbox"
	"writ/steps/steptest"
)

// The projects of every row: ours, and one that is somebody else's.
const (
	ours   = "11111111111111111111111111111111"
	absent = "22222222222222222222222222222222"
	region = "cn-north-7"
)

// world is a sandbox that holds one project. Its clock stands still unless it is moved.
type world struct {
	t      *testing.T
	server *sandbox.Server
	clock  atomic.Int64 // microseconds
	place  place
	keys   keys // the permanent ones
	known  known
}

// open starts a sandbox of some services, all when nil. Its clock is ahead of the SDK's, which is the machine's.
func open(t *testing.T, seed string, services []string, ahead time.Duration) *world {
	t.Helper()
	w := &world{t: t}
	w.clock.Store(time.Now().Add(ahead).Truncate(time.Millisecond).UnixMicro())
	var err error
	w.server, err = sandbox.New(sandbox.Options{Seed: []byte(seed), Region: region, Services: services, Clock: w.now})
	require.NoError(t, err, seed)
	require.NoError(t, w.server.Start())
	t.Cleanup(func() { assert.NoError(t, w.server.Close()) })
	e := w.server.Endpoints()
	w.place = place{endpoints: e.Endpoints, project: e.ProjectID, domain: e.DomainID}
	w.keys = keys{access: e.AccessKey, secret: e.SecretKey}
	w.known.user = identity{e.UserName, e.Password, e.DomainName}
	return w
}

func (w *world) now() time.Time { return time.UnixMicro(w.clock.Load()) }

func (w *world) wait(d time.Duration) { w.clock.Add(d.Microseconds()) }

// sdk is the SDK at this sandbox.
func (w *world) sdk(at place, k keys) sdk {
	w.t.Helper()
	c := newSDK(w.t, at, k)
	c.known = w.known
	return c
}

// signIn gets a token with the user's password, of the account when no scope is said.
func (w *world) signIn(scope *iam.AuthScope) {
	w.t.Helper()
	c := w.sdk(w.place, w.keys)
	if scope == nil {
		scope = accountScope(c)
	}
	resp, err := c.nobody.KeystoneCreateUserTokenByPassword(passwordFor(c, scope))
	require.NoError(w.t, err)
	w.known.token = *resp.XSubjectToken
}

// lookUp learns the ids of IAM's own roles.
func (w *world) lookUp() {
	w.t.Helper()
	resp, err := w.sdk(w.place, w.keys).iam.KeystoneListPermissions(&iam.KeystoneListPermissionsRequest{})
	require.NoError(w.t, err)
	w.known.roles = map[string]string{}
	for _, r := range *resp.Roles {
		w.known.roles[r.Name] = r.Id
	}
}

// temporary are keys made of the token, for a quarter of an hour.
func (w *world) temporary() keys {
	w.t.Helper()
	c := w.sdk(w.place, w.keys)
	resp, err := c.nobody.CreateTemporaryAccessKeyByToken(keysFor(w.known.token, 900))
	require.NoError(w.t, err)
	return keys{access: resp.Credential.Access, secret: resp.Credential.Secret, token: resp.Credential.Securitytoken}
}

func (w *world) control(method, path, body string) string {
	w.t.Helper()
	return steptest.Control(w.t, w.server, method, path, body)
}

func (w *world) state() string { w.t.Helper(); return w.control("GET", "/-/state", "") }

// limit sets variants that would have been in the way before.
func (w *world) limit(members string) {
	w.t.Helper()
	var document map[string]map[string]any
	require.NoError(w.t, json.Unmarshal([]byte(w.state()), &document))
	variants := document["variants"]
	require.NoError(w.t, json.Unmarshal([]byte(`{`+members+`}`), &variants))
	raw, err := json.Marshal(document)
	require.NoError(w.t, err)
	w.control("PUT", "/-/state", string(raw))
}

// part is what the state holds under a dotted name, of our project or, when it begins with iam, of the account.
func (w *world) part(name string) string {
	w.t.Helper()
	var document any
	require.NoError(w.t, json.Unmarshal([]byte(w.state()), &document))
	path := strings.Split(name, ".")
	if path[0] != "iam" {
		path = append([]string{"projects", ours}, path...)
	}
	for _, key := range path {
		object, ok := document.(map[string]any)
		require.True(w.t, ok, "the state has no %s", name)
		document = object[key]
	}
	raw, err := json.Marshal(document)
	require.NoError(w.t, err)
	return string(raw)
}

// request is what the sandbox's log tells of one.
type request struct {
	Service, Operation, Method string
	Status                     int
	Changed                    bool
}

func (w *world) requests() []request {
	w.t.Helper()
	var log struct{ Requests []request }
	require.NoError(w.t, json.Unmarshal([]byte(w.control("GET", "/-/requests", "")), &log))
	return log.Requests
}
