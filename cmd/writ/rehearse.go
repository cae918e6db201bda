package main

import (
	"context"

	"github.com/spf13/cobra"

	"writ/cmd/writ/trial"
	"writ/cmd/writ/view"
	"writ/engine"
	"writ/engine/journal"
)

func (a *app) rehearseCommand() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use: "rehearse PLAN", Args: onePlan,
		Short: "Try a plan, and its undo, with every fault on a copy of the target",
		Long: "Try a plan on a sandbox that holds what the preview read: undisturbed, and\n" +
			"with each step, and each undo, meeting each fault. The target itself is only\n" +
			"read. Exit 4: something would be left that the preview does not announce; 5:\n" +
			"what would be left is not known.",
		Example: "  writ rehearse plans/bootstrap.yaml --sandbox\n  writ rehearse plan.yaml --region eu-de --out rehearsed.json",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkCertificatePlace(out); err != nil {
				return err
			}
			return a.withJob(cmd.Context(), args[0], applyOptions{parallelism: 10}, func(s *session) error {
				return a.rehearse(cmd.Context(), s, out)
			})
		},
	}
	a.targetFlags(cmd)
	a.inputFlags(cmd)
	a.formatFlag(cmd, rehearsalStream, "text", "json")
	cmd.Flags().StringVar(&out, "out", "", "keep it in `FILE`, for apply --require-rehearsal")
	return cmd
}

// rehearse previews on the target, tries the plan on copies, prints how that went and keeps it.
func (a *app) rehearse(ctx context.Context, s *session, out string) error {
	preview, err := s.engine.Preview(ctx, s.job)
	if err != nil {
		return err
	}
	if err := engine.Obstacle(preview); err != nil {
		return err
	}
	if known, unknown := engine.Changes(preview, s.engine.Kinds); known+unknown == 0 {
		a.nothingToDo(preview)
		return nil
	}
	found, err := newRehearsal(s, preview).run(ctx)
	if err != nil {
		return err
	}
	a.exit = rehearsalExit(found)
	if a.json() {
		a.stream(rehearsalStream).Rehearsal(preview.Open, *found)
	} else {
		a.out().Rehearsal(preview.Open, *found)
	}
	if out == "" {
		return nil
	}
	return a.certify(out, preview, s, *found)
}

// rehearsalExit is how the command ends.
func rehearsalExit(r *view.Rehearsal) engine.Exit {
	switch r.Worst() {
	case view.EndResidue:
		return engine.ExitResidue
	case view.EndUnknown:
		return engine.ExitUnknown
	}
	return engine.ExitDone
}

// newRehearsal is a plan to be tried on copies of what its preview read. It is always put back when a step fails,
// whatever the plan says: that is what is tried.
func newRehearsal(s *session, preview *journal.Run) *rehearsal {
	job, options := s.job, s.job.Options
	options.OnFailure = "rollback"
	return &rehearsal{
		preview: preview, order: s.engine.Order(job), stop: s.engine.Stop,
		trial: trial.Trial{
			Plan: job.Plan, Inputs: job.Inputs, Options: options, Rollback: true,
			Cloud: job.Target.Cloud, Region: job.Target.Region, ProjectID: job.Target.ProjectID,
		},
	}
}
