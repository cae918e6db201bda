package view

import (
	"fmt"
	"time"

	"writ/engine/journal"
)

// Progress prints what happens during a run, a line for each thing that a person waits for. It folds the records it
// is given, so that a line can say how long something took.
type Progress struct {
	s       *Screen
	started map[string]time.Time
}

// NewProgress makes a progress view on a screen.
func NewProgress(s *Screen) *Progress { return &Progress{s: s, started: map[string]time.Time{}} }

// Record shows one record, if a person needs to see it.
func (p *Progress) Record(rec journal.Record) {
	step := Clean(rec.Step)
	switch rec.K {
	case journal.RunOpen:
		p.s.Line("run %s", styleBold.Render(rec.Open.Run))
	case journal.StepEvaluate:
		p.skipped(rec)
	case journal.StepIntent:
		p.started[rec.Step] = rec.At
		p.line(styleFaint.Render("…"), step, attempt("applying", rec.Attempt))
	case journal.StepOutcome:
		p.outcome(rec, "write")
	case journal.StepVerify:
		p.verified(rec)
	case journal.StepWait:
		p.wait(rec)
	case journal.StepDone:
		p.line(styleGood.Render("✓"), step, p.took(rec, doneWords(rec)))
	case journal.StepFail:
		p.line(styleBad.Render("✗"), step, "failed: "+rec.Why)
	default:
		p.back(rec)
	}
}

// back shows the records of the way back.
func (p *Progress) back(rec journal.Record) {
	step := Clean(rec.Step)
	switch rec.K {
	case journal.RunRollback:
		p.s.Wrapped("putting everything back: ", Clean(rec.Why))
	case journal.UndoIntent:
		p.started[rec.Step] = rec.At
		p.line(styleFaint.Render("…"), step, attempt("undoing", rec.Attempt))
	case journal.UndoOutcome:
		p.outcome(rec, "undo")
	case journal.UndoDone:
		switch {
		case rec.Error != nil:
			p.line(styleBad.Render("✗"), step, "not undone: "+rec.Why)
		case len(rec.Residue) > 0:
			p.line(styleWarn.Render("!"), step, "undone in part: "+rec.Residue[0].Why)
		default:
			p.line(styleGood.Render("✓"), step, p.took(rec, "undone"))
		}
	case journal.UndoSkipped:
		p.line(styleWarn.Render("!"), step, "not undone: "+rec.Why)
	}
}

func (p *Progress) line(sign, step, words string) {
	p.s.Wrapped("  "+sign+" "+step+": ", Clean(words))
}

func (p *Progress) skipped(rec journal.Record) {
	if rec.Why != "" {
		p.line(styleFaint.Render("-"), Clean(rec.Step), "skipped: "+rec.Why)
	}
	for _, in := range rec.Instances {
		if in.Skip != "" {
			p.line(styleFaint.Render("-"), Clean(in.Step), "skipped: "+in.Skip)
		}
	}
}

func (p *Progress) outcome(rec journal.Record, what string) {
	switch {
	case rec.Outcome == journal.Unknown:
		p.line(styleWarn.Render("?"), Clean(rec.Step), "the "+what+"'s outcome is not known ("+rec.Error.Error()+"); reading")
	case rec.Wait > 0:
		p.line(styleWarn.Render("?"), Clean(rec.Step), fmt.Sprintf("%s; trying again in %s", rec.Error, rec.Wait.Round(time.Millisecond)))
	}
}

// verified says what a read after a write found, unless that was the goal.
func (p *Progress) verified(rec journal.Record) {
	words := rec.Why
	if words == "" && rec.Wait > 0 {
		words = "a read shows that it did not act; trying again in " + rec.Wait.Round(time.Millisecond).String()
		if rec.After == nil {
			words = "no call can read what it did; sending it once more"
		}
	}
	if words != "" {
		p.line(styleWarn.Render("?"), Clean(rec.Step), words)
	}
}

func (p *Progress) wait(rec journal.Record) {
	if rec.Why != "" {
		p.line(styleWarn.Render("?"), Clean(rec.Step), rec.Why)
		return
	}
	p.line(styleFaint.Render("…"), Clean(rec.Step), "waiting for its effect until "+rec.Until.Local().Format(time.TimeOnly))
}

func (p *Progress) took(rec journal.Record, words string) string {
	if t, ok := p.started[rec.Step]; ok {
		words += fmt.Sprintf(" (%s)", rec.At.Sub(t).Round(time.Millisecond))
	}
	return words
}

func attempt(words string, n int) string {
	if n > 1 {
		return fmt.Sprintf("%s, attempt %d", words, n)
	}
	return words
}

func doneWords(rec journal.Record) string {
	switch rec.How {
	case journal.Applied:
		return "done"
	case journal.Adopted:
		return "done, confirmed by reading"
	case journal.Satisfied:
		return "already so"
	case journal.Evidence:
		return "known from run " + rec.From
	case journal.Looked:
		return "read: " + size(rec.Outputs)
	case journal.Assumed:
		return "done, by a person's word"
	}
	return string(rec.How)
}

// Call prints one call as it went over the wire.
func (s *Screen) Call(operation, method, path string, status int, requestID string, took time.Duration) {
	words := fmt.Sprintf("%d", status)
	if status == 0 {
		words = "no answer"
	}
	s.Line("    %s", styleFaint.Render(Clean(fmt.Sprintf("%s: %s %s → %s in %s (request %s)", operation, method, path, words, took.Round(time.Microsecond), requestID))))
}
