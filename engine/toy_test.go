package engine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/engine"
	"writ/engine/journal"
	"writ/engine/plan"
	"writ/engine/step"
)

// This file is a toy cloud: cells with texts in them, and kinds that read and write those.

// cloud is safe for concurrent use.
type cloud struct {
	mu     sync.Mutex
	cells  map[string]string  // a cell that was never set is not there
	faults map[string][]fault // by call, e.g. "apply a": what happens to the first, the second, …
	always map[string]fault   // by call: what happens to every one
	log    []call
	stale  map[string]time.Time // until when reads of a cell show what stood before
	old    map[string]string
	lag    time.Duration // how long reads show what stood before a write
	onCall func(op string)
	made   int
}

// fault is what happens to one call.
type fault struct {
	acts   bool
	err    error
	panics bool
	do     func() // first, while the cloud is not locked
	only   string // a fan-out acts on this cell only
}

// call is a write as it came in, and what it changed.
type call struct {
	op      string
	changed map[string]string // nil when it did not act; "" for a cell that is gone
}

func newCloud(cells map[string]string) *cloud {
	if cells == nil {
		cells = map[string]string{}
	}
	return &cloud{
		cells: maps.Clone(cells), faults: map[string][]fault{}, always: map[string]fault{},
		stale: map[string]time.Time{}, old: map[string]string{},
	}
}

func failing(class step.Class) fault { return fault{err: &step.Error{Class: class, Operation: "toy"}} }

var (
	lostActed = fault{acts: true, err: &step.Error{Class: step.UnknownOutcome, Message: "reset"}}
	lost      = failing(step.UnknownOutcome)
	throttled = failing(step.Throttled)
	signedOut = failing(step.Unauthenticated)
	refused   = failing(step.Invalid)
)

func (c *cloud) fails(op string, faults ...fault) { c.faults[op] = append(c.faults[op], faults...) }

func (c *cloud) snapshot() map[string]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.cells)
}

func (c *cloud) set(name, value string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.put(name, value)
}

func (c *cloud) put(name, value string) {
	if c.lag > 0 {
		c.old[name], c.stale[name] = c.cells[name], time.Now().Add(c.lag)
	}
	if value == "" {
		delete(c.cells, name)
		return
	}
	c.cells[name] = value
}

// writes are the writes that acted, in their order.
func (c *cloud) writes() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var ops []string
	for _, w := range c.log {
		if w.changed != nil {
			ops = append(ops, w.op)
		}
	}
	return ops
}

// sent are the writes that came in, whether they acted or not.
func (c *cloud) sent() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.log)
}

// meet takes the fault that a call meets.
func (c *cloud) meet(op string) fault {
	if c.onCall != nil {
		c.onCall(op)
	}
	c.mu.Lock()
	f, found := c.always[op]
	if queue := c.faults[op]; len(queue) > 0 {
		f, found = queue[0], true
		c.faults[op] = queue[1:]
	}
	c.mu.Unlock()
	if !found {
		return fault{acts: true}
	}
	if f.do != nil {
		f.do()
	}
	return f
}

