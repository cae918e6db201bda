package trial

import (
	"errors"

	"writ/engine/journal"
)

// watcher follows a run: it says whose the requests in the sandbox's log are, and puts faults in place when their time
// has come. The engine tells it of an intent before the call goes out, and waits.
type watcher struct {
	cloud    *control
	faults   []*aimed
	requests []Request
	step     string // whose call is under way
	undo     bool
	err      error
}

// record is the engine's Watch.
func (w *watcher) record(rec journal.Record) {
	switch rec.K {
	case journal.StepIntent, journal.UndoIntent:
		w.mark(rec.Step, rec.K == journal.UndoIntent)
		if rec.Attempt == 1 {
			w.arm(func(a *aimed) bool { return !a.reads && a.At == w.step && a.Undo == w.undo })
		}
	case journal.StepOutcome, journal.UndoOutcome:
		w.mark("", false)
	}
}

// begin is the moment between preview and run: from here on reads count.
func (w *watcher) begin() error {
	w.mark("", false)
	w.arm(func(a *aimed) bool { return a.reads })
	return w.err
}

// mark takes the requests that came since the last mark for those of the call that was under way.
func (w *watcher) mark(step string, undo bool) {
	all, err := w.cloud.requests()
	w.err = errors.Join(w.err, err)
	for _, r := range all[min(len(w.requests), len(all)):] {
		r.Step, r.Undo = w.step, w.undo
		w.requests = append(w.requests, r)
	}
	w.step, w.undo = step, undo
}

func (w *watcher) arm(due func(*aimed) bool) {
	for _, a := range w.faults {
		if a.from < 0 && due(a) {
			a.from = len(w.requests)
			w.err = errors.Join(w.err, w.cloud.fault(a.document()))
		}
	}
}

// finish answers all requests.
func (w *watcher) finish() ([]Request, error) {
	w.mark("", false)
	return w.requests, w.err
}

// missed lists the faults whose call never came.
func (w *watcher) missed() []Fault {
	var out []Fault
	for _, a := range w.faults {
		if a.from < 0 || w.count(a) < a.body.Nth {
			out = append(out, a.Fault)
		}
	}
	return out
}

func (w *watcher) count(a *aimed) int {
	n := 0
	for _, r := range w.requests[a.from:] {
		if r.Service == a.body.Service && r.Operation == a.body.Operation {
			n++
		}
	}
	return n
}
