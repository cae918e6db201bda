package main

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"writ/cmd/writ/view"
	"writ/engine/diag"
	"writ/engine/journal"
)

// reports are what --report asks for, and what they will tell of.
type reports struct {
	asked   []string
	files   []reportFile
	summary string // GitHub's file for the summary of a job
	told    view.Report
	run     string           // the id of the run that they tell of
	watched []journal.Record // of this process
	lines   bytes.Buffer     // what is said in JSON
	masks   sync.Mutex
	masked  map[string]bool
}

// reportFile is one report. The file - is standard output.
type reportFile struct{ format, file string }

const toStdout = "-"

// The formats of reports that are made when everything has been said.
var reportWriters = map[string]func(io.Writer, *view.Report) error{
	"markdown": view.Markdown, "junit": view.JUnit, "sarif": view.SARIF, "github": view.GitHub, "html": view.HTML,
}

// showFormats are those in which a run can be shown, the first by default.
var showFormats = []string{"text", "json", "markdown", "junit", "sarif", "github", "html"}

// reportFlag lets a command write reports. It comes behind formatFlag.
func (a *app) reportFlag(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&a.reports.asked, "report", nil, "also write `FORMAT=FILE`; see writ show -h")
	_ = cmd.RegisterFlagCompletionFunc("report", completeReports)
	check := cmd.PreRunE
	cmd.PreRunE = func(cmd *cobra.Command, args []string) error {
		if check != nil {
			if err := check(cmd, args); err != nil {
				return err
			}
		}
		return a.prepareReports(cmd, args)
	}
}

func completeReports(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var all []string
	for _, format := range showFormats {
		all = append(all, format+"=")
	}
	return all, cobra.ShellCompDirectiveNoSpace
}

// prepareReports finds out before the first call what could keep a report from being written after the last.
func (a *app) prepareReports(cmd *cobra.Command, args []string) error {
	for _, asked := range a.reports.asked {
		r, err := parseReport(asked)
		if err == nil {
			err = a.checkReport(r, asked, inputFiles(cmd, args))
		}
		if err != nil {
			a.reports.files = nil // one wrong flag, and nothing is written
			return err
		}
		a.reports.files = append(a.reports.files, r)
	}
	if !a.reports.has("github") {
		return nil
	}
	return a.prepareGitHub()
}

func parseReport(asked string) (reportFile, error) {
	format, file, named := strings.Cut(asked, "=")
	switch {
	case !slices.Contains(showFormats, format):
		near := diag.Nearest(format, showFormats)
		if near != "" {
			return reportFile{}, wrong("--report %s: no format %q; did you mean %s?", asked, format, near)
		}
		return reportFile{}, wrong("--report %s: no format %q; say %s", asked, format, strings.Join(showFormats, ", "))
	case format == "github" && !named:
		return reportFile{format, toStdout}, nil
	case file == "":
		return reportFile{}, wrong("--report %s: say which file, as %s=FILE, or - for standard output", asked, format)
	}
	return reportFile{format, file}, nil
}

// checkReport refuses what would be written over something else, or cannot be written.
func (a *app) checkReport(r reportFile, asked string, inputs []string) error {
	for _, other := range a.reports.files {
		switch {
		case other.file == toStdout && r.file == toStdout:
			return wrong("--report %s: standard output takes one report, and %s goes there", asked, other.format)
		case sameFile(other.file, r.file):
			return wrong("--report %s: the %s report goes there", asked, other.format)
		}
	}
	if r.file == toStdout {
		if a.json() {
			return wrong("--report %s: standard output takes one format, and --format json goes there", asked)
		}
		return nil
	}
	for _, in := range inputs {
		if sameFile(in, r.file) {
			return wrong("--report %s: %s is read or written by this very command; name another file", asked, in)
		}
	}
	if err := checkWritable(r.file); err != nil {
		return wrong("--report %s: %s", asked, err)
	}
	return nil
}

// inputFiles are those that a command reads or writes otherwise.
func inputFiles(cmd *cobra.Command, args []string) []string {
	files := slices.Clone(args)
	for _, name := range []string{"input-file", "sandbox-seed", "out", "require-rehearsal"} {
		if f := cmd.Flags().Lookup(name); f != nil && f.Value.String() != "" {
			files = append(files, f.Value.String())
		}
	}
	return files
}

func (r *reports) has(format string) bool {
	return slices.ContainsFunc(r.files, func(f reportFile) bool { return f.format == format })
}

// takeStdout reports whether a report goes to standard output, so that the words for people go to standard error. GitHub's
// commands stand in the same log as those words.
func (r *reports) takeStdout() bool {
	return slices.ContainsFunc(r.files, func(f reportFile) bool { return f.file == toStdout && f.format != "github" })
}

// What reports tell of is collected on the way.

func (r *reports) faulty(faults []diag.Diagnostic) { r.told.Faults = append(r.told.Faults, faults...) }

func (r *reports) preview(run *journal.Run, order []int) {
	r.told.Preview, r.told.Order = true, order
	if len(r.files) > 0 { // else it need not outlive the answer to it
		r.told.Run = run
	}
}

// shown takes a run as its journal has it.
func (r *reports) shown(run *journal.Run, records []journal.Record) {
	r.told.Run, r.told.Records = run, records
}

func (r *reports) watch(rec journal.Record) {
	if rec.K == journal.RunOpen {
		r.run = rec.Open.Run
	}
	if len(r.files) > 0 {
		r.watched = append(r.watched, rec)
	}
}