func (c *cloud) read(ctx context.Context, name string) (string, error) {
	f := c.meet("read " + name)
	if f.panics {
		panic("read panics")
	}
	if err := ctx.Err(); err != nil {
		return "", &step.Error{Class: step.Unavailable, Message: err.Error()}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Now().Before(c.stale[name]) {
		return c.old[name], f.err
	}
	return c.cells[name], f.err
}

// write sets cells in one call.
func (c *cloud) write(op string, cells map[string]string) error {
	f := c.meet(op)
	c.mu.Lock()
	defer c.mu.Unlock()
	w := call{op: op}
	if f.acts {
		w.changed = map[string]string{}
		for name, value := range cells {
			if f.only == "" || f.only == name {
				c.put(name, value)
				w.changed[name] = value
			}
		}
	}
	c.log = append(c.log, w)
	if f.panics {
		panic("write panics with secret-of-the-test")
	}
	return f.err
}

func (c *cloud) kinds() step.Kinds {
	return step.Kinds{c.cell(), c.setKind(), c.make(), c.rows(), c.grant(), c.list(), c.slow()}
}

func schema(input, output string) []byte {
	return fmt.Appendf(nil, `{"definitions": {
		"input": {"type": "object", "additionalProperties": false, "properties": {%s}},
		"output": {"type": "object", "additionalProperties": false, "properties": {%s}}}}`, input, output)
}

type cellIn struct {
	Name   string `json:"name"`
	Value  string `json:"value,omitempty"`
	Secret string `json:"secret,omitempty"`
}

type cellState struct {
	Value string `json:"value"`
}

// cell sets one cell: a plain set. A value that begins with ! cannot be restored once it is gone; one that begins with
// ~ only in part. A secret is written behind the value.
func (c *cloud) cell() step.Kind { return step.Define(c.cellSpec("toy.cell")) }

func (c *cloud) cellSpec(name string) step.Spec[cellIn, cellState] {
	return step.Spec[cellIn, cellState]{
		Name: name, Summary: "a cell", Effect: step.Reversible,
		Schema: schema(`"name": {"type": "string"}, "value": {"type": "string", "maxLength": 20}, "secret": {"type": "string", "x-writ-sensitive": true}`, `"value": {"type": "string"}`),
		Read: func(ctx context.Context, in cellIn) (cellState, error) {
			v, err := c.read(ctx, in.Name)
			if value, _, with := strings.Cut(v, "|"); with {
				v = value
			}
			return cellState{v}, err
		},
		Goal: func(in cellIn, _ cellState) cellState { return cellState{in.Value} },
		Apply: func(_ context.Context, in cellIn, _ cellState) error {
			value := in.Value
			if in.Secret != "" {
				value += "|" + in.Secret
			}
			return c.write("apply "+in.Name, map[string]string{in.Name: value})
		},
		Undo: func(_ context.Context, in cellIn, _, want cellState) error {
			return c.write("undo "+in.Name, map[string]string{in.Name: want.Value})
		},
		Reverse: func(_ cellIn, now, want cellState) step.Reversal[cellState] {
			r := step.Reversal[cellState]{Want: want, Says: "puts " + want.Value + " back"}
			switch {
			case strings.HasPrefix(want.Value, "!"):
				r.Gone = true
			case strings.HasPrefix(want.Value, "~"):
				r.Want, r.Left = cellState{"~"}, []step.Residue{{Field: "value", Why: "only its beginning can be restored"}}
			}
			return r
		},
		Outputs: func(_ cellIn, s cellState) any { return s },
		Objects: func(in cellIn) []string { return []string{"cell/" + in.Name} },
		Doubt:   func(cellIn, cellState) step.Doubt { return step.Doubt{Class: step.Set, Settle: 2 * c.lag} },
	}
}

// slow is a cell whose effect is there when another cell says so.
func (c *cloud) slow() step.Kind {
	s := c.cellSpec("toy.slow")
	s.Await = func(ctx context.Context, in cellIn) (bool, error) {
		v, err := c.read(ctx, "ready")
		return v == "yes", err
	}
	return step.Define(s)
}

type setIn struct {
	Name    string   `json:"name"`
	Members []string `json:"members"`
}

type setState struct {
	Members []string `json:"members"`
}

func members(text string) []string {
	if text == "" {
		return []string{}
	}
	return strings.Split(text, ",")
}

// setKind adds members to a set.
func (c *cloud) setKind() step.Kind {
	union := func(a, b []string) []string {
		all := slices.Concat(a, b)
		slices.Sort(all)
		return slices.Compact(all)
	}
	return step.Define(step.Spec[setIn, setState]{
		Name: "toy.set", Summary: "a set", Effect: step.Reversible,
		Schema: schema(`"name": {"type": "string"}, "members": {"type": "array", "items": {"type": "string"}}`, `"members": {"type": "array", "items": {"type": "string"}}`),
		Read: func(ctx context.Context, in setIn) (setState, error) {
			v, err := c.read(ctx, in.Name)
			return setState{members(v)}, err
		},
		Goal: func(in setIn, before setState) setState { return setState{union(before.Members, in.Members)} },
		Apply: func(_ context.Context, in setIn, before setState) error {
			return c.write("apply "+in.Name, map[string]string{in.Name: strings.Join(union(before.Members, in.Members), ",")})
		},
		Undo: func(_ context.Context, in setIn, _, want setState) error {
			return c.write("undo "+in.Name, map[string]string{in.Name: strings.Join(want.Members, ",")})
		},
		Reverse: func(_ setIn, _, want setState) step.Reversal[setState] { return step.Reversal[setState]{Want: want} },
		Outputs: func(_ setIn, s setState) any { return s },
		Objects: func(in setIn) []string { return []string{"cell/" + in.Name} },
		Doubt:   func(setIn, setState) step.Doubt { return step.Doubt{Class: step.Set} },
	})
}

type makeState struct {
	Made bool   `json:"made"`
	ID   string `json:"id,omitempty"`
}

// make makes a thing whose id the cloud chooses.
func (c *cloud) make() step.Kind {
	return step.Define(step.Spec[cellIn, makeState]{
		Name: "toy.make", Summary: "a thing", Effect: step.Reversible,
		Schema: schema(`"name": {"type": "string"}`, `"id": {"type": "string"}`),
		Read: func(ctx context.Context, in cellIn) (makeState, error) {
			v, err := c.read(ctx, in.Name)
			return makeState{v != "", v}, err
		},
		Goal: func(cellIn, makeState) makeState { return makeState{Made: true} },
		Apply: func(_ context.Context, in cellIn, _ makeState) error {
			c.mu.Lock()
			c.made++
			id := fmt.Sprint("id-", c.made)
			c.mu.Unlock()
			return c.write("apply "+in.Name, map[string]string{in.Name: id})
		},
		Undo: func(_ context.Context, in cellIn, _, _ makeState) error {
			return c.write("undo "+in.Name, map[string]string{in.Name: ""})
		},
		Reverse: func(_ cellIn, _, want makeState) step.Reversal[makeState] {
			return step.Reversal[makeState]{Want: want}
		},
		Outputs: func(_ cellIn, s makeState) any {
			if s.ID == "" {
				return map[string]string{}
			}
			return map[string]string{"id": s.ID}
		},
		Objects: func(in cellIn) []string { return []string{"cell/" + in.Name} },
		Doubt:   func(cellIn, makeState) step.Doubt { return step.Doubt{Class: step.Create} },
		Counts:  func(s makeState) makeState { return makeState{Made: s.Made} },
		Present: func(_ cellIn, s makeState) bool { return s.Made },
	})
}

type rowsIn struct {
	Names []string `json:"names"`
	Value string   `json:"value"`
}

type rowsState struct {
	Rows map[string]cellState `json:"rows"`
}

// rows sets many cells with one call.
func (c *cloud) rows() step.Kind {
	return step.Define(step.Spec[rowsIn, rowsState]{
		Name: "toy.rows", Summary: "rows", Effect: step.Reversible,
		Schema: schema(`"names": {"type": "array", "items": {"type": "string"}}, "value": {"type": "string"}`, `"rows": {"type": "object", "additionalProperties": {"type": "object", "properties": {"value": {"type": "string"}}}}`),
		Read: func(ctx context.Context, in rowsIn) (rowsState, error) {
			s := rowsState{map[string]cellState{}}
			for _, name := range in.Names {
				v, err := c.read(ctx, name)
				if err != nil {
					return s, err
				}
				s.Rows[name] = cellState{v}
			}
			return s, nil
		},
		Goal: func(in rowsIn, _ rowsState) rowsState {
			s := rowsState{map[string]cellState{}}
			for _, name := range in.Names {
				s.Rows[name] = cellState{in.Value}
			}
			return s
		},
		Apply: func(_ context.Context, in rowsIn, _ rowsState) error {
			cells := map[string]string{}
			for _, name := range in.Names {
				cells[name] = in.Value
			}
			return c.write("apply rows", cells)
		},
		Undo: func(_ context.Context, _ rowsIn, _, want rowsState) error {
			cells := map[string]string{}
			for name, row := range want.Rows {
				cells[name] = row.Value
			}
			return c.write("undo rows", cells)
		},
		Reverse: func(_ rowsIn, _, want rowsState) step.Reversal[rowsState] {
			return step.Reversal[rowsState]{Want: want}
		},
		Outputs: func(_ rowsIn, s rowsState) any { return s },
		Objects: func(in rowsIn) []string {
			var names []string
			for _, name := range in.Names {
				names = append(names, "cell/"+name)
			}
			return names
		},
		Doubt: func(rowsIn, rowsState) step.Doubt { return step.Doubt{Class: step.FanOut} },
	})
}

type grantIn struct {
	Buckets []string `json:"buckets"`
}

// grant adds buckets to what nothing can read, and nothing takes back.
func (c *cloud) grant() step.Kind {
	return step.Define(step.Spec[grantIn, grantIn]{
		Name: "toy.grant", Summary: "a grant", Effect: step.Irreversible,
		Schema: schema(`"buckets": {"type": "array", "items": {"type": "string"}}`, `"buckets": {"type": "array", "items": {"type": "string"}}`),
		Goal: func(in, before grantIn) grantIn {
			all := slices.Concat(in.Buckets, before.Buckets)
			slices.Sort(all)
			return grantIn{slices.Compact(all)}
		},
		Apply: func(_ context.Context, in, _ grantIn) error {
			cells := map[string]string{}
			for _, b := range in.Buckets {
				cells["granted/"+b] = "yes"
			}
			return c.write("apply grant", cells)
		},
		Outputs: func(in, _ grantIn) any { return in },
		Objects: func(grantIn) []string { return []string{"grant"} },
		Doubt:   func(grantIn, grantIn) step.Doubt { return step.Doubt{Class: step.Unreadable} },
	})
}

// list answers the values of some cells.
func (c *cloud) list() step.Kind {
	type in struct {
		Names []string `json:"names"`
	}
	return step.Define(step.Spec[in, rowsState]{
		Name: "toy.list", Summary: "some cells", Effect: step.Reads,
		Schema: schema(`"names": {"type": "array", "items": {"type": "string"}}`, `"values": {"type": "array", "items": {"type": "string"}}`),
		Read: func(ctx context.Context, in in) (rowsState, error) {
			s := rowsState{map[string]cellState{}}
			for _, name := range in.Names {
				v, err := c.read(ctx, name)
				if err != nil {
					return s, err
				}
				s.Rows[name] = cellState{v}
			}
			return s, nil
		},
		Outputs: func(in in, s rowsState) any {
			values := []string{}
			for _, name := range in.Names {
				if v := s.Rows[name].Value; v != "" {
					values = append(values, v)
				}
			}
			return map[string][]string{"values": values}
		},
		Objects: func(in in) []string {
			var names []string
			for _, name := range in.Names {
				names = append(names, "cell/"+name)
			}
			return names
		},
	})
}

// bench is an engine over a toy cloud.
type bench struct {
	*engine.Engine
	t       *testing.T
	cloud   *cloud
	env     map[string]string
	options journal.Options
	file    string
	dir     string
	stop    chan struct{}
	watched []journal.Record
}

// tempDir is a place for runs, in memory where there is such a place: a test makes thousands of syncs.
func tempDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "writ-*")
	if err != nil {
		dir = t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return filepath.Join(dir, "runs")
}

