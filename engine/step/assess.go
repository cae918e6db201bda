package step

import (
	"encoding/json"
	"time"
)

// Assessment is what a kind makes of what stands before a step: where the step leads, and what may come of it.
type Assessment struct {
	Goal    json.RawMessage // the state that a successful Apply leaves behind
	Outputs json.RawMessage // what a plan may use of that state; what cannot be known before the write is left out

	// Of a kind that changes something:
	Same    bool    // nothing that counts changes
	Was     bool    // the thing that the step is about stands before it
	Will    bool    // and after it
	Doubt   Doubt   // the rule for this very change when its reply is lost
	Reverse Reverse // how far undo can lead back
	Caution string  // what a person should know before this very change is made, and no read tells: as that undo may be forbidden
	Risk    string  // what this very change may destroy for good, where the documents leave open whether it does
}

// assess decodes arguments and state once, for all that is asked of them before a change.
func (s Spec[In, State]) assess(rawIn, rawBefore json.RawMessage) (a Assessment, err error) {
	in, before, err := decode2[In, State](rawIn, rawBefore)
	if err != nil {
		return a, err
	}
	goal := before
	if a.Goal = rawBefore; s.Goal != nil {
		if a.Goal, err = json.Marshal(s.Goal(in, before)); err != nil {
			return a, err
		}
		if goal, err = known[State](a.Goal); err != nil { // as whoever reads it back from a journal will have it
			return a, err
		}
	}
	if a.Outputs, err = json.Marshal(s.Outputs(in, goal)); err != nil || s.Effect == Reads {
		return a, err
	}
	if a.Same, err = s.alike(before, goal); err != nil {
		return a, err
	}
	if err := s.says(&a, in, before, goal); err != nil {
		return a, err
	}
	if s.Reverse == nil {
		a.Reverse = Reverse{Want: a.Goal, Gone: true}
		return a, nil
	}
	a.Reverse, err = s.reversal(in, goal, before)
	return a, err
}

// says asks for what a kind may leave out.
func (s Spec[In, State]) says(a *Assessment, in In, before, goal State) (err error) {
	if a.Doubt = (Doubt{Class: Set, Settle: 2 * time.Second}); s.Doubt != nil {
		a.Doubt = s.Doubt(in, before)
	}
	if s.Caution != nil {
		a.Caution = s.Caution(in, before)
	}
	if s.Risk != nil {
		a.Risk = s.Risk(in, before)
	}
	if a.Was, err = s.present(in, before); err == nil {
		a.Will, err = s.present(in, goal)
	}
	return err
}

func (s Spec[In, State]) present(in In, state State) (bool, error) {
	if s.Present != nil {
		return s.Present(in, state), nil
	}
	raw, err := json.Marshal(state)
	return err == nil && !Empty(raw), err
}
