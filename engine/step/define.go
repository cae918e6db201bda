package step

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// Spec is a kind in its own types: In holds the arguments, State what Read finds. What a kind cannot do is a field
// left out. No function of a kind loops, sleeps, retries, signs or prints: its client and the engine do.
type Spec[In, State any] struct {
	Name    string // service.thing, the address of the kind's file and schema
	Summary string // what it is for, in one line, without a full stop
	Notes   []string
	Schema  []byte // {"description", "definitions": {"input": {…}, "output": {…}}}
	Effect  Effect
	Actions Actions

	// Read looks and changes nothing; lists it answers are sorted. Absent only where no call can read the thing.
	Read func(context.Context, In) (State, error)
	// Goal is what a successful Apply leaves behind. Pure.
	Goal func(in In, before State) State
	// Apply sends the writes; required unless the kind only reads.
	Apply func(ctx context.Context, in In, before State) error
	// Await looks once whether the effect is really there.
	Await func(context.Context, In) (bool, error)
	// Undo leads from now to want. Required for a reversible kind.
	Undo func(ctx context.Context, in In, now, want State) error
	// Reverse says how far undo can lead from now towards want, and in words what it does. Required for a
	// reversible kind. Pure.
	Reverse func(in In, now, want State) Reversal[State]
	// Outputs picks from a state what plans may use. Pure.
	Outputs func(in In, state State) any
	// Objects names what the step touches; required unless the kind only reads. Pure.
	Objects func(In) []string
	// Doubt classifies this very change; absent means a plain Set. Pure.
	Doubt func(in In, before State) Doubt
	// Caution says what a person should know before this very change is made and no read tells, such as that undo may
	// be forbidden to who may apply; absent means nothing. Pure.
	Caution func(in In, before State) string
	// Risk says what this very change may destroy for good, where the documents leave open whether it does. Such a change
	// does not count as one that can be put back exactly. Pure.
	Risk func(in In, before State) string
	// Counts strips from a state what is not compared or restored; absent means all of it counts. Pure.
	Counts func(State) State
	// Accepts reports that found is what Apply may have left too, though it is not the goal to the letter: where a
	// service is known to have more than one way. Absent means: only the goal. Pure.
	Accepts func(in In, before, found State) bool
	// Present reports whether the thing stands in the state; absent means: the state is not empty. Pure.
	Present func(in In, state State) bool
}

// Reversal is Reverse in the kind's own types.
type Reversal[State any] struct {
	Want State
	Left []Residue
	Says string
	Gone bool
}

// schemaDocument is the part of a kind's schema file that the engine reads.
type schemaDocument struct {
	Definitions struct {
		Input  json.RawMessage `json:"input"`
		Output json.RawMessage `json:"output"`
	} `json:"definitions"`
}

// Define rubs a spec's types out. It panics on a spec that contradicts itself, which is a mistake in writ's own
// source.
func Define[In, State any](s Spec[In, State]) Kind {
	s.check()
	var doc schemaDocument
	if err := json.Unmarshal(s.Schema, &doc); err != nil || doc.Definitions.Input == nil || doc.Definitions.Output == nil {
		panic(fmt.Sprintf("step %s: its schema has no input or output definition: %v", s.Name, err))
	}
	var output struct {
		Properties map[string]json.RawMessage `json:"properties"`
	}
	if err := json.Unmarshal(doc.Definitions.Output, &output); err != nil {
		panic(fmt.Sprintf("step %s: its output definition is no schema of an object: %v", s.Name, err))
	}
	k := Kind{
		Name: s.Name, Summary: s.Summary, Notes: s.Notes, Effect: s.Effect, Actions: s.Actions,
		Schema: s.Schema, Input: doc.Definitions.Input, Output: doc.Definitions.Output,
		fn: &funcs{
			assess: s.assess, outputs: s.outputs(), objects: s.objects(), counts: s.counts(), same: s.same,
			reverse: s.reverse(), accepts: s.accepts(), names: slices.Sorted(maps.Keys(output.Properties)),
		},
	}
	if s.Read != nil {
		k.fn.read = erase1(s.Read)
	}
	if s.Await != nil {
		k.fn.await = func(ctx context.Context, in json.RawMessage) (bool, error) {
			i, err := decode[In](in)
			if err != nil {
				return false, err
			}
			return s.Await(ctx, i)
		}
	}
	if s.Apply != nil {
		k.fn.apply = func(ctx context.Context, in, before json.RawMessage) error {
			i, b, err := known2[In, State](in, before)
			if err != nil {
				return err
			}
			return s.Apply(ctx, i, b)
		}
	}
	if s.Undo != nil {
		k.fn.undo = s.undo()
	}
	return k
}

func (s Spec[In, State]) check() {
	must := func(ok bool, what string) {
		if !ok {
			panic(fmt.Sprintf("step %s: %s", s.Name, what))
		}
	}
	must(s.Name != "" && s.Summary != "" && s.Outputs != nil, "has no name, summary or outputs")
	switch s.Effect {
	case Reads:
		must(s.Read != nil && s.Apply == nil && s.Undo == nil, "reads, so it has a Read and no Apply or Undo")
	case Reversible:
		must(s.Read != nil && s.Undo != nil && s.Reverse != nil, "is reversible, so it has a Read, an Undo and a Reverse")
	case Irreversible:
		must(s.Undo == nil, "is irreversible, so it has no Undo")
	default:
		must(false, "has no effect")
	}
	must(s.Effect == Reads || (s.Goal != nil && s.Apply != nil && s.Objects != nil), "changes something, so it has a Goal, an Apply and its Objects")
}

