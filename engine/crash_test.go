package engine_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"writ/engine"
	"writ/engine/journal"
	"writ/engine/step"
)

// The core law: a run whose process dies at any record ends, resumed, where an unbroken one ends, and, rolled back,
// where it began. A journal cut behind a record stands for the death; for each write that was then on its way there
// are two clouds, one in which it acted and one in which it did not.

// scene is a run to be broken.
type scene struct {
	name   string
	plan   string
	start  map[string]string
	once   map[string][]fault // what the unbroken run meets; a run that goes on meets none of it
	always map[string]fault
	end    map[string]string // of the unbroken run
	begin  map[string]string // after a rollback; start, unless something stays
	width  int
}

const mixed = `
defaults: {retry: {max: 3, backoff: 1s}}
steps:
  - {id: same, uses: toy.cell, with: {name: same, value: same}}
  - {id: a, uses: toy.cell, with: {name: a, value: new}}
  - {id: s, uses: toy.set, with: {name: s, members: [m]}, needs: [a]}
  - {id: each, uses: toy.cell, for_each: [k, l], with: {name: "${{ each.key }}", value: "${{ steps.a.outputs.value }}"}}
  - {id: rows, uses: toy.rows, with: {names: [r1, r2], value: v}, needs: [s]}
  - {id: more, uses: toy.set, with: {name: "${{ 's' }}", members: [n]}, needs: [s]}
`

func mixedStart() map[string]string {
	return map[string]string{"same": "same", "a": "old", "s": "l", "r1": "one", "other": "theirs"}
}

func scenes() []scene {
	done := map[string]string{"same": "same", "a": "new", "s": "l,m,n", "k": "new", "l": "new", "r1": "v", "r2": "v", "other": "theirs"}
	some := lostActed
	some.only = "r1"
	wobbles := map[string][]fault{"apply a": {lost, lostActed}, "apply s": {throttled}, "apply k": {lostActed}, "apply rows": {some}}
	failing := mixed + "  - {id: bad, uses: toy.cell, with: {name: bad, value: x}, needs: [rows, each, more]}\n"
	granted := maps.Clone(mixedStart())
	granted["granted/b"] = "yes"
	all := maps.Clone(done)
	all["granted/b"] = "yes"
	return []scene{
		{name: "all goes well", plan: mixed, start: mixedStart(), end: done, begin: mixedStart(), width: 1},
		{name: "side by side", plan: mixed, start: mixedStart(), end: done, begin: mixedStart(), width: 4},
		{name: "replies are lost", plan: mixed, start: mixedStart(), once: wobbles, end: done, begin: mixedStart(), width: 4},
		{name: "a step fails", plan: failing, start: mixedStart(), always: map[string]fault{"apply bad": refused}, end: mixedStart(), begin: mixedStart(), width: 1},
		{name: "a step fails, and undos wobble", plan: failing, start: mixedStart(), always: map[string]fault{"apply bad": refused},
			once: map[string][]fault{"undo a": {lost, lostActed}, "undo s": {throttled, lostActed}, "undo rows": {some}}, end: mixedStart(), begin: mixedStart(), width: 4},
		{name: "already so, and it is not", plan: failing, start: mixedStart(), always: map[string]fault{"apply bad": {err: &step.Error{Class: step.AlreadySo}}}, end: mixedStart(), begin: mixedStart(), width: 1},
		{name: "a step cannot be evaluated", plan: mixed + "  - {id: mk, uses: toy.make, with: {name: mk}}\n  - {id: bad, uses: toy.cell, with: {name: bad, value: \"${{ steps.mk.outputs.id }}, which is far too long\"}}\n", start: mixedStart(), end: mixedStart(), begin: mixedStart(), width: 1},
		{name: "something cannot be undone", plan: mixed + "  - {id: g, uses: toy.grant, irreversible: accept, with: {buckets: [b]}}\n", start: mixedStart(), end: all, begin: granted, width: 1},
	}
}

