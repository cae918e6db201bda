package trial

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"writ/engine"
	"writ/engine/diag"
	"writ/engine/journal"
	"writ/engine/plan"
	"writ/schemas"
	"writ/steps/sandbox"
)

// Suite is a file of cases for one plan.
type Suite struct {
	File  string `json:"-"`
	Plan  string `json:"plan"` // seen from the file's folder
	Cases []Case `json:"cases"`

	value *plan.Value
}

// Case is a trial with what is expected of its end.
type Case struct {
	Name      string          `json:"name"`
	Seed      json.RawMessage `json:"seed"`
	SeedFile  string          `json:"seed_file"`
	Cloud     string          `json:"cloud"`
	Region    string          `json:"region"`
	ProjectID string          `json:"project_id"`
	OnFailure string          `json:"on_failure"`
	Faults    []Fault         `json:"faults"`
	Rollback  bool            `json:"rollback"`
	Expect    Expect          `json:"expect"`
}

// DecodeSuite reads a file of cases. The suite is nil when it cannot be read at all.
func DecodeSuite(file string, src []byte) (*Suite, []diag.Diagnostic) {
	v, faults := plan.DecodeBy(file, src, schemas.Test(), "a plan test")
	if v == nil {
		return nil, faults
	}
	tree, _ := v.Literal()
	s := &Suite{File: file, value: v}
	raw, err := json.Marshal(tree)
	if err == nil {
		err = json.Unmarshal(raw, s)
	}
	if err != nil {
		return nil, []diag.Diagnostic{v.Fault(err.Error(), "")}
	}
	return s, s.repeated()
}

// repeated finds cases of the same name.
func (s *Suite) repeated() (faults []diag.Diagnostic) {
	for i, c := range s.Cases {
		if slices.ContainsFunc(s.Cases[:i], func(other Case) bool { return other.Name == c.Name }) {
			faults = append(faults, s.at(i, "name").Fault("another case has this name", ""))
		}
	}
	return faults
}

// PlanFile is where the plan stands.
func (s *Suite) PlanFile() string { return s.beside(s.Plan) }

// PlanFault tells what is wrong with the plan's file as a whole.
func (s *Suite) PlanFault(says string) diag.Diagnostic { return s.value.Find("plan").Fault(says, "") }

func (s *Suite) beside(file string) string {
	if filepath.IsAbs(file) {
		return file
	}
	return filepath.Join(filepath.Dir(s.File), file)
}

// at is the place of something in a case, or of the case.
func (s *Suite) at(i int, path ...string) *plan.Value {
	if v := s.value.Find(append([]string{"cases", strconv.Itoa(i)}, path...)...); v != nil {
		return v
	}
	return s.value.Find("cases", strconv.Itoa(i))
}

// Trials makes the trials of the cases, for the plan that the suite names.
func (s *Suite) Trials(p *plan.Plan) ([]Trial, []diag.Diagnostic) {
	trials, faults := make([]Trial, len(s.Cases)), []diag.Diagnostic{}
	for i, c := range s.Cases {
		t := Trial{
			Plan: p, Faults: c.Faults, Rollback: c.Rollback, Again: c.Expect.Again != "",
			Cloud: cmp.Or(c.Cloud, p.Target.Cloud.Value), Region: cmp.Or(c.Region, p.Target.Region.Value),
			ProjectID: cmp.Or(c.ProjectID, p.Target.ProjectID.Value), Options: journal.Options{OnFailure: c.OnFailure},
		}
		var found []diag.Diagnostic
		t.Seed, found = s.seed(i)
		faults = append(faults, found...)
		t.Inputs, found = s.inputs(i, p)
		faults = append(append(faults, found...), s.strangers(i, p)...)
		trials[i] = t
	}
	return trials, faults
}

