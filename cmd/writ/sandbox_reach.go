package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"writ/engine"
	"writ/engine/journal"
	"writ/steps/cloud"
	"writ/steps/sandbox"
)

// embedded is what --sandbox without an address means.
const embedded = "embedded"

// reachSandbox leads to a sandbox, which needs no credentials but its own.
func (a *app) reachSandbox(ctx context.Context, r request) (reached, error) {
	if len(r.endpoints) > 0 {
		return reached{}, wrong("--endpoint and --sandbox exclude each other")
	}
	at, done, err := a.findSandbox(ctx, r)
	if err != nil {
		return reached{}, err
	}
	target := journal.Target{
		Cloud: cmp.Or(r.cloud, cloud.HuaweiCloud), Region: cmp.Or(r.region, at.Region), ProjectID: cmp.Or(r.project, at.ProjectID),
		DomainID: at.DomainID, Sandbox: r.sandbox, SandboxID: at.ID,
	}
	creds, _ := a.redacted(cloud.Credentials{AccessKey: at.AccessKey, SecretKey: cloud.Hide(at.SecretKey)}, nil)
	return reached{config: cloud.Config{
		Credentials: creds, Cloud: target.Cloud, Region: target.Region, ProjectID: target.ProjectID, DomainID: at.DomainID,
		Endpoints: at.Endpoints, Closed: true, UserAgent: agent(),
	}, target: target, source: "the sandbox", close: done}, nil
}

// findSandbox starts the embedded sandbox, or asks one that stands alone where its services are.
func (a *app) findSandbox(ctx context.Context, r request) (sandbox.Endpoints, func(), error) {
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
		return out, &engine.Refusal{Exit: engine.ExitFailed, Message: "no sandbox answers at " + at + "; start one with\n    writ sandbox"}
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil || resp.StatusCode != http.StatusOK {
		return out, errors.Join(&engine.Refusal{Exit: engine.ExitFailed, Message: at + " is no sandbox"}, err)
	}
	return out, nil
}

func isLoopback(host string) bool { return host == "127.0.0.1" || host == "::1" || host == "localhost" }
