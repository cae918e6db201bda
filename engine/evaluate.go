package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"writ/engine/expr"
	"writ/engine/journal"
	"writ/engine/plan"
	"writ/engine/step"
)

// evaluator resolves a step's arguments from the inputs and from what its parents put out. It reads the run's state
// and changes nothing.
type evaluator struct {
	plan   *plan.Plan
	inputs *Inputs
	target map[string]any
	vars   map[string]any
}

func newEvaluator(ctx context.Context, p *plan.Plan, in *Inputs, target journal.Target) (*evaluator, error) {
	e := &evaluator{plan: p, inputs: in, vars: map[string]any{}}
	e.target = map[string]any{"cloud": target.Cloud, "region": target.Region, "project_id": target.ProjectID}
	for _, v := range p.Vars {
		value, _, err := v.Value.Eval(ctx, expr.Scope{Vars: e.common()})
		if err != nil {
			return nil, e.placed("vars."+v.Name.Value, err)
		}
		e.vars[v.Name.Value] = value
	}
	return e, nil
}

// placed says where in the plan's file an expression came to nothing.
func (e *evaluator) placed(what string, err error) error {
	var at *plan.EvalError
	if !errors.As(err, &at) {
		return fmt.Errorf("%s: %w", what, err)
	}
	return fmt.Errorf("%s:%d:%d: %s: %w", e.plan.File, at.At.Line, at.At.Col, what, err)
}

func (e *evaluator) common() map[string]any {
	return map[string]any{"inputs": e.inputs.values, "vars": e.vars, "target": e.target}
}

// scope is what the expressions of a step may read: the outputs of the given steps, as far as they are known.
func (e *evaluator) scope(run *journal.Run, parents []int) expr.Scope {
	s := expr.Scope{Vars: e.common()}
	steps := map[string]any{}
	for _, i := range parents {
		n := run.Nodes[i]
		if n.Skipped() || !n.Finished() {
			continue
		}
		outputs, unknown := e.outputs(n, *e.plan.Steps[i].Kind)
		steps[n.ID] = map[string]any{"outputs": outputs}
		for _, path := range unknown {
			s.Unknown = append(s.Unknown, append([]string{"steps", n.ID, "outputs"}, path...))
		}
	}
	s.Vars["steps"] = steps
	return s
}

// outputs answers what a finished step put out, and the paths in it that are not known yet.
func (e *evaluator) outputs(n *journal.Node, kind step.Kind) (any, [][]string) {
	if !n.Each {
		return partOutputs(n.Parts[0], kind)
	}
	all := map[string]any{}
	var unknown [][]string
	for _, p := range n.Parts {
		key, ok := journal.KeyOf(p.Address)
		if !ok {
			return nil, [][]string{{}}
		}
		if p.Phase != journal.PhaseDone {
			continue
		}
		out, hidden := partOutputs(p, kind)
		all[key] = out
		for _, path := range hidden {
			unknown = append(unknown, append([]string{key}, path...))
		}
	}
	return all, unknown
}

func partOutputs(p *journal.Progress, kind step.Kind) (any, [][]string) {
	if p.Partial && p.Outputs == nil {
		return nil, [][]string{{}}
	}
	out := tree(p.Outputs)
	if !p.Partial {
		return out, nil
	}
	var unknown [][]string
	have, _ := out.(map[string]any)
	for _, name := range kind.OutputNames() {
		if _, ok := have[name]; !ok {
			unknown = append(unknown, []string{name})
		}
	}
	return out, unknown
}

// evaluate answers the records for one step: its instances with their arguments, or why it is skipped; an instance
// that cannot be evaluated fails.
func (e *evaluator) evaluate(ctx context.Context, run *journal.Run, node int) []journal.Record {
	s := e.plan.Steps[node]
	rec := journal.Record{K: journal.StepEvaluate, Step: s.ID.Value}
	if rec.How, rec.Why = passedOver(run, s); rec.Why != "" {
		return []journal.Record{rec}
	}
	recs, err := e.instances(ctx, run, s, &rec)
	if err != nil {
		rec.Instances = []journal.Instance{{Step: s.ID.Value}}
		recs = []journal.Record{failed(s.ID.Value, err)}
	}
	return append([]journal.Record{rec}, recs...)
}

// passedOver says why a step does not run because of its parents.
func passedOver(run *journal.Run, s *plan.Step) (journal.How, string) {
	for _, i := range s.Parents {
		if n := run.Nodes[i]; n.Blocked || n.Failed > 0 {
			return journal.Blocked, "step " + n.ID + " failed"
		}
	}
	for _, i := range s.Hard {
		if n := run.Nodes[i]; n.Skipped() {
			return journal.Skipped, "step " + n.ID + " was skipped"
		}
	}
	return "", ""
}

