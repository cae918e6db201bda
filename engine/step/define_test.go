package step

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

type toyIn struct {
	Name string `json:"name"`
}

type toyState struct {
	Value string `json:"value"`
	Notes string `json:"notes,omitempty"`
}

const toySchema = `{"definitions":{"input":{"type":"object"},"output":{"type":"object"}}}`

// toy is a reversible kind with nothing left out that it must have.
func toy() Spec[toyIn, toyState] {
	return Spec[toyIn, toyState]{
		Name: "toy.cell", Summary: "a cell", Schema: []byte(toySchema), Effect: Reversible,
		Read:  func(_ context.Context, in toyIn) (toyState, error) { return toyState{Value: in.Name}, nil },
		Goal:  func(in toyIn, before toyState) toyState { return toyState{Value: before.Value + "+" + in.Name} },
		Apply: func(context.Context, toyIn, toyState) error { return nil },
		Undo: func(_ context.Context, _ toyIn, now, want toyState) error {
			return errors.New(now.Value + ">" + want.Value)
		},
		Reverse: func(_ toyIn, now, want toyState) Reversal[toyState] {
			return Reversal[toyState]{Want: want, Says: "puts it back"}
		},
		Outputs: func(_ toyIn, state toyState) any { return map[string]string{"value": state.Value} },
		Objects: func(in toyIn) []string { return []string{"cell/" + in.Name} },
	}
}

func TestDefineRefusesAKindThatContradictsItself(t *testing.T) {
	type spec = Spec[toyIn, toyState]
	for name, spoil := range map[string]func(*spec){
		"no name":                       func(s *spec) { s.Name = "" },
		"no summary":                    func(s *spec) { s.Summary = "" },
		"no outputs":                    func(s *spec) { s.Outputs = nil },
		"no effect":                     func(s *spec) { s.Effect = "" },
		"no schema":                     func(s *spec) { s.Schema = nil },
		"a schema without input":        func(s *spec) { s.Schema = []byte(`{"definitions":{"output":{}}}`) },
		"reversible without undo":       func(s *spec) { s.Undo = nil },
		"reversible without read":       func(s *spec) { s.Read = nil },
		"reversible without reverse":    func(s *spec) { s.Reverse = nil },
		"a change without a goal":       func(s *spec) { s.Goal = nil },
		"a change without objects":      func(s *spec) { s.Objects = nil },
		"a change without apply":        func(s *spec) { s.Apply = nil },
		"irreversible with undo":        func(s *spec) { s.Effect = Irreversible },
		"reading with a write":          func(s *spec) { s.Effect, s.Undo = Reads, nil },
		"reading with an undo":          func(s *spec) { s.Effect, s.Apply = Reads, nil },
		"reading without a read":        func(s *spec) { s.Effect, s.Apply, s.Undo, s.Read = Reads, nil, nil, nil },
		"irreversible without an apply": func(s *spec) { s.Effect, s.Undo, s.Apply = Irreversible, nil, nil },
	} {
		t.Run(name, func(t *testing.T) {
			s := toy()
			require.NotPanics(t, func() { Define(s) })
			spoil(&s)
			require.Panics(t, func() { Define(s) })
		})
	}
}

func TestDefineRubsOutTypes(t *testing.T) {
	ctx, in, x := context.Background(), raw(`{"name":"n"}`), raw(`{"value":"x"}`)
	k := Define(toy())
	require.True(t, k.Readable())
	require.False(t, k.Awaits())

	state, err := k.Read(ctx, in)
	require.NoError(t, err)
	require.Equal(t, `{"value":"n"}`, string(state))
	will, err := k.Assess(in, x)
	require.NoError(t, err)
	require.Equal(t, Assessment{
		Goal: raw(`{"value":"x+n"}`), Outputs: raw(`{"value":"x+n"}`), Was: true, Will: true,
		Doubt: Doubt{Class: Set, Settle: 2 * time.Second}, Reverse: Reverse{Want: x, Says: "puts it back"},
	}, will)
	require.NoError(t, k.Apply(ctx, in, x))
	require.EqualError(t, k.Undo(ctx, in, x, raw(`{"value":"y"}`)), "x>y")
	reverse, err := k.Reverse(in, will.Goal, x)
	require.NoError(t, err)
	require.Equal(t, Reverse{Want: raw(`{"value":"x"}`), Says: "puts it back"}, reverse)
	require.True(t, reverse.Exact())
	out, err := k.Outputs(in, x)
	require.NoError(t, err)
	require.Equal(t, `{"value":"x"}`, string(out))
	objects, err := k.Objects(in)
	require.NoError(t, err)
	require.Equal(t, []string{"cell/n"}, objects)
}

func TestWhatAKindLeavesOutHasADefault(t *testing.T) {
	in := raw(`{"name":"n"}`)
	k := Define(toy())
	counts, err := k.Counts(raw(`{"value":"x","notes":"y"}`))
	require.NoError(t, err)
	require.Equal(t, `{"value":"x","notes":"y"}`, string(counts))
	accepts, err := k.Accepts(in, nil, raw(`{"value":"x"}`))
	require.NoError(t, err)
	require.False(t, accepts)
	for state, want := range map[string]bool{`{"value":""}`: false, `{"value":"x"}`: true} {
		will, err := k.Assess(in, raw(state))
		require.NoError(t, err)
		require.Equal(t, want, will.Was, state)
	}

	s := toy()
	s.Effect, s.Undo, s.Reverse = Irreversible, nil, nil
	reverse, err := Define(s).Reverse(in, raw(`{"value":"x"}`), nil)
	require.NoError(t, err)
	require.Equal(t, Reverse{Want: raw(`{"value":"x"}`), Gone: true}, reverse)

	s = toy()
	s.Effect, s.Undo, s.Reverse, s.Apply, s.Goal, s.Objects = Reads, nil, nil, nil, nil, nil
	reads := Define(s)
	will, err := reads.Assess(in, raw(`{"value":"x"}`))
	require.NoError(t, err)
	require.Equal(t, Assessment{Goal: raw(`{"value":"x"}`), Outputs: raw(`{"value":"x"}`)}, will)
	objects, err := reads.Objects(in)
	require.NoError(t, err)
	require.Nil(t, objects)
}

