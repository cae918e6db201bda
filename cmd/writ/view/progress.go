package view

import (
	"fmt"
	"sync"
	"time"

	"charm.land/lipgloss/v2"

	"writ/engine/journal"
)

// Progress shows what happens during a run: a line for each thing that a person waits for, and, if Live says so, what is
// under way. It folds the records it is given.
type Progress struct {
	s     *Screen
	block *Block
	clean func(string) string

	mu      sync.Mutex // records come from the run, reminders from the clock
	run     *journal.Run
	began   time.Time            // when this process began
	started map[string]time.Time // when a write, or undo, of an instance was sent first
	since   map[string]time.Time // when an instance was first heard of
	last    map[string]time.Time // when last
	told    map[string]time.Time // when a reminder was last printed
	changed bool
	drawn   time.Time
	said    int       // lines of what went as planned
	summed  time.Time // when it was last said how far the run is
}

// NewProgress makes a progress view on a screen. Earlier is a run that goes on, which is the view's from then on; nil for
// one that begins.
func NewProgress(s *Screen, earlier *journal.Run) *Progress {
	p := &Progress{s: s, run: earlier, clean: func(text string) string { return text }}
	p.started, p.since = map[string]time.Time{}, map[string]time.Time{}
	p.last, p.told = map[string]time.Time{}, map[string]time.Time{}
	if earlier == nil {
		p.run = &journal.Run{}
	}
	return p
}

// Record shows one record, if a person needs to see it.
func (p *Progress) Record(rec journal.Record) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fold(rec)
	p.show(rec)
	p.forget(rec)
}

// forget lets go of the times of an instance that has ended.
func (p *Progress) forget(rec journal.Record) {
	switch rec.K {
	case journal.StepDone, journal.StepFail, journal.UndoDone, journal.UndoSkipped:
		for _, times := range []map[string]time.Time{p.started, p.since, p.last, p.told} {
			delete(times, rec.Step)
		}
	}
}

// fold takes a record in. One that cannot follow the others is the journal's concern, not the screen's.
func (p *Progress) fold(rec journal.Record) {
	_, _ = p.run.Apply(rec)
	p.changed = true
	if p.began.IsZero() {
		p.began = rec.At
	}
	for _, in := range rec.Instances {
		p.since[in.Step] = rec.At
	}
	if rec.K == journal.UndoIntent && rec.Attempt == 1 {
		p.since[rec.Step] = rec.At
	}
	p.last[rec.Step] = rec.At
}

// met is when an instance was begun with, or met when the run was gone on with.
func (p *Progress) met(address string) time.Time { return latest(p.since[address], p.began) }

// begun is when its write, or undo, was first sent, and before that when it was met: what waited for its turn took no
// time.
func (p *Progress) begun(address string) time.Time { return latest(p.started[address], p.met(address)) }

// heard is when its last record came.
func (p *Progress) heard(address string) time.Time { return latest(p.last[address], p.met(address)) }

func (p *Progress) show(rec journal.Record) {
	step := Clean(rec.Step)
	switch rec.K {
	case journal.RunOpen:
		p.s.Line("run %s", styleBold.Render(rec.Open.Run))
	case journal.StepEvaluate:
		p.skipped(rec)
	case journal.StepIntent:
		p.begin(rec, "applying")
	case journal.StepOutcome:
		p.outcome(rec, "write")
	case journal.StepVerify:
		p.verified(rec)
	case journal.StepWait:
		p.wait(rec)
	case journal.StepDone:
		p.routine(styleGood, "✓", step, p.took(rec, doneWords(rec)))
	case journal.StepFail:
		p.line(styleBad.Render("✗"), step, "failed: "+rec.Why)
	default:
		p.back(rec)
	}
}

// begin says that a write, or an undo, is sent. A block says it in its own way.
func (p *Progress) begin(rec journal.Record, words string) {
	if _, sent := p.started[rec.Step]; !sent || rec.Attempt <= 1 {
		p.started[rec.Step] = rec.At
	}
	if !p.block.shows() {
		p.routine(styleFaint, "…", Clean(rec.Step), attempt(words, rec.Attempt))
	}
}

// back shows the records of the way back.
func (p *Progress) back(rec journal.Record) {
	step := Clean(rec.Step)
	switch rec.K {
	case journal.RunRollback:
		p.s.Wrapped("putting everything back: ", Clean(rec.Why))
	case journal.UndoIntent:
		p.begin(rec, "undoing")
	case journal.UndoOutcome:
		p.outcome(rec, "undo")
	case journal.UndoDone:
		switch {
		case rec.Error != nil:
			p.line(styleBad.Render("✗"), step, "not undone: "+rec.Why)
		case len(rec.Residue) > 0:
			p.line(styleWarn.Render("!"), step, "undone in part: "+rec.Residue[0].Why)
		default:
			p.routine(styleGood, "✓", step, p.took(rec, "undone"))
		}
	case journal.UndoSkipped:
		p.line(styleWarn.Render("!"), step, "not undone: "+rec.Why)
	}
}

func (p *Progress) line(sign, step, words string) {
	p.s.Wrapped("  "+sign+" "+step+": ", Clean(words))
}

// maxRoutine is how many lines a run says of what goes as planned. What does not is always told.
const maxRoutine = 2000

// routine says what goes as planned, until that has been said often enough.
func (p *Progress) routine(style lipgloss.Style, sign, step, words string) {
	switch p.said++; {
	case p.said <= maxRoutine:
		p.line(style.Render(sign), step, words)
	case p.said == maxRoutine+1:
		p.s.Wrapped("  … ", "from here on only what does not go as planned is told, and how far the run is")
	}
}

func (p *Progress) skipped(rec journal.Record) {
	if rec.Why != "" {
		p.routine(styleFaint, "-", Clean(rec.Step), "skipped: "+rec.Why)
	}
	for _, in := range rec.Instances {
		if in.Skip != "" {
			p.routine(styleFaint, "-", Clean(in.Step), "skipped: "+in.Skip)
		}
	}
}

func (p *Progress) outcome(rec journal.Record, what string) {
	switch {
	case rec.Outcome == journal.Unknown:
		p.line(styleWarn.Render("?"), Clean(rec.Step), "the "+what+"'s outcome is not known ("+rec.Error.Error()+"); reading")
	case rec.Wait > 0:
		p.line(styleWarn.Render("?"), Clean(rec.Step), fmt.Sprintf("%s; trying again in %s", rec.Error, howLong(rec.Wait)))
	}
}

// verified says what a read after a write found, unless that was the goal.
func (p *Progress) verified(rec journal.Record) {
	words := rec.Why
	if words == "" && rec.Wait > 0 {
		words = "a read shows that it did not act; trying again in " + howLong(rec.Wait)
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
	if !p.block.shows() {
		p.routine(styleFaint, "…", Clean(rec.Step), "waiting for its effect until "+rec.Until.Local().Format(time.TimeOnly))
	}
}

func (p *Progress) took(rec journal.Record, words string) string {
	if t, ok := p.started[rec.Step]; ok {
		words += fmt.Sprintf(" (%s)", howLong(rec.At.Sub(t)))
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
