package sim

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"time"

	"writ/engine"
	"writ/engine/plan"
	"writ/engine/step"
	"writ/engine/toy"
)

// Case is a plan and the cloud that it is carried out on. It serves one goroutine.
type Case struct {
	Kinds       step.Kinds
	Equip       func() step.Kinds // the kinds of one process, where each has its own; nil: Kinds
	Plan        *plan.Plan
	Inputs      *engine.Inputs
	Secret      string
	Parallelism int
	Begin       func() Cloud // the cloud before
	// OneWay names the steps that no undo puts back, and what they leave in the cloud's state, to look for.
	OneWay map[string]string
	// OnceOnly names those that a person decides on when their answer is lost, and what they leave in the cloud's state.
	OnceOnly map[string]string
	FailsAt  string // the call that is refused in the scene that fails
	// Log is told each event and each record; nil for nobody.
	Log func(format string, args ...any)

	now    *Process
	before string
	after  string
	runs   int // how many processes ran
}

// NewToyCase makes a case of a plan of toy kinds and the cells before it.
func NewToyCase(text string, cells map[string]string, parallelism int) (*Case, error) {
	c := &Case{Parallelism: parallelism, Secret: "a-secret-of-the-plan"}
	c.Kinds = toy.Kinds(net{c})
	c.Begin = func() Cloud { return NewToys(maps.Clone(cells)) }
	return c, c.Load(text)
}

// Load reads the plan, with the secret for each of its inputs.
func (c *Case) Load(text string) error {
	p, faults := plan.Load("", []byte(text), c.Kinds)
	if p == nil {
		return fmt.Errorf("the plan: %v", faults)
	}
	given, refs := map[string]any{}, map[string]string{}
	for _, in := range p.Inputs {
		given[in.Name.Value], refs[in.Name.Value] = "(secret)", "env:SECRET"
	}
	values, faults := p.ResolveInputs(given)
	if len(faults) > 0 {
		return fmt.Errorf("the inputs: %v", faults)
	}
	inputs, err := engine.NewInputs(values, refs, func(string) string { return c.Secret })
	c.Plan, c.Inputs = p, inputs
	return err
}

// Now is the time in the world of the process that runs.
func (c *Case) Now() time.Time {
	if c.now == nil {
		return dawn
	}
	return c.now.clock.now
}

// Sleep lets time pass there.
func (c *Case) Sleep(ctx context.Context, d time.Duration) error {
	c.now.clock.After(d)
	return ctx.Err()
}

// Round takes a call to the cloud of that world.
func (c *Case) Round(op string, write bool, act func(cloud Cloud, half bool)) Fault {
	return c.now.Round(op, write, act)
}

// Process is a process in a world. Trouble and each may be nil.
func (c *Case) Process(w *World, rng *rand.Rand, trouble Trouble, each func(int, Event)) *Process {
	c.runs++
	if c.Log != nil {
		c.Log("process %d at %s", c.runs, w.clock.now.Sub(dawn))
	}
	return &Process{World: w, rng: rng, trouble: trouble, each: each, stop: make(chan struct{}), log: c.Log}
}
