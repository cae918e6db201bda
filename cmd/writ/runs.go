package main

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"writ/cmd/writ/view"
	"writ/engine"
	"writ/engine/journal"
)

func (a *app) rollbackCommand() *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use: "rollback RUN", Args: exactly(1, "a run; writ runs lists them"),
		Short:   "Undo what a run changed, and leave what others changed since",
		Example: "  writ rollback last\n  writ rollback 01jd3m8q --force",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withRun(cmd.Context(), args[0], func(s *session, id string) (*journal.Run, error) {
				run, err := s.engine.Rollback(cmd.Context(), id, force)
				return run, a.nothingLeft(run, err)
			})
		},
	}
	a.runFlags(cmd)
	cmd.Flags().BoolVar(&force, "force", false, "put back what stood before also where others changed it since")
	return cmd
}

// nothingLeft speaks up when a rollback had nothing to do.
func (a *app) nothingLeft(run *journal.Run, err error) error {
	var nothing *engine.NothingToUndo
	if !errors.As(err, &nothing) {
		return err
	}
	a.out().Line("run %s: nothing left to undo", run.Open.Run)
	a.out().Residue(nothing.Left)
	a.exit = engine.ExitDone
	if len(nothing.Left) > 0 {
		a.exit = engine.ExitResidue
	}
	return errSaid
}

// errSaid ends a command whose outcome has been printed.
var errSaid = errors.New("said")

func (a *app) resumeCommand() *cobra.Command {
	var assume []string
	cmd := &cobra.Command{
		Use: "resume RUN", Args: exactly(1, "a run; writ runs lists them"),
		Short:   "Go on with a run after a crash, a signal, a wait or a doubt",
		Example: "  writ resume last\n  writ resume last --assume dli=done",
		RunE: func(cmd *cobra.Command, args []string) error {
			words, err := assumptions(assume)
			if err != nil {
				return err
			}
			return a.withRun(cmd.Context(), args[0], func(s *session, id string) (*journal.Run, error) {
				return s.engine.Resume(cmd.Context(), id, words...)
			})
		},
	}
	a.runFlags(cmd)
	cmd.Flags().StringArrayVar(&assume, "assume", nil, "`STEP=done` or STEP=absent: your word on a write that no read can settle")
	return cmd
}

func assumptions(flags []string) ([]engine.Assumption, error) {
	var words []engine.Assumption
	for _, f := range flags {
		i := strings.LastIndex(f, "=")
		if i < 0 || f[i+1:] != "done" && f[i+1:] != "absent" {
			return nil, wrong("--assume %s: say STEP=done or STEP=absent", f)
		}
		words = append(words, engine.Assumption{Step: f[:i], Done: f[i+1:] == "done"})
	}
	return words, nil
}

func (a *app) runFlags(cmd *cobra.Command) {
	a.sandboxFlags(cmd)
	a.runsFlag(cmd)
	cmd.Flags().StringToStringVar(&a.flags.endpoints, "endpoint", nil, "`SERVICE=URL` in place of the service's own address")
	a.formatFlag(cmd, "text", "json")
	cmd.ValidArgsFunction = a.completeRuns
}

// completeRuns offers the runs of the folder to the shell.
func (a *app) completeRuns(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	folder, err := journal.OpenFolder(a.flags.runs)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	defer folder.Close()
	ids, _ := folder.Runs()
	return append(ids, "last"), cobra.ShellCompDirectiveNoFileComp
}

// withRun opens a session on the target of a run and does something with it.
func (a *app) withRun(ctx context.Context, name string, do func(*session, string) (*journal.Run, error)) error {
	run, err := a.findRun(name)
	if err != nil {
		return err
	}
	s, err := a.open(ctx, a.requestOf(run.Open))
	if err != nil {
		return err
	}
	defer s.close()
	if here, there := s.job.Target.String(), run.Open.Target.String(); here != there {
		return &engine.Refusal{Exit: engine.ExitDenied, Message: "run " + run.Open.Run + " stands on " + there + ", and this is " + here}
	}
	s.engine.Watch = a.watcher()
	run, err = do(s, run.Open.Run)
	if errors.Is(err, errSaid) {
		return nil
	}
	if err != nil {
		return err
	}
	a.finish(run)
	return nil
}

