package main

import (
	"errors"
	"io"
	"os"
	"strings"

	"writ/cmd/writ/view"
	"writ/engine"
	"writ/engine/diag"
	"writ/engine/plan"
	"writ/engine/step"
)

// faultyPlan is the error for a plan or an input with faults, which have been printed by then.
type faultyPlan struct{ list []diag.Diagnostic }

func (*faultyPlan) Error() string { return "the plan has faults" }

// stdinName is how a plan from standard input is called in diagnostics.
const stdinName = "-"

// loadPlan reads a plan and prints its faults. Warnings are printed too, and stop nothing.
func (a *app) loadPlan(file string, kinds step.Kinds) (*plan.Plan, error) {
	src, err := a.readPlan(file)
	if err != nil {
		return nil, noPlan(file, err)
	}
	p, faults := plan.Load(file, src, kinds)
	return p, a.report(faults)
}

// readPlan reads a file, or standard input, and no more of it than a plan may have.
func (a *app) readPlan(file string) ([]byte, error) {
	from := a.stdin
	if file != stdinName {
		f, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		from = f
	}
	return io.ReadAll(io.LimitReader(from, plan.MaxFile+1))
}

// readSeed reads a sandbox's state document, which has the limit of plans.
func (a *app) readSeed(file string) ([]byte, error) {
	raw, err := a.readPlan(file)
	switch {
	case err != nil:
		return nil, wrong("%s", err)
	case len(raw) > plan.MaxFile:
		return nil, wrong("%s has more than %d MiB", file, plan.MaxFile>>20)
	}
	return raw, nil
}

// report prints faults to stderr; an error among them is answered as one.
func (a *app) report(faults []diag.Diagnostic) error {
	a.reports.faulty(faults)
	a.err().Diagnostics(faults)
	if diag.HasErrors(faults) {
		a.err().Line("%s", view.Tally(faults))
		return &faultyPlan{faults}
	}
	return nil
}

// inputsOf resolves the plan's inputs. The command line wins over the input file, that over WRIT_INPUT_NAME, that over
// the plan's default. A sensitive input is only ever given by reference.
func (a *app) inputsOf(p *plan.Plan) (*engine.Inputs, error) {
	given, refs := map[string]any{}, map[string]string{}
	if err := a.inputsFromEnv(p, given, refs); err != nil {
		return nil, err
	}
	if err := a.inputsFromFile(p, given); err != nil {
		return nil, err
	}
	if err := a.inputsFromFlags(p, given, refs); err != nil {
		return nil, err
	}
	if err := a.resolveSecrets(given, refs); err != nil {
		return nil, err
	}
	values, faults := p.ResolveInputs(given)
	if err := a.report(faults); err != nil {
		return nil, err
	}
	for name := range refs {
		delete(values, name)
	}
	in, err := engine.NewInputs(values, refs, a.getenv)
	if err != nil {
		return nil, wrong("%s", err)
	}
	a.redactor.add(in.Secrets()...)
	return in, nil
}

// resolveSecrets fills in the secrets, so that they are held to what their inputs ask of them.
func (a *app) resolveSecrets(given map[string]any, refs map[string]string) error {
	for name, ref := range refs {
		secret, err := engine.ResolveSecret(ref, a.getenv)
		if err != nil {
			return wrong("input %s: %s", name, err)
		}
		a.redactor.add(secret)
		given[name] = secret
	}
	return nil
}

func (a *app) inputsFromEnv(p *plan.Plan, given map[string]any, refs map[string]string) error {
	for _, in := range p.Inputs {
		name := "WRIT_INPUT_" + strings.ToUpper(in.Name.Value)
		text := a.getenv(name)
		switch {
		case text == "":
		case in.Sensitive:
			refs[in.Name.Value] = "env:" + name
		default:
			v, err := in.Parse(text)
			if err != nil {
				return wrong("%s: %s", name, err)
			}
			given[in.Name.Value] = v
		}
	}
	return nil
}

func (a *app) inputsFromFile(p *plan.Plan, given map[string]any) error {
	if a.flags.inputFile == "" {
		return nil
	}
	src, err := a.readPlan(a.flags.inputFile)
	if err != nil {
		return wrong("%s", err)
	}
	values, faults := plan.DecodeInputs(a.flags.inputFile, src, p.Inputs)
	if err := a.report(faults); err != nil {
		return err
	}
	for name, v := range values {
		given[name] = v
	}
	return nil
}

func (a *app) inputsFromFlags(p *plan.Plan, given map[string]any, refs map[string]string) error {
	for _, pair := range a.flags.inputs {
		name, text, ok := strings.Cut(pair, "=")
		if !ok {
			return wrong("--input %s: say NAME=VALUE", pair)
		}
		in, ok := findInput(p, name)
		switch {
		case !ok:
			return unknownInput(p, name)
		case in.Sensitive:
			refs[name] = text
			continue
		}
		a.noticeReference(name, text)
		v, err := in.Parse(text)
		if err != nil {
			return wrong("--input %s: %s", name, err)
		}
		given[name] = v
	}
	return nil
}

// noticeReference speaks up where a reference was perhaps meant and a text is taken.
func (a *app) noticeReference(name, text string) {
	if strings.HasPrefix(text, "env:") || strings.HasPrefix(text, "file:") {
		a.err().Complaint("--input " + name + ": taken as the text " + text + "; only sensitive inputs are given by reference")
	}
}

func findInput(p *plan.Plan, name string) (plan.Input, bool) {
	for _, in := range p.Inputs {
		if in.Name.Value == name {
			return in, true
		}
	}
	return plan.Input{}, false
}

func unknownInput(p *plan.Plan, name string) error {
	var known []string
	for _, in := range p.Inputs {
		known = append(known, in.Name.Value)
	}
	message := "--input " + name + ": the plan has no such input"
	if near := diag.Nearest(name, known); near != "" {
		message += "; did you mean " + near + "?"
	}
	return errors.Join(wrong("%s", message))
}
