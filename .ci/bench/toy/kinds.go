package main

import (
	"context"
	"sync"
	"time"

	"writ/engine/step"
	"writ/engine/toy"
)

func kinds() step.Kinds {
	return step.Kinds{nothing(), step.Define(toy.Cell(&cells{at: map[string]string{}}, "toy.cell"))}
}

type empty struct{}

type state struct {
	Done bool `json:"done"`
}

// nothing is a kind that does nothing, and that no call reads.
func nothing() step.Kind {
	return step.Define(step.Spec[empty, state]{
		Name: "toy.nothing", Summary: "nothing", Effect: step.Irreversible,
		Schema:  []byte(`{"definitions": {"input": {"type": "object", "additionalProperties": false}, "output": {"type": "object", "properties": {"done": {"type": "boolean"}}}}}`),
		Goal:    func(empty, state) state { return state{Done: true} },
		Apply:   func(context.Context, empty, state) error { return nil },
		Outputs: func(_ empty, s state) any { return s },
		Objects: func(empty) []string { return nil },
		Doubt:   func(empty, state) step.Doubt { return step.Doubt{Class: step.Unreadable} },
	})
}

// cells is a cloud that answers at once.
type cells struct {
	mu sync.Mutex
	at map[string]string
}

func (c *cells) Read(_ context.Context, name string) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at[name], nil
}

func (c *cells) Write(_ context.Context, _ string, set map[string]string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for name, value := range set {
		c.at[name] = value
	}
	return nil
}

func (c *cells) Settle() time.Duration { return 0 }
