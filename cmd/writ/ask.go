package main

import (
	"bufio"
	"errors"
	"strings"

	"writ/engine"
	"writ/engine/journal"
)

// errDeclined is the answer no.
var errDeclined = errors.New("declined")

// agree shows the preview and asks. Nothing is asked when there is nothing to do, or when something stands in the way.
func (a *app) agree(preview *journal.Run, s *session, file string, o applyOptions) error {
	known, unknown := engine.Changes(preview, s.engine.Kinds)
	asks := !o.yes && known+unknown > 0 && engine.Obstacle(preview) == nil
	if !a.json() || asks {
		a.err().Preview(preview, a.reports.told.Order)
	}
	if preview.Mode == journal.Paused || a.stopped() {
		return stoppedEarly()
	}
	if !asks {
		return nil
	}
	if !a.terminal || file == stdinName {
		said := ""
		for _, arg := range a.args {
			said += " " + word(arg)
		}
		return wrong("nobody can be asked here; to go ahead say\n    writ%s --yes", said)
	}
	return a.ask("apply this? [y/N] ")
}

// ask waits for a yes, or for a stop: then no answer counts any more.
func (a *app) ask(question string) error {
	a.err().Text(question)
	a.redactor.flush()
	a.asking.Store(true)
	defer a.asking.Store(false)
	answers := make(chan string, 1)
	go func() {
		answer, _ := bufio.NewReader(a.stdin).ReadString('\n')
		answers <- strings.ToLower(strings.TrimSpace(answer))
	}()
	select {
	case <-a.stop:
		a.err().Line("")
		return stoppedEarly()
	case answer := <-answers:
		switch {
		case a.stopped():
			return stoppedEarly()
		case answer != "y" && answer != "yes":
			return errDeclined
		}
	}
	return nil
}

// stopped reports whether a signal came.
func (a *app) stopped() bool {
	select {
	case <-a.stop:
		return true
	default:
		return false
	}
}

func stoppedEarly() error {
	return &engine.Refusal{Exit: engine.ExitPaused, Message: "stopped before the first write; nothing is changed, and there is no run to resume"}
}