// findRun reads the run of that id, of an id that begins so, or the last one.
func (a *app) findRun(name string) (*journal.Run, error) {
	folder, err := a.openFolder()
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	id, err := resolveRun(folder, name)
	if err != nil {
		return nil, err
	}
	run, err := (&engine.Engine{Folder: folder}).Load(id)
	if err == nil && run.Open == nil {
		err = &journal.DamagedError{Run: id, Reason: "it ended before its first record, and did nothing"}
	}
	return run, err
}

func resolveRun(folder *journal.Folder, name string) (string, error) {
	ids, err := folder.Runs()
	if err != nil {
		return "", err
	}
	if name == "last" && len(ids) > 0 {
		return ids[len(ids)-1], nil
	}
	var found []string
	for _, id := range ids {
		if strings.HasPrefix(id, strings.ToLower(name)) {
			found = append(found, id)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return "", wrong("no run %s in %s; see: writ runs", name, folder.Path())
	}
	return "", wrong("%s is the beginning of %d runs: %s", name, len(found), strings.Join(found, ", "))
}

func (a *app) runsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "runs", Args: exactly(0, "no arguments"), Short: "List the runs, the newest last",
		RunE: func(*cobra.Command, []string) error { return a.listRuns() },
	}
	a.runsFlag(cmd)
	a.formatFlag(cmd, "text", "json")
	return cmd
}

// runLine is one line of runs --format json.
type runLine struct {
	V        int        `json:"v"`
	Run      string     `json:"run"`
	Plan     string     `json:"plan"`
	Target   string     `json:"target"`
	State    string     `json:"state"`
	Started  time.Time  `json:"started"`
	Finished *time.Time `json:"finished"`
}

func (a *app) listRuns() error {
	folder, err := a.openFolder()
	if err != nil {
		return err
	}
	defer folder.Close()
	ids, err := folder.Runs()
	if err != nil {
		return err
	}
	e := &engine.Engine{Folder: folder}
	var runs []*journal.Run
	for _, id := range ids {
		run, err := e.Load(id)
		if err != nil || run.Open == nil {
			a.err().Complaint("run " + id + " cannot be read: " + reason(err))
			continue
		}
		e.Judge(run)
		runs = append(runs, run)
	}
	if !a.json() {
		a.out().Runs(runs)
		return nil
	}
	lines := view.Lines(a.out())
	for _, run := range runs {
		line := runLine{V: 1, Run: run.Open.Run, Plan: run.Open.Plan, Target: run.Open.Target.String(), State: view.State(run), Started: run.Started}
		if !run.Finished.IsZero() {
			line.Finished = &run.Finished
		}
		lines.Line(line)
	}
	return nil
}

func reason(err error) string {
	if err == nil {
		return "it ended before its first record, and did nothing"
	}
	return err.Error()
}

func (a *app) showCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "show RUN", Args: exactly(1, "a run; writ runs lists them"), Short: "Show a run, now or a year later",
		RunE:              func(_ *cobra.Command, args []string) error { return a.show(args[0]) },
		ValidArgsFunction: a.completeRuns,
	}
	a.runsFlag(cmd)
	a.formatFlag(cmd, "text", "json")
	return cmd
}

func (a *app) show(name string) error {
	folder, err := a.openFolder()
	if err != nil {
		return err
	}
	defer folder.Close()
	id, err := resolveRun(folder, name)
	if err != nil {
		return err
	}
	records, notices, err := folder.Read(id)
	if err != nil {
		return err
	}
	for _, n := range notices {
		a.err().Complaint(n)
	}
	if a.json() {
		lines := view.NewJSONLines(a.out(), "writ records")
		for _, rec := range records {
			lines.Line(rec)
		}
		return nil
	}
	run, err := a.findRun(id)
	if err != nil {
		return err
	}
	(&engine.Engine{Folder: folder}).Judge(run)
	a.out().Run(run)
	return nil
}
