package view

import (
	"encoding/json"
	"fmt"
	"strings"

	"charm.land/lipgloss/v2"

	"writ/engine/journal"
)

// State is the one word for where a run stands: running, paused, done, failed, rolled_back, residue, unknown.
func State(run *journal.Run) string {
	switch {
	case run.Open == nil:
		return "unknown"
	case run.Mode == journal.Over:
		return string(run.Closed)
	case run.Mode == journal.Paused && run.Exit == 5:
		return "unknown"
	case run.Mode == journal.Paused:
		return "paused"
	}
	return "running"
}

// Outcome prints how a run ended, and last what to do next.
func (s *Screen) Outcome(run *journal.Run) {
	s.ending(run)
	next := leads(run, s.flags)
	if len(next) == 0 && run.Closed != journal.ClosedDone {
		next = []Command{{"see what happened", "writ show " + run.Open.Run + s.flags}}
	}
	s.commands(next)
}

func leads(run *journal.Run, flags string) []Command { return (&Report{Run: run, Flags: flags}).Next() }

// ending prints what happened, what is left and what came of it.
func (s *Screen) ending(run *journal.Run) {
	id := run.Open.Run
	if run.Mode == journal.Over {
		s.failure(run)
	}
	switch {
	case run.Mode != journal.Over:
		s.Wrapped(styleWarn.Render("stopped: "), "run "+id+": "+Clean(run.Why))
		s.Wrapped("  so far:   ", tally(run))
	case run.Closed == journal.ClosedDone:
		s.Wrapped(styleGood.Render("done: "), "run "+id+": "+tally(run))
	case run.Closed == journal.ClosedRolledBack:
		s.Wrapped(styleWarn.Render("rolled back: "), "run "+id+": "+put(run))
	case run.Closed == journal.ClosedResidue:
		s.Wrapped(styleBad.Render("left over: "), "run "+id+" is rolled back, except:")
		s.Residue(run.Residue)
	default:
		s.Wrapped(styleBad.Render("failed: "), "run "+id+": "+tally(run))
	}
	if run.Closed == journal.ClosedDone || run.Closed == journal.ClosedFailed {
		s.score(run)
	}
	for _, note := range run.Notes {
		s.Wrapped("note: ", Clean(note))
	}
	s.Results(run.Results)
}

// commands prints commands to copy: each behind its words or on a line of its own, and never broken.
func (s *Screen) commands(next []Command) {
	wide, fits := 0, true
	for _, c := range next {
		wide = max(wide, lipgloss.Width(c.Does)+1)
	}
	for _, c := range next {
		fits = fits && 4+wide+lipgloss.Width(c.Line) <= s.width
	}
	for _, c := range next {
		if fits {
			s.Line("  %s  %s", pad(c.Does+":", wide), c.Line)
		} else {
			s.Wrapped("  ", c.Does+":")
			s.Line("    %s", c.Line)
		}
	}
}

func (s *Screen) failure(run *journal.Run) {
	if f := run.Failure; f != nil {
		s.Wrapped(styleBad.Render("failed: "), "step "+Clean(f.Address)+": "+Clean(f.Why))
	}
}

// Residue lists what is left over.
func (s *Screen) Residue(left []journal.Residue) {
	for _, r := range left {
		what := Clean(r.Step)
		if r.Field != "" {
			what += " " + Clean(r.Field)
		}
		s.Wrapped("  ! "+what+": ", Clean(r.Why))
	}
}

// Results prints the plan's outputs; in a preview there are paths of which it is not known yet what stands there.
func (s *Screen) Results(results json.RawMessage, unknown ...string) {
	for _, f := range members(results) {
		s.Wrapped(Clean(f.name)+" = ", Clean(gaps(unknown).text(journal.Member("", f.name), f.value, true)))
	}
}

func anyActed(run *journal.Run) bool {
	for _, n := range run.Nodes {
		for _, p := range n.Parts {
			if p.Acted {
				return true
			}
		}
	}
	return false
}

// tally counts what became of the steps.
func tally(run *journal.Run) string {
	counts := map[string]int{}
	for _, n := range run.Nodes {
		if !n.Evaluated {
			counts["not begun"]++
		}
		for _, p := range n.Parts {
			counts[became(p)]++
		}
	}
	var parts []string
	for _, word := range []string{"changed", unconfirmed, "in doubt", "already so", "read", "skipped", "failed", "not begun"} {
		if counts[word] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[word], word))
		}
	}
	return strings.Join(parts, ", ")
}

// unconfirmed is what became of an instance whose write was answered, and which nobody has read since.
const unconfirmed = "sent, not read back"

func became(p *journal.Progress) string {
	answered := p.Phase == journal.PhaseAnswered || p.Phase == journal.PhaseStalled && p.After == nil
	switch {
	case p.Phase == journal.PhaseSkipped:
		return "skipped"
	case p.Phase == journal.PhaseFailed:
		return "failed"
	case answered && p.Acted && p.Undo.Phase == journal.UndoNone:
		return unconfirmed
	case p.Phase != journal.PhaseDone && (p.Acted || p.Undo.Attempt > 0):
		return "changed"
	case p.Phase != journal.PhaseDone && p.MayAct:
		return "in doubt"
	case p.Phase != journal.PhaseDone:
		return "not begun"
	case p.How == journal.Looked:
		return "read"
	case p.How == journal.Satisfied || p.How == journal.Evidence:
		return "already so"
	}
	return "changed"
}

