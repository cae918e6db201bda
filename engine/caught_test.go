package engine_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"writ/engine"
	"writ/engine/journal"
	"writ/engine/journal/simdisk"
	"writ/engine/step"
	"writ/engine/toy"
)

// What is here was found by building bugs in: each of these tests catches one that no other test did.

func TestAWriteThatComesLateIsUndoneBeforeTheRunCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, map[string]string{"a": "old"})
		late := lost
		late.do = func() { time.AfterFunc(19*time.Second, func() { b.cloud.set("a", "new") }) }
		b.cloud.fails("apply a", late)
		b.cloud.always["apply bad"] = refused
		run := b.apply(`
defaults: {timeout: 10s, retry: {max: 3, backoff: 1s}}
steps:
  - {id: a, uses: toy.cell, with: {name: a, value: new}}
  - {id: bad, uses: toy.cell, with: {name: bad, value: x}, needs: [a]}
`)
		require.Equal(t, journal.ClosedRolledBack, run.Closed)
		time.Sleep(time.Minute)
		require.Equal(t, map[string]string{"a": "old"}, b.cloud.snapshot())
	})
}

func TestOfSeveralWritesThatComeLateAllAreTakenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := map[string]string{"r1": "old", "r2": "old"}
		b := newBench(t, start)
		late := func(row string) fault {
			f := lost
			f.do = func() { time.AfterFunc(19*time.Second, func() { b.cloud.set(row, "new") }) }
			return f
		}
		b.cloud.fails("apply rows", fault{acts: true}, late("r1"), late("r2"))
		b.cloud.always["apply bad"] = refused
		run := b.apply(`
defaults: {timeout: 10s, retry: {max: 1, backoff: 1s}}
steps:
  - {id: all, uses: toy.rows, with: {names: [r1, r2], value: first}}
  - {id: one, uses: toy.rows, with: {names: [r1], value: new}, needs: [all]}
  - {id: two, uses: toy.rows, with: {names: [r2], value: new}, needs: [all]}
  - {id: bad, uses: toy.cell, with: {name: bad, value: x}, needs: [one, two]}
`)
		require.Empty(t, run.Residue)
		require.Equal(t, journal.ClosedRolledBack, run.Closed)
		time.Sleep(time.Minute)
		require.Equal(t, start, b.cloud.snapshot())
	})
}

// heldState is a cell that nobody takes away while another cell, which names it, stands.
type heldState struct {
	Value string `json:"value"`
	Held  bool   `json:"held,omitempty"`
}

func held(c *cloud) step.Kind {
	cell := step.Define(toy.Cell(c, "toy.cell"))
	return step.Define(step.Spec[toy.CellIn, heldState]{
		Name: "toy.held", Summary: "a cell that is in use", Effect: step.Reversible, Schema: cell.Schema,
		Read: func(ctx context.Context, in toy.CellIn) (heldState, error) {
			value, err := c.Read(ctx, in.Name)
			if err != nil {
				return heldState{}, err
			}
			user, err := c.Read(ctx, "user of "+in.Name)
			return heldState{value, user != ""}, err
		},
		Goal: func(in toy.CellIn, _ heldState) heldState { return heldState{Value: in.Value} },
		Apply: func(ctx context.Context, in toy.CellIn, _ heldState) error {
			return c.Write(ctx, "apply "+in.Name, map[string]string{in.Name: in.Value})
		},
		Undo: func(ctx context.Context, in toy.CellIn, _, want heldState) error {
			return c.Write(ctx, "undo "+in.Name, map[string]string{in.Name: want.Value})
		},
		Reverse: func(_ toy.CellIn, now, want heldState) step.Reversal[heldState] {
			if now.Held {
				return step.Reversal[heldState]{Want: now, Left: []step.Residue{{Field: "value", Why: "it is in use"}}}
			}
			return step.Reversal[heldState]{Want: want}
		},
		Outputs: func(_ toy.CellIn, s heldState) any { return map[string]string{"value": s.Value} },
		Objects: func(in toy.CellIn) []string { return []string{"cell/" + in.Name} },
		Counts:  func(s heldState) heldState { return heldState{Value: s.Value} },
	})
}

