package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"writ/engine"
	"writ/engine/journal"
	"writ/engine/plan"
	"writ/steps"
	"writ/steps/cloud"
	"writ/steps/sandbox"
)

// embedded is what --sandbox without an address means.
const embedded = "embedded"

// session is an engine on a target: with credentials for a cloud, or with a sandbox.
type session struct {
	engine *engine.Engine
	client *cloud.Client
	job    engine.Job // without a plan: target, endpoints and key
	close  func()
}

// request is what is asked of a session before it is known where that leads.
type request struct {
	cloud, region, project string
	sandbox                string
	endpoints              map[string]string
	pinned                 bool // a run's: no other addresses than these
}

// reached is a target with what calls to it take.
type reached struct {
	config cloud.Config
	target journal.Target
	source string // of the credentials
	close  func()
}

// requestFor joins the flags with what a plan says of its target. Where both speak they must agree.
func (a *app) requestFor(p *plan.Plan) (request, error) {
	r := request{cloud: a.flags.cloud, region: a.flags.region, project: a.flags.project, sandbox: a.flags.sandbox, endpoints: a.flags.endpoints}
	for _, said := range []struct {
		flag string
		mine *string
		plan plan.String
	}{{"cloud", &r.cloud, p.Target.Cloud}, {"region", &r.region, p.Target.Region}, {"project-id", &r.project, p.Target.ProjectID}} {
		switch {
		case said.plan.Value == "":
		case *said.mine == "":
			*said.mine = said.plan.Value
		case *said.mine != said.plan.Value:
			return r, wrong("--%s says %s, the plan's target says %s (%s:%d)", said.flag, *said.mine, said.plan.Value, p.File, said.plan.At.Line)
		}
	}
	return r, nil
}

// requestOf is the request that leads back to where a run stands.
func (a *app) requestOf(open *journal.Opening) request {
	r := request{cloud: open.Target.Cloud, region: open.Target.Region, project: open.Target.ProjectID, sandbox: open.Target.Sandbox, endpoints: open.Endpoints, pinned: true}
	if a.flags.sandbox != "" && r.sandbox != "" {
		r.sandbox = a.flags.sandbox
	}
	if len(a.flags.endpoints) > 0 || r.sandbox != "" {
		r.endpoints = a.flags.endpoints
	}
	return r
}

// openFolder opens the runs folder.
func (a *app) openFolder() (*journal.Folder, error) {
	f, err := journal.OpenFolder(a.flags.runs)
	if err != nil {
		return nil, err
	}
	for _, notice := range f.Notices() {
		a.err().Complaint(notice)
	}
	return f, nil
}

// open makes a session.
func (a *app) open(ctx context.Context, r request) (*session, error) {
	a.careful.Store(true)
	folder, err := a.openFolder()
	if err != nil {
		return nil, err
	}
	to, err := a.reach(ctx, &r)
	if err != nil {
		_ = folder.Close()
		return nil, err
	}
	s, err := a.sessionAt(ctx, r, to, folder)
	if err != nil {
		to.close()
		_ = folder.Close()
	}
	return s, err
}

// sessionAt is the session on a target that was reached.
func (a *app) sessionAt(ctx context.Context, r request, to reached, folder *journal.Folder) (*session, error) {
	client, err := a.client(ctx, &to)
	if err != nil {
		return nil, err
	}
	return &session{
		client: client,
		engine: &engine.Engine{
			Kinds: steps.Kinds(client), Folder: folder, Version: version(), Getenv: a.getenv, Redact: a.redactor.clean, Stop: a.stop,
			Flags: a.repeated(),
			Warn:  a.warner(),
		},
		job:   engine.Job{Target: to.target, Endpoints: r.endpoints, AccessKey: to.config.Credentials.AccessKey, Source: to.source},
		close: func() { to.close(); _ = folder.Close() },
	}, nil
}

// warner prints what a person should know, one thing at a time.
func (a *app) warner() func(error) {
	screen := a.err()
	var one sync.Mutex
	return func(err error) {
		one.Lock()
		defer one.Unlock()
		screen.Complaint(err.Error())
	}
}

// client makes a client, and finds the project when nobody said which: that which is called like the region.
func (a *app) client(ctx context.Context, to *reached) (*cloud.Client, error) {
	if a.flags.verbose {
		to.config.Trace = a.traceCalls()
	}
	warn := a.warner()
	to.config.Notice = func(text string) { warn(errors.New(text)) }
	client, err := cloud.New(to.config)
	if err != nil {
		return nil, wrong("%s", err)
	}
	if to.target.ProjectID == "" {
		to.target.ProjectID, err = client.Project(ctx)
	}
	return client, err
}

