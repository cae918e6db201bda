package main

import (
	"context"
	"errors"
	"regexp"
	"time"

	"github.com/spf13/cobra"

	"writ/cmd/writ/view"
	"writ/engine"
	"writ/engine/journal"
	"writ/engine/plan"
	"writ/steps"
)

// applyOptions are the flags of preview and apply.
type applyOptions struct {
	yes, dryRun, resend  bool
	reversible, detailed bool
	onFailure            string
	parallelism          int
	out                  string
	expires              time.Duration
	expect, rehearsal    string
	said                 func(flag string) bool // whether a flag was given; nil when that does not matter
}

var digestForm = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

// flags are those that say how a plan is carried out.
func (o *applyOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.BoolVar(&o.resend, "resend", false, "send again what no call can read")
	f.StringVar(&o.onFailure, "on-failure", "", "`POLICY`: rollback, stop or continue")
	f.IntVar(&o.parallelism, "parallelism", 10, "`N` calls at the same time")
	f.BoolVar(&o.reversible, "require-reversible", false, "refuse what undo cannot put back exactly")
	_ = cmd.RegisterFlagCompletionFunc("on-failure", cobra.FixedCompletions([]string{"rollback", "stop", "continue"}, cobra.ShellCompDirectiveNoFileComp))
}

// check refuses what no run can be asked.
func (o applyOptions) check() error {
	switch o.onFailure {
	case "", "rollback", "stop", "continue":
	default:
		return wrong("--on-failure %s: say rollback, stop or continue", o.onFailure)
	}
	switch {
	case o.parallelism < 1:
		return wrong("--parallelism %d: say 1 or more", o.parallelism)
	case o.out != "" && o.expires <= 0:
		return wrong("--expires %s: say how long, as 30m or 24h", o.expires)
	case o.expect != "" && !digestForm.MatchString(o.expect):
		return wrong("--expect %s: say sha256: and 64 hex digits, as writ preview --out printed them", o.expect)
	case o.out != "":
		return checkOut(o.out, "a saved preview", engine.IsSaved)
	}
	return nil
}

func (a *app) applyCommand() *cobra.Command {
	var o applyOptions
	cmd := &cobra.Command{
		Use: "apply PLAN|PREVIEW", Args: onePlan,
		Short: "Preview, ask, carry out; put back when a step fails",
		Example: "  writ apply plans/bootstrap.yaml --sandbox\n  writ apply plan.yaml --region eu-de --yes --input agency=ma_agency_x\n" +
			"  writ apply agreed.json --yes --expect sha256:…",
		RunE: func(cmd *cobra.Command, args []string) error {
			o.said = cmd.Flags().Changed
			return a.withPlanOrPreview(cmd.Context(), args[0], o, func(s *session) error {
				if o.dryRun {
					return a.preview(cmd.Context(), s, o)
				}
				return a.apply(cmd.Context(), s, args[0], o)
			})
		},
	}
	a.targetFlags(cmd)
	a.inputFlags(cmd)
	a.formatFlag(cmd, recordStream, "text", "json")
	a.reportFlag(cmd)
	o.flags(cmd)
	f := cmd.Flags()
	f.BoolVar(&o.yes, "yes", false, "answer every question with yes")
	f.BoolVar(&o.dryRun, "dry-run", false, "only preview, or compare")
	f.StringVar(&o.expect, "expect", "", "`DIGEST` of the saved preview")
	f.StringVar(&o.rehearsal, "require-rehearsal", "", "`FILE` that rehearse --out kept")
	return cmd
}

func (a *app) apply(ctx context.Context, s *session, file string, o applyOptions) error {
	watch, end := a.watcher(nil)
	s.engine.Watch = watch
	run, err := s.engine.Apply(ctx, s.job, func(preview *journal.Run) error {
		a.reports.preview(preview, s.engine.Order(s.job))
		if o.rehearsal != "" {
			if err := a.checkRehearsal(o.rehearsal, preview, s); err != nil {
				return err
			}
		}
		return a.agree(preview, s, file, o)
	})
	end()
	if errors.Is(err, errDeclined) {
		a.decline()
		return nil
	}
	if err != nil {
		return a.tellMoved(err)
	}
	a.finish(run)
	return nil
}

// watcher shows the records of a run as they come, until end is called. Earlier is the run as far as it is, or nil.
func (a *app) watcher(earlier *journal.Run) (watch func(journal.Record), end func()) {
	show, end := a.progress(earlier)
	return func(rec journal.Record) {
		if rec.K == journal.RunOpen {
			a.running.Store(rec.Open.Run)
		}
		a.reports.watch(rec)
		if lines := a.stream(recordStream); lines.Wanted() {
			lines.Line(rec)
		}
		show(rec)
	}, end
}

func (a *app) progress(earlier *journal.Run) (show func(journal.Record), end func()) {
	if a.json() {
		return func(journal.Record) {}, func() {}
	}
	progress := view.NewProgress(a.err(), earlier)
	if !a.flags.plain && view.Lively(a.environ) {
		progress.Live(a.block, a.redactor.clean)
	}
	return progress.Record, progress.Begin()
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
}

func (a *app) nothingToDo(run *journal.Run) {
	a.stream(recordStream).Line(map[string]any{"result": "nothing_to_do", "outputs": run.Results})
	if a.json() {
		return
	}
	a.out().Line("nothing to do")
	a.out().Results(run.Results)
}

// decline ends an apply that was answered with no.
func (a *app) decline() {
	a.exit = engine.ExitFailed
	a.err().Line("nothing is changed")
	a.stream(recordStream).Line(map[string]any{"result": "declined"})
	a.reports.told.Error = "the answer was no; nothing is changed"
}

// withJob loads a plan, resolves its inputs and opens a session for it.
func (a *app) withJob(ctx context.Context, file string, o applyOptions, do func(*session) error) error {
	if err := o.check(); err != nil {
		return err
	}
	src, err := a.readPlan(file)
	switch {
	case err != nil:
		return noPlan(file, err)
	case engine.IsSaved(src):
		return wrong("%s is a saved preview; compare it with\n    writ apply %s --dry-run", file, file)
	}
	return a.withSource(ctx, file, src, o, do)
}

// withSource is withJob for a plan that has been read.
func (a *app) withSource(ctx context.Context, file string, src []byte, o applyOptions, do func(*session) error) error {
	a.reports.told.File = file
	p, faults := plan.Load(file, src, steps.Kinds(nil))
	if err := a.report(faults); err != nil {
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
	return a.withSession(ctx, p, r, func(s *session) error {
		s.job.Inputs = in
		s.job.Options = journal.Options{Parallelism: o.parallelism, OnFailure: o.onFailure, Resend: o.resend, Reversible: o.reversible}
		if o.out != "" {
			if s.job.Who, err = a.identity(s); err != nil {
				return err
			}
		}
		return do(s)
	})
}

// withSession opens a session for a plan, where its services are and in the account that it is for.
func (a *app) withSession(ctx context.Context, p *plan.Plan, r request, do func(*session) error) error {
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
	s.job.Plan = p.Bind(s.engine.Kinds)
	return do(s)
}