// broken is a run up to one of its records.
type broken struct {
	scene   scene
	id      string
	lines   [][]byte // the journal's header and records
	records []journal.Record
	cloud   map[string]string // at the beginning of the log
	log     []call            // what the cloud was asked, in order
	blobs   map[string][]byte // the files beside the journal
	calls   map[string][]int  // op → places in log
}

func (s scene) bench(t *testing.T, cells map[string]string, dir string) *bench {
	b := benchAt(t, newCloud(cells), dir)
	b.options.Parallelism = s.width
	b.cloud.always = s.always
	return b
}

// unbroken runs a scene to its end.
func (s scene) unbroken(t *testing.T) broken {
	b := s.bench(t, s.start, tempDir(t))
	for op, faults := range s.once {
		b.cloud.fails(op, slices.Clone(faults)...)
	}
	run := b.apply(s.plan)
	require.Equal(t, s.end, b.cloud.snapshot())
	return record(t, b, s, run.Open.Run, s.start)
}

// record takes down what a run left.
func record(t *testing.T, b *bench, s scene, id string, cells map[string]string) broken {
	r := broken{scene: s, id: id, records: records(b, id), cloud: cells, log: b.cloud.log, blobs: map[string][]byte{}, calls: map[string][]int{}}
	dir := filepath.Join(b.dir, "runs", id)
	data, err := os.ReadFile(filepath.Join(dir, "journal"))
	require.NoError(t, err)
	r.lines = bytes.SplitAfter(bytes.TrimRight(data, "\x00"), []byte("\n"))
	paths, err := filepath.Glob(dir + "/blobs/*")
	require.NoError(t, err)
	for _, path := range paths {
		if r.blobs[filepath.Base(path)], err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}
	for at, c := range r.log {
		r.calls[c.op] = append(r.calls[c.op], at)
	}
	require.Len(t, r.lines, len(r.records)+2, "a header, a line each, and nothing behind the last newline")
	return r
}

