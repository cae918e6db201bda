package journal_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/engine/journal"
	"writ/engine/journal/simdisk"
)

const run = "01j00000000000000000000001"

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// small is what a run tells, but for what is too large for a line.
func small() []journal.Record {
	return slices.DeleteFunc(journal.Reference(), func(rec journal.Record) bool { return len(rec.Before) > 1000 })
}

// openSim opens the folder on a simulated disk, with a chance that is the same every time.
func openSim(t testing.TB, d journal.Disk) *journal.Folder {
	t.Helper()
	f, err := journal.OpenDisk(d, "sim")
	require.NoError(t, err)
	f.Now = func() time.Time { return noon }
	f.Rand = io.LimitReader(rand.NewChaCha8([32]byte{}), 16)
	return f
}

// writer tells records, and knows which of them must be there after a crash.
type writer struct {
	recs    []journal.Record
	syncs   func(i int) bool // whether a sync follows the record
	created bool
	written int // how many were appended
	durable int // how many a sync has answered for
	digest  string
}

func (w *writer) write(t *testing.T, d journal.Disk) {
	f := openSim(t, d)
	l, err := f.Lock("target", run, journal.Process{})
	require.NoError(t, err)
	j, err := f.Create(run, 32<<10)
	require.NoError(t, err)
	w.created = true
	digest, err := j.PutBlob([]byte("plan"))
	require.NoError(t, err)
	w.digest = digest
	for i, rec := range w.recs {
		w.written = i + 1 // the write may arrive, whatever becomes of us
		require.NoError(t, j.Append(rec))
		if w.syncs(i) {
			require.NoError(t, j.Sync())
			w.durable = i + 1
		}
	}
	require.NoError(t, j.Close())
	require.NoError(t, l.Unlock())
}

// check continues the run after a crash, and asks for all that must be there and nothing that was not written.
func (w *writer) check(t *testing.T, d *simdisk.Disk, s simdisk.State, what string) {
	t.Helper()
	f := openSim(t, d)
	runs, err := f.Runs()
	require.NoError(t, err, what)
	if len(runs) == 0 {
		require.False(t, w.created, "%s: the run is gone", what)
		return
	}
	l, err := f.Lock("target", run, journal.Process{})
	require.NoError(t, err, what)
	j, recs, told, err := journal.GoOn(f, run)
	require.NoError(t, err, what)
	repairs := 0
	for ; len(recs) > repairs && recs[len(recs)-1-repairs].K == journal.SegmentOpen; repairs++ {
		continue
	}
	if kept := recs[:len(recs)-repairs]; !reflect.DeepEqual(kept, w.recs[:len(kept)]) {
		require.Equal(t, w.recs[:len(kept)], kept, what)
	} else {
		require.GreaterOrEqual(t, len(kept), w.durable, "%s: what was synced is gone", what)
		require.LessOrEqual(t, len(kept), w.written, what)
	}
	if s == simdisk.Clean {
		require.Empty(t, told, what)
	}
	if w.digest != "" {
		_, err = f.Blob(run, w.digest)
		require.NoError(t, err, what)
	}
	require.NoError(t, j.Append(journal.Record{K: journal.Note, At: noon}), what)
	require.NoError(t, j.Sync(), what)
	require.NoError(t, j.Close(), what)
	require.NoError(t, l.Unlock(), what)
	again, notices, err := f.Read(run)
	require.NoError(t, err, what)
	require.Empty(t, notices, what)
	require.Len(t, again, len(recs)+1, what)
}

// eachCrash lets something use a disk, and calls then with what each crash at each call would leave of it.
func eachCrash(d *simdisk.Disk, seeds uint64, use func(), then func(after *simdisk.Disk, s simdisk.State, what string)) (calls int) {
	d.OnCall = func(op simdisk.Op) error {
		if !op.Kind.Changes() {
			return nil
		}
		calls++
		for _, s := range simdisk.States() {
			for seed := range seeds {
				then(d.Crash(s, rand.New(rand.NewPCG(uint64(op.N), seed))), s, fmt.Sprintf("%s, seed %d, before %s", s, seed, op))
				if s == simdisk.Clean || s == simdisk.Lost || s == simdisk.Zeros {
					break // there is no chance in these, but for names
				}
			}
		}
		return nil
	}
	use()
	d.OnCall = nil
	return calls
}

