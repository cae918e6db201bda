package steps_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"writ/engine"
	"writ/engine/journal"
	"writ/engine/plan"
	"writ/engine/step"
	"writ/steps"
	"writ/steps/cloud"
	"writ/steps/sandbox"
	"writ/steps/steptest"
)

// The projects of every test: ours, and one that nothing may ever touch.
const (
	ours   = "11111111111111111111111111111111"
	theirs = "22222222222222222222222222222222"
)

// andAgencies begins, in what a project holds, the agencies that the account has beside others'.
const andAgencies = "\n, agencies: "

// seed is a cloud whose project holds this. Around it stand others' things: a project, users, agencies.
func seed(project, variants string) string {
	project, more, found := strings.Cut(project, andAgencies)
	if found && more != "" {
		more = ", " + more
	}
	return fmt.Sprintf(`{
	"projects": {
		%q: {%s},
		%q: {
			"dbss": {"obs_buckets": [{"bucket_name": "theirs"}]},
			"dli": {"agency": {"roles": ["te_admin"]}, "authorized_buckets": ["theirs"]},
			"mpc": {"agency": "CREATED"},
			"modelarts": {"authorizations": [
				{"user_id": "all-users", "content": "theirs"}, {"user_id": "alice", "content": "theirs"}]}}},
	"iam": {
		"users": [{"id": "alice", "name": "Alice"}, {"id": "carol", "name": "Carol"}],
		"agencies": [{"name": "theirs", "trust_domain_name": "op_svc_obs"}, {"name": "ma_agency_theirs", "trust_domain_name": "op_svc_eiwizard"}%s]},
	"variants": {%s}}`, ours, project, theirs, more, variants)
}

// secret is the key behind the input of plans that have one.
const secret = "abcdefghijabcdefghijabcdefghijabcdefghij"

func getenv(name string) string { return map[string]string{"SECRET": secret}[name] }

// load is a plan with these steps that does not wait long. What stands before "steps:" goes to the top.
func load(t *testing.T, text string) *plan.Plan {
	t.Helper()
	top, body, found := strings.Cut(text, "steps:\n")
	if !found {
		top, body = "", text
	}
	text = "version: 1\nname: law\ndefaults: {retry: {max: 3, backoff: 1ms}}\n" + top + "steps:\n" + body + "\n"
	p, faults := plan.Load("law.yaml", []byte(text), steps.Kinds(nil))
	require.NotNil(t, p, "%v\n%s", faults, text)
	return p
}

// world is a sandbox and a plan to be carried out in it.
type world struct {
	t      *testing.T
	server *sandbox.Server
	plan   *plan.Plan
	clock  engine.Clock
}

// hasty is a clock of which a thousand seconds pass in one.
type hasty struct{ began time.Time }

func (h hasty) Now() time.Time                         { return h.began.Add(1000 * time.Since(h.began)) }
func (h hasty) After(d time.Duration) <-chan time.Time { return time.After(d / 1000) }

func begin(t *testing.T, state string, p *plan.Plan) *world {
	t.Helper()
	server, err := sandbox.New(sandbox.Options{Seed: []byte(state)})
	require.NoError(t, err)
	require.NoError(t, server.Start())
	t.Cleanup(func() { assert.NoError(t, server.Close()) })
	return &world{t, server, p, hasty{time.Now()}}
}

func (w *world) control(method, path, body string) string {
	w.t.Helper()
	return steptest.Control(w.t, w.server, method, path, body)
}

func (w *world) state() string         { w.t.Helper(); return w.control("GET", "/-/state", "") }
func (w *world) put(state string)      { w.t.Helper(); w.control("PUT", "/-/state", state) }
func (w *world) fault(document string) { w.t.Helper(); w.control("POST", "/-/faults", document) }

// canonical is a document as the state of this sandbox would show it.
func (w *world) canonical(document string) string {
	w.t.Helper()
	state := w.state()
	w.put(document)
	defer w.put(state)
	return w.state()
}

// document is the JSON of a state.
type document map[string]any

func (w *world) parse(state string) document {
	w.t.Helper()
	var d document
	require.NoError(w.t, json.Unmarshal([]byte(state), &d))
	return d
}

func (d document) projects() map[string]map[string]map[string]any {
	projects := map[string]map[string]map[string]any{}
	for id, p := range d["projects"].(map[string]any) {
		projects[id] = map[string]map[string]any{}
		for service, s := range p.(map[string]any) {
			projects[id][service], _ = s.(map[string]any)
		}
	}
	return projects
}

