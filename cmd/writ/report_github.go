package main

import (
	"bytes"
	"errors"
	"io"
	"os"

	"writ/cmd/writ/view"
)

// prepareGitHub opens what a job on GitHub has for reports: a file for its summary, and masks for its log.
func (a *app) prepareGitHub() error {
	if file := a.getenv("GITHUB_STEP_SUMMARY"); file != "" {
		f, err := os.OpenFile(file, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
		if err != nil {
			return wrong("GITHUB_STEP_SUMMARY: %s", err)
		}
		if err := f.Close(); err != nil {
			return wrong("GITHUB_STEP_SUMMARY: %s", err)
		}
		a.reports.summary = file
	}
	if a.getenv("GITHUB_ACTIONS") == "true" {
		a.redactor.told = a.mask
	}
	return nil
}

// mask asks the runner to hide a secret in what other commands of the job print. It is the one thing that prints secrets:
// a runner learns them no other way, and shows the line with the value hidden.
func (a *app) mask(secret string) {
	a.reports.masks.Lock()
	defer a.reports.masks.Unlock()
	if a.reports.masked == nil {
		a.reports.masked = map[string]bool{}
	}
	if command := view.GitHubMask(secret); command != "" && !a.reports.masked[secret] {
		a.reports.masked[secret] = true
		_, _ = io.WriteString(a.stdout, command)
	}
}

// appendSummary adds the report to the job's summary, as far as there is room.
func (a *app) appendSummary(told *view.Report) error {
	info, err := os.Stat(a.reports.summary)
	if err != nil {
		return err
	}
	room := view.MaxMarkdown - int(info.Size()) - 1
	if room < 1<<10 {
		return errors.New("there is no room left in it")
	}
	var b bytes.Buffer
	if err := view.MarkdownWithin(&b, told, room); err != nil {
		return err
	}
	f, err := os.OpenFile(a.reports.summary, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(a.redactor.clean(b.String()) + "\n")
	return errors.Join(err, f.Close())
}
