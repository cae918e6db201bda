package main

import (
	"context"
	"errors"
	"sync"

	"writ/engine"
	"writ/engine/journal"
	"writ/steps"
	"writ/steps/cloud"
)

// session is an engine on a target: with credentials for a cloud, or with a sandbox.
type session struct {
	engine *engine.Engine
	client *cloud.Client
	job    engine.Job // without a plan: target, endpoints and key
	close  func()
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
