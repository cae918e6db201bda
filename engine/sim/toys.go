package sim

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"writ/engine/step"
	"writ/engine/toy"
)

// Toys is a cloud of cells, as the toy kinds see one.
type Toys struct {
	Cells   map[string]string
	idle    []string // ops that set what stood already, though a read shows that
	twice   []string // ops that made a thing where one stood
	old     map[string]string
	stale   time.Time // until when reads show the old, if they may
	written map[string]time.Time
	made    int
}

// NewToys is a cloud with cells in it.
func NewToys(cells map[string]string) *Toys {
	return &Toys{Cells: maps.Clone(cells), old: map[string]string{}, written: map[string]time.Time{}}
}

// Clone is the same cloud once more.
func (t *Toys) Clone() Cloud {
	c := *t
	c.Cells, c.old, c.written = maps.Clone(t.Cells), maps.Clone(t.old), maps.Clone(t.written)
	c.idle, c.twice = slices.Clone(t.idle), slices.Clone(t.twice)
	return &c
}

// State lists the cells. A text that the cloud chose is as good as another.
func (t *Toys) State() string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(t.Cells)) {
		value := t.Cells[name]
		if strings.HasPrefix(value, "id-") {
			value = "id"
		}
		fmt.Fprintf(&b, "%s=%s\n", name, value)
	}
	return b.String()
}

func (t *Toys) write(op string, cells map[string]string, half bool, now time.Time) {
	idle := op != "apply grant" // which no read shows
	for i, name := range slices.Sorted(maps.Keys(cells)) {
		value := cells[name]
		if half && i%2 == 1 {
			idle = idle && t.Cells[name] == value // what acts by half was sent for the other half
			continue
		}
		if value == toy.New {
			t.made++
			if t.Cells[name] != "" {
				t.twice = append(t.twice, op)
			}
			value = fmt.Sprint("id-", t.made)
		}
		idle = idle && t.Cells[name] == value
		t.old[name], t.written[name] = t.Cells[name], now
		if t.Cells[name] = value; value == "" {
			delete(t.Cells, name)
		}
	}
	if idle {
		t.idle = append(t.idle, op)
	}
}

// Needless answers what should not have been sent.
func (t *Toys) Needless() (idle, twice []string) { return t.idle, t.twice }

// read is what a read shows: for a while after a write, at bad times, what stood before.
func (t *Toys) read(name string, now time.Time) string {
	if old, ok := t.old[name]; ok && now.Before(t.stale) && now.Before(t.written[name].Add(settle)) {
		return old
	}
	return t.Cells[name]
}

// net is how the toy kinds reach the cloud of whatever process runs.
type net struct{ c *Case }

// settle is how long reads may be stale.
const settle = 2 * time.Second

func (net) Settle() time.Duration { return settle }

func (n net) Read(ctx context.Context, name string) (value string, err error) {
	if ctx.Err() != nil {
		return "", &step.Error{Class: step.Unavailable, Message: "stopped"}
	}
	p := n.c.now
	f := p.Round("read "+name, false, func(c Cloud, _ bool) {
		value = c.(*Toys).read(name, p.clock.now)
	})
	if f == Stale {
		t := p.Cloud.(*Toys)
		t.stale = p.clock.now.Add(settle / 2)
		return t.read(name, p.clock.now), nil
	}
	return value, errorOf(f, step.Unavailable)
}

func (n net) Write(ctx context.Context, op string, cells map[string]string) error {
	if ctx.Err() != nil {
		return &step.Error{Class: step.Unavailable, Message: "stopped"}
	}
	f := n.c.now.Round(op, true, func(c Cloud, half bool) { c.(*Toys).write(op, cells, half, n.c.now.clock.now) })
	return errorOf(f, step.UnknownOutcome)
}

// errorOf is the error that a fault comes to; unclear is the class of what may or may not have acted.
func errorOf(f Fault, unclear step.Class) error {
	class := unclear
	switch f {
	case None:
		return nil
	case Throttled:
		class = step.Throttled
	case Refused:
		class = step.Unavailable
	case Expired:
		class = step.Unauthenticated
	case Denied:
		class = step.Denied
	case Invalid:
		class = step.Invalid
	}
	return &step.Error{Class: class, Operation: "toy", Message: string(f)}
}