func (e *evaluator) instances(ctx context.Context, run *journal.Run, s *plan.Step, rec *journal.Record) ([]journal.Record, error) {
	var scope expr.Scope
	var rests []string
	if !s.IsLiteral() {
		scope, rests = e.scope(run, s.Parents), e.predicted(run, s)
	}
	if s.ForEach == nil {
		in, err := e.instance(ctx, s, s.ID.Value, eachScope{Scope: scope}, rests)
		recs := failures(&in, err)
		rec.Instances = []journal.Instance{in}
		return recs, nil
	}
	each, _, err := s.ForEach.Eval(ctx, scope)
	if err != nil {
		return nil, e.placed("for_each", err)
	}
	pairs, open, err := fanOut(each)
	if err != nil {
		return nil, err
	}
	var recs []journal.Record
	for _, pair := range pairs {
		in, err := e.instance(ctx, s, journal.Address(s.ID.Value, pair.key), pair.within(scope), rests)
		if len(gaps("", pair.value)) == 0 {
			in.Value = encode(pair.value)
		}
		recs = append(recs, failures(&in, err)...)
		rec.Instances = append(rec.Instances, in)
	}
	if open != nil {
		in, err := e.unexpanded(ctx, s, scope, open)
		recs = append(recs, failures(&in, err)...)
		rec.Instances = append(rec.Instances, in)
	}
	return recs, nil
}

// predicted names the steps of which the step's expressions read outputs that are predicted: not there yet.
func (e *evaluator) predicted(run *journal.Run, s *plan.Step) []string {
	var ids []string
	for _, v := range []*plan.Value{s.ForEach, s.If, s.With} {
		for _, id := range v.Steps() {
			n := run.Node(id)
			if n != nil && !slices.Contains(ids, id) && slices.ContainsFunc(n.Parts, func(p *journal.Progress) bool {
				return p.How == journal.Predicted || len(p.Rests) > 0
			}) {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// failures is the end of an instance that cannot be evaluated. It has no arguments, so that whoever goes on from a
// journal that ends before this record does nothing with it either.
func failures(in *journal.Instance, err error) []journal.Record {
	if err == nil {
		return nil
	}
	in.In, in.Objects, in.Unknown = nil, nil, nil
	return []journal.Record{failed(in.Step, err)}
}

func (e *evaluator) instance(ctx context.Context, s *plan.Step, address string, scope eachScope, rests []string) (journal.Instance, error) {
	in := journal.Instance{Step: address, Rests: rests}
	var waits []gap
	if s.If != nil {
		cond, unknown, err := s.If.Eval(ctx, scope.Scope)
		if err != nil {
			return in, e.placed("if", err)
		}
		if len(unknown) > 0 {
			waits = gaps("if", scope.origins(cond))
		} else if cond == false {
			in.Skip = "its if is false"
			return in, nil
		}
	}
	args, _, err := s.With.Eval(ctx, scope.Scope)
	if err != nil {
		return in, e.placed("with", err)
	}
	args = scope.origins(args)
	in.In = encode(args)
	if waits = append(waits, gaps("", args)...); len(waits) > 0 {
		in.Rests = nil
		wait(&in, waits)
		in.Objects = foreseeable(*s.Kind, args)
		return in, nil
	}
	if len(e.inputs.secrets) > 0 {
		args = tree(e.inputs.reveal(in.In))
	}
	meant, _ := args.(map[string]any)
	if wrong := s.Check(meant); len(wrong) > 0 {
		return in, &step.Error{Class: step.Invalid, Message: strings.Join(wrong, "; ")}
	}
	in.Objects, err = s.Kind.Objects(in.In)
	return in, err
}

// results are the plan's outputs, and in a preview the paths in them that are not known yet. The error names those
// that came to nothing, as when their step was skipped.
func (e *evaluator) results(ctx context.Context, run *journal.Run) (json.RawMessage, []string, error) {
	if len(e.plan.Outputs) == 0 {
		return nil, nil, nil
	}
	all := make([]int, len(run.Nodes))
	for i := range all {
		all[i] = i
	}
	scope := e.scope(run, all)
	out := map[string]any{}
	var errs []error
	for _, o := range e.plan.Outputs {
		v, _, err := o.Value.Eval(ctx, scope)
		if err != nil {
			errs = append(errs, e.placed("outputs."+o.Name.Value, err))
			continue
		}
		out[o.Name.Value] = v
	}
	var unknown []string
	for _, g := range gaps("", out) {
		unknown = append(unknown, g.path)
	}
	return encode(out), unknown, errors.Join(errs...)
}
