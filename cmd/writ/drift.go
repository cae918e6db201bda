package main

import (
	"github.com/spf13/cobra"

	"writ/cmd/writ/view"
	"writ/engine"
	"writ/engine/journal"
	"writ/engine/step"
)

const driftStream = "writ drift"

func (a *app) driftCommand() *cobra.Command {
	var detailed bool
	cmd := &cobra.Command{
		Use: "drift RUN", Args: oneRun,
		Short:   "Show what changed since a run: before, what it wrote, now",
		Example: "  writ drift last\n  writ drift 01jd3m8q --detailed-exitcode --format json",
		RunE: func(cmd *cobra.Command, args []string) error {
			if a.json() {
				a.stream(driftStream) // whatever comes is part of this one
			}
			return a.withRun(cmd.Context(), args[0], func(s *session, id string) (*journal.Run, error) {
				drift, err := s.engine.Drift(cmd.Context(), id)
				if err != nil {
					return nil, err
				}
				a.showDrift(drift)
				if drift.Changed() && detailed {
					a.exit = engine.ExitPending
				}
				if err := drift.Obstacle(); err != nil {
					return nil, err
				}
				return nil, errSaid
			})
		},
	}
	a.signInFlags(cmd)
	a.sandboxFlags(cmd)
	a.runsFlag(cmd)
	a.endpointFlag(cmd)
	a.formatFlag(cmd, driftStream, "text", "json")
	cmd.Flags().BoolVar(&detailed, "detailed-exitcode", false, "exit 2 when something changed")
	cmd.ValidArgsFunction = a.completeRuns
	return cmd
}

// driftEnd is the last line of writ drift --format json.
type driftEnd struct {
	Result string   `json:"result"` // changed or unchanged
	Run    string   `json:"run"`
	Plan   string   `json:"plan"`
	Target string   `json:"target"`
	State  string   `json:"state"`  // of the run, as in writ runs
	Unread int      `json:"unread"` // how many could not be read now
	Later  []string `json:"later,omitempty"`
}

func (a *app) showDrift(drift *engine.Drift) {
	parts := make([]view.Drifted, len(drift.Parts))
	for i, p := range drift.Parts {
		parts[i] = view.Drifted(p)
	}
	if !a.json() {
		a.out().Drift(drift.Run, parts, drift.Later)
		return
	}
	open := drift.Run.Open
	end := driftEnd{Result: "unchanged", Run: open.Run, Plan: open.Plan, Target: open.Target.String(), State: view.State(drift.Run), Later: drift.Later}
	if drift.Changed() {
		end.Result = "changed"
	}
	for _, p := range parts {
		a.stream(driftStream).Line(p)
		if p.Fate == step.Unread {
			end.Unread++
		}
	}
	a.stream(driftStream).Line(end)
}
