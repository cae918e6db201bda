package trial

import (
	"cmp"
	"errors"
	"os"

	"writ/engine"
	"writ/engine/journal"
	"writ/steps"
	"writ/steps/cloud"
	"writ/steps/sandbox"
)

// world is a sandbox, and an engine that works on it.
type world struct {
	Trial
	*control
	server  *sandbox.Server
	engine  *engine.Engine
	job     engine.Job
	watcher *watcher
	closers []func() error
}

// begin sets a trial up.
func (t Trial) begin(faults []*aimed) (*world, error) {
	w := &world{Trial: t}
	clock := new(clock)
	err := w.serve(clock)
	if err == nil {
		w.watcher = &watcher{cloud: w.control, faults: faults}
		err = w.equip(clock)
	}
	if err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

// serve starts the sandbox.
func (w *world) serve(clock *clock) error {
	server, err := sandbox.New(sandbox.Options{Seed: w.Seed, Region: w.Region, Clock: clock.Now})
	if err != nil {
		return err
	}
	if err := server.Start(); err != nil {
		return err
	}
	w.server, w.control = server, &control{at: server.ControlURL()}
	w.closers = append(w.closers, server.Close)
	return nil
}

// equip makes client, runs folder and engine.
func (w *world) equip(clock *clock) error {
	at := w.server.Endpoints()
	target := journal.Target{
		Cloud: cmp.Or(w.Cloud, cloud.HuaweiCloud), Region: cmp.Or(w.Region, at.Region), ProjectID: cmp.Or(w.ProjectID, at.ProjectID),
		DomainID: at.DomainID, Sandbox: w.server.ControlURL(), SandboxID: at.ID,
	}
	client, err := cloud.New(cloud.Config{
		Credentials: cloud.Credentials{AccessKey: at.AccessKey, SecretKey: cloud.Hide(at.SecretKey)},
		Cloud:       target.Cloud, Region: target.Region, ProjectID: target.ProjectID, DomainID: at.DomainID,
		Endpoints: at.Endpoints, Closed: true, Clock: clock.Now, Sleep: clock.Sleep,
	})
	if err != nil {
		return err
	}
	folder, err := w.folder()
	if err != nil {
		return err
	}
	kinds := steps.Kinds
	if w.Kinds != nil {
		kinds = w.Kinds
	}
	w.engine = &engine.Engine{Kinds: kinds(client), Folder: folder, Version: "trial", Watch: w.watcher.record, Clock: clock}
	options := w.Options
	options.Parallelism = 1
	w.job = engine.Job{
		Plan: w.Plan.Bind(w.engine.Kinds), Inputs: w.Inputs, Target: target, Options: options, AccessKey: at.AccessKey,
	}
	return nil
}

// folder makes a runs folder that goes away with the trial.
func (w *world) folder() (*journal.Folder, error) {
	dir, err := os.MkdirTemp("", "writ-trial-")
	if err != nil {
		return nil, err
	}
	w.closers = append(w.closers, func() error { return os.RemoveAll(dir) })
	folder, err := journal.OpenFolder(dir)
	if err == nil {
		w.closers = append(w.closers, folder.Close)
	}
	return folder, err
}

// close ends what was begun, the last first.
func (w *world) close() error {
	var errs []error
	for i := len(w.closers) - 1; i >= 0; i-- {
		errs = append(errs, w.closers[i]())
	}
	return errors.Join(errs...)
}
