package main

import (
	"errors"
	"io"
	"syscall"

	"github.com/spf13/cobra"

	"writ/engine"
)

// outlet is standard output. It takes everything, so that a run goes on when nobody can be told, and keeps why
// something was lost.
type outlet struct {
	w    io.Writer
	lost error
}

func (o *outlet) Write(text []byte) (int, error) {
	// A reader that went away has seen what it wanted.
	if _, err := o.w.Write(text); err != nil && o.lost == nil && !errors.Is(err, syscall.EPIPE) {
		o.lost = err
	}
	return len(text), nil
}

// checkOutput speaks up when what was printed did not all arrive. A command whose result that is has failed then; what
// a run did stands in its journal, and its exit stays.
func (a *app) checkOutput(cmd *cobra.Command, out *outlet) {
	a.redactor.flush()
	if out.lost == nil {
		return
	}
	a.err().Complaint("standard output is not written whole: " + out.lost.Error())
	switch cmd.Name() {
	case "apply", "resume", "rollback":
		return
	}
	if a.exit == engine.ExitDone || a.exit == engine.ExitPending {
		a.exit = engine.ExitJournal
	}
}