func TestWhatALateCallWasInTheWayOfIsPutBackAfterIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, map[string]string{"base": "old"})
		b.Kinds = append(b.Kinds, held(b.cloud))
		late := lost // the user is made when its undo has found nothing, and before the base is looked at
		late.do = func() { time.AfterFunc(3*time.Second, func() { b.cloud.set("user of base", "x") }) }
		b.cloud.fails("apply user of base", late)
		slow := lostActed
		slow.do = func() { time.Sleep(5 * time.Second) }
		b.cloud.fails("undo between", slow)
		run := b.apply(`
defaults: {timeout: 10s, retry: {max: 0}}
steps:
  - {id: base, uses: toy.held, with: {name: base, value: new}}
  - {id: between, uses: toy.cell, with: {name: between, value: x}, needs: [base]}
  - {id: user, uses: toy.cell, with: {name: user of base, value: x}, needs: [between]}
`)
		require.Equal(t, journal.ClosedRolledBack, run.Closed, run.Residue)
		time.Sleep(time.Minute)
		require.Equal(t, map[string]string{"base": "old"}, b.cloud.snapshot())
	})
}

func TestAnOldPictureOfAnOwnChangeIsSeenThrough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, map[string]string{"s": "l"})
		b.cloud.lag = 10 * time.Second
		b.cloud.fails("apply w", fault{acts: true, do: func() {
			b.cloud.mu.Lock()
			defer b.cloud.mu.Unlock()
			b.cloud.lag, b.cloud.old["s"], b.cloud.stale["s"] = 0, "l", time.Now().Add(5*time.Second)
		}})
		b.apply(`
steps:
  - {id: s, uses: toy.set, with: {name: s, members: [m]}}
  - {id: w, uses: toy.cell, with: {name: w, value: x}, needs: [s]}
  - {id: more, uses: toy.set, with: {name: s, members: [n]}, needs: [w]}
`)
		time.Sleep(time.Minute)
		require.Equal(t, map[string]string{"s": "l,m,n", "w": "x"}, b.cloud.snapshot())
	})
}

func TestAnOldPictureOfAnUndoIsSeenThrough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := map[string]string{"w": "old"}
		b := newBench(t, start)
		b.cloud.lag = 10 * time.Second
		looks, old := 0, 0 // which of them is shown an old picture
		b.cloud.always["read w"] = fault{do: func() {
			if looks++; looks == old {
				b.cloud.showsOld("w", "two", time.Second)
			} else {
				b.cloud.showsOld("w", "", 0)
			}
		}}
		id := b.apply(`
steps:
  - {id: one, uses: toy.cell, with: {name: w, value: one}}
  - {id: two, uses: toy.cell, with: {name: w, value: two}, needs: [one]}
  - {id: three, uses: toy.cell, with: {name: w, value: three}, needs: [two]}
`).Open.Run
		old = looks + 5 // the first look at what one wrote: three and two were undone at the same moment
		run := b.rollback(id, false)
		require.Empty(t, run.Residue)
		require.Equal(t, start, b.cloud.snapshot())
	})
}

// The undo of a write is lost, and a read shows what stood before the write: that is no sign that the undo acted, whether the
// write was read back or seen only by the look before its undo.
func TestAnOldPictureEndsNoUndo(t *testing.T) {
	for name, denied := range map[string]bool{"of a write that was read back": false, "of one that was not": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := map[string]string{"a": "old"}
				b := newBench(t, start)
				b.cloud.lag = 10 * time.Second
				write := fault{acts: true}
				if denied {
					write = lostActed
					write.do = func() { b.cloud.fails("read a", failing(step.Denied)) }
				}
				b.cloud.fails("apply a", write)
				dropped := lost
				dropped.do = func() { b.cloud.showsOld("a", "old", 5*time.Second) }
				b.cloud.fails("undo a", dropped)
				id := b.apply("steps: [{id: a, uses: toy.cell, with: {name: a, value: new}}]").Open.Run
				run := b.rollback(id, false)
				require.Equal(t, journal.ClosedRolledBack, run.Closed)
				require.Equal(t, start, b.cloud.snapshot())
			})
		})
	}
}

// What the second step wrote is never read back, and is undone all the same; the first is shown what stood before that.
func TestAnOldPictureOfAnUndoIsSeenThroughWhereNobodyReadTheWriteBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := map[string]string{"w": "old"}
		b := newBench(t, start)
		b.cloud.lag = 10 * time.Second
		unread := lostActed
		unread.do = func() { b.cloud.fails("read w", failing(step.Denied)) }
		b.cloud.fails("apply w", fault{acts: true}, unread)
		undos, looks := 0, 0
		b.cloud.always["undo w"] = fault{acts: true, do: func() { undos, looks = undos+1, 0 }}
		b.cloud.always["read w"] = fault{do: func() {
			if looks++; undos == 1 && looks == 2 { // the first confirms that undo
				b.cloud.showsOld("w", "two", time.Second)
			} else {
				b.cloud.showsOld("w", "", 0)
			}
		}}
		id := b.apply(`
steps:
  - {id: one, uses: toy.cell, with: {name: w, value: one}}
  - {id: two, uses: toy.cell, with: {name: w, value: two}, needs: [one]}
`).Open.Run
		run := b.rollback(id, false)
		require.Equal(t, 2, undos)
		require.Empty(t, run.Residue)
		require.Equal(t, start, b.cloud.snapshot())
	})
}