func newBench(t *testing.T, cells map[string]string) *bench {
	t.Helper()
	return benchAt(t, newCloud(cells), tempDir(t))
}

func benchAt(t *testing.T, c *cloud, dir string) *bench {
	t.Helper()
	folder, err := journal.OpenFolder(dir)
	require.NoError(t, err)
	t.Cleanup(func() { _ = folder.Close() })
	b := &bench{t: t, cloud: c, env: map[string]string{}, dir: dir, options: journal.Options{Parallelism: 1}, stop: make(chan struct{})}
	b.Engine = &engine.Engine{
		Kinds: c.kinds(), Folder: folder, Version: "test", Stop: b.stop,
		Getenv: func(name string) string { return b.env[name] },
		Redact: func(text string) string { return strings.ReplaceAll(text, "secret-of-the-test", "(secret)") },
		Watch:  func(rec journal.Record) { b.watched = append(b.watched, rec) },
	}
	return b
}

var target = journal.Target{Cloud: "huaweicloud", Region: "r", ProjectID: "p"}

// job loads a plan, given without its first line.
func (b *bench) job(text string, given map[string]any, refs map[string]string) engine.Job {
	b.t.Helper()
	p, found := plan.Load(b.file, []byte("version: 1\n"+text), b.Kinds)
	require.NotNil(b.t, p, "%v", found)
	if given == nil {
		given = map[string]any{}
	}
	for name := range refs {
		given[name] = "(secret)"
	}
	values, faults := p.ResolveInputs(given)
	require.Empty(b.t, faults)
	in, err := engine.NewInputs(values, refs, b.Getenv)
	require.NoError(b.t, err)
	return engine.Job{Plan: p, Inputs: in, Target: target, Options: b.options}
}

