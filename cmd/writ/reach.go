package main

import (
	"cmp"
	"context"

	"writ/engine/journal"
	"writ/steps/cloud"
	"writ/steps/signin"
)

// reached is a target with what calls to it take.
type reached struct {
	config cloud.Config
	target journal.Target
	source string // of the credentials
	close  func()
	signed *signin.Source // nil in a sandbox
}

// reach finds credentials and addresses: of a cloud, or of a sandbox.
func (a *app) reach(ctx context.Context, r *request) (reached, error) {
	if r.sandbox != "" {
		return a.reachSandbox(ctx, *r)
	}
	source, _, err := a.discover(r)
	if err != nil {
		return reached{}, unfound(err)
	}
	return a.signIn(ctx, *r, source)
}

// signIn leads to a cloud with the credentials of a source. The project may still be missing.
func (a *app) signIn(ctx context.Context, r request, source *signin.Source) (reached, error) {
	if r.region == "" {
		return reached{}, wrong("no region: say --region, or target.region in the plan")
	}
	if r.began == nil && a.flags.project == "" && r.project != "" && source.ProjectID != "" && r.project != source.ProjectID {
		return reached{}, denied("the credentials are for project %s, the plan is for %s", source.ProjectID, r.project)
	}
	creds, err := a.redacted(patiently(ctx, source.SignIn))
	if err != nil {
		return reached{}, err
	}
	for _, w := range source.Warnings {
		a.err().Complaint(w)
	}
	to := a.reachedWith(r, source, creds)
	to.config.RootCAs, err = source.RootCAs()
	return to, err
}

// reachedWith is what these credentials of that source lead to.
func (a *app) reachedWith(r request, source *signin.Source, creds cloud.Credentials) reached {
	to := reached{
		target: journal.Target{Cloud: r.cloud, Region: r.region, ProjectID: cmp.Or(r.project, source.ProjectID), DomainID: source.DomainID},
		source: source.Name, close: func() {}, signed: source,
	}
	to.config = cloud.Config{
		Credentials: creds, Cloud: r.cloud, Region: r.region, ProjectID: to.target.ProjectID, DomainID: source.DomainID,
		Endpoints: r.endpoints, UserAgent: agent(), Rate: callsPerSecond,
	}
	if source.CanRenew() {
		to.config.Renew = func(ctx context.Context, old cloud.Credentials) (cloud.Credentials, error) {
			return a.redacted(source.Renew(ctx, old))
		}
	}
	if source.HasDomain() {
		to.config.DomainToken = func(ctx context.Context, old cloud.Credentials) (cloud.Credentials, error) {
			return a.redacted(source.Domain(ctx, old))
		}
	}
	return to
}

// callsPerSecond to one service is well below what users report to be refused; no service documents its limit.
const callsPerSecond = 10
