package view

import (
	"fmt"
	"slices"

	"writ/engine/journal"
	"writ/engine/step"
)

// pageCall is one call of a service: what its owner asks for when something has to be looked into.
type pageCall struct {
	Operation, Method, Status, RequestID, Took string
	Failed                                     bool
}

// pageCallsOf are the calls that a step's records tell of, each once.
func pageCallsOf(log []*journal.Record) []pageCall {
	var all []step.Call
	for _, rec := range log {
		for _, c := range rec.Calls {
			if !slices.Contains(all, c) {
				all = append(all, c)
			}
		}
	}
	out := make([]pageCall, len(all))
	for i, c := range all {
		status := "no answer"
		if c.Status != 0 {
			status = fmt.Sprint(c.Status)
		}
		out[i] = pageCall{
			Operation: Clean(c.Service + " " + c.Operation), Method: Clean(c.Method), Status: status, RequestID: Clean(c.RequestID),
			Took: took(c.Took), Failed: c.Failed(),
		}
	}
	return out
}
