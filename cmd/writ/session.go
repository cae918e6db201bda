package main

import (
	"context"
	"errors"
	"sync"

	"writ/engine"
	"writ/engine/journal"
	"writ/steps"
	"writ/steps/cloud"
	"writ/steps/signin"
)

// session is an engine on a target: with credentials for a cloud, or with a sandbox.
type session struct {
	engine *engine.Engine
	client *cloud.Client
	signed *signin.Source // nil in a sandbox
	who    cloud.Identity // as far as the cloud tells it; not asked in a sandbox
	job    engine.Job     // without a plan: target, endpoints and key
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
	ctx, meant := a.interrupted(ctx)
	to, err := a.reach(ctx, &r)
	if err != nil {
		_ = folder.Close()
		return nil, meant(err)
	}
	s, err := a.sessionAt(ctx, r, to, folder)
	if err != nil {
		to.close()
		_ = folder.Close()
	}
	return s, meant(err)
}

// sessionAt is the session on a target that was reached.
func (a *app) sessionAt(ctx context.Context, r request, to reached, folder *journal.Folder) (*session, error) {
	client, err := a.client(ctx, &to)
	if err != nil {
		return nil, err
	}
	who, err := a.askWhose(ctx, client, &to)
	if err != nil {
		return nil, err
	}
	return &session{
		client: client, signed: to.signed, who: who,
		engine: &engine.Engine{
			Kinds: steps.Kinds(client), Folder: folder, Version: version(), Getenv: a.getenv, Redact: a.redactor.clean, Stop: a.stop,
			Flags: a.repeated(), Secrets: a.redactor.add,
			Warn: a.warner(),
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
	client, err := a.newClient(to)
	if err == nil && to.target.ProjectID == "" {
		to.target.ProjectID, err = patiently(ctx, client.Project)
	}
	return client, err
}

func (a *app) newClient(to *reached) (*cloud.Client, error) {
	if a.flags.verbose {
		to.config.Trace = a.traceCalls()
	}
	warn := a.warner()
	to.config.Notice = func(text string) { warn(errors.New(text)) }
	client, err := cloud.New(to.config)
	if err != nil {
		return nil, wrong("%s", err)
	}
	return client, nil
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