// cut makes the folder and the cloud as they are when the process dies behind the nth record. From is the record at
// which the log begins.
func (r broken) cut(t *testing.T, from, n int, acted bool) (b *bench, ours int) {
	dir := tempDir(t)
	run := filepath.Join(dir, "runs", r.id)
	require.NoError(t, os.MkdirAll(filepath.Join(run, "blobs"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(run, "journal"), bytes.Join(r.lines[:n+1], nil), 0o600))
	for name, data := range r.blobs {
		require.NoError(t, os.WriteFile(filepath.Join(run, "blobs", name), data, 0o600))
	}
	cells, ours := r.cells(t, from, n, acted)
	return r.scene.bench(t, cells, dir), ours
}

// cells is the cloud behind the nth record, and how many writes acted for it.
func (r broken) cells(t *testing.T, from, n int, acted bool) (map[string]string, int) {
	seen := map[string]int{}
	open := map[string]int{} // address → the call that its last intent is about
	var sent []int
	for _, rec := range r.records[from:n] {
		switch rec.K {
		case journal.StepIntent, journal.UndoIntent:
			op := r.op(t, rec)
			at := r.calls[op][seen[op]]
			seen[op]++
			open[rec.Step] = at
		case journal.StepOutcome, journal.UndoOutcome:
			sent = append(sent, open[rec.Step])
			delete(open, rec.Step)
		}
	}
	for _, at := range open {
		if acted {
			sent = append(sent, at)
		}
	}
	slices.Sort(sent)
	cells, ours := maps.Clone(r.cloud), 0
	for _, at := range sent {
		if r.log[at].changed != nil {
			ours++
		}
		for name, value := range r.log[at].changed {
			if cells[name] = value; value == "" {
				delete(cells, name)
			}
		}
	}
	return cells, ours
}

// op is the call that an intent is about.
func (r broken) op(t *testing.T, rec journal.Record) string {
	verb := map[journal.Type]string{journal.StepIntent: "apply", journal.UndoIntent: "undo"}[rec.K]
	var args json.RawMessage
	for _, earlier := range r.records {
		for _, in := range earlier.Instances {
			if in.Step == rec.Step {
				args = in.In
			}
		}
	}
	var in struct{ Name string }
	require.NoError(t, json.Unmarshal(args, &in))
	switch id, _, _ := strings.Cut(rec.Step, "["); id {
	case "rows":
		in.Name = "rows"
	case "g":
		in.Name = "grant"
	}
	return verb + " " + in.Name
}

// deaths goes through every record of a run, and where a write is on its way through both clouds.
func (r broken) deaths(from int, die func(n int, acted bool)) {
	open := map[string]bool{}
	for n := from; n < len(r.records); n++ {
		switch rec := r.records[n-1]; rec.K {
		case journal.StepIntent, journal.UndoIntent:
			open[rec.Step] = true
		case journal.StepOutcome, journal.UndoOutcome:
			delete(open, rec.Step)
		}
		die(n, true)
		if len(open) > 0 {
			die(n, false)
		}
	}
}

func (r broken) told(n int, acted bool) string {
	return fmt.Sprintf("died behind record %d, %s %s; its last write acted: %t", n, r.records[n-1].K, r.records[n-1].Step, acted)
}

func TestARunThatDiesAtAnyRecordIsResumedToWhereItWasGoing(t *testing.T) {
	for _, s := range scenes() {
		t.Run(s.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := s.unbroken(t)
				r.deaths(1, func(n int, acted bool) {
					b, ours := r.cut(t, 0, n, acted)
					run := b.resume(r.id)
					if last := r.records[n-1]; last.K == journal.StepIntent && last.Step == "mk" && !acted {
						require.Equal(t, engine.ExitUnknown, engine.Exit(run.Exit), "a creation that did not act is not sent twice")
						run = b.resume(r.id, engine.Assumption{Step: "mk"})
					}
					require.Equal(t, r.last().Closed, run.Closed, r.told(n, acted))
					require.Equal(t, r.last().Exit, run.Exit, r.told(n, acted))
					require.Equal(t, s.end, b.cloud.snapshot(), r.told(n, acted))
					require.LessOrEqual(t, ours+len(b.cloud.writes()), r.acted()+repeated(r, n, acted), r.told(n, acted))
				})
			})
		})
	}
}

func (r broken) last() journal.Record { return r.records[len(r.records)-1] }

func (r broken) acted() int {
	n := 0
	for _, c := range r.log {
		if c.changed != nil {
			n++
		}
	}
	return n
}

// repeated is how many writes may act once more than in the unbroken run: the one that nothing can read, when it was
// on its way; and where a run fails later, nothing bounds what was begun beside it.
func repeated(r broken, n int, acted bool) int {
	if last := r.records[n-1]; last.K == journal.StepIntent && last.Step == "g" && acted {
		return 1
	}
	return 0
}

func TestARunThatDiesAtAnyRecordIsRolledBackToWhereItBegan(t *testing.T) {
	for _, s := range scenes() {
		t.Run(s.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := s.unbroken(t)
				r.deaths(1, func(n int, acted bool) {
					b, _ := r.cut(t, 0, n, acted)
					at := b.cloud.snapshot()
					run := b.rollback(r.id, false)
					want, closed := s.start, journal.ClosedRolledBack
					if intended(r.records[:n], "g") {
						closed = journal.ClosedResidue
					}
					if at["granted/b"] != "" {
						want = s.begin
					}
					require.Equal(t, want, b.cloud.snapshot(), r.told(n, acted))
					require.Equal(t, closed, run.Closed, r.told(n, acted))
				})
			})
		})
	}
}

func intended(records []journal.Record, address string) bool {
	return slices.ContainsFunc(records, func(rec journal.Record) bool { return rec.K == journal.StepIntent && rec.Step == address })
}