func put(run *journal.Run) string {
	undone := 0
	for _, n := range run.Nodes {
		for _, p := range n.Parts {
			if p.Undo.Phase == journal.UndoFinished && (p.Acted || p.Undo.Attempt > 0) {
				undone++
			}
		}
	}
	if undone == 0 {
		return "nothing had changed"
	}
	return "everything is put back and read back, " + count(undone, "step") + " undone"
}

// Runs prints past runs, the newest last.
func (s *Screen) Runs(runs []*journal.Run) {
	if len(runs) == 0 {
		s.Line("no runs yet")
		return
	}
	const others = len("01jd3m8q00000000000000000a") + len("  rolled_back") + len("  ") + len("  2006-01-02 15:04:05")
	wide := 4
	for _, run := range runs {
		wide = max(wide, lipgloss.Width(Clean(run.Open.Plan)))
	}
	wide = min(wide, 20, s.width-others)
	for _, run := range runs {
		plan, state, started := Clean(run.Open.Plan), State(run), run.Started.Local().Format("2006-01-02 15:04:05")
		if wide >= 4 {
			s.Line("%s  %s  %s  %s", run.Open.Run, pad(cut(plan, wide), wide), pad(state, 11), started)
			continue
		}
		s.Line("%s  %s", run.Open.Run, state)
		s.Line("  %s  %s", started, cut(plan, s.width-23))
	}
}

// Run prints one run: what became of each step, and how it ended.
func (s *Screen) Run(run *journal.Run) {
	s.Wrapped("", styleBold.Render("run "+run.Open.Run)+" "+State(run))
	s.Wrapped("plan     ", Clean(run.Open.Plan))
	s.Wrapped("target   ", Clean(where(run.Open.Target)))
	s.Wrapped("as       ", Clean(signedIn(run.Open)))
	s.Line("started  %s", run.Started.Local().Format("2006-01-02 15:04:05"))
	if !run.Finished.IsZero() {
		s.Line("ended    %s", run.Finished.Local().Format("2006-01-02 15:04:05"))
	}
	s.Line("")
	folded := s.runParts(run)
	s.Line("")
	s.ending(run)
	next := leads(run, s.flags)
	if folded > 0 {
		next = append(next, Command{"see each step", "writ show " + run.Open.Run + s.flags + " --format json"})
	}
	s.commands(next)
}

// runParts prints what became of each step, and answers how many are folded away.
func (s *Screen) runParts(run *journal.Run) int {
	wide, of := idWidth(run), runWeight(run)
	f := newFold(weigh(run, of))
	for _, n := range run.Nodes {
		if !n.Evaluated {
			f.line(idle, func() string { return absentSort(n.Step) }, func() { s.row("  "+pad(n.ID, wide), n.Uses, "not begun") }, s.folded)
		}
		for _, p := range n.Parts {
			f.line(of(n, p), func() string { return sortOf(n, p) }, func() { s.runPart(run, n, p, wide) }, s.folded)
		}
	}
	f.flush(s.folded)
	return f.total
}

// folded says what a list does not show.
func (s *Screen) folded(more string) { s.Wrapped("  ", styleFaint.Render(Clean(more))) }

// signedIn says with what the calls of a run are made.
func signedIn(open *journal.Opening) string {
	with := "a token"
	if open.AccessKey != "" {
		with = "access key " + open.AccessKey
	}
	if open.Source != "" {
		with += " of " + open.Source
	}
	return with
}

func (s *Screen) runPart(run *journal.Run, n *journal.Node, p *journal.Progress, wide int) {
	word := became(p) + undone(p)
	if run.Mode == journal.Running && !p.Finished() && p.Attempt > 0 {
		word = string(p.Phase)
	}
	if p.Why != "" && p.Phase != journal.PhaseDone {
		word += ": " + p.Why
	}
	if !p.Started.IsZero() && !p.Ended.IsZero() {
		word += fmt.Sprintf(" (%s)", howLong(p.Ended.Sub(p.Started)))
	}
	s.row("  "+pad(Clean(p.Address), wide), n.Uses, Clean(word))
	if p.Acted && p.Phase == journal.PhaseDone {
		for _, f := range fieldsOf(p) {
			s.Wrapped("      ", Clean(fieldLine(f)))
		}
	}
}

// undone says what became of the undo of a part.
func undone(p *journal.Progress) string {
	switch p.Undo.Phase {
	case journal.UndoFinished:
		if p.Undo.Attempt == 0 {
			return ", nothing to undo"
		}
		return ", undone"
	case journal.UndoFailed, journal.UndoLeft:
		return ", not undone"
	}
	return ""
}
