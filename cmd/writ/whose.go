package main

import (
	"cmp"
	"context"
	"time"

	"github.com/cenkalti/backoff/v5"

	"writ/engine"
	"writ/engine/journal"
	"writ/engine/step"
	"writ/steps/cloud"
	"writ/steps/signin"
)

// askWhose asks a cloud whose the credentials are, before anything else is asked of it. What it does not tell stays
// unknown.
func (a *app) askWhose(ctx context.Context, client *cloud.Client, to *reached) (cloud.Identity, error) {
	if to.target.Sandbox != "" {
		return cloud.Identity{}, nil
	}
	who, err := patiently(ctx, client.Identity)
	switch {
	case step.IsClass(err, step.Denied), step.IsClass(err, step.NotFound), step.IsClass(err, step.Invalid):
		return cloud.Identity{}, nil
	case err != nil:
		return who, err
	}
	if said := to.target.DomainID; said != "" && who.DomainID != "" && said != who.DomainID {
		return who, denied("the credentials of %s say that they are of account %s, and the cloud says %s", to.source, said, named(who.DomainName, who.DomainID))
	}
	to.target.DomainID = cmp.Or(who.DomainID, to.target.DomainID)
	return who, nil
}

// identity is who signs, as a saved preview is bound to it. A temporary access key is another each time.
func (a *app) identity(s *session) (engine.Identity, error) {
	id := engine.Identity{DomainID: cmp.Or(s.who.DomainID, s.job.Target.DomainID), UserID: s.who.UserID, AccessKey: s.job.AccessKey}
	if s.signed == nil {
		return id, nil
	}
	if s.signed.Method != signin.AccessKey {
		id.AccessKey = ""
	}
	if mine, project := s.signed.ProjectID, s.job.Target.ProjectID; a.flags.project == "" && mine != "" && mine != project {
		return id, denied("the credentials are for project %s, the preview was made in %s; if that is meant, say --project-id %s", mine, project, project)
	}
	return id, nil
}

// patiently tries again, a few times, what was throttled or away.
func patiently[T any](ctx context.Context, do func(context.Context) (T, error)) (T, error) {
	return backoff.Retry(ctx, func() (T, error) {
		got, err := do(ctx)
		if err == nil {
			return got, nil
		}
		switch e := step.ErrorOf(err); {
		case !e.Retryable() || e.RetryAfter > longest:
			return got, backoff.Permanent(err)
		case e.RetryAfter > 0:
			return got, backoff.RetryAfter(int(e.RetryAfter.Seconds() + 0.5))
		}
		return got, err
	}, backoff.WithMaxTries(4), backoff.WithMaxElapsedTime(longest))
}

// longest is how long a command waits for the cloud before its first step.
const longest = 30 * time.Second

// sameAccount refuses to go on with a run in another account than it stands in: the project called like the region is
// everywhere.
func (s *session) sameAccount(run *journal.Run) error {
	here, there := s.job.Target, run.Open.Target
	switch {
	case here.String() != there.String():
		return denied("run %s stands on %s, and this is %s", run.Open.Run, there, here)
	case there.DomainID == "" || here.DomainID == there.DomainID:
		return nil
	case here.DomainID == "":
		return denied("run %s stands in account %s, and the cloud does not tell whose these credentials are", run.Open.Run, there.DomainID)
	}
	return denied("run %s stands in account %s, these credentials are of %s", run.Open.Run, there.DomainID, here.DomainID)
}

// expect holds the account to what the plan says of it, by id or by name, before anything else is asked of the cloud.
func (s *session) expect(ctx context.Context, want journal.Expect) error {
	if want == (journal.Expect{}) {
		return nil
	}
	who := s.who
	if s.signed == nil {
		var err error
		if who, err = patiently(ctx, s.client.Identity); err != nil {
			return err
		}
	}
	if want.Project != "" && !who.ProjectKnown {
		return denied("the plan expects project %s, and the cloud does not say that %s is one of these credentials'", want.Project, s.job.Target.ProjectID)
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

// interrupted makes a context that ends when a stop is asked for, and says what an error that comes of it means.
func (a *app) interrupted(ctx context.Context) (context.Context, func(error) error) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		select {
		case <-a.stop:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, func(err error) error {
		stopped := ctx.Err() != nil
		cancel()
		if err != nil && stopped {
			return &engine.Refusal{Exit: engine.ExitPaused, Message: "stopped before anything was done"}
		}
		return err
	}
}
