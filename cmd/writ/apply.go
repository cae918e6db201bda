package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"writ/cmd/writ/view"
	"writ/engine"
	"writ/engine/journal"
	"writ/engine/plan"
	"writ/steps"
)

// applyOptions are the flags of preview and apply.
type applyOptions struct {
	yes, dryRun, resend bool
	onFailure           string
	parallelism         int
	detailed            bool
}

// check refuses what no run can be asked.
func (o applyOptions) check() error {
	switch o.onFailure {
	case "", "rollback", "stop", "continue":
	default:
		return wrong("--on-failure %s: say rollback, stop or continue", o.onFailure)
	}
	if o.parallelism < 1 {
		return wrong("--parallelism %d: say 1 or more", o.parallelism)
	}
	return nil
}

func (a *app) previewCommand() *cobra.Command {
	var o applyOptions
	cmd := &cobra.Command{
		Use: "preview PLAN", Aliases: []string{"plan"}, Args: onePlan,
		Short:   "Show what would change, from live reads, changing nothing",
		Example: "  writ preview plans/bootstrap.yaml --sandbox\n  writ preview plan.yaml --region eu-de --cloud otc --detailed-exitcode",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.preview(cmd.Context(), args[0], o)
		},
	}
	a.targetFlags(cmd)
	a.inputFlags(cmd)
	a.formatFlag(cmd, previewStream, "text", "json")
	cmd.Flags().BoolVar(&o.detailed, "detailed-exitcode", false, "exit 2 when there is something to do")
	cmd.Flags().IntVar(&o.parallelism, "parallelism", 10, "`N` calls at the same time")
	return cmd
}

func (a *app) preview(ctx context.Context, file string, o applyOptions) error {
	return a.withJob(ctx, file, o, func(s *session) error {
		run, err := s.engine.Preview(ctx, s.job)
		if err != nil {
			return err
		}
		if a.json() {
			a.stream(previewStream).Preview(run, s.engine.Order(s.job))
		} else {
			a.out().Preview(run, s.engine.Order(s.job))
			a.out().Results(run.Results)
		}
		a.exit = previewExit(run, s.engine, o)
		if a.exit != engine.ExitDone && a.exit != engine.ExitPending {
			return engine.Obstacle(run)
		}
		return nil
	})
}

// previewExit tells a preview that a person has to look at from one that says what would be done.
func previewExit(run *journal.Run, e *engine.Engine, o applyOptions) engine.Exit {
	if run.Mode == journal.Paused {
		return engine.ExitPaused
	}
	for _, n := range run.Nodes {
		for _, p := range n.Parts {
			if p.Error != nil {
				return engine.Failing(p.Error)
			}
		}
	}
	if known, _ := engine.Changes(run, e.Kinds); o.detailed && known > 0 {
		return engine.ExitPending
	}
	return engine.ExitDone
}

func (a *app) applyCommand() *cobra.Command {
	var o applyOptions
	cmd := &cobra.Command{
		Use: "apply PLAN", Args: onePlan,
		Short:   "Preview, ask, carry out; put back when a step fails",
		Example: "  writ apply plans/bootstrap.yaml --sandbox\n  writ apply plan.yaml --region eu-de --yes --input agency=ma_agency_x",
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.dryRun {
				return a.preview(cmd.Context(), args[0], o)
			}
			return a.apply(cmd.Context(), args[0], o)
		},
	}
	a.targetFlags(cmd)
	a.inputFlags(cmd)
	a.formatFlag(cmd, recordStream, "text", "json")
	f := cmd.Flags()
	f.BoolVar(&o.yes, "yes", false, "answer every question with yes")
	f.BoolVar(&o.dryRun, "dry-run", false, "only preview")
	f.BoolVar(&o.resend, "resend", false, "send again what no call can read")
	f.StringVar(&o.onFailure, "on-failure", "", "`POLICY`: rollback, stop or continue")
	f.IntVar(&o.parallelism, "parallelism", 10, "`N` calls at the same time")
	_ = cmd.RegisterFlagCompletionFunc("on-failure", cobra.FixedCompletions([]string{"rollback", "stop", "continue"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (a *app) apply(ctx context.Context, file string, o applyOptions) error {
	return a.withJob(ctx, file, o, func(s *session) error {
		s.engine.Watch = a.watcher()
		run, err := s.engine.Apply(ctx, s.job, func(preview *journal.Run) error { return a.agree(preview, s, file, o) })
		if errors.Is(err, errDeclined) {
			a.decline()
			return nil
		}
		if err != nil {
			return err
		}
		a.finish(run)
		return nil
	})
}

// watcher shows records as they come.
func (a *app) watcher() func(journal.Record) {
	if a.json() {
		lines := a.stream(recordStream)
		return func(rec journal.Record) { lines.Line(rec) }
	}
	progress := view.NewProgress(a.err())
	return progress.Record
}

// finish says how a run ended, and ends the program accordingly. A run without an id is a preview with nothing to do.
func (a *app) finish(run *journal.Run) {
	a.exit = engine.Exit(run.Exit)
	if run.Open.Run == "" {
		a.nothingToDo(run)
		return
	}
	if a.json() {
		return // the last record says it
	}
	a.out().Outcome(run)
	a.out().Results(run.Results)
}

func (a *app) nothingToDo(run *journal.Run) {
	if a.json() {
		a.stream(recordStream).Line(map[string]any{"result": "nothing_to_do", "outputs": run.Results})
		return
	}
	a.out().Line("nothing to do")
	a.out().Results(run.Results)
}

// decline ends an apply that was answered with no.
func (a *app) decline() {
	a.exit = engine.ExitFailed
	a.err().Line("nothing is changed")
	if a.json() {
		a.stream(recordStream).Line(map[string]any{"result": "declined"})
	}
}

// withJob loads a plan, resolves its inputs and opens a session for it.
func (a *app) withJob(ctx context.Context, file string, o applyOptions, do func(*session) error) error {
	if err := o.check(); err != nil {
		return err
	}
	p, err := a.loadPlan(file, steps.Kinds(nil))
	if err != nil {
		return err
	}
	in, err := a.inputsOf(p)
	if err != nil {
		return err
	}
	r, err := a.requestFor(p)
	if err != nil {
		return err
	}
	if err := a.checkPlaces(p, r); err != nil {
		return err
	}
	s, err := a.open(ctx, r)
	if err != nil {
		return err
	}
	defer s.close()
	if r.region == "" || r.cloud == "" { // by now the credentials have named them
		r.cloud, r.region, r.endpoints = s.job.Target.Cloud, s.job.Target.Region, s.job.Endpoints
		if err := a.checkPlaces(p, r); err != nil {
			return err
		}
	}
	if err := s.expect(ctx, journal.Expect{Domain: p.Target.ExpectDomain.Value, Project: p.Target.ExpectProject.Value}); err != nil {
		return err
	}
	s.job.Plan, s.job.Inputs = s.bind(p), in
	s.job.Options = journal.Options{Parallelism: o.parallelism, OnFailure: o.onFailure, Resend: o.resend}
	return do(s)
}

// bind gives a plan the kinds of this session, which can make calls. The plan was checked with kinds that cannot.
func (s *session) bind(p *plan.Plan) *plan.Plan {
	for _, st := range p.Steps {
		st.Kind, _ = s.engine.Kinds.Find(st.Uses.Value)
	}
	return p
}
