package main

import (
	"errors"
	"slices"

	"github.com/spf13/cobra"

	"writ/cmd/writ/view"
	"writ/engine"
	"writ/engine/diag"
)

func (a *app) json() bool { return a.flags.format == "json" }

// stream is the one stream of JSON lines of this invocation: printed when that is asked for, and kept for reports. Its
// first line, the header, names the format: that of whoever asks first. The list of runs has none: there, each line
// carries its version.
func (a *app) stream(format string) *view.JSONLines {
	if a.lines != nil {
		return a.lines
	}
	var to []*view.Screen
	if a.json() || asksJSON(a.args) {
		to = append(to, a.out())
	}
	if a.reports.has("json") {
		to = append(to, view.NewScreen(&a.reports.lines, nil, true, 0, ""))
	}
	if format == runStream {
		a.lines = view.Lines(to...)
	} else {
		a.lines = view.NewJSONLines(format, to...)
	}
	return a.lines
}

// What the streams are called.
const (
	previewStream    = "writ preview"
	recordStream     = "writ records"
	runStream        = "writ runs"
	diagnosticStream = "writ diagnostics"
	graphStream      = "writ graph"
	kindStream       = "writ kinds"
	versionStream    = "writ version"
	authStream       = "writ auth"
	permissionStream = "writ permissions"
	rehearsalStream  = "writ rehearsal"
)

// streamOf is the format that a command speaks in JSON. It is kept where the command is found again after an error.
const streamOf = "stream"

// failure is the last line of a stream that ends in an error.
type failure struct {
	Error struct {
		Exit        engine.Exit       `json:"exit"`
		Message     string            `json:"message"`
		Diagnostics []diag.Diagnostic `json:"diagnostics,omitempty"`
	} `json:"error"`
}

// complain prints why the program could not do what was asked.
func (a *app) complain(cmd *cobra.Command, err error) {
	var faults *faultyPlan
	isFaulty := errors.As(err, &faults)
	if !isFaulty { // else they are printed already, each at its place
		a.err().Complaint(err.Error() + advice(err))
	}
	format, speaks := cmd.Annotations[streamOf]
	if !speaks {
		return
	}
	var line failure
	line.Error.Exit, line.Error.Message = exitOf(err), err.Error()
	if isFaulty {
		line.Error.Diagnostics = faults.list
	}
	a.stream(format).Line(line)
}

// asksJSON reads the arguments themselves: a wrong flag ends the reading of all that follow it.
func asksJSON(args []string) bool {
	i := slices.Index(args, "--format")
	return slices.Contains(args, "--format=json") || i >= 0 && i+1 < len(args) && args[i+1] == "json"
}