func TestWhatAKindSaysWins(t *testing.T) {
	s := toy()
	s.Await = func(_ context.Context, in toyIn) (bool, error) { return in.Name == "n", nil }
	s.Doubt = func(in toyIn, before toyState) Doubt { return Doubt{Class: Create} }
	s.Counts = func(state toyState) toyState { return toyState{Value: state.Value} }
	s.Accepts = func(in toyIn, before, found toyState) bool { return found.Value == before.Value+in.Name }
	s.Present = func(in toyIn, state toyState) bool { return state.Value == in.Name }
	s.Caution = func(in toyIn, before toyState) string { return in.Name + " was " + before.Value }
	s.Risk = func(_ toyIn, before toyState) string { return before.Value + " is lost" }
	k, in := Define(s), raw(`{"name":"n"}`)
	require.True(t, k.Awaits())
	there, err := k.Await(context.Background(), in)
	require.NoError(t, err)
	require.True(t, there)
	counts, _ := k.Counts(raw(`{"value":"x","notes":"y"}`))
	require.Equal(t, `{"value":"x"}`, string(counts))
	accepts, _ := k.Accepts(in, raw(`{"value":"x"}`), raw(`{"value":"xn"}`))
	require.True(t, accepts)
	same, _ := k.Same(raw(`{"value":"x","notes":"y"}`), raw(`{"value":"x"}`))
	require.True(t, same)
	same, _ = k.Same(raw(`{"value":"x"}`), raw(`{"value":"z"}`))
	require.False(t, same)
	will, err := k.Assess(in, raw(`{"value":"n"}`))
	require.NoError(t, err)
	require.Equal(t, Doubt{Class: Create}, will.Doubt)
	require.Equal(t, "n was n", will.Caution)
	require.Equal(t, "n is lost", will.Risk)
	require.Equal(t, []bool{true, false, false}, []bool{will.Was, will.Will, will.Same})
}

func TestWhatAnotherWritMayHaveWrittenIsAnErrorWhereAStepBegins(t *testing.T) {
	s := toy()
	s.Await = func(context.Context, toyIn) (bool, error) { return true, nil }
	s.Accepts = func(toyIn, toyState, toyState) bool { return true }
	k, ctx, ok := Define(s), context.Background(), raw(`{}`)
	bad := raw(`{"unheard_of":1}`)
	for name, call := range map[string]func() error{
		"read":         func() error { _, err := k.Read(ctx, bad); return err },
		"assess":       func() error { _, err := k.Assess(ok, bad); return err },
		"assess in":    func() error { _, err := k.Assess(bad, ok); return err },
		"same":         func() error { _, err := k.Same(bad, ok); return err },
		"await":        func() error { _, err := k.Await(ctx, bad); return err },
		"reverse now":  func() error { _, err := k.Reverse(ok, bad, ok); return err },
		"reverse want": func() error { _, err := k.Reverse(ok, ok, bad); return err },
		"counts":       func() error { _, err := k.Counts(bad); return err },
		"accepts":      func() error { _, err := k.Accepts(ok, bad, ok); return err },
		"accepts what": func() error { _, err := k.Accepts(ok, ok, bad); return err },
	} {
		require.ErrorContains(t, call(), "unheard_of", name)
	}
}

func TestKindsAreFoundByName(t *testing.T) {
	kinds := Kinds{Define(toy())}
	k, ok := kinds.Find("toy.cell")
	require.True(t, ok)
	require.Equal(t, "a cell", k.Summary)
	_, ok = kinds.Find("toy.sell")
	require.False(t, ok)
	require.Equal(t, []string{"toy.cell"}, kinds.Names())
}

func TestAnErrorHasAClassEverywhere(t *testing.T) {
	e := &Error{Class: Throttled, Operation: "mpc ShowAgenciesTask", Status: 429, Code: "APIG.0308", Message: "slow down", RequestID: "r1"}
	wrapped := fmt.Errorf("read mpc: %w", e)
	require.Equal(t, "mpc ShowAgenciesTask: HTTP 429 APIG.0308: slow down (request r1)", e.Error())
	require.Same(t, e, ErrorOf(wrapped))
	require.True(t, IsClass(wrapped, Throttled))
	require.False(t, IsClass(wrapped, Denied))
	require.False(t, IsClass(errors.New("x"), Internal))
	require.Equal(t, &Error{Class: Internal, Message: "x"}, ErrorOf(errors.New("x")))
	retryable := map[Class]bool{Throttled: true, Unavailable: true}
	for _, c := range []Class{Throttled, Unavailable, Unauthenticated, Denied, Invalid, NotFound, Conflict, AlreadySo, UnknownOutcome, Internal} {
		require.Equal(t, retryable[c], (&Error{Class: c}).Retryable(), c)
	}
	_, err := json.Marshal(e)
	require.NoError(t, err)
}