func yes(*journal.Run) error { return nil }

// apply carries a plan out, without any question.
func (b *bench) apply(text string) *journal.Run {
	b.t.Helper()
	run, err := b.Apply(context.Background(), b.job(text, nil, nil), yes)
	require.NoError(b.t, err)
	return run
}

func (b *bench) preview(text string) *journal.Run {
	b.t.Helper()
	run, err := b.Preview(context.Background(), b.job(text, nil, nil))
	require.NoError(b.t, err)
	return run
}

func (b *bench) resume(id string, words ...engine.Assumption) *journal.Run {
	b.t.Helper()
	run, err := b.Resume(context.Background(), id, words...)
	require.NoError(b.t, err)
	return run
}

func (b *bench) rollback(id string, force bool) *journal.Run {
	b.t.Helper()
	run, err := b.Rollback(context.Background(), id, force)
	require.NoError(b.t, err)
	return run
}

// end is how a run went, in one line for each instance.
type end struct {
	Mode   journal.Mode
	Closed journal.Closed
	Exit   engine.Exit
	Steps  map[string]string
}

func ending(run *journal.Run) end {
	e := end{run.Mode, run.Closed, engine.Exit(run.Exit), map[string]string{}}
	for _, n := range run.Nodes {
		for _, p := range n.Parts {
			word := string(p.Phase)
			if p.How != "" && p.Phase != journal.PhaseFailed {
				word = string(p.How)
			}
			if p.Undo.Phase != "" {
				word += ", undo " + string(p.Undo.Phase)
			}
			e.Steps[p.Address] = word
		}
	}
	return e
}

func (b *bench) refused(err error, exit engine.Exit) {
	b.t.Helper()
	var r *engine.Refusal
	require.ErrorAs(b.t, err, &r)
	require.Equal(b.t, exit, r.Exit, r.Message)
}

func text(raw json.RawMessage) string { return string(raw) }