// seed reads the seed of a case, and holds it to what a sandbox takes.
func (s *Suite) seed(i int) (seed []byte, faults []diag.Diagnostic) {
	c, at := s.Cases[i], s.at(i, "seed")
	if seed = c.Seed; seed != nil && c.SeedFile != "" {
		return nil, []diag.Diagnostic{s.at(i, "seed_file").Fault("there is a seed already", "")}
	}
	if c.SeedFile != "" {
		at = s.at(i, "seed_file")
		var err error
		if seed, err = os.ReadFile(s.beside(c.SeedFile)); err != nil {
			return nil, []diag.Diagnostic{at.Fault(err.Error(), "")}
		}
	}
	if seed == nil {
		return nil, nil
	}
	if _, err := sandbox.New(sandbox.Options{Seed: seed}); err != nil {
		return nil, []diag.Diagnostic{at.Fault(strings.TrimPrefix(err.Error(), "sandbox: seed: "), "")}
	}
	return seed, nil
}

// inputs resolves the inputs of a case. What stands for a secret is given to the engine by reference, as a secret is.
func (s *Suite) inputs(i int, p *plan.Plan) (*engine.Inputs, []diag.Diagnostic) {
	given := map[string]any{}
	if v := s.value.Find("cases", strconv.Itoa(i), "inputs"); v != nil {
		tree, _ := v.Literal()
		given, _ = tree.(map[string]any)
	}
	values, faults := p.ResolveInputs(given)
	if diag.HasErrors(faults) {
		return nil, s.here(i, faults)
	}
	refs, secrets := map[string]string{}, map[string]string{}
	for _, in := range p.Inputs {
		if name := in.Name.Value; in.Sensitive {
			refs[name] = "env:" + name
			secrets[name], _ = values[name].(string)
			delete(values, name)
		}
	}
	in, err := engine.NewInputs(values, refs, func(name string) string { return secrets[name] })
	if err != nil {
		return nil, []diag.Diagnostic{s.at(i, "inputs").Fault(err.Error(), "")}
	}
	return in, nil
}

// here tells the faults of a case's inputs where the case gives them.
func (s *Suite) here(i int, faults []diag.Diagnostic) []diag.Diagnostic {
	out := make([]diag.Diagnostic, len(faults))
	for k, d := range faults {
		out[k] = s.at(i, "inputs").Fault(d.Message, strings.Replace(d.Suggestion, "give --input ", "say inputs: ", 1))
	}
	return out
}

// strangers finds what is said of steps that the plan does not have.
func (s *Suite) strangers(i int, p *plan.Plan) (faults []diag.Diagnostic) {
	var ids []string
	for _, st := range p.Steps {
		ids = append(ids, st.ID.Value)
	}
	check := func(address string, path ...string) {
		if id, _, _ := strings.Cut(address, "["); !slices.Contains(ids, id) {
			faults = append(faults, s.at(i, path...).Fault(fmt.Sprintf("the plan has no step %q", id), strings.TrimPrefix(hint(id, ids), "; ")))
		}
	}
	for k, f := range s.Cases[i].Faults {
		check(f.At, "faults", strconv.Itoa(k), "at")
		if err := f.check(p); err != nil {
			faults = append(faults, s.at(i, "faults", strconv.Itoa(k), "fault").Fault(err.Error(), ""))
		}
	}
	if s.Cases[i].Expect.Residue != nil {
		for k, address := range *s.Cases[i].Expect.Residue {
			check(address, "expect", "residue", strconv.Itoa(k))
		}
	}
	return faults
}

// check refuses what no step of the kind can meet.
func (f Fault) check(p *plan.Plan) error {
	id, _, _ := strings.Cut(f.At, "[")
	for _, s := range p.Steps {
		switch {
		case s.ID.Value != id:
		case f.Undo && !GoesBack(*s.Kind):
			return errors.New("step " + id + " has no way back")
		case !slices.Contains(FaultsOf(*s.Kind), f.Fault):
			return errors.New("step " + id + " only reads: a reply that is lost is " + Unavailable)
		}
	}
	return nil
}
