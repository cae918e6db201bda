package main

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"time"

	"writ/engine"
	"writ/engine/journal"
	"writ/steps/cloud"
	"writ/steps/signin"
)

func denied(format string, args ...any) error {
	return &engine.Refusal{Exit: engine.ExitDenied, Message: fmt.Sprintf(format, args...)}
}

// discover finds the credentials, and fills in what the request leaves to them: cloud, region and addresses. It looks
// twice, because the addresses hang on the region, which the credentials may be the first to name.
func (a *app) discover(r *request) (*signin.Source, []signin.Looked, error) {
	source, looked, err := signin.Discover(a.signInOptions(*r))
	if err != nil {
		return nil, looked, err
	}
	r.cloud, r.region = or(r.cloud, or(source.Cloud, cloud.HuaweiCloud)), or(r.region, source.Region)
	if err := a.addressesOf(r); err != nil {
		return nil, looked, err
	}
	source, looked, err = signin.Discover(a.signInOptions(*r))
	if err == nil && source.IAM != "" && r.endpoints["iam"] == "" && !r.pinned {
		r.endpoints["iam"] = source.IAM
	}
	return source, looked, err
}

// addressesOf adds the user's own addresses to those of the command line. A run keeps to those that it began with.
func (a *app) addressesOf(r *request) error {
	if r.pinned {
		return nil
	}
	own, err := cloud.EndpointsFromUser(a.getenv, a.getenv("HOME"), r.region)
	if err != nil {
		return err
	}
	all := map[string]string{}
	maps.Copy(all, own)
	maps.Copy(all, r.endpoints)
	r.endpoints = all
	return nil
}

func (a *app) signInOptions(r request) signin.Options {
	o := signin.Options{
		Getenv: a.getenv, Home: a.getenv("HOME"), Dir: ".",
		Auth: or(a.flags.auth, a.getenv("WRIT_AUTH")), Profile: or(a.flags.profile, a.getenv("WRIT_PROFILE")),
		Cloud: r.cloud, Region: r.region, ProjectID: r.project, Endpoints: r.endpoints, Now: time.Now, UserAgent: agent(),
	}
	if caches := or(a.getenv("XDG_CACHE_HOME"), under(a.getenv("HOME"), ".cache")); caches != "" {
		o.Cache = filepath.Join(caches, "writ", "tokens")
	}
	return o
}

func under(home, name string) string {
	if home == "" {
		return ""
	}
	return filepath.Join(home, name)
}

func agent() string { return "writ/" + version() }

// reachCloud finds credentials and addresses of a cloud. The project may still be missing.
func (a *app) reachCloud(ctx context.Context, r *request) (reached, error) {
	source, _, err := a.discover(r)
	if err != nil {
		return reached{}, denied("%s\nsee: writ auth; without an account, try --sandbox", err)
	}
	if r.project != "" && source.ProjectID != "" && r.project != source.ProjectID && a.flags.project == "" {
		return reached{}, denied("the credentials are for project %s, the plan is for %s", source.ProjectID, r.project)
	}
	if r.region == "" {
		return reached{}, wrong("no region: say --region, or target.region in the plan")
	}
	creds, err := a.kept(source.SignIn(ctx))
	if err != nil {
		return reached{}, err
	}
	for _, w := range source.Warnings {
		a.err().Complaint(w)
	}
	to := a.reachedWith(*r, source, creds)
	to.config.RootCAs, err = source.RootCAs()
	return to, err
}

// reachedWith is what these credentials of that source lead to.
func (a *app) reachedWith(r request, source *signin.Source, creds cloud.Credentials) reached {
	to := reached{
		target: journal.Target{Cloud: r.cloud, Region: r.region, ProjectID: or(r.project, source.ProjectID), DomainID: source.DomainID},
		source: source.Name, close: func() {},
	}
	to.config = cloud.Config{
		Credentials: creds, Cloud: r.cloud, Region: r.region, ProjectID: to.target.ProjectID, DomainID: source.DomainID,
		Endpoints: r.endpoints, UserAgent: agent(), Rate: callsPerSecond,
	}
	if source.CanRenew() {
		to.config.Renew = func(ctx context.Context, old cloud.Credentials) (cloud.Credentials, error) {
			return a.kept(source.Renew(ctx, old))
		}
	}
	if source.HasDomain() {
		to.config.DomainToken = a.domainTokens(source)
	}
	return to
}

// domainTokens answers tokens for the account: the first as it is kept, each further one new, because it is asked for
// when the last one expires or was refused.
func (a *app) domainTokens(source *signin.Source) func(context.Context) (cloud.Credentials, error) {
	var last cloud.Credentials
	return func(ctx context.Context) (got cloud.Credentials, err error) {
		if last.Token == "" {
			got, err = source.Domain(ctx)
		} else {
			got, err = source.Renew(ctx, last)
		}
		if err == nil {
			last = got
		}
		return a.kept(got, err)
	}
}

// callsPerSecond to one service is well below what users report to be refused; no service documents its limit.
const callsPerSecond = 10

// kept makes sure that nothing secret of credentials is printed or journaled.
func (a *app) kept(c cloud.Credentials, err error) (cloud.Credentials, error) {
	a.redactor.add(c.SecretKey.Reveal(), c.SecurityToken.Reveal(), c.Token.Reveal())
	return c, err
}
