package main

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"writ/cmd/writ/view"
	"writ/engine"
	"writ/engine/journal"
	"writ/engine/step"
)

func (a *app) rollbackCommand() *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use: "rollback RUN", Args: oneRun,
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
	cmd.Flags().BoolVar(&force, "force", false, "put back also what others changed since")
	return cmd
}

// nothingLeft speaks up when a rollback had nothing to do.
func (a *app) nothingLeft(run *journal.Run, err error) error {
	var nothing *engine.NothingToUndo
	if !errors.As(err, &nothing) {
		return err
	}
	a.exit = engine.ExitDone
	if len(nothing.Left) > 0 {
		a.exit = engine.ExitResidue
	}
	a.stream(recordStream).Line(map[string]any{"result": "nothing_to_undo", "run": run.Open.Run, "left": append([]journal.Residue{}, nothing.Left...)})
	if a.json() {
		return errSaid
	}
	a.out().Line("run %s: nothing left to undo", run.Open.Run)
	a.out().Residue(nothing.Left)
	return errSaid
}

// errSaid ends a command whose outcome has been printed.
var errSaid = errors.New("said")

func (a *app) resumeCommand() *cobra.Command {
	var assume []string
	cmd := &cobra.Command{
		Use: "resume RUN", Args: oneRun,
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
	cmd.Flags().StringArrayVar(&assume, "assume", nil, "`STEP=done` or =absent: your word on a doubt")
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
	a.signInFlags(cmd)
	a.sandboxFlags(cmd)
	a.runsFlag(cmd)
	a.endpointFlag(cmd)
	a.formatFlag(cmd, recordStream, "text", "json")
	a.reportFlag(cmd)
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
		return a.sayNeverBegan(err)
	}
	a.reports.run = run.Open.Run
	s, err := a.open(ctx, a.requestOf(run.Open))
	if err != nil {
		return err
	}
	defer s.close()
	if err := s.sameAccount(run); err != nil {
		return err
	}
	if err := s.expect(ctx, run.Open.Expect); err != nil {
		return err
	}
	a.running.Store(run.Open.Run)
	watch, end := a.watcher(run)
	s.engine.Watch = watch
	run, err = do(s, run.Open.Run)
	end()
	if errors.Is(err, errSaid) {
		return nil
	}
	if err != nil {
		return err
	}
	a.finish(run)
	return nil
}

func (a *app) runsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "runs", Args: noArgs, Short: "List the runs, the newest last", Example: "  writ runs\n  writ runs --format json",
		RunE: func(*cobra.Command, []string) error { return a.listRuns() },
	}
	a.runsFlag(cmd)
	a.formatFlag(cmd, runStream, "text", "json")
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
	runs, broken, err := a.allRuns(folder)
	if err != nil {
		return err
	}
	switch {
	case a.json():
		a.runLines(runs)
	case len(runs) > 0 || broken == nil:
		a.out().Runs(runs)
	}
	return broken
}

// allRuns reads the runs of a folder, and answers what is wrong with those that cannot be read. Runs that never began
// are nobody's concern.
func (a *app) allRuns(folder *journal.Folder) (runs []*journal.Run, broken, err error) {
	ids, err := folder.Runs()
	if err != nil {
		return nil, nil, err
	}
	var complaints []string
	e := &engine.Engine{Folder: folder}
	for _, id := range ids {
		run, err := loadRun(folder, id)
		var never *neverBegan
		switch {
		case err == nil:
			e.Judge(run)
			runs = append(runs, run)
		case !errors.As(err, &never):
			complaints = append(complaints, err.Error(), whatNow(err, filepath.Join(folder.Path(), "runs", id)))
		case a.flags.verbose:
			a.err().Complaint(err.Error())
		}
	}
	if len(complaints) > 0 {
		broken = &engine.Refusal{Exit: engine.ExitJournal, Message: strings.Join(complaints, "\n")}
	}
	return runs, broken, nil
}

// whatNow says what to do about a run that cannot be read.
func whatNow(err error, path string) string {
	var newer *journal.NewerError
	if errors.As(err, &newer) {
		return "take the writ that wrote it, or a newer one"
	}
	return "writ can neither resume it nor roll it back; bring " + path + " back from a copy, or look at the cloud yourself and move it away"
}

func (a *app) runLines(runs []*journal.Run) {
	lines := a.stream(runStream)
	for _, run := range runs {
		line := runLine{V: 1, Run: run.Open.Run, Plan: run.Open.Plan, Target: run.Open.Target.String(), State: view.State(run), Started: run.Started}
		if !run.Finished.IsZero() {
			line.Finished = &run.Finished
		}
		lines.Line(line)
	}
}

func (a *app) showCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "show RUN", Args: oneRun, Short: "Show a run, now or a year later",
		Example: "  writ show last\n  writ show last --format markdown",
		Long: "Show a run from its journal alone, now or a year later. Formats: text, json\n" +
			"(lines of records; see writ schema output), markdown (for a comment), junit,\n" +
			"sarif, github (annotations in a job's log), html (one page).",
		RunE:              func(_ *cobra.Command, args []string) error { return a.show(args[0]) },
		ValidArgsFunction: a.completeRuns,
	}
	a.runsFlag(cmd)
	a.formatFlag(cmd, recordStream, showFormats...)
	cmd.Flags().Lookup("format").Usage = "`FORMAT`: one of those above"
	a.reportFlag(cmd)
	return cmd
}

// tellsRecords reports whether what was asked for tells of each record, and not just of what they come to.
func (a *app) tellsRecords() bool {
	return a.json() || asksJSON(a.args) || len(a.reports.files) > 0 || reportWriters[a.flags.format] != nil
}

// recordsPerStep is how many a step leaves that all goes well with: evaluated, observed, sent, answered, verified, done.
const recordsPerStep = 6

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
	var records []journal.Record
	all := a.tellsRecords()
	run, notices, err := folder.Replay(id, func(rec journal.Record) {
		if all && rec.Open != nil {
			records = slices.Grow(records, recordsPerStep*len(rec.Open.Steps)) // they are most of what a large run takes up
		}
		if all || slices.ContainsFunc(rec.Calls, step.Call.Failed) {
			records = append(records, rec)
		}
	})
	if run, err = begun(id, run, err); err != nil {
		return a.sayNeverBegan(err)
	}
	for _, n := range notices {
		a.err().Complaint(n)
	}
	(&engine.Engine{Folder: folder}).Judge(run)
	a.reports.shown(run, records)
	for _, rec := range records {
		a.stream(recordStream).Line(rec)
	}
	if reportWriters[a.flags.format] != nil {
		return a.showAs(a.flags.format)
	}
	if !a.json() {
		a.out().Run(run)
		a.out().FailedCalls(records)
	}
	return nil
}
