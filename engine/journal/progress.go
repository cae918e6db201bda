package journal

import (
	"cmp"
	"slices"
	"time"
)

// This file folds the records of one instance; run.go folds those of the run.

func (p *Progress) observe(rec Record) {
	p.Phase = PhaseObserved
	p.Goal, p.Change, p.Reverse = rec.Goal, rec.Change, rec.Reverse
	// What an attempt may have changed is no longer what stood before: the first intent's before is the one to restore.
	if !p.MayAct {
		p.Before = rec.Before
	}
	p.Warnings, p.From, p.Error = rec.Warnings, rec.From, rec.Error
	if rec.Doubt != nil {
		p.Doubt = *rec.Doubt
	}
}

func (r *Run) intent(p *Progress, rec Record) {
	if p.Began == 0 {
		r.began++
		p.Began, p.Started = r.began, rec.At
	}
	if !p.MayAct {
		p.Before = rec.Before
	}
	p.Goal = rec.Goal
	p.Phase, p.Attempt, p.MayAct, p.Outcome, p.Error = PhaseIntended, rec.Attempt, true, "", nil
	p.Sent = rec.At
	if rec.Doubt != nil {
		p.Doubt = *rec.Doubt
	}
}

func (p *Progress) outcome(rec Record) {
	p.Outcome, p.Error, p.Wait = rec.Outcome, rec.Error, rec.Wait
	switch {
	case rec.Outcome == OK:
		p.Acted, p.Phase = true, PhaseAnswered
	case rec.Outcome == Unknown:
		p.Phase = PhaseDoubt
		p.lose(rec.Sent)
	case rec.Wait > 0:
		p.MayAct, p.Phase = p.Acted || p.Lost, PhaseBackoff
	default:
		p.MayAct, p.Phase = p.Acted || p.Lost, PhaseAnswered
	}
}

func (p *Progress) verify(rec Record) {
	switch {
	case rec.Found == FoundGoal:
		if p.Outcome != OK {
			p.arrived()
		}
		p.After = rec.After
		p.Acted, p.MayAct = true, true
		p.Phase = PhaseWaiting
	case rec.Found == NotLooked:
		if p.Phase = PhaseDoubt; p.Outcome == OK {
			p.Phase = PhaseAnswered
		}
	case rec.Found == FoundBefore && rec.Wait > 0:
		p.Phase, p.Wait = PhaseBackoff, rec.Wait
	case rec.Found == FoundBefore && rec.Why == "": // the step fails: step.fail follows
	default:
		p.Phase, p.Why, p.Error = PhaseStuck, rec.Why, rec.Error
	}
}

func (p *Progress) wait(rec Record) {
	if rec.Why != "" {
		p.Phase, p.Why = PhaseStalled, rec.Why
		return
	}
	p.Phase, p.Until = PhaseWaiting, rec.Until
}

// wake ends a pause, forward or back.
func (p *Progress) wake() {
	if p.Undo.Phase == UndoBackoff {
		p.back().Phase = UndoAnswered
		return
	}
	if p.Phase == PhaseBackoff {
		p.Phase = PhaseReady
	}
}

func (p *Progress) end(rec Record) {
	p.Ended = rec.At
	if rec.K == StepFail {
		p.Phase, p.Why, p.Error = PhaseFailed, rec.Why, rec.Error
		return
	}
	p.Phase, p.How, p.Outputs, p.Partial, p.From = PhaseDone, rec.How, rec.Outputs, rec.Partial, rec.From
	if rec.After != nil {
		p.After = rec.After
	}
}

// assume takes a person's word for what no read can settle.
func (p *Progress) assume(rec Record) {
	switch rec.How {
	case Assumed:
		p.Acted, p.Phase, p.How, p.Outputs, p.Ended = true, PhaseDone, Assumed, rec.Outputs, rec.At
	case Absent:
		p.MayAct, p.Lost, p.Phase = p.Acted, false, PhaseReady
	}
}

// lose notes that the answer of a write is lost.
func (p *Progress) lose(sent time.Time) {
	p.Lost, p.Sent = true, later(p.Sent, sent)
	p.Adrift++
}