// traceCalls prints each call on a line of its own.
func (a *app) traceCalls() func(cloud.Trace) {
	screen := a.err()
	var one sync.Mutex
	return func(t cloud.Trace) {
		one.Lock()
		defer one.Unlock()
		screen.Call(t.Operation, t.Method, t.Path, t.Status, t.RequestID, t.Took)
	}
}

// reach finds credentials and addresses: of a cloud, or of a sandbox.
func (a *app) reach(ctx context.Context, r *request) (reached, error) {
	if r.sandbox == "" {
		return a.reachCloud(ctx, r)
	}
	if len(r.endpoints) > 0 {
		return reached{}, wrong("--endpoint and --sandbox exclude each other")
	}
	at, done, err := a.reachSandbox(ctx, *r)
	if err != nil {
		return reached{}, err
	}
	target := journal.Target{Cloud: or(r.cloud, cloud.HuaweiCloud), Region: or(r.region, at.Region), ProjectID: or(r.project, at.ProjectID), DomainID: at.DomainID, Sandbox: r.sandbox, SandboxID: at.ID}
	creds, _ := a.kept(cloud.Credentials{AccessKey: at.AccessKey, SecretKey: cloud.Secret(at.SecretKey)}, nil)
	return reached{cloud.Config{
		Credentials: creds, Cloud: target.Cloud, Region: target.Region, ProjectID: target.ProjectID, DomainID: at.DomainID,
		Endpoints: at.Endpoints, Closed: true, UserAgent: agent(),
	}, target, "the sandbox", done}, nil
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// reachSandbox starts the embedded sandbox, or asks one that stands alone where its services are.
func (a *app) reachSandbox(ctx context.Context, r request) (sandbox.Endpoints, func(), error) {
	if r.sandbox != embedded {
		at, err := askSandbox(ctx, r.sandbox)
		return at, func() {}, err
	}
	opts := sandbox.Options{Region: r.region, StateFile: filepath.Join(a.flags.runs, "sandbox.json")}
	if a.flags.seed != "" {
		seed, err := a.readSeed(a.flags.seed)
		if err != nil {
			return sandbox.Endpoints{}, nil, err
		}
		opts.Seed = seed
	}
	server, err := sandbox.New(opts)
	if err != nil {
		return sandbox.Endpoints{}, nil, wrong("%s", err)
	}
	if err := server.Start(); err != nil {
		return sandbox.Endpoints{}, nil, err
	}
	return server.Endpoints(), func() { _ = server.Close() }, nil
}

// askSandbox reads the addresses of a sandbox that stands alone. Only one on this machine is asked.
func askSandbox(ctx context.Context, at string) (sandbox.Endpoints, error) {
	var out sandbox.Endpoints
	u, err := url.Parse(at)
	if err != nil || u.Scheme != "http" || !isLoopback(u.Hostname()) {
		return out, wrong("--sandbox=%s: say the address that writ sandbox printed, http://127.0.0.1:PORT", at)
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(at, "/")+"/-/endpoints", nil)
	if err != nil {
		return out, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return out, &engine.Refusal{Exit: engine.ExitFailed, Message: "no sandbox answers at " + at}
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil || resp.StatusCode != http.StatusOK {
		return out, errors.Join(&engine.Refusal{Exit: engine.ExitFailed, Message: at + " is no sandbox"}, err)
	}
	return out, nil
}

func isLoopback(host string) bool { return host == "127.0.0.1" || host == "::1" || host == "localhost" }

// expect holds the account to what the plan says of it, by id or by name, before anything else is asked of the cloud.
func (s *session) expect(ctx context.Context, want journal.Expect) error {
	if want == (journal.Expect{}) || want.Domain == "" && want.Project == s.job.Target.ProjectID {
		return nil
	}
	who, err := s.client.Identity(ctx)
	if err != nil {
		return err
	}
	if err := expected("project", want.Project, s.job.Target.ProjectID, who.ProjectName); err != nil {
		return err
	}
	return expected("domain", want.Domain, who.DomainID, who.DomainName)
}

func expected(what, want, id, name string) error {
	if want == "" || want == id || want == name {
		return nil
	}
	if name == "" && id == "" {
		return denied("the plan expects %s %s, and the cloud does not tell the %s of these credentials", what, want, what)
	}
	return denied("the plan expects %s %s, these credentials are of %s", what, want, named(name, id))
}

// named is a thing's name with its id, as far as they are known.
func named(name, id string) string {
	switch {
	case name == "":
		return id
	case id == "" || id == name:
		return name
	}
	return name + " (" + id + ")"
}
