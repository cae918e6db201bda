package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"writ/cmd/writ/view"
	"writ/engine"
	"writ/engine/journal"
	"writ/engine/plan"
	"writ/steps"
)

// withPlanOrPreview opens a session for a plan, or for what a saved preview holds: what a file is, its content says. It
// is read once.
func (a *app) withPlanOrPreview(ctx context.Context, file string, o applyOptions, do func(*session) error) error {
	if err := o.check(); err != nil {
		return err
	}
	src, err := a.readPlan(file)
	switch {
	case err != nil:
		return noPlan(file, err)
	case o.expect != "" && o.expect != engine.DigestOf(src):
		return &engine.Refusal{Exit: engine.ExitStale, Message: file + " is not the file that --expect names: it has " + engine.DigestOf(src) + "; nothing is sent"}
	case engine.IsSaved(src):
		return a.withSaved(ctx, src, o, do)
	case o.expect != "":
		return wrong("--expect pins a saved preview, and %s is none", file)
	}
	return a.withSource(ctx, file, src, o, do)
}

// withSaved opens a session for the plan of a saved preview, where that was made.
func (a *app) withSaved(ctx context.Context, src []byte, o applyOptions, do func(*session) error) error {
	saved, err := engine.LoadSaved(src)
	if err != nil {
		return err
	}
	if err := a.sameFlags(saved, o); err != nil {
		return err
	}
	p, err := saved.LoadPlan(steps.Kinds(nil))
	if err != nil {
		return err
	}
	a.reports.told.File = nearer(p.File)
	if err := a.sameInputs(saved, p); err != nil {
		return err
	}
	in, err := saved.LoadInputs(p, a.getenv)
	if err != nil {
		return err
	}
	a.redactor.add(in.Secrets()...)
	r := a.requestOf(&journal.Opening{Target: saved.For.Target, Endpoints: saved.For.Endpoints})
	return a.withSession(ctx, p, r, func(s *session) error {
		s.job.Inputs, s.job.Saved, s.job.Options = in, saved, saved.Options
		s.job.Options.Reversible = saved.Options.Reversible || o.reversible
		if o.said("parallelism") {
			s.job.Options.Parallelism = o.parallelism
		}
		if s.job.Who, err = a.identity(s); err != nil {
			return err
		}
		return do(s)
	})
}

// sameFlags refuses flags that ask for something else than the preview shows.
func (a *app) sameFlags(saved *engine.Saved, o applyOptions) error {
	t := saved.For.Target
	for _, f := range []struct{ flag, said, saved string }{
		{"cloud", a.flags.cloud, t.Cloud}, {"region", a.flags.region, t.Region}, {"project-id", a.flags.project, t.ProjectID},
		{"on-failure", o.onFailure, saved.Options.OnFailure},
	} {
		if f.said != "" && f.said != f.saved {
			return otherwise("--"+f.flag+" "+f.said, f.saved)
		}
	}
	if was := saved.Options.Parallelism; o.said("parallelism") && (o.parallelism == 1) != (was == 1) {
		// one at a time, steps on one object have an order, and more can be foreseen
		return otherwise(fmt.Sprintf("--parallelism %d", o.parallelism), strconv.Itoa(was))
	}
	for _, service := range slices.Sorted(maps.Keys(a.flags.endpoints)) {
		if was := saved.For.Endpoints[service]; was != a.flags.endpoints[service] {
			return otherwise("--endpoint "+service+"="+a.flags.endpoints[service], was)
		}
	}
	switch {
	case a.flags.sandbox != "" && t.Sandbox == "":
		return otherwise("--sandbox", "a cloud")
	case o.resend && !saved.Options.Resend:
		return otherwise("--resend", "")
	}
	return nil
}

// sameInputs refuses inputs on the command line that are not those of the preview. A secret is compared by its
// reference; that it is still the same is found out when it is looked up.
func (a *app) sameInputs(saved *engine.Saved, p *plan.Plan) error {
	given, refs := map[string]any{}, map[string]string{}
	if err := a.inputsFromFile(p, given); err != nil {
		return err
	}
	if err := a.inputsFromFlags(p, given, refs); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		was, _ := saved.Given(name)
		said, _ := json.Marshal(given[name])
		if then, _ := json.Marshal(was); string(said) != string(then) {
			return otherwise("--input "+name+"="+string(said), string(then))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(refs)) {
		if _, was := saved.Given(name); was != refs[name] {
			return otherwise("--input "+name+"="+refs[name], was)
		}
	}
	return nil
}

func otherwise(said, was string) error {
	if was == "" {
		was = "nothing of the kind"
	}
	return wrong("%s: the saved preview has %s; leave the flag out, or preview the plan again", said, was)
}

// tellMoved shows what moved since a preview was saved, when that is what an error is about.
func (a *app) tellMoved(err error) error {
	var stale *engine.StaleError
	if !errors.As(err, &stale) {
		return err
	}
	a.stream(recordStream).Line(map[string]any{"result": "moved", "preview": stale.Preview, "moved": stale.Moved})
	for _, m := range stale.Moved {
		a.reports.told.Moved = append(a.reports.told.Moved, view.Moved(m))
	}
	if !a.json() {
		a.err().Moved(a.reports.told.Moved)
	}
	return err
}