func TestACrashAtEveryCall(t *testing.T) {
	if journal.Raced {
		t.Skip("done without the race detector")
	}
	recs, large := small(), journal.Reference()[:45]
	for name, w := range map[string]*writer{
		"synced as the engine does": {recs: recs, syncs: func(i int) bool { return journal.IsActedOn(recs[i].K) }},
		"synced now and then":       {recs: large, syncs: func(i int) bool { return i%17 == 0 }},
	} {
		t.Run(name, func(t *testing.T) {
			d := simdisk.New()
			crashes := 0
			calls := eachCrash(d, 2, func() { w.write(t, d) }, func(after *simdisk.Disk, s simdisk.State, what string) {
				crashes++
				w.check(t, after, s, what)
			})
			t.Logf("%d calls that change the disk, %d crashes: all recovered", calls, crashes)
			require.Greater(t, calls, 60)
		})
	}
}

func TestACrashInTheRecoveryFromACrash(t *testing.T) {
	if journal.Raced {
		t.Skip("done without the race detector")
	}
	w := &writer{recs: journal.Reference()[:12], syncs: func(i int) bool { return i%5 == 0 }}
	d := simdisk.New()
	pairs := 0
	eachCrash(d, 2, func() { w.write(t, d) }, func(once *simdisk.Disk, first simdisk.State, what string) {
		recover := func() {
			if j, _, _, err := journal.GoOn(openSim(t, once), run); err == nil {
				require.NoError(t, j.Close())
			}
		}
		eachCrash(once, 1, recover, func(twice *simdisk.Disk, second simdisk.State, again string) {
			pairs++
			state := second
			if first != simdisk.Clean {
				state = first // the first may have left something to be cut
			}
			w.check(t, twice, state, what+"; then "+again)
		})
	})
	t.Logf("%d pairs of crashes: all recovered", pairs)
	require.Greater(t, pairs, 3000)
}

func TestWhatWasCutOffDoesNotComeBack(t *testing.T) {
	w := &writer{recs: small()[:40], syncs: func(i int) bool { return i == 0 }}
	d := simdisk.New()
	w.write(t, d)
	pairs := 0
	for seed := range uint64(24) {
		once := d.Crash(simdisk.Reordered, rand.New(rand.NewPCG(seed, 0)))
		once.OnCall = func(op simdisk.Op) error {
			for again := uint64(0); op.Kind == simdisk.Sync && again < 40; again++ {
				pairs++
				twice := once.Crash(simdisk.Reordered, rand.New(rand.NewPCG(seed, again)))
				w.check(t, twice, simdisk.Reordered, fmt.Sprintf("reordered, seed %d; then, seed %d, before %s", seed, again, op))
			}
			return nil
		}
		j, _, _, err := journal.GoOn(openSim(t, once), run)
		require.NoError(t, err)
		require.NoError(t, j.Close())
	}
	t.Logf("%d pairs of crashes: all recovered", pairs)
}

func TestWhatAKilledProcessBeganIsMadeDurable(t *testing.T) {
	w := &writer{recs: journal.Reference()[:3], syncs: func(int) bool { return true }}
	d := simdisk.New()
	again := 0
	eachCrash(d, 1, func() { w.write(t, d) }, func(after *simdisk.Disk, s simdisk.State, what string) {
		if s != simdisk.Clean || w.created {
			return
		}
		if err := after.RemoveAll("runs/.new-" + run); err != nil { // the next run has another id
			t.Fatal(err)
		}
		if runs, _ := openSim(t, after).Runs(); len(runs) > 0 {
			return
		}
		again++
		next := &writer{recs: w.recs, syncs: w.syncs}
		next.write(t, after)
		next.check(t, after.Crash(simdisk.Lost, nil), simdisk.Lost, what+"; then a whole run and a power cut")
	})
	require.Greater(t, again, 5)
}

// TestAFaultAtEveryCall lets each call fail, once. What was synced is there, and nothing is there that was not written.
func TestAFaultAtEveryCall(t *testing.T) {
	if journal.Raced {
		t.Skip("done without the race detector")
	}
	recs := journal.Reference()[:20]
	tried := 0
	for _, fault := range []error{syscall.ENOSPC, syscall.EIO, simdisk.Short(1, nil), simdisk.Forget(syscall.EIO)} {
		for n := 1; ; n++ {
			d := simdisk.New()
			hit := false
			d.OnCall = func(op simdisk.Op) error {
				if op.N != n {
					return nil
				}
				hit = true
				return fault
			}
			w := &writer{recs: recs, syncs: func(i int) bool { return i%3 == 0 }}
			w.writeAnyway(t, d)
			if !hit {
				break
			}
			tried++
			d.OnCall = nil
			w.check(t, d.Clone(), simdisk.Torn, fmt.Sprintf("%v at call %d, then a crash of the process", fault, n))
			w.check(t, d.Crash(simdisk.Lost, nil), simdisk.Lost, fmt.Sprintf("%v at call %d, then a power cut", fault, n))
		}
	}
	t.Logf("%d faults: all recovered", tried)
	require.Greater(t, tried, 200)
}

