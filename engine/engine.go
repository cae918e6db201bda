package engine

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/go-multierror"

	"writ/engine/diag"
	"writ/engine/journal"
	"writ/engine/plan"
	"writ/engine/schedule"
	"writ/engine/step"
)

// Engine carries out jobs. Its fields are set once, before use.
type Engine struct {
	Kinds   step.Kinds
	Folder  *journal.Folder
	Version string
	Getenv  func(string) string  // for secrets given as env:NAME
	Redact  func(string) string  // keeps secrets out of texts that come from elsewhere; nil keeps them as they are
	Watch   func(journal.Record) // is told each record of a run once it is durable, in order; nil for nobody
	Flags   string               // what a command that is proposed has to repeat, as " --runs DIR"
	Secrets func(...string)      // is told secrets that turn up on the way; nil for nobody
	Warn    func(error)          // is told what a person should know and what stops nothing, from many goroutines; nil for nobody
	Stop    <-chan struct{}      // closed when no new step is to be started
	Clock   Clock                // nil is the machine's
	Crew    func() Crew          // for each drive of a run; nil is a goroutine for each piece of work
	Chance  io.Reader            // nil is crypto/rand's
	// Read makes a plan of the bytes that a run keeps; nil is plan.Load.
	Read func(file string, src []byte, kinds step.Kinds) (*plan.Plan, []diag.Diagnostic)
}

// Job is a plan with its inputs, on a target.
type Job struct {
	Plan      *plan.Plan
	Inputs    *Inputs
	Target    journal.Target
	Options   journal.Options
	Endpoints map[string]string
	AccessKey string // the id of the key that signs; empty for a token
	Source    string // where the credentials came from
	Who       Identity
	Saved     *Saved // the preview that was agreed to, when that was saved
}

// Refusal is why the engine did not begin, or did not go on: nothing was written because of it.
type Refusal struct {
	Exit    Exit
	Message string
}

func (r *Refusal) Error() string { return r.Message }

func refuse(exit Exit, format string, args ...any) error {
	return &Refusal{Exit: exit, Message: fmt.Sprintf(format, args...)}
}

// opening is the first record of a run: what it needs to know of itself.
func (e *Engine) opening(job Job, id string) *journal.Opening {
	o := &journal.Opening{
		Run: id, Plan: nameOf(job.Plan), File: fileOf(job.Plan), Target: job.Target,
		Endpoints: job.Endpoints, AccessKey: job.AccessKey, Source: job.Source, Options: job.Options,
		Expect: journal.Expect{Domain: job.Plan.Target.ExpectDomain.Value, Project: job.Plan.Target.ExpectProject.Value},
	}
	if job.Saved != nil {
		o.Preview = job.Saved.ID
	}
	if o.Options.OnFailure == "" {
		o.Options.OnFailure = job.Plan.Defaults.OnFailure
	}
	if job.Plan.Defaults.Order == "file" {
		o.Options.Order = "file"
	}
	o.Steps = make([]journal.Step, len(job.Plan.Steps))
	for i, s := range job.Plan.Steps {
		o.Steps[i] = opened(s, job.Options.OnFailure)
	}
	return o
}

// nameOf is the plan's name, or else its file's.
func nameOf(p *plan.Plan) string {
	if p.Name.Value != "" {
		return p.Name.Value
	}
	return filepath.Base(p.File)
}

// fileOf is where a plan's file stands, whatever folder a resume is asked for in; empty for what is no plain file.
func fileOf(p *plan.Plan) string {
	file, err := filepath.Abs(p.File)
	if p.File == "" || p.File == "-" || err != nil || !isPlain(file) {
		return ""
	}
	return file
}

func isPlain(file string) bool {
	info, err := os.Stat(file)
	return err == nil && info.Mode().IsRegular()
}

// Steps are the steps of a plan as its run will see them.
func (e *Engine) Steps(job Job) []journal.Step { return e.opening(job, "").Steps }

