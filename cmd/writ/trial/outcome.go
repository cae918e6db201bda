package trial

import (
	"errors"

	"writ/engine"
	"writ/engine/journal"
)

// Outcome is how a trial ended, in a word.
type Outcome string

// The outcomes.
const (
	Done        Outcome = "done"
	NothingToDo Outcome = "nothing_to_do"
	RolledBack  Outcome = "rolled_back" // everything is put back, and read back
	Residue     Outcome = "residue"     // something could not be put back
	Failed      Outcome = "failed"      // changes are left, by choice, or there were none
	Unknown     Outcome = "unknown"     // nobody knows what a call did
	Paused      Outcome = "paused"      // consistent; resume goes on
	Refused     Outcome = "refused"     // nothing was begun
)

// ended notes what apply or rollback answered. What is no answer about the plan is an error.
func (e *End) ended(run *journal.Run, err error) error {
	var (
		refusal *engine.Refusal
		nothing *engine.NothingToUndo
	)
	switch {
	case errors.As(err, &nothing):
		e.Run, e.Residue = run, nothing.Left
		if len(nothing.Left) > 0 {
			e.Outcome, e.Exit = Residue, engine.ExitResidue
		}
		return nil
	case errors.As(err, &refusal):
		e.Run, e.Refusal, e.Outcome, e.Exit = run, refusal, Refused, refusal.Exit
		return nil
	case err != nil:
		return err
	}
	e.Run, e.Residue = run, run.Residue
	e.Outcome, e.Exit = outcomeOf(run), engine.Exit(run.Exit)
	return nil
}

func outcomeOf(run *journal.Run) Outcome {
	switch {
	case run.Open.Run == "":
		return NothingToDo
	case engine.Exit(run.Exit) == engine.ExitUnknown:
		return Unknown
	case run.Mode == journal.Paused:
		return Paused
	}
	switch run.Closed {
	case journal.ClosedDone:
		return Done
	case journal.ClosedRolledBack:
		return RolledBack
	case journal.ClosedResidue:
		return Residue
	}
	return Failed
}
