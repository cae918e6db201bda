// Package step says what a kind of step is: a struct of functions and the words that describe it. It knows no
// plan, graph or journal, and no cloud: values cross it as JSON, and what a kind does behind its functions is the
// kind's own business.
package step

import (
	"context"
	"encoding/json"
	"time"
)

// Effect is the class of a kind.
type Effect string

// The three effects.
const (
	Reads        Effect = "reads"        // looks, never changes anything
	Reversible   Effect = "reversible"   // changes, and can put back what it found
	Irreversible Effect = "irreversible" // changes, and no call takes it back
)

// OperationClass tells what is known about repeating a write whose outcome is unknown.
type OperationClass string

// The operation classes.
const (
	Set        OperationClass = "set"        // same request, same end state, readable: may be sent again when the old value still stands
	Create     OperationClass = "create"     // the server picks the identity: sent again only when a search finds nothing after settling
	FanOut     OperationClass = "fan_out"    // one call, many objects: may be sent again while each object is old or wanted
	Unreadable OperationClass = "unreadable" // an absolute set that no call reads: a person, or an accepted repetition, decides
	OneWay     OperationClass = "one_way"    // what was there cannot be restored: never sent again by itself
)

// Doubt is the rule for one change when its reply is lost.
type Doubt struct {
	Class  OperationClass `json:"class"`
	Settle time.Duration  `json:"settle_ns,omitempty"` // how long a read may still show the old value after the write acted
}

// Reverse is what undo can do to get from one state to another.
type Reverse struct {
	Want json.RawMessage `json:"want"`           // the state that undo will leave
	Left []Residue       `json:"left,omitempty"` // what it cannot put back
	Says string          `json:"says,omitempty"` // what undo does, in words, and whom it touches
	Gone bool            `json:"gone,omitempty"` // the old value is lost once the change is made: nothing of it can be restored
}

// Exact reports that undo restores everything.
func (r Reverse) Exact() bool { return len(r.Left) == 0 && !r.Gone }

// Residue is one field that undo cannot put back.
type Residue struct {
	Field string `json:"field"` // where in the state, e.g. rows.all-users
	Why   string `json:"why"`
}

// Kind is what a step does, with its own types rubbed out to JSON. The zero Kind is of no use: Define makes them.
type Kind struct {
	Name    string          `json:"name"`
	Summary string          `json:"summary"`
	Notes   []string        `json:"notes,omitempty"` // quirks worth knowing, a sentence or two each
	Effect  Effect          `json:"effect"`
	Actions Actions         `json:"actions"`
	Schema  json.RawMessage `json:"-"`      // the kind's schema document
	Input   json.RawMessage `json:"input"`  // JSON Schema of the arguments
	Output  json.RawMessage `json:"output"` // JSON Schema of the outputs

	fn *funcs
}

type funcs struct {
	read    func(context.Context, json.RawMessage) (json.RawMessage, error)
	assess  func(in, before json.RawMessage) (Assessment, error)
	apply   func(ctx context.Context, in, before json.RawMessage) error
	await   func(context.Context, json.RawMessage) (bool, error)
	undo    func(ctx context.Context, in, now, want json.RawMessage) error
	reverse func(in, now, want json.RawMessage) (Reverse, error)
	outputs func(in, state json.RawMessage) (json.RawMessage, error)
	objects func(in json.RawMessage) ([]string, error)
	counts  func(json.RawMessage) (json.RawMessage, error)
	same    func(a, b json.RawMessage) (bool, error)
	accepts func(in, before, found json.RawMessage) (bool, error)
	names   []string // of the outputs, sorted
}

// Readable reports whether a call exists that shows what the kind changes.
func (k Kind) Readable() bool { return k.fn.read != nil }

// Awaits reports whether the kind knows when its effect is really there.
func (k Kind) Awaits() bool { return k.fn.await != nil }

// Read looks at what the step would touch and changes nothing. It is called for every preview, before each apply,
// after a crash and after an undo, and may be repeated freely.
func (k Kind) Read(ctx context.Context, in json.RawMessage) (json.RawMessage, error) {
	return k.fn.read(ctx, in)
}

// Assess says where a step leads, given what stood before, and what may come of it. Pure.
func (k Kind) Assess(in, before json.RawMessage) (Assessment, error) { return k.fn.assess(in, before) }

// Apply sends the writes that lead from before to the goal. It is called only after the intent is safely written,
// and never repeats a write by itself. A nil error means the service said it acted.
func (k Kind) Apply(ctx context.Context, in, before json.RawMessage) error {
	return k.fn.apply(ctx, in, before)
}

// Await looks once whether the effect is really there. The engine polls at its own pace, also after a restart.
func (k Kind) Await(ctx context.Context, in json.RawMessage) (bool, error) {
	return k.fn.await(ctx, in)
}

// Undo leads from now to want, a state that Reverse answered. It does nothing when want already holds, and may be
// repeated after any failure.
func (k Kind) Undo(ctx context.Context, in, now, want json.RawMessage) error {
	return k.fn.undo(ctx, in, now, want)
}

// Reverse says how far undo can lead from now towards want. Pure.
func (k Kind) Reverse(in, now, want json.RawMessage) (Reverse, error) {
	return k.fn.reverse(in, now, want)
}

// Outputs is what the plan may use of a step in the given state. For a predicted state, what the kind cannot know
// before the write is left out. Pure.
func (k Kind) Outputs(in, state json.RawMessage) (json.RawMessage, error) {
	return k.fn.outputs(in, state)
}

// OutputNames are the names of what the kind puts out, sorted.
func (k Kind) OutputNames() []string { return k.fn.names }

// Accepts reports that found, which is not the goal, is what Apply may have left all the same. Pure.
func (k Kind) Accepts(in, before, found json.RawMessage) (bool, error) {
	return k.fn.accepts(in, before, found)
}

// Objects names what the step touches. Two steps with a name in common never run at the same time. A
// name that ends in /* stands for all names below it, and for itself; see Index. Pure.
func (k Kind) Objects(in json.RawMessage) ([]string, error) { return k.fn.objects(in) }

// Counts is the part of a state that is compared and restored; the rest is there to explain it. Pure.
func (k Kind) Counts(state json.RawMessage) (json.RawMessage, error) { return k.fn.counts(state) }

// Same reports whether two states are equal in all that counts. Pure.
func (k Kind) Same(a, b json.RawMessage) (bool, error) { return k.fn.same(a, b) }

// Kinds is the list of kinds, in the order in which they are explained.
type Kinds []Kind

// Find answers the kind of that name.
func (ks Kinds) Find(name string) (Kind, bool) {
	for _, k := range ks {
		if k.Name == name {
			return k, true
		}
	}
	return Kind{}, false
}

// Names lists the names of all kinds.
func (ks Kinds) Names() []string {
	names := make([]string, len(ks))
	for i, k := range ks {
		names[i] = k.Name
	}
	return names
}