func (s Spec[In, State]) outputs() func(in, state json.RawMessage) (json.RawMessage, error) {
	return func(rawIn, rawState json.RawMessage) (json.RawMessage, error) {
		in, state, err := known2[In, State](rawIn, rawState)
		if err != nil {
			return nil, err
		}
		return json.Marshal(s.Outputs(in, state))
	}
}

func (s Spec[In, State]) objects() func(in json.RawMessage) ([]string, error) {
	return func(in json.RawMessage) ([]string, error) {
		if s.Objects == nil {
			return nil, nil
		}
		i, err := known[In](in)
		if err != nil {
			return nil, err
		}
		return s.Objects(i), nil
	}
}

func (s Spec[In, State]) counts() func(json.RawMessage) (json.RawMessage, error) {
	return func(raw json.RawMessage) (json.RawMessage, error) {
		state, err := decode[State](raw)
		if err != nil {
			return nil, err
		}
		return s.counted(state)
	}
}

// counted is what counts of a state. The same type writes the same state in one way only.
func (s Spec[In, State]) counted(state State) (json.RawMessage, error) {
	if s.Counts != nil {
		state = s.Counts(state)
	}
	return json.Marshal(state)
}

func (s Spec[In, State]) same(rawA, rawB json.RawMessage) (bool, error) {
	if bytes.Equal(rawA, rawB) {
		return true, nil
	}
	a, b, err := decode2[State, State](rawA, rawB)
	if err != nil {
		return false, err
	}
	return s.alike(a, b)
}

func (s Spec[In, State]) alike(a, b State) (bool, error) {
	one, err := s.counted(a)
	if err != nil {
		return false, err
	}
	other, err := s.counted(b)
	return bytes.Equal(one, other), err
}

func (s Spec[In, State]) accepts() func(in, before, found json.RawMessage) (bool, error) {
	return func(in, before, found json.RawMessage) (bool, error) {
		if s.Accepts == nil {
			return false, nil
		}
		i, b, err := decode2[In, State](in, before)
		if err != nil {
			return false, err
		}
		f, err := decode[State](found)
		if err != nil {
			return false, err
		}
		return s.Accepts(i, b, f), nil
	}
}

func (s Spec[In, State]) reverse() func(in, now, want json.RawMessage) (Reverse, error) {
	return func(in, now, want json.RawMessage) (Reverse, error) {
		if s.Reverse == nil {
			return Reverse{Want: now, Gone: true}, nil
		}
		i, n, err := decode2[In, State](in, now)
		if err != nil {
			return Reverse{}, err
		}
		w, err := decode[State](want)
		if err != nil {
			return Reverse{}, err
		}
		return s.reversal(i, n, w)
	}
}

func (s Spec[In, State]) reversal(in In, now, want State) (Reverse, error) {
	r := s.Reverse(in, now, want)
	out, err := json.Marshal(r.Want)
	return Reverse{Want: out, Left: r.Left, Says: r.Says, Gone: r.Gone}, err
}

func (s Spec[In, State]) undo() func(ctx context.Context, in, now, want json.RawMessage) error {
	return func(ctx context.Context, in, now, want json.RawMessage) error {
		i, n, err := known2[In, State](in, now)
		if err != nil {
			return err
		}
		w, err := known[State](want)
		if err != nil {
			return err
		}
		return s.Undo(ctx, i, n, w)
	}
}

func erase1[A, B any](f func(context.Context, A) (B, error)) func(context.Context, json.RawMessage) (json.RawMessage, error) {
	return func(ctx context.Context, raw json.RawMessage) (json.RawMessage, error) {
		a, err := decode[A](raw)
		if err != nil {
			return nil, err
		}
		b, err := f(ctx, a)
		if err != nil {
			return nil, err
		}
		return json.Marshal(b)
	}
}

func decode2[A, B any](rawA, rawB json.RawMessage) (a A, b B, err error) {
	if a, err = decode[A](rawA); err != nil {
		return a, b, err
	}
	b, err = decode[B](rawB)
	return a, b, err
}

// decode refuses fields that the type does not have: another writ may have written them, and would have meant something.
// What a step begins with is decoded so: its arguments and what it finds.
func decode[T any](raw json.RawMessage) (T, error) {
	var v T
	if len(raw) == 0 || string(raw) == "null" {
		return v, nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		return v, fmt.Errorf("decode %T: %w", v, err)
	}
	return v, nil
}

// known decodes what decode has taken before, or what this very type wrote, at half the price.
func known[T any](raw json.RawMessage) (T, error) {
	var v T
	if len(raw) == 0 {
		return v, nil
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		return v, fmt.Errorf("decode %T: %w", v, err)
	}
	return v, nil
}

func known2[A, B any](rawA, rawB json.RawMessage) (a A, b B, err error) {
	if a, err = known[A](rawA); err != nil {
		return a, b, err
	}
	b, err = known[B](rawB)
	return a, b, err
}
