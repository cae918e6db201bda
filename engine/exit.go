package engine

import (
	"writ/engine/journal"
	"writ/engine/step"
)

// Exit is how the program ends. The codes are part of what users build on; none changes its meaning.
type Exit int

// The exits.
const (
	ExitDone        Exit = 0
	ExitFailed      Exit = 1
	ExitPending     Exit = 2
	ExitWrong       Exit = 3
	ExitResidue     Exit = 4
	ExitUnknown     Exit = 5
	ExitHeld        Exit = 6
	ExitStale       Exit = 7
	ExitDenied      Exit = 8
	ExitPaused      Exit = 9
	ExitJournal     Exit = 10
	ExitInternal    Exit = 70
	ExitInterrupted Exit = 130
)

// Exits explains the codes, in order. README's table is made from it.
var Exits = []struct {
	Code    Exit
	Meaning string
}{
	{ExitDone, "done, or nothing to do"},
	{ExitFailed, "failed; for `apply`: and everything is put back and verified"},
	{ExitPending, "changes pending (`preview`, `drift` with `--detailed-exitcode`)"},
	{ExitWrong, "the plan, an input or the command line is wrong"},
	{ExitResidue, "failed, and something is left over: a person is needed"},
	{ExitUnknown, "the outcome of a call is unknown"},
	{ExitHeld, "another run holds the target"},
	{ExitStale, "what was agreed no longer holds: stale preview, edited plan, newer journal"},
	{ExitDenied, "not signed in, or not allowed"},
	{ExitPaused, "stopped on purpose and consistent (waiting, throttled, credentials no longer accepted, signal); resume later"},
	{ExitJournal, "the journal or its disk failed"},
	{ExitInternal, "an internal error was caught"},
	{ExitInterrupted, "interrupted twice"},
}

// closing is the exit of a run that ends like this.
func closing(run *journal.Run, closed journal.Closed) Exit {
	switch {
	case closed == journal.ClosedDone:
		return ExitDone
	case anyPart(run, func(p *journal.Progress) bool { return broken(run, p) }):
		return ExitInternal
	case closed == journal.ClosedResidue && anyPart(run, unsettled):
		return ExitUnknown
	}
	switch closed {
	case journal.ClosedResidue:
		return ExitResidue
	case journal.ClosedFailed:
		if changed(run) {
			return ExitResidue
		}
		return refusal(run)
	}
	if !run.Auto {
		return ExitDone
	}
	if !begun(run) {
		return refusal(run)
	}
	return ExitFailed
}

// broken reports whether an instance ended in a fault of ours: on its way back, or forward when that is the way that
// this end is about.
func broken(run *journal.Run, p *journal.Progress) bool {
	internal := func(e *step.Error) bool { return e != nil && e.Class == step.Internal }
	forward := !run.Rollback || run.Auto
	return forward && p.Phase == journal.PhaseFailed && internal(p.Error) || internal(p.Undo.Error)
}

// unsettled reports whether nobody knows if an instance's write acted, or if its undo did.
func unsettled(p *journal.Progress) bool {
	u := p.Undo
	return u.Phase == journal.UndoLeft && p.MayAct && !p.Acted || u.Phase == journal.UndoFailed && u.Outcome == journal.Unknown
}

// refusal is the exit of a run that failed before its first write.
func refusal(run *journal.Run) Exit {
	if run.Failure == nil || run.Failure.Error == nil || begun(run) {
		return ExitFailed
	}
	switch run.Failure.Error.Class {
	case step.Denied, step.Unauthenticated:
		return ExitDenied
	case classStale:
		return ExitStale
	}
	return ExitFailed
}

// pausing is the exit of a run that stops here and can be resumed.
func pausing(run *journal.Run) Exit {
	if anyPart(run, inDoubt) {
		return ExitUnknown
	}
	return ExitPaused
}

// inDoubt reports whether it is not known what an instance's write, or its undo, did.
func inDoubt(p *journal.Progress) bool {
	u := p.Undo
	if u.Phase == journal.UndoIntended || (u.Phase == journal.UndoAnswered || u.Phase == journal.UndoStalled) && u.Outcome == journal.Unknown {
		return true
	}
	if p.Finished() || p.Undo.Phase == journal.UndoFinished {
		return false
	}
	return p.Phase == journal.PhaseStuck || p.MayAct && !p.Acted
}

// changed reports whether a write of this run acted.
func changed(run *journal.Run) bool {
	return anyPart(run, func(p *journal.Progress) bool { return p.Acted || p.MayAct })
}

// begun reports whether this run sent a write.
func begun(run *journal.Run) bool {
	return anyPart(run, func(p *journal.Progress) bool { return p.Attempt > 0 })
}

func anyPart(run *journal.Run, is func(*journal.Progress) bool) bool {
	for _, n := range run.Nodes {
		for _, p := range n.Parts {
			if is(p) {
				return true
			}
		}
	}
	return false
}
