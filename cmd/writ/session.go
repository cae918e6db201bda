package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
	r := request{cloud: open.Target.Cloud, region: open.Target.Region, project: open.Target.ProjectID, sandbox: open.Target.Sandbox, endpoints: open.Endpoints}
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
	cfg, target, closeSandbox, err := a.reach(ctx, r)
	if err != nil {
		return nil, err
	}
	if a.flags.verbose {
		cfg.Trace = a.traceCalls()
	}
	client, err := cloud.New(cfg)
	if err != nil {
		closeSandbox()
		return nil, wrong("%s", err)
	}
	a.redactor.add(cfg.Credentials.SecretKey.Reveal(), cfg.Credentials.SecurityToken.Reveal())
	s := &session{
		client: client,
		engine: &engine.Engine{
			Kinds: steps.Kinds(client), Folder: folder, Version: version(), Getenv: a.getenv, Redact: a.redactor.clean, Stop: a.stop,
			Flags: a.repeated(),
			Warn:  func(err error) { a.err().Complaint(err.Error()) },
		},
		job:   engine.Job{Target: target, Endpoints: r.endpoints, AccessKey: cfg.Credentials.AccessKey},
		close: func() { closeSandbox(); _ = folder.Close() },
	}
	return s, nil
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
func (a *app) reach(ctx context.Context, r request) (cloud.Config, journal.Target, func(), error) {
	if r.sandbox == "" {
		cfg, target, err := a.reachCloud(r)
		return cfg, target, func() {}, err
	}
	if len(r.endpoints) > 0 {
		return cloud.Config{}, journal.Target{}, nil, wrong("--endpoint and --sandbox exclude each other")
	}
	at, done, err := a.reachSandbox(ctx, r)
	if err != nil {
		return cloud.Config{}, journal.Target{}, nil, err
	}
	target := journal.Target{Cloud: or(r.cloud, cloud.HuaweiCloud), Region: or(r.region, at.Region), ProjectID: or(r.project, at.ProjectID), DomainID: at.DomainID, Sandbox: r.sandbox, SandboxID: at.ID}
	return cloud.Config{
		Credentials: cloud.Credentials{AccessKey: at.AccessKey, SecretKey: cloud.Secret(at.SecretKey)},
		Cloud:       target.Cloud, Region: target.Region, ProjectID: target.ProjectID, DomainID: at.DomainID,
		Endpoints: at.Endpoints, UserAgent: "writ/" + version(),
	}, target, done, nil
}

func (a *app) reachCloud(r request) (cloud.Config, journal.Target, error) {
	credentials, project, domain, err := cloud.FromEnv(a.getenv)
	if err != nil {
		return cloud.Config{}, journal.Target{}, &engine.Refusal{Exit: engine.ExitDenied, Message: err.Error() + "; without an account, try --sandbox"}
	}
	if r.project != "" && project != "" && r.project != project && a.flags.project == "" {
		return cloud.Config{}, journal.Target{}, &engine.Refusal{Exit: engine.ExitDenied, Message: fmt.Sprintf("the credentials are for project %s, the plan is for %s", project, r.project)}
	}
	target := journal.Target{Cloud: or(r.cloud, cloud.HuaweiCloud), Region: r.region, ProjectID: or(r.project, project), DomainID: domain}
	if target.Region == "" {
		return cloud.Config{}, target, wrong("no region: say --region, or target.region in the plan")
	}
	if target.ProjectID == "" {
		return cloud.Config{}, target, wrong("no project: set HUAWEICLOUD_SDK_PROJECT_ID, or say --project-id")
	}
	return cloud.Config{
		Credentials: credentials, Cloud: target.Cloud, Region: target.Region, ProjectID: target.ProjectID, DomainID: domain,
		Endpoints: r.endpoints, UserAgent: "writ/" + version(),
	}, target, nil
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

// expect holds the account to what the plan says of it, before anything else is asked of the cloud.
func (s *session) expect(ctx context.Context, want journal.Expect) error {
	if want.Project != "" && want.Project != s.job.Target.ProjectID {
		return &engine.Refusal{Exit: engine.ExitDenied, Message: fmt.Sprintf("the plan expects project %s, this is %s", want.Project, s.job.Target.ProjectID)}
	}
	if want.Domain == "" {
		return nil
	}
	domain, err := s.client.Domain(ctx)
	if err != nil {
		return err
	}
	if domain != want.Domain {
		return &engine.Refusal{Exit: engine.ExitDenied, Message: fmt.Sprintf("the plan expects domain %s, these credentials are of %s", want.Domain, domain)}
	}
	return nil
}
