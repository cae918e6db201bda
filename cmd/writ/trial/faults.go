package trial

import (
	"encoding/json"
	"fmt"
	"strings"

	"writ/engine/diag"
	"writ/engine/step"
)

// Fault makes one call of one step go wrong.
type Fault struct {
	At    string `json:"at"`             // address of the step
	Fault string `json:"fault"`          // one of Names
	Undo  bool   `json:"undo,omitempty"` // on the way back
	// Nth is which of the calls by which the step changes something, or reads if it only reads: from 1, which 0 stands for.
	Nth   int `json:"nth,omitempty"`
	Times int `json:"times,omitempty"` // so many calls in a row; 0 stands for 1
}

// String is the fault in words: lost_reply at mpc, on the way back.
func (f Fault) String() string {
	text := f.Fault + " at " + f.At
	if f.Undo {
		text += ", on the way back"
	}
	if f.Nth > 1 {
		text += fmt.Sprintf(", call %d", f.Nth)
	}
	return text
}

// The names of faults.
const (
	LostReply   = "lost_reply"   // the call acts, and its answer never comes
	Unavailable = "unavailable"  // the connection is cut before the call acts
	ServerError = "server_error" // 500, and the call did not act
	RefusedCall = "refused"      // 400, in the service's words
	Denied      = "denied"       // 403
	Throttled   = "throttled"    // 429
	Late        = "late"         // the answer takes its time
)

// named is what a name makes of the sandbox.
var named = []struct {
	name, short string
	does        sandboxFault
}{
	{LostReply, "lost", sandboxFault{Do: "reset", When: "after"}},
	{Unavailable, "cut", sandboxFault{Do: "reset"}},
	{ServerError, "500", sandboxFault{Do: "status", Status: 500}},
	{RefusedCall, "400", sandboxFault{Do: "status", Status: 400}},
	{Denied, "403", sandboxFault{Do: "status", Status: 403}},
	{Throttled, "429", sandboxFault{Do: "status", Status: 429}},
	{Late, "late", sandboxFault{Do: "delay", Seconds: 0.02}},
}

// sandboxFault is the body of POST /-/faults.
type sandboxFault struct {
	Service   string  `json:"service"`
	Operation string  `json:"operation"`
	Nth       int     `json:"nth"`
	Times     int     `json:"times,omitempty"`
	When      string  `json:"when,omitempty"`
	Do        string  `json:"do"`
	Status    int     `json:"status,omitempty"`
	Seconds   float64 `json:"seconds,omitempty"`
}

// Names lists the names of faults.
func Names() []string {
	names := make([]string, len(named))
	for i, n := range named {
		names[i] = n.name
	}
	return names
}

// Short are words for the names, of at most four letters, for the heads of tables.
func Short() []string {
	words := make([]string, len(named))
	for i, n := range named {
		words[i] = n.short
	}
	return words
}

// GoesBack reports whether a step of the kind can meet faults on its way back.
func GoesBack(kind step.Kind) bool { return kind.Effect == step.Reversible }

// FaultsOf lists the faults that a step of the kind can meet. What only reads has no effect that a lost answer could
// hide.
func FaultsOf(kind step.Kind) []string {
	if kind.Effect == step.Reads {
		return Names()[1:]
	}
	return Names()
}

// aimed is a fault with the call that it is for.
type aimed struct {
	Fault
	reads bool // the step only reads: there is no intent to wait for
	body  sandboxFault
	from  int // the request of the log from which on it counts; -1 before it is in place
}

func (a *aimed) document() string {
	raw, _ := json.Marshal(a.body)
	return string(raw)
}

// aim finds the calls that faults are for.
func (c *Calls) aim(faults []Fault) ([]*aimed, error) {
	var all []*aimed
	for _, f := range faults {
		a, err := c.aimOne(f)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f, err)
		}
		all = append(all, a)
	}
	return all, nil
}

func (c *Calls) aimOne(f Fault) (*aimed, error) {
	a := &aimed{Fault: f, from: -1}
	found := false
	for _, n := range named {
		if n.name == f.Fault {
			a.body, found = n.does, true
		}
	}
	if !found {
		return nil, fmt.Errorf("there is no such fault%s", hint(f.Fault, Names()))
	}
	s := c.steps[f.At]
	if s == nil {
		return nil, fmt.Errorf("no such step sends a call%s", hint(f.At, c.Steps()))
	}
	calls := s.ways[f.Undo]
	switch {
	case s.reads && f.Undo:
		return nil, fmt.Errorf("step %s only reads; it has no way back", f.At)
	case s.reads && f.Fault == LostReply:
		return nil, fmt.Errorf("step %s only reads; say %s", f.At, Unavailable)
	case len(calls) == 0 && f.Undo:
		return nil, fmt.Errorf("undisturbed, step %s undoes nothing", f.At)
	case len(calls) == 0:
		return nil, fmt.Errorf("undisturbed, step %s sends nothing", f.At)
	}
	a.reads, a.body.Times = s.reads, f.Times
	nth := max(f.Nth, 1)
	target := calls[(nth-1)%len(calls)] // what comes after the last is sent again
	a.body.Service, a.body.Operation = target.Service, target.Operation
	a.body.Nth = s.earlier[target.Operation]
	for i := range nth {
		if calls[i%len(calls)].Operation == target.Operation {
			a.body.Nth++
		}
	}
	return a, nil
}

func hint(word string, known []string) string {
	if near := diag.Nearest(word, known); near != "" {
		return "; did you mean " + near + "?"
	}
	if len(known) == 0 {
		return ""
	}
	return "; say " + strings.Join(known, ", ")
}