const small = `
defaults: {retry: {max: 3, backoff: 1s}}
steps:
  - {id: a, uses: toy.cell, with: {name: a, value: new}}
  - {id: s, uses: toy.set, with: {name: s, members: [m]}, needs: [a]}
`

// Every pair of deaths is tried, every other one with a rollback at the end.
func TestARunThatDiesAgainAndAgainEndsTheSame(t *testing.T) {
	start := map[string]string{"a": "old", "s": "l"}
	for _, s := range []scene{
		{name: "forward", plan: small, start: start, end: map[string]string{"a": "new", "s": "l,m"}, width: 1},
		{name: "back", plan: small + "  - {id: bad, uses: toy.cell, needs: [s], with: {name: bad, value: x}}\n", start: start, end: start, always: map[string]fault{"apply bad": refused}, width: 1},
	} {
		t.Run(s.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := s.unbroken(t)
				r.deaths(1, func(n int, acted bool) {
					first, _ := r.cut(t, 0, n, acted)
					cells := first.cloud.snapshot()
					first.resume(r.id)
					again := record(t, first, s, r.id, cells)
					again.deaths(n+1, func(m int, actedToo bool) {
						b, _ := again.cut(t, n, m, actedToo)
						want := s.end
						if (n+m)%2 == 0 {
							b.resume(r.id)
						} else {
							want = s.start
							b.rollback(r.id, false)
						}
						require.Equal(t, want, b.cloud.snapshot(), "%s; then %s", r.told(n, acted), again.told(m, actedToo))
					})
				})
			})
		})
	}
}

func TestARollbackThatDiesAtAnyRecordGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := scenes()[0]
		b := s.bench(t, s.start, tempDir(t))
		id := b.apply(s.plan).Open.Run
		from, done := len(records(b, id)), len(b.cloud.log)
		b.cloud.fails("undo a", lost, lostActed)
		b.cloud.fails("undo s", throttled)
		b.rollback(id, false)
		r := record(t, b, s, id, s.end)
		r.log, r.calls = r.log[done:], map[string][]int{}
		for at, c := range r.log {
			r.calls[c.op] = append(r.calls[c.op], at)
		}
		r.deaths(from+2, func(n int, acted bool) {
			b, _ := r.cut(t, from, n, acted)
			run := b.resume(id)
			require.Equal(t, journal.ClosedRolledBack, run.Closed, r.told(n, acted))
			require.Equal(t, s.start, b.cloud.snapshot(), r.told(n, acted))
			b, _ = r.cut(t, from, n, acted)
			b.rollback(id, false)
			require.Equal(t, s.start, b.cloud.snapshot(), r.told(n, acted))
		})
	})
}

func TestATornLastRecordIsAsIfItHadNeverBeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := scenes()[0]
		r := s.unbroken(t)
		for n := 2; n < len(r.records); n += 5 {
			b, _ := r.cut(t, 0, n, true)
			path := filepath.Join(b.dir, "runs", r.id, "journal")
			half := r.lines[n+1][:len(r.lines[n+1])/2]
			require.NoError(t, os.WriteFile(path, bytes.Join(append(slices.Clone(r.lines[:n+1]), half), nil), 0o600))
			require.Equal(t, journal.ClosedDone, b.resume(r.id).Closed)
			require.Equal(t, s.end, b.cloud.snapshot())
		}
	})
}

func TestARunThatDiedBeforeItsFirstRecordHasDoneNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := scenes()[0].unbroken(t)
		b, _ := r.cut(t, 0, 0, false)
		_, err := b.Resume(context.Background(), r.id)
		b.refused(err, engine.ExitJournal)
		_, err = b.Rollback(context.Background(), r.id, false)
		b.refused(err, engine.ExitJournal)
		require.Equal(t, engine.ExitDone, engine.Exit(b.apply(three).Exit), "nor does it keep others off")
	})
}
