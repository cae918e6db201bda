package view

import (
	"fmt"
	"time"

	"writ/engine/journal"
)

// event is one thing that happened to a step.
type event struct {
	At    string // since the run began
	What  string
	Words string
	Tone  string
}

// logsOf are the records of each instance that is wanted, oldest first.
func logsOf(records []journal.Record, wanted func(address string) bool) map[string][]*journal.Record {
	logs := map[string][]*journal.Record{}
	for i := range records {
		if rec := &records[i]; rec.Step != "" && rec.K != journal.StepEvaluate && wanted(rec.Step) {
			logs[rec.Step] = append(logs[rec.Step], rec)
		}
	}
	return logs
}

func historyOf(run *journal.Run, log []*journal.Record) []event {
	var out []event
	for _, rec := range log {
		e := happened(*rec)
		if e.What == "" {
			continue
		}
		e.At, e.Words = "+"+took(rec.At.Sub(run.Started)), Clean(e.Words)
		out = append(out, e)
	}
	return out
}

func happened(rec journal.Record) event {
	switch rec.K {
	case journal.StepObserve:
		return event{What: "read", Words: observed(rec)}
	case journal.StepIntent:
		return event{What: "write sent", Words: fmt.Sprintf("attempt %d", rec.Attempt)}
	case journal.StepOutcome:
		return answered("write", rec)
	case journal.StepVerify:
		return verified(rec)
	case journal.StepWait:
		return waits(rec)
	case journal.StepDone:
		return event{What: "done", Words: ended(rec), Tone: "good"}
	case journal.StepFail:
		return event{What: "failed", Words: rec.Why, Tone: "bad"}
	case journal.Note:
		return event{What: "a person's word", Words: string(rec.How), Tone: "warn"}
	}
	return happenedBack(rec)
}

func ended(rec journal.Record) string {
	if rec.How == journal.Applied {
		return "reached its goal"
	}
	return doneWords(rec)
}

// happenedBack tells the records of the way back.
func happenedBack(rec journal.Record) event {
	switch rec.K {
	case journal.UndoIntent:
		return event{What: "undo sent", Words: fmt.Sprintf("attempt %d", rec.Attempt)}
	case journal.UndoOutcome:
		return answered("undo", rec)
	case journal.UndoDone:
		switch {
		case rec.Error != nil:
			return event{What: "not undone", Words: rec.Error.Error(), Tone: "bad"}
		case len(rec.Residue) > 0:
			return event{What: "undone in part", Words: rec.Residue[0].Why, Tone: "bad"}
		}
		return event{What: "undone", Words: "read back", Tone: "warn"}
	case journal.UndoSkipped:
		return event{What: "not undone", Words: rec.Why, Tone: "warn"}
	case journal.UndoVerify:
		if len(rec.Residue) > 0 {
			return event{What: "compared", Words: rec.Residue[0].Why, Tone: "bad"}
		}
		return event{What: "compared", Words: "nothing else differs from before the run"}
	}
	return event{}
}

func observed(rec journal.Record) string {
	switch {
	case rec.Error != nil:
		return rec.Error.Error()
	case rec.Change == journal.NoChange:
		return "already as wanted"
	case changeWords[rec.Change] != "":
		return "to " + changeWords[rec.Change]
	}
	return ""
}

func answered(what string, rec journal.Record) event {
	e := event{What: what + " answered", Words: "accepted"}
	if rec.Error != nil {
		e.Words = rec.Error.Error()
	}
	switch rec.Outcome {
	case journal.Unknown:
		e.What, e.Tone = what+"'s outcome unknown", "bad"
	case journal.Rejected:
		e.What, e.Tone = what+" rejected", "bad"
	case "":
		e.What, e.Words = what+" not finished", rec.Why
	}
	if rec.Wait > 0 {
		e.Words += fmt.Sprintf("; next attempt in %s", took(rec.Wait))
		e.Tone = "warn"
	}
	return e
}

// verified says what a read after a write found.
func verified(rec journal.Record) event {
	e := event{What: "read back", Words: rec.Why}
	switch rec.Found {
	case journal.FoundGoal:
		e.Words = "as wanted"
	case journal.FoundBefore:
		e.Words, e.Tone = "as before: it did not act", "warn"
		if rec.After == nil {
			e.Words = "no call can read what it did; sending it once more"
		}
	case journal.FoundOther, journal.Unread:
		e.Tone = "bad"
	}
	if rec.Why != "" {
		e.Words = rec.Why
	}
	if rec.Wait > 0 {
		e.Words += "; next attempt in " + took(rec.Wait)
	}
	return e
}

func waits(rec journal.Record) event {
	if rec.Why != "" {
		return event{What: "waited", Words: rec.Why, Tone: "warn"}
	}
	return event{What: "waits", Words: "for its effect, until " + rec.Until.UTC().Format(time.TimeOnly) + " UTC"}
}