// mayHaveSent is when a process that left no outcome may have sent its call at the latest: its intent is older, by as long
// as that took to be durable. More than a call's timeout is not given to a disk, or each resume would wait for calls that
// are long over.
func mayHaveSent(intended, resumed time.Time, timeout time.Duration) time.Time {
	if latest := intended.Add(timeout); resumed.After(latest) {
		return latest
	}
	return resumed
}

// later is when a call was sent: its intent is older, by as long as that took to be durable.
func later(intended, sent time.Time) time.Time {
	if sent.After(intended) {
		return sent
	}
	return intended
}

// lose notes that the answer of an undo is lost.
func (u *UndoProgress) lose(sent time.Time) {
	u.Sent = later(u.Sent, sent)
	u.Adrift++
}

// arrived notes that a write whose answer was lost has been seen to act.
func (p *Progress) arrived() { p.Adrift = max(0, p.Adrift-1) }

// Settles is when a call whose answer was lost, and which nobody has seen to act, can act no more. It is zero when
// there is no such call. A call may act for as long after it was given up as it was waited for.
func (p *Progress) Settles(timeout time.Duration) time.Time {
	var last time.Time
	if p.Adrift > 0 {
		last = p.Sent
	}
	if p.Undo.Adrift > 0 && p.Undo.Sent.After(last) {
		last = p.Undo.Sent
	}
	if last.IsZero() {
		return last
	}
	return last.Add(2 * timeout)
}

func (p *Progress) undo(rec Record) {
	u := p.back()
	switch rec.K {
	case UndoIntent:
		if u.Attempt == 0 && !p.Acted { // there is something to put back
			p.arrived()
		}
		u.Sent, u.After = rec.At, nil
		u.Phase, u.Attempt, u.Now, u.Want, u.Outcome, u.Error = UndoIntended, rec.Attempt, rec.Now, rec.Want, "", nil
		u.Left, u.Announced, u.Verified = rec.Residue, rec.Residue, false
		if rec.Reverse != nil {
			u.Says = rec.Reverse.Says
		}
	case UndoOutcome:
		if rec.Outcome == "" { // it was not read, and what its call did is as unknown as before
			u.Phase, u.Why = u.answered(), rec.Why
			if rec.Error != nil {
				u.Phase = UndoStalled
			}
			return
		}
		u.Phase = UndoAnswered
		u.Outcome, u.Error, u.Wait = rec.Outcome, rec.Error, rec.Wait
		if rec.Wait > 0 {
			u.Phase = UndoBackoff
		}
		if rec.Outcome == Unknown {
			u.lose(rec.Sent)
		}
	case UndoDone:
		if rec.Error == nil && u.Outcome != OK {
			u.Adrift = max(0, u.Adrift-1)
		}
		u.Ended = rec.At
		u.Phase, u.After, u.Left, u.Error = UndoFinished, rec.After, rec.Residue, rec.Error
		if rec.Outcome != "" {
			u.Outcome = rec.Outcome
		}
		if rec.Error != nil {
			u.Phase = UndoFailed
		}
	case UndoSkipped:
		u.Phase, u.Left = UndoLeft, rec.Residue
	case UndoVerify:
		u.Verified, u.Left = true, append(u.Left, rec.Residue...)
	}
}

// UndoneFirst compares two instances by when they were put back. Of two at the same moment, who was written last was first.
func UndoneFirst(a, b *Progress) int {
	return cmp.Or(a.Undo.Ended.Compare(b.Undo.Ended), cmp.Compare(b.Began, a.Began))
}

// Retries reports that what an undo left may be put back later: when what was in its way is gone.
func (u *UndoProgress) Retries() bool {
	return u.Phase == UndoFinished && len(u.Left) > 0 && !slices.ContainsFunc(u.Left, func(left Residue) bool { return left.Foreign })
}

// answered is where an undo stands of which a look told nothing: put back, if an earlier look showed that.
func (u *UndoProgress) answered() UndoPhase {
	if u.After != nil {
		return UndoFinished
	}
	return UndoAnswered
}

// lookAgain is what becomes of an undo whose call another process had sent: only a read can tell.
func (u *UndoProgress) lookAgain(at time.Time, timeout time.Duration) {
	if u.Phase == UndoIntended {
		u.lose(mayHaveSent(u.Sent, at, timeout))
	}
	if u.Phase == UndoIntended || u.Phase == UndoBackoff || u.Phase == UndoStalled {
		u.Phase = u.answered()
	}
	u.ResumedAt = u.Attempt
}