// restored is a document without the two differences that an undo makes and no service shows: MPC's switch that was
// never touched is off, and DLI's agency that was never made has no roles.
func (d document) restored() document {
	for _, p := range d.projects() {
		if p["mpc"]["agency"] == nil {
			p["mpc"]["agency"] = "CANCELED"
		}
		if p["dli"]["agency"] == nil {
			p["dli"]["agency"] = map[string]any{"roles": []any{}, "version": "v2"}
		}
	}
	return d
}

// withIAM adds the agencies that ModelArts knows to those of the account, by name only, and takes the ids away, which are
// new each time.
func (d document) withIAM() document {
	agencies := map[string]any{}
	iam := d["iam"].(map[string]any)
	for _, a := range iam["agencies"].([]any) {
		a := a.(map[string]any)
		delete(a, "id")
		agencies[a["name"].(string)] = a
	}
	for _, p := range d.projects() {
		for _, name := range p["modelarts"]["agencies"].([]any) {
			agencies[name.(string)] = true
		}
	}
	iam["agencies"] = agencies
	return d
}

// differences are the places in which two documents differ.
func differences(want, found document) []string {
	a, _ := json.Marshal(want)
	b, _ := json.Marshal(found)
	var places []string
	for _, f := range step.Diff(a, b) {
		places = append(places, fmt.Sprintf("%s: want %s, found %s", f.Path, f.Old, f.New))
	}
	return places
}

// standsNot reports what stands other than if our project held this, as far as services show it.
func (w *world) standsNot(project, variant string) []string {
	w.t.Helper()
	want := w.parse(w.canonical(seed(project, variant)))
	return differences(want.withIAM().restored(), w.parse(w.state()).withIAM().restored())
}

// wasNot reports what stands other than in an earlier state, as far as services show it.
func (w *world) wasNot(before string) []string {
	w.t.Helper()
	return differences(w.parse(before).restored(), w.parse(w.state()).restored())
}

type request struct {
	Method, Operation, Query, Body string
	Status                         int
	Changed                        bool
}

// looks reports whether a request cannot change anything.
func (r request) looks() bool { return r.Method == http.MethodGet || r.Method == http.MethodHead }

func (w *world) requests() []request {
	w.t.Helper()
	var log struct{ Requests []request }
	require.NoError(w.t, json.Unmarshal([]byte(w.control("GET", "/-/requests", "")), &log))
	return log.Requests
}

// forget empties the log and takes the faults away.
func (w *world) forget() {
	w.t.Helper()
	w.control("DELETE", "/-/requests", "")
	w.control("DELETE", "/-/faults", "")
}

// changes lists the operations that changed the cloud, in order.
func (w *world) changes() []string {
	w.t.Helper()
	names := []string{}
	for _, r := range w.requests() {
		if r.Changed {
			names = append(names, r.Operation)
		}
	}
	return names
}

// runs is a fresh runs folder.
func (w *world) runs() string {
	w.t.Helper()
	return filepath.Join(w.t.TempDir(), "runs")
}

// process is one start of writ.
type process struct {
	t      *testing.T
	engine *engine.Engine
	job    engine.Job
}

func (w *world) process(runs string) *process {
	w.t.Helper()
	return w.processAt(runs, w.server.Endpoints().Endpoints)
}

func (w *world) processAt(runs string, endpoints map[string]string) *process {
	w.t.Helper()
	at := w.server.Endpoints()
	client, err := cloud.New(cloud.Config{
		Credentials: cloud.Credentials{AccessKey: at.AccessKey, SecretKey: cloud.Hide(at.SecretKey)},
		Region:      at.Region, ProjectID: at.ProjectID, DomainID: at.DomainID, Endpoints: endpoints,
	})
	require.NoError(w.t, err)
	folder, err := journal.OpenFolder(runs)
	require.NoError(w.t, err)
	w.t.Cleanup(func() { assert.NoError(w.t, folder.Close()) })
	kinds := steps.Kinds(client)
	refs := map[string]string{}
	for _, in := range w.plan.Inputs {
		refs[in.Name.Value] = "env:SECRET"
	}
	in, err := engine.NewInputs(nil, refs, getenv)
	require.NoError(w.t, err)
	return &process{w.t, &engine.Engine{Kinds: kinds, Folder: folder, Version: "test", Getenv: getenv, Clock: w.clock}, engine.Job{
		Plan: w.plan.Bind(kinds), Inputs: in, AccessKey: at.AccessKey, Options: journal.Options{Parallelism: 1},
		Target: journal.Target{Cloud: cloud.HuaweiCloud, Region: at.Region, ProjectID: at.ProjectID, DomainID: at.DomainID, Sandbox: w.server.ControlURL()},
	}}
}

