package main

import (
	"bufio"
	"context"
	"errors"
	"strings"

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

func (a *app) previewCommand() *cobra.Command {
	var o applyOptions
	cmd := &cobra.Command{
		Use: "preview PLAN", Aliases: []string{"plan"}, Args: exactly(1, "a plan, or - for standard input"),
		Short:   "Show what would change, from live reads, changing nothing",
		Example: "  writ preview plans/bootstrap.yaml --sandbox\n  writ preview plan.yaml --region eu-de --cloud otc --detailed-exitcode",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.preview(cmd.Context(), args[0], o)
		},
	}
	a.targetFlags(cmd)
	a.inputFlags(cmd)
	a.formatFlag(cmd, "text", "json")
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
			view.NewJSONLines(a.out(), "writ preview").Preview(run, s.engine.Order(s.job))
		} else {
			a.out().Preview(run, s.engine.Order(s.job))
			a.out().Results(run.Results)
		}
		a.exit = previewExit(run, s.engine, o)
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
		Use: "apply PLAN", Args: exactly(1, "a plan, or - for standard input"),
		Short:   "Preview, ask, and carry the plan out; put everything back when a step fails",
		Example: "  writ apply plans/bootstrap.yaml --sandbox\n  writ apply plan.yaml --region eu-de --cloud otc --yes --input agency=ma_agency_x",
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.dryRun {
				return a.preview(cmd.Context(), args[0], o)
			}
			return a.apply(cmd.Context(), args[0], o)
		},
	}
	a.targetFlags(cmd)
	a.inputFlags(cmd)
	a.formatFlag(cmd, "text", "json")
	f := cmd.Flags()
	f.BoolVar(&o.yes, "yes", false, "answer every question with yes")
	f.BoolVar(&o.dryRun, "dry-run", false, "only preview")
	f.BoolVar(&o.resend, "resend", false, "send again what no call can read, though an earlier run sent it")
	f.StringVar(&o.onFailure, "on-failure", "", "`POLICY` in place of the plan's: rollback, stop or continue")
	f.IntVar(&o.parallelism, "parallelism", 10, "`N` calls at the same time")
	_ = cmd.RegisterFlagCompletionFunc("on-failure", cobra.FixedCompletions([]string{"rollback", "stop", "continue"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (a *app) apply(ctx context.Context, file string, o applyOptions) error {
	switch o.onFailure {
	case "", "rollback", "stop", "continue":
	default:
		return wrong("--on-failure %s: say rollback, stop or continue", o.onFailure)
	}
	return a.withJob(ctx, file, o, func(s *session) error {
		s.engine.Watch = a.watcher()
		run, err := s.engine.Apply(ctx, s.job, func(preview *journal.Run) error { return a.agree(preview, s, file, o) })
		if errors.Is(err, errDeclined) {
			return nil
		}
		if err != nil {
			return err
		}
		a.finish(run)
		return nil
	})
}

// errDeclined is the answer no.
var errDeclined = errors.New("declined")

// agree shows the preview and asks. Nothing is asked when there is nothing to do, or when something stands in the way.
func (a *app) agree(preview *journal.Run, s *session, file string, o applyOptions) error {
	if !a.json() {
		a.err().Preview(preview, s.engine.Order(s.job))
	}
	known, unknown := engine.Changes(preview, s.engine.Kinds)
	if preview.Mode == journal.Paused {
		return &engine.Refusal{Exit: engine.ExitPaused, Message: "stopped before the first write; nothing is changed, and there is no run to resume"}
	}
	if o.yes || known+unknown == 0 || engine.Obstacle(preview) != nil {
		return nil
	}
	if !a.terminal || file == stdinName {
		return wrong("nobody can be asked here; to go ahead say\n    writ %s --yes", strings.Join(a.args, " "))
	}
	a.err().Text("apply this? [y/N] ")
	answer, _ := bufio.NewReader(a.stdin).ReadString('\n')
	if answer = strings.ToLower(strings.TrimSpace(answer)); answer != "y" && answer != "yes" {
		a.err().Line("nothing is changed")
		a.exit = engine.ExitFailed
		return errDeclined
	}
	return nil
}

// watcher shows records as they come.
func (a *app) watcher() func(journal.Record) {
	if a.json() {
		lines := view.NewJSONLines(a.out(), "writ records")
		return func(rec journal.Record) { lines.Line(rec) }
	}
	progress := view.NewProgress(a.err())
	return progress.Record
}

// finish says how a run ended, and ends the program accordingly. A run without an id is a preview with nothing to do.
func (a *app) finish(run *journal.Run) {
	a.exit = engine.Exit(run.Exit)
	if run.Open.Run == "" {
		if !a.json() {
			a.out().Line("nothing to do")
			a.out().Results(run.Results)
		}
		return
	}
	if a.json() {
		return // the last record says it
	}
	a.out().Outcome(run)
	a.out().Results(run.Results)
}

// withJob loads a plan, resolves its inputs and opens a session for it.
func (a *app) withJob(ctx context.Context, file string, o applyOptions, do func(*session) error) error {
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
	s, err := a.open(ctx, r)
	if err != nil {
		return err
	}
	defer s.close()
	if err := s.expect(ctx, p); err != nil {
		return err
	}
	s.job.Plan, s.job.Inputs = s.bind(p), in
	s.job.Options = journal.Options{Parallelism: max(1, o.parallelism), OnFailure: o.onFailure, Resend: o.resend}
	return do(s)
}

// bind gives a plan the kinds of this session, which can make calls. The plan was checked with kinds that cannot.
func (s *session) bind(p *plan.Plan) *plan.Plan {
	for _, st := range p.Steps {
		st.Kind, _ = s.engine.Kinds.Find(st.Uses.Value)
	}
	return p
}

// exactly asks for n arguments, named for people.
func exactly(n int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != n {
			return wrong("%s needs %s; see: %s --help", cmd.CommandPath(), what, cmd.CommandPath())
		}
		return nil
	}
}