func TestNothingNewBeginsWhileOneIsInDoubt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, map[string]string{"a": "old"})
		b.cloud.fails("apply a", fault{err: lost.err, do: func() { b.cloud.set("a", "theirs") }})
		run := b.apply(`
steps:
  - {id: a, uses: toy.cell, with: {name: a, value: new}}
  - {id: b, uses: toy.cell, with: {name: b, value: new}}
`)
		require.Equal(t, engine.ExitUnknown, engine.Exit(run.Exit))
		require.Equal(t, map[string]string{"a": "theirs"}, b.cloud.snapshot())
	})
}

func TestWhatInstancesWriteHasItsSpaceBeforeTheFirstIsSent(t *testing.T) {
	b := newBench(t, nil)
	const instances = 200
	names := make([]string, instances)
	for i := range names {
		names[i] = fmt.Sprintf("k%d", i)
	}
	var held int64
	b.cloud.onCall = func(op string) {
		if op == "apply k0" {
			held = spaceOf(t, b)
		}
	}
	text := "steps:\n  - {id: each, uses: toy.cell, for_each: [" + strings.Join(names, ", ") + `], with: {name: "${{ each.key }}", value: new}}` + "\n"
	run, err := b.Apply(context.Background(), b.job(text, nil, nil), yes)
	require.NoError(t, err)
	require.Equal(t, journal.ClosedDone, run.Closed)
	require.Greater(t, held, int64(2*instances*4<<10), "there and back, four kilobytes each")
}

// spaceOf is what a run's journal, and what is set aside for it, take up.
func spaceOf(t *testing.T, b *bench) (size int64) {
	files, err := filepath.Glob(filepath.Join(b.dir, "runs", "*", "*"))
	require.NoError(t, err)
	for _, file := range files {
		info, err := os.Stat(file)
		require.NoError(t, err)
		size += max(info.Size(), info.Sys().(*syscall.Stat_t).Blocks*512)
	}
	return size
}

// eager does each piece of work the moment it is handed over, as another processor may.
type eager struct{ ended [][]journal.Record }

func (e *eager) Go(work func() []journal.Record) { e.ended = append(e.ended, work()) }

func (e *eager) Wait(stop <-chan struct{}, over <-chan time.Time) ([]journal.Record, bool) {
	if recs, ok := e.Next(); ok {
		return recs, true
	}
	select {
	case <-stop:
	case <-over:
	}
	return nil, false
}

func (e *eager) Next() ([]journal.Record, bool) {
	if len(e.ended) == 0 {
		return nil, false
	}
	recs := e.ended[0]
	e.ended = e.ended[1:]
	return recs, true
}

func (e *eager) Leave() {}

func TestNoWriteLeavesBeforeItsIntentIsDurable(t *testing.T) {
	b := newBench(t, map[string]string{"a": "old"})
	disk, unsynced, writes := simdisk.New(), false, 0
	disk.OnCall = func(op simdisk.Op) error {
		if strings.HasSuffix(op.Name, "/journal") {
			unsynced = op.Kind != simdisk.Sync && (unsynced || op.Kind == simdisk.Write)
		}
		return nil
	}
	var err error
	b.Folder, err = journal.OpenDisk(disk.Start(), "runs")
	require.NoError(t, err)
	b.Crew = func() engine.Crew { return &eager{} }
	b.cloud.onCall = func(op string) {
		if strings.HasPrefix(op, "read ") {
			return
		}
		writes++
		require.False(t, unsynced, op)
		ids, err := b.Folder.Runs()
		require.NoError(t, err)
		recs := records(b, ids[0])
		last := recs[len(recs)-1]
		require.Contains(t, []journal.Type{journal.StepIntent, journal.UndoIntent}, last.K, op)
	}
	run := b.apply(three)
	b.rollback(run.Open.Run, false)
	require.Equal(t, map[string]string{"a": "old"}, b.cloud.snapshot())
	require.Equal(t, 6, writes)
}
