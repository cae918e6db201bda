package view

import (
	"fmt"
	"time"

	"writ/engine/journal"
)

// FailedCalls prints the calls of a run that had no answer, or one that says no: by the request's id its owner finds
// out what happened.
func (s *Screen) FailedCalls(records []journal.Record) {
	told := 0
	for _, rec := range records {
		for _, c := range rec.Calls {
			if !c.Failed() {
				continue
			}
			if told++; told == 1 {
				s.Line("")
				s.Line("calls that failed")
			}
			if told > maxLines {
				continue
			}
			one := pageCallsOf([]*journal.Record{{Calls: append(rec.Calls[:0:0], c)}})[0]
			s.Wrapped("  ", c.Began.Local().Format(time.TimeOnly)+" "+Clean(rec.Step)+": "+one.words())
		}
	}
	if more := told - maxLines; more > 0 {
		s.folded(fmt.Sprintf("… %d more", more))
	}
}

// words are a call on one line.
func (c pageCall) words() string {
	words := c.Operation + ": " + c.Status + " in " + c.Took
	if c.RequestID != "" {
		words += ", request " + c.RequestID
	}
	return words
}