func yes(*journal.Run) error { return nil }

func (p *process) preview() *journal.Run {
	p.t.Helper()
	run, err := p.engine.Preview(p.t.Context(), p.job)
	require.NoError(p.t, err)
	return run
}

func (p *process) apply() *journal.Run {
	p.t.Helper()
	run, err := p.engine.Apply(p.t.Context(), p.job, yes)
	require.NoError(p.t, err)
	return run
}

func (p *process) resume(words ...engine.Assumption) *journal.Run {
	p.t.Helper()
	run, err := p.engine.Resume(p.t.Context(), p.last(), words...)
	require.NoError(p.t, err)
	return run
}

// rollback undoes the last run and answers what it left.
func (p *process) rollback() (*journal.Run, []journal.Residue) {
	p.t.Helper()
	run, err := p.engine.Rollback(p.t.Context(), p.last(), false)
	var nothing *engine.NothingToUndo
	if errors.As(err, &nothing) {
		return run, nothing.Left
	}
	require.NoError(p.t, err)
	return run, run.Residue
}

// last is the newest run of the folder, or nothing.
func (p *process) last() string {
	p.t.Helper()
	ids, err := p.engine.Folder.Runs()
	require.NoError(p.t, err)
	if len(ids) == 0 {
		return ""
	}
	return ids[len(ids)-1]
}

// killed starts a process that carries out do, and takes it away at its k-th request: before the request reaches the
// cloud, or after the cloud acted and before it answered. It answers a copy of the runs folder as the process left it.
func (w *world) killed(runs string, k int, acts bool, do func(*process)) string {
	w.t.Helper()
	g := w.newGate(k, acts)
	p := w.processAt(runs, g.endpoints)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		do(p)
	}()
	select {
	case <-g.reached:
	case <-ended:
		require.Fail(w.t, "the process ended before its last request")
	}
	left := copied(w.t, runs)
	g.close(ended)
	return left
}

// copied is a copy of a runs folder.
func copied(t *testing.T, runs string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "runs")
	require.NoError(t, os.CopyFS(to, os.DirFS(runs)))
	return to
}

// gate stands between one process and the cloud, and shuts at the last request: from then on nothing passes, either
// way. It decides to the letter what the cloud saw of a process that dies.
type gate struct {
	endpoints map[string]string
	last      int
	acts      bool // the last request passes, its answer does not
	reached   chan struct{}
	gone      chan struct{}
	servers   []*httptest.Server
	transport *http.Transport

	mu   sync.Mutex
	seen int
}

func (w *world) newGate(last int, acts bool) *gate {
	w.t.Helper()
	g := &gate{
		endpoints: map[string]string{}, last: last, acts: acts,
		reached: make(chan struct{}), gone: make(chan struct{}), transport: &http.Transport{},
	}
	for service, at := range w.server.Endpoints().Endpoints {
		target, err := url.Parse(at)
		require.NoError(w.t, err)
		proxy := httptest.NewServer(&httputil.ReverseProxy{
			Transport: g,
			Rewrite: func(r *httputil.ProxyRequest) {
				r.SetURL(target)
				r.Out.Host = r.In.Host // it is signed
			},
			ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
		})
		g.servers, g.endpoints[service] = append(g.servers, proxy), proxy.URL
	}
	return g
}

var errGone = errors.New("the process is gone")

// RoundTrip passes a request on, as long as the gate stands open.
func (g *gate) RoundTrip(r *http.Request) (*http.Response, error) {
	g.mu.Lock()
	g.seen++
	n := g.seen
	g.mu.Unlock()
	if n < g.last || n == g.last && g.acts {
		resp, err := g.transport.RoundTrip(r)
		if err != nil || n < g.last {
			return resp, err
		}
		resp.Body.Close()
	}
	if n == g.last {
		close(g.reached)
	}
	<-g.gone
	return nil, errGone
}

// close lets the process that was taken away come to its end, which answers by closing ended. It reaches the cloud no
// more.
func (g *gate) close(ended <-chan struct{}) {
	close(g.gone)
	<-ended
	for _, s := range g.servers {
		s.CloseClientConnections()
		s.Close()
	}
	g.transport.CloseIdleConnections()
}
