package engine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/engine"
	"writ/engine/journal"
	"writ/engine/plan"
	"writ/engine/step"
	"writ/engine/toy"
)

// This file is the toy cloud of the tests, which fails as a test wants it to.

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

// showsOld lets reads of a cell show what it once held, for that long.
func (c *cloud) showsOld(name, value string, long time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.old[name], c.stale[name] = value, time.Now().Add(long)
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

func (c *cloud) Read(ctx context.Context, name string) (string, error) {
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
func (c *cloud) Write(_ context.Context, op string, cells map[string]string) error {
	f := c.meet(op)
	c.mu.Lock()
	defer c.mu.Unlock()
	w := call{op: op}
	if f.acts {
		w.changed = map[string]string{}
		for name, value := range cells {
			if value == toy.New {
				c.made++
				value = fmt.Sprint("id-", c.made)
			}
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

func (c *cloud) kinds() step.Kinds { return toy.Kinds(c) }

// Settle is twice the lag.
func (c *cloud) Settle() time.Duration { return 2 * c.lag }

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
