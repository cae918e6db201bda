package main

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"writ/cmd/writ/view"
	"writ/engine"
	"writ/engine/journal"
	"writ/engine/plan"
)

// writeReports writes what was asked for, whatever came of the command. Err is why it ended early, if it did.
func (a *app) writeReports(cmd *cobra.Command, err error) {
	if len(a.reports.files) == 0 {
		return
	}
	a.stream(cmd.Annotations[streamOf]) // so that its header is there when nothing was said
	told := a.tell(err)
	a.redactor.flush()
	for _, f := range a.reports.files {
		raw, err := a.render(f.format, told)
		if err == nil && f.file == toStdout {
			_, err = a.stdout.Write(raw)
		} else if err == nil {
			err = placeOpenly(f.file, raw)
		}
		if err != nil {
			a.cannotReport("the "+f.format+" report is not written", err)
		}
	}
	if a.reports.summary != "" {
		if err := a.appendSummary(told); err != nil {
			a.cannotReport("the summary of the job is not written", err)
		}
	}
}

// cannotReport speaks up, and keeps a command that went well from ending as if all were well.
func (a *app) cannotReport(what string, err error) {
	a.err().Complaint(what + ": " + err.Error())
	if a.exit == engine.ExitDone || a.exit == engine.ExitPending {
		a.exit = engine.ExitJournal
	}
}

// render makes a report in one format, without secrets.
func (a *app) render(format string, told *view.Report) ([]byte, error) {
	var b bytes.Buffer
	var err error
	switch write := reportWriters[format]; {
	case write != nil:
		err = write(&b, told)
	case format == "json":
		b.Write(a.reports.lines.Bytes())
	default:
		a.textReport(&b, told)
	}
	return []byte(a.redactor.clean(b.String())), err
}

// textReport prints what a person sees, as wide as text in a file is.
func (a *app) textReport(w io.Writer, told *view.Report) {
	s := view.NewScreen(view.CalmLines(w), nil, true, 80, a.repeated())
	s.Diagnostics(told.Faults)
	if tally := view.Tally(told.Faults); tally != "" {
		s.Line("%s", tally)
	}
	s.Moved(told.Moved)
	switch {
	case told.Run != nil && told.Preview:
		s.Preview(told.Run, told.Order)
		s.Results(told.Run.Results, told.Run.Unknown...)
	case told.Run != nil:
		s.Run(told.Run)
		s.FailedCalls(told.Records)
	}
	s.Sound(told)
	if told.Error != "" {
		s.Complaint(told.Error)
	}
}

// tell completes what the reports tell of.
func (a *app) tell(err error) *view.Report {
	told := &a.reports.told
	told.Exit, told.Flags, told.Version, told.Now, told.Rules = int(a.exit), a.repeated(), version(), time.Now(), ruleWords()
	var faults *faultyPlan
	if err != nil && !errors.As(err, &faults) {
		told.Error = err.Error()
	}
	switch {
	case told.Records != nil: // a run that is shown: its exit is told, not this command's
		told.Exit = told.Run.Exit
	case a.reports.run != "":
		a.tellRun(told)
	}
	if told.File == "" && told.Run != nil && told.Run.Open != nil {
		told.File = told.Run.Open.File
	}
	told.File = nearer(told.File)
	told.Here, _ = os.Getwd()
	told.Root = cmp.Or(a.getenv("GITHUB_WORKSPACE"), told.Here)
	return told
}

// tellRun reads back the run that reports tell of. Where that cannot be, what was seen of it has to do.
func (a *app) tellRun(told *view.Report) {
	records := a.reports.watched
	folder, err := journal.OpenFolder(a.flags.runs)
	if err == nil {
		defer folder.Close()
		if all, _, err := folder.Read(a.reports.run); err == nil {
			records = all
		}
	}
	run, foldErr := journal.Fold(records)
	if foldErr != nil || run.Open == nil {
		return
	}
	if err == nil {
		(&engine.Engine{Folder: folder}).Judge(run)
	}
	told.Run, told.Records, told.Preview, told.Order = run, records, false, nil
}

// nearer is a file's name as seen from here, when it stands below: reports speak of the files of a checkout.
func nearer(file string) string {
	here, err := os.Getwd()
	if err != nil || file == "" {
		return file
	}
	if short, err := filepath.Rel(here, file); err == nil && filepath.IsLocal(short) {
		return short
	}
	return file
}

// ruleWords say what each rule of plans asks for.
func ruleWords() map[string]string {
	says := map[string]string{}
	for _, r := range plan.Rules() {
		says[r.ID] = r.Says
	}
	return says
}

// showAs shows a run in one of the formats of reports.
func (a *app) showAs(format string) error {
	raw, err := a.render(format, a.tell(nil))
	if err != nil {
		return err
	}
	a.redactor.flush()
	_, err = a.stdout.Write(raw)
	return err
}