// opened is a step as its run sees it. A policy given for the run wins over the plan's.
func opened(s *plan.Step, policy string) journal.Step {
	out := journal.Step{
		ID: s.ID.Value, Name: s.Name.Value, Uses: s.Uses.Value, Effect: s.Kind.Effect, Parents: s.Parents, Each: s.ForEach != nil,
		OnFailure: s.OnFailure, Irreversible: s.Irreversible, RetryMax: s.Retry.Max, Backoff: s.Retry.Backoff, Timeout: s.Timeout,
		Line: s.ID.At.Line,
	}
	if policy != "" {
		out.OnFailure = policy
	}
	if s.Rollback == "none" {
		out.Rollback = "none"
	}
	if s.Wait != nil {
		out.WaitFor, out.WaitEvery = s.Wait.For, s.Wait.Every
	}
	return out
}

func (e *Engine) process() *journal.Process {
	host, _ := os.Hostname()
	return &journal.Process{PID: os.Getpid(), Host: host, Version: e.Version}
}

// newDriver makes a driver for a run that has been folded so far.
func (e *Engine) newDriver(run *journal.Run, j *journal.Journal, in *Inputs) *driver {
	if in == nil {
		in = &Inputs{}
	}
	d := &driver{
		kinds: e.Kinds, run: run, sched: schedule.New(run), journal: j, inputs: in, watch: e.Watch, redact: e.Redact,
		stop: e.Stop, clock: e.clock(), chance: e.chance(), crew: e.crew(), warn: e.warn,
	}
	for _, n := range run.Nodes {
		for _, p := range n.Parts {
			d.note(p)
			d.miss(p)
		}
	}
	return d
}

// plans gives a driver the plan to evaluate.
func (d *driver) plans(ctx context.Context, p *plan.Plan) (err error) {
	d.plan = p
	d.eval, err = newEvaluator(ctx, p, d.inputs, d.run.Open.Target)
	return err
}

// history reads the runs that stand for a target, oldest first, but for one. The error names those that cannot be read:
// whether they stand for this target cannot be known. The others are answered all the same.
func (e *Engine) history(target journal.Target, but string) ([]*journal.Run, error) {
	ids, err := e.Folder.Runs()
	if err != nil {
		return nil, err
	}
	var runs []*journal.Run
	unreadable := &multierror.Error{ErrorFormat: listed}
	for _, id := range ids {
		if id == but {
			continue
		}
		if other, err := e.Folder.Peek(id); err == nil && other != nil && other.String() != target.String() {
			continue
		}
		run, err := e.Load(id)
		if err != nil {
			unreadable = multierror.Append(unreadable, err)
		} else if run.Open != nil {
			runs = append(runs, run)
		}
	}
	return runs, unreadable.ErrorOrNil()
}

// listed is how errors about several runs read.
func listed(errs []error) string {
	lines := make([]string, len(errs))
	for i, err := range errs {
		lines[i] = err.Error()
	}
	return strings.Join(lines, "\n")
}

func (e *Engine) warn(err error) {
	if err != nil && e.Warn != nil {
		e.Warn(err)
	}
}

// Load folds the journal of a run.
func (e *Engine) Load(id string) (*journal.Run, error) {
	run, _, err := e.Folder.Replay(id, func(journal.Record) {})
	return run, err
}

// unclosed answers a run that is not over, or nil.
func unclosed(history []*journal.Run) *journal.Run {
	for _, run := range history {
		if run.Mode != journal.Over {
			return run
		}
	}
	return nil
}

// Judge tells a run whose process is gone from one that is under way: the first is paused, or in doubt when a write
// of it has no outcome.
func (e *Engine) Judge(run *journal.Run) {
	if run.Mode == journal.Over || run.Mode == journal.Paused {
		return
	}
	if e.Folder.Held(run.Open.Target.String()) {
		return
	}
	run.Mode, run.Why, run.Exit = journal.Paused, "its process ended without a word", int(pausing(run))
}
