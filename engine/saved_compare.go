package engine

import (
	"encoding/hex"
	"encoding/json"
	"fmt"

	"writ/engine/journal"
	"writ/engine/step"
)

// Moved is an instance of a saved preview that would come out otherwise now.
type Moved struct {
	Step   string       `json:"step"`
	Why    string       `json:"why,omitempty"` // said where no field tells it
	Fields []step.Field `json:"fields,omitempty"`
}

// StaleError is the refusal to apply a saved preview because something moved since. Nothing was written.
type StaleError struct {
	Preview string
	Moved   []Moved
}

func (s *StaleError) Error() string { return s.Unwrap().Error() }

// Unwrap answers the refusal.
func (s *StaleError) Unwrap() error {
	what := "1 step is"
	if n := len(s.Moved); n != 1 {
		what = fmt.Sprintf("%d steps are", n)
	}
	return refuse(ExitStale, "since this preview was made, things have changed: %s not as it says; nothing is sent; preview the plan again", what)
}

// unmoved refuses a job whose saved preview differs from a new one. That something cannot be read now is not told as a
// difference.
func (e *Engine) unmoved(job Job, preview *journal.Run) error {
	if job.Saved == nil {
		return nil
	}
	if err := blind(preview); err != nil {
		return err
	}
	moved, err := e.Compare(job, preview)
	if err == nil && len(moved) > 0 {
		err = &StaleError{job.Saved.ID, moved}
	}
	return err
}

// Compare lists what a new preview of a job shows otherwise than its saved one.
func (e *Engine) Compare(job Job, preview *journal.Run) ([]Moved, error) {
	salt, err := hex.DecodeString(job.Saved.Salt)
	if err != nil {
		return nil, err
	}
	parts, err := e.savedParts(preview, job, salt)
	if err != nil {
		return nil, err
	}
	now := map[string]savedPart{}
	for _, p := range parts {
		now[p.Step] = p
	}
	var moved []Moved
	for _, was := range job.Saved.Steps {
		is, stands := now[was.Step]
		delete(now, was.Step)
		if m := was.moved(is, stands); m != nil {
			moved = append(moved, *m)
		}
	}
	for _, p := range parts {
		if _, isNew := now[p.Step]; isNew {
			moved = append(moved, Moved{Step: p.Step, Why: "is not in the preview"})
		}
	}
	return moved, nil
}

// moved says how an instance comes out otherwise, or nil. What follows from a value that moved is not told again.
func (was savedPart) moved(is savedPart, stands bool) *Moved {
	m := &Moved{Step: was.Step}
	if !stands {
		m.Why = "is not there any more"
		return m
	}
	if was.Fingerprint != is.Fingerprint {
		m.Fields = step.Diff(was.Read, is.Read)
		if was.Read == nil || is.Read == nil {
			m.Fields, m.Why = nil, looked(is)
		}
	}
	m.Fields = append(m.Fields, under("with", was.In, is.In)...)
	if len(m.Fields) > 0 || m.Why != "" {
		return m
	}
	m.Fields = append(under("goal", was.Goal, is.Goal), under("undo", undoText(was.Undo), undoText(is.Undo))...)
	if was.Change != is.Change || was.How != is.How || was.Why != is.Why {
		m.Why = "would be done otherwise"
	}
	if len(m.Fields) == 0 && m.Why == "" {
		if was.Fingerprint == is.Fingerprint {
			return nil
		}
		m.Why = "is not as it was read"
	}
	return m
}

// looked says that an instance is looked at now and was not, or the other way round.
func looked(is savedPart) string {
	switch {
	case is.Read != nil:
		return "can be told now, and could not"
	case is.Why != "":
		return "is skipped now: " + is.Why
	}
	return "cannot be told any more"
}

// under names differences by what they are in.
func under(what string, was, is json.RawMessage) []step.Field {
	fields := step.Diff(was, is)
	for i := range fields {
		fields[i].Path = what + "." + fields[i].Path
		if fields[i].Path == what+"." {
			fields[i].Path = what
		}
	}
	return fields
}

func undoText(undo *step.Reverse) json.RawMessage {
	if undo == nil {
		return nil
	}
	return marshal(undo)
}
