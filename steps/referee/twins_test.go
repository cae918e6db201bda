package referee_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"writ/engine/step"
	"writ/steps"
	"writ/steps/cloud"
)

// twin is something that writ does, and the SDK's calls that do the same.
type twin struct {
	what    string
	replies []reply
	unknown bool   // project and account are not configured
	cold    bool   // writ has not spoken to the cloud before
	only    string // the one way of signing it is about
	writ    func(context.Context, *cloud.Client) error
	sdk     []sdkCall
}

type sdkCall struct {
	operation string
	call      call
}

const account = "33333333333333333333333333333333"

// twinKeys are new keys: the SDK keeps what it has found out about a key for the life of the process.
func twinKeys(way string) keys {
	k := keys{access: "AK" + rand.Text(), secret: "SKEXAMPLE"}
	switch way {
	case withTemporaryKey:
		k.token = "SECURITYTOKENEXAMPLE=="
	case withToken:
		k.auth = "TOKENEXAMPLE=="
	}
	return k
}

// fits tells whether a twin can be signed in a way: the SDK takes tokens for IAM only.
func (tw twin) fits(way string) bool {
	ofIAM := !slices.ContainsFunc(tw.sdk, func(s sdkCall) bool { return !strings.HasPrefix(s.operation, "iam ") })
	return tw.only == way || tw.only == "" && (way != withToken || ofIAM)
}

// TestWritSendsWhatTheSDKSends compares both on the wire.
func TestWritSendsWhatTheSDKSends(t *testing.T) {
	compared, count := map[string]int{}, map[string]int{}
	for _, tw := range twins() {
		for _, way := range []string{withPermanentKey, withTemporaryKey, withToken} {
			if tw.fits(way) {
				count[way]++
				t.Run(tw.what+"/"+way, func(t *testing.T) { tw.compare(t, twinKeys(way), compared) })
			}
		}
	}
	for _, st := range signIns() {
		t.Run(st.what, func(t *testing.T) { st.compare(t, compared) })
	}
	for _, name := range callsOfWrit(t) {
		if apart[name] != "" {
			continue
		}
		assert.NotZero(t, compared[name], "%s: writ makes this call, and no twin compares it with the SDK's", name)
	}
	t.Logf("%d twins of %d operations: %v", len(twins()), len(compared), count)
}

func (tw twin) compare(t *testing.T, k keys, compared map[string]int) {
	writ, official := newRecorder(t), newRecorder(t)
	at := place{project: ours, domain: account}
	if tw.unknown {
		at.project, at.domain = "", ""
	}
	var traced trace
	at.endpoints = writ.endpoints
	c := newWrit(t, at, k, &traced)
	if !tw.cold {
		warm(t, writ, c)
		traced.forget()
	}
	writ.begin(tw.replies)
	require.NoError(t, tw.writ(t.Context(), c))

	official.begin(tw.replies)
	at.endpoints = official.endpoints
	named := tw.callSDK(newSDK(t, at, k))
	assert.Equal(t, named, traced.operations())
	assert.Equal(t, official.requests(), writ.requests())
	for _, r := range writ.requests() {
		r.isSigned(t, k)
	}
	for _, name := range named {
		compared[name]++
	}
}

// warm lets writ see a date of the cloud's: before its first write it would read something signed for that. The twin
// that is cold shows it.
func warm(t *testing.T, rec *recorder, c *cloud.Client) {
	t.Helper()
	rec.begin([]reply{{http.StatusOK, `{"obs_list": []}`}})
	_, err := kindOf(c, "dbss.obs_buckets").Read(t.Context(), json.RawMessage(`{}`))
	require.True(t, err == nil || step.IsClass(err, step.Invalid), "%v", err) // there is no project yet
}

func (tw twin) callSDK(c sdk) []string {
	var named []string
	for _, s := range tw.sdk {
		_, _ = s.call(c) // whatever it makes of the reply
		named = append(named, s.operation)
	}
	return named
}

// isSigned: what is equal in both could be missing in both. A token goes without a signature.
func (w wire) isSigned(t *testing.T, k keys) {
	t.Helper()
	if k.auth != "" && w.service != "obs" {
		assert.Equal(t, k.auth, w.headers["X-Auth-Token"])
		assert.Empty(t, w.algorithm)
		return
	}
	if w.service == "obs" {
		assert.Equal(t, "OBS", w.algorithm)
		return
	}
	assert.Equal(t, "SDK-HMAC-SHA256", w.algorithm)
	assert.Equal(t, k.access, w.access)
	assert.Equal(t, k.token, w.headers["X-Security-Token"])
	assert.Contains(t, w.headers, "X-Sdk-Date")
	for name := range w.headers {
		assert.True(t, slices.ContainsFunc(w.signed, func(h string) bool { return http.CanonicalHeaderKey(h) == name }), "%s is not signed", name)
	}
}

func newWrit(t *testing.T, at place, k keys, traced *trace) *cloud.Client {
	t.Helper()
	creds := cloud.Credentials{AccessKey: k.access, SecretKey: cloud.Hide(k.secret), SecurityToken: cloud.Hide(k.token)}
	if k.auth != "" {
		creds = cloud.Credentials{Token: cloud.Hide(k.auth)}
	}
	c, err := cloud.New(cloud.Config{
		Credentials: creds, Region: region, ProjectID: at.project, DomainID: at.domain, Endpoints: at.endpoints, Closed: true,
		Trace: traced.note,
	})
	require.NoError(t, err)
	return c
}

// trace is the names of the calls that writ makes, as it tells them.
type trace struct {
	mu    sync.Mutex
	names []string
}

func (tr *trace) note(c cloud.Trace) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.names = append(tr.names, c.Operation)
}

func (tr *trace) forget() {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.names = nil
}

func (tr *trace) operations() []string {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return tr.names
}

// What a kind does, driven as the engine drives it.

func kindOf(c *cloud.Client, name string) step.Kind {
	k, found := steps.Kinds(c).Find(name)
	if !found {
		panic("no kind " + name)
	}
	return k
}

func reads(name, in string) func(context.Context, *cloud.Client) error {
	return func(ctx context.Context, c *cloud.Client) error {
		_, err := kindOf(c, name).Read(ctx, json.RawMessage(in))
		return err
	}
}

func applies(name, in, before string) func(context.Context, *cloud.Client) error {
	return func(ctx context.Context, c *cloud.Client) error {
		return kindOf(c, name).Apply(ctx, json.RawMessage(in), json.RawMessage(before))
	}
}

func undoes(name, in, now, want string) func(context.Context, *cloud.Client) error {
	return func(ctx context.Context, c *cloud.Client) error {
		return kindOf(c, name).Undo(ctx, json.RawMessage(in), json.RawMessage(now), json.RawMessage(want))
	}
}