// writeAnyway is write, up to the first error. A poisoned journal takes nothing more.
func (w *writer) writeAnyway(t *testing.T, d journal.Disk) {
	f := openSim(t, d)
	l, err := f.Lock("target", run, journal.Process{})
	if err != nil {
		return
	}
	defer func() { _ = l.Unlock() }()
	j, err := f.Create(run, 32<<10)
	if err != nil {
		runs, listed := f.Runs()
		require.True(t, len(runs) == 0 || listed != nil, "a run that could not be created is left: %v", err)
		return
	}
	w.created = true
	for i, rec := range w.recs {
		w.written = i + 1
		err := j.Append(rec)
		if err == nil && w.syncs(i) {
			if err = j.Sync(); err == nil {
				w.durable = i + 1
			}
		}
		if err != nil {
			require.Error(t, j.Append(rec))
			require.Error(t, j.Sync())
			break
		}
	}
	_ = j.Close()
}

// TestABrokenJournalOnADisk is what TestAFlipOfEveryBit and TestACutAtEveryByte ask, by way of the folder, and of
// fewer bytes: what is read is what is continued from, and what is refused is left as it is.
func TestABrokenJournalOnADisk(t *testing.T) {
	w := &writer{recs: small(), syncs: func(i int) bool { return i%3 == 0 }}
	d := simdisk.New()
	w.write(t, d)
	data := readSim(t, d)
	cut, refused := 0, 0
	for at := 0; at < len(data); at += 31 {
		flipped := bytes.Clone(data)
		flipped[at] ^= 1 << (at % 8)
		for _, broken := range [][]byte{flipped, data[:at:at]} {
			after := d.Clone()
			plantSim(t, after, broken)
			f := openSim(t, after)
			recs, _, err := f.Read(run)
			j, again, told, continued := journal.GoOn(f, run)
			if err != nil {
				refused++
				require.EqualError(t, continued, err.Error())
				require.Equal(t, broken, readSim(t, after))
				continue
			}
			require.NoError(t, continued)
			require.NoError(t, j.Close())
			require.Less(t, len(recs), len(w.recs))
			require.True(t, reflect.DeepEqual(recs, w.recs[:len(recs)]), "byte %d", at)
			require.True(t, reflect.DeepEqual(recs, again[:len(recs)]), "byte %d", at)
			require.Len(t, again, len(recs)+len(told))
			cut++
		}
	}
	t.Logf("%d flipped or cut: %d cut, %d refused", cut+refused, cut, refused)
	require.Greater(t, cut, 500)
	require.Greater(t, refused, 500)
}

func readSim(t *testing.T, d *simdisk.Disk) []byte {
	t.Helper()
	f, err := d.Open("runs/"+run+"/journal", false)
	require.NoError(t, err)
	data, err := f.ReadAll()
	require.NoError(t, err)
	return data
}

// plantSim puts a journal of the given bytes in the place of the run's.
func plantSim(t *testing.T, d *simdisk.Disk, data []byte) {
	t.Helper()
	f, err := d.Open("runs/"+run+"/journal", true)
	require.NoError(t, err)
	require.NoError(t, f.Truncate(0))
	_, err = f.WriteAt(data, 0)
	require.NoError(t, err)
}

func BenchmarkARunOnTheSimulatedDisk(b *testing.B) {
	rec := journal.Record{K: journal.Note, At: noon, Why: "why"}
	for b.Loop() {
		f := openSim(b, simdisk.New())
		j, _ := f.Create(run, 32<<10)
		for range 80 {
			if j.Append(rec) != nil || j.Sync() != nil {
				b.Fatal("it failed")
			}
		}
		_ = j.Close()
		if _, recs, _, err := journal.GoOn(f, run); err != nil || len(recs) != 80 {
			b.Fatal(err)
		}
	}
}
