package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"writ/engine"
	"writ/engine/journal"
)

func (a *app) previewCommand() *cobra.Command {
	var o applyOptions
	cmd := &cobra.Command{
		Use: "preview PLAN", Aliases: []string{"plan"}, Args: onePlan,
		Short: "Show what would change, from live reads, changing nothing",
		Example: "  writ preview plans/bootstrap.yaml --sandbox\n  writ preview plan.yaml --region eu-de --cloud otc --detailed-exitcode\n" +
			"  writ preview plan.yaml --region eu-de --out agreed.json --expires 2h",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withJob(cmd.Context(), args[0], o, func(s *session) error { return a.preview(cmd.Context(), s, o) })
		},
	}
	a.targetFlags(cmd)
	a.inputFlags(cmd)
	a.formatFlag(cmd, previewStream, "text", "json")
	a.reportFlag(cmd)
	o.flags(cmd)
	f := cmd.Flags()
	f.BoolVar(&o.detailed, "detailed-exitcode", false, "exit 2 when there is something to do")
	f.StringVar(&o.out, "out", "", "save it to `FILE`, for writ apply FILE")
	f.DurationVar(&o.expires, "expires", 24*time.Hour, "`TIME` until FILE expires")
	return cmd
}

// preview shows what a job would change, and saves it if that is wanted.
func (a *app) preview(ctx context.Context, s *session, o applyOptions) error {
	_, end := a.watcher(nil)
	run, err := s.engine.Preview(ctx, s.job)
	end()
	if err != nil {
		return a.tellMoved(err)
	}
	order := s.engine.Order(s.job)
	a.reports.preview(run, order)
	a.stream(previewStream).Preview(run, order)
	if !a.json() {
		a.out().Preview(run, order)
		a.out().Results(run.Results, run.Unknown...)
	}
	a.exit = previewExit(run, s.engine, o)
	if a.exit != engine.ExitDone && a.exit != engine.ExitPending || o.reversible {
		if err := engine.Obstacle(run); err != nil {
			return err
		}
	}
	if o.rehearsal != "" {
		if err := a.checkRehearsal(o.rehearsal, run, s); err != nil {
			return err
		}
	}
	if o.out == "" {
		return nil
	}
	return a.save(run, s, o)
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

// save writes a preview to its file, and says by which digest that is pinned.
func (a *app) save(run *journal.Run, s *session, o applyOptions) error {
	saved, err := s.engine.Save(run, s.job, o.expires)
	if err != nil {
		return err
	}
	raw, err := saved.Encode()
	if err != nil {
		return err
	}
	if err := place(o.out, raw); err != nil {
		return &engine.Refusal{Exit: engine.ExitFailed, Message: "--out: " + err.Error()}
	}
	digest := engine.DigestOf(raw)
	a.stream(previewStream).Line(map[string]any{"saved": o.out, "digest": digest, "preview": saved.ID, "until": saved.Until})
	if !a.json() {
		a.out().Saved(o.out, digest)
	}
	return nil
}
