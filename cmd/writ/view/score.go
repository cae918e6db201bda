package view

import (
	"fmt"

	"writ/engine/journal"
)

// score says how much of what the preview said came true.
func (s *Screen) score(run *journal.Run) {
	told, open, missed := run.Score()
	blind := map[*journal.Progress]bool{}
	for _, p := range unread(run) {
		blind[p] = true
	}
	sent := len(blind) // nobody can tell if their lines came true
	untrue := 0
	for _, m := range missed {
		if m.Said != nil {
			untrue++
		}
		if m.Said != nil && blind[m.Did] {
			sent--
		}
	}
	open += sent
	if told -= sent; told <= 0 {
		return
	}
	words := fmt.Sprintf("%d of %s came true", told-untrue, count(told, "line"))
	if len(missed) == 0 {
		words = fmt.Sprintf("all %d lines came true", told)
		if told == 1 {
			words = "its line came true"
		}
	}
	if open > 0 {
		words += fmt.Sprintf(", %d could not be told", open)
	}
	s.Wrapped("preview: ", words)
	for i, m := range missed {
		if i == maxMissed && len(missed) > maxMissed+1 {
			s.Line("  … and %d more", len(missed)-i)
			break
		}
		s.Wrapped("  ", Clean(missWords(m)))
	}
}

// maxMissed is of how many lines that did not come true a person is told; the first show how the others went astray.
const maxMissed = 40

func missWords(m journal.Miss) string {
	switch {
	case m.Said == nil:
		return m.Did.Address + ": said nothing, did " + didWords(m.Did)
	case m.Did == nil:
		return m.Said.Step + ": said " + saidWords(m.Said) + ", did not come up"
	}
	said, did := saidWords(m.Said), didWords(m.Did)
	switch {
	case said == did:
		did += " with other values"
	case m.Did.Phase != journal.PhaseDone:
		return m.Said.Step + ": said " + said + "; it is " + did
	}
	return m.Said.Step + ": said " + said + ", did " + did
}

func saidWords(f *journal.Forecast) string { return endWords(f.How, f.Change) }

func didWords(p *journal.Progress) string {
	if p.Phase == journal.PhaseDone {
		return endWords(p.How, p.Change)
	}
	return became(p)
}

func endWords(how journal.How, change journal.Change) string {
	switch how {
	case journal.Skipped:
		return "skipped"
	case journal.Looked:
		return "read"
	case journal.Satisfied:
		return "already so"
	case journal.Evidence:
		return "known from an earlier run"
	}
	return changeWords[change]
}
