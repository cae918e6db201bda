package simdisk

import (
	"bytes"
	"errors"
	"io/fs"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/engine/journal"
)

func chance(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }

// half makes a disk with a file of which the first 700 bytes are durable and the next 5000 are not.
func half(t *testing.T) (*Disk, journal.DiskFile) {
	t.Helper()
	d := New()
	f, err := d.Create("a")
	require.NoError(t, err)
	write(t, f, strings.Repeat("s", 700))
	require.NoError(t, errors.Join(f.Sync(), d.SyncDir(".")))
	write(t, f, strings.Repeat("u", 5000))
	return d, f
}

func write(t *testing.T, f journal.DiskFile, data string) {
	t.Helper()
	size, _, err := f.Size()
	require.NoError(t, err)
	n, err := f.WriteAt([]byte(data), size)
	require.NoError(t, err)
	require.Equal(t, len(data), n)
}

func contentOf(t *testing.T, d *Disk, name string) string {
	t.Helper()
	f, err := d.Open(name, false)
	require.NoError(t, err)
	data, err := f.ReadAll()
	require.NoError(t, err)
	return string(data)
}

func TestEachStateLeavesWhatItSays(t *testing.T) {
	d, _ := half(t)
	safe, all := strings.Repeat("s", 700), strings.Repeat("s", 700)+strings.Repeat("u", 5000)
	for seed := range uint64(200) {
		after := map[State]string{}
		for _, s := range States() {
			after[s] = contentOf(t, d.Crash(s, chance(seed)), "a")
			require.True(t, strings.HasPrefix(after[s], safe), "%s lost what was synced", s)
			require.Equal(t, after[s], contentOf(t, d.Crash(s, chance(seed)), "a"), "%s is not the same twice", s)
		}
		require.Equal(t, all, after[Clean])
		require.Equal(t, safe, after[Lost])
		require.True(t, strings.HasPrefix(all, after[Torn]))
		require.Equal(t, safe+strings.Repeat("\x00", 5000), after[Zeros])
		require.Len(t, after[Garbage], len(all))
		checkBlocks(t, all, after[Reordered])
		require.Equal(t, all, contentOf(t, d, "a"), "the crash happened to the disk itself")
	}
}

// checkBlocks asks that each block is what it was meant to be, or zeros behind what was synced.
func checkBlocks(t *testing.T, all, after string) {
	t.Helper()
	require.Len(t, after, len(all))
	old := append([]byte(all[:700]), make([]byte, 5000)...)
	for from := 0; from < len(all); from += 512 {
		end := min(from+512, len(all))
		got := after[from:end]
		require.True(t, got == all[from:end] || got == string(old[from:end]), "block at %d", from)
	}
}

func TestStatesDiffer(t *testing.T) {
	d, _ := half(t)
	torn, reordered := map[string]bool{}, map[string]bool{}
	for seed := range uint64(300) {
		torn[contentOf(t, d.Crash(Torn, chance(seed)), "a")] = true
		reordered[contentOf(t, d.Crash(Reordered, chance(seed)), "a")] = true
	}
	require.Greater(t, len(torn), 100)
	require.Greater(t, len(reordered), 100)
}

func TestANameIsDurableOnceItsDirectoryIs(t *testing.T) {
	d := New()
	require.NoError(t, errors.Join(d.MakeDir("runs"), d.SyncDir("."), d.MakeDir("runs/new")))
	f, err := d.Create("runs/new/journal")
	require.NoError(t, err)
	write(t, f, "x")
	require.NoError(t, errors.Join(f.Sync(), d.SyncDir("runs/new"), d.SyncDir("runs"), d.Rename("runs/new", "runs/1")))
	seen := map[string]bool{}
	for seed := range uint64(50) {
		for _, s := range States()[1:] {
			after := d.Crash(s, chance(seed))
			names, err := after.List("runs")
			require.NoError(t, err)
			require.Len(t, names, 1, "a rename is done or not done")
			require.Equal(t, "x", contentOf(t, after, "runs/"+names[0]+"/journal"))
			require.True(t, s != Lost || names[0] == "new")
			seen[names[0]] = true
		}
	}
	require.Len(t, seen, 2)
	require.NoError(t, d.SyncDir("runs"))
	for _, s := range States() {
		require.Equal(t, "x", contentOf(t, d.Crash(s, chance(1)), "runs/1/journal"))
	}
	require.NoError(t, d.RemoveAll("runs/1"))
	require.Equal(t, "x", contentOf(t, d.Crash(Lost, chance(1)), "runs/1/journal"), "the removal was not synced")
	_, err = d.Crash(Clean, nil).Open("runs/1/journal", false)
	require.ErrorIs(t, err, fs.ErrNotExist)
}

func TestAFileThatWasCutMayBeLongAgain(t *testing.T) {
	d, f := half(t)
	require.NoError(t, errors.Join(f.Sync(), f.Truncate(600)))
	write(t, f, "new")
	seen := map[int]bool{}
	for seed := range uint64(100) {
		for _, s := range States()[1:] {
			after := contentOf(t, d.Crash(s, chance(seed)), "a")
			require.Equal(t, strings.Repeat("s", 600), after[:600])
			seen[len(after)] = true
		}
	}
	require.True(t, seen[5700] && seen[603] && seen[600])
	require.NoError(t, f.Sync())
	require.Equal(t, strings.Repeat("s", 600)+"new", contentOf(t, d.Crash(Lost, chance(1)), "a"))
}

func TestAFailedSyncKeepsOrForgets(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{syscall.EIO, strings.Repeat("u", 5000)},
		{Forget(syscall.EIO), strings.Repeat("\x00", 5000)},
	} {
		d, f := half(t)
		d.OnCall = only(Sync, c.err)
		require.ErrorIs(t, f.Sync(), syscall.EIO)
		d.OnCall = nil
		all := strings.Repeat("s", 700) + strings.Repeat("u", 5000)
		require.Equal(t, all, contentOf(t, d, "a"))
		require.Len(t, contentOf(t, d.Crash(Lost, chance(1)), "a"), 700)
		write(t, f, "later")
		require.NoError(t, f.Sync(), "the system answers as if all were well")
		require.Equal(t, all+"later", contentOf(t, d.Crash(Clean, nil), "a"))
		require.Equal(t, strings.Repeat("s", 700)+c.want+"later", contentOf(t, d.Crash(Lost, chance(1)), "a"))
	}
}

func only(kind Kind, err error) func(Op) error {
	return func(op Op) error {
		if op.Kind == kind {
			return err
		}
		return nil
	}
}

func TestACallFailsAsTold(t *testing.T) {
	d := New()
	f, err := d.Create("a")
	require.NoError(t, err)
	var ops []string
	d.OnCall = func(op Op) error { ops = append(ops, op.String()); return nil }
	_, err = f.WriteAt([]byte("1234"), 0)
	require.NoError(t, errors.Join(err, f.Sync(), d.Rename("a", "b"), f.Truncate(2)))
	require.Equal(t, []string{"2: write a, 4 bytes", "3: sync a", "4: rename a to b", "5: truncate b, 2 bytes"}, ops)
	require.Equal(t, 1, d.Counts()[Write])
	require.Equal(t, 5, d.Calls())

	for _, c := range []struct {
		err  error
		n    int
		want error
	}{{syscall.ENOSPC, 2, syscall.ENOSPC}, {Short(3, syscall.EIO), 3, syscall.EIO}, {Short(1, nil), 1, nil}} {
		require.NoError(t, f.Truncate(0))
		d.OnCall = only(Write, c.err)
		n, err := f.WriteAt([]byte("abcd"), 0)
		require.Equal(t, c.n, n)
		require.ErrorIs(t, err, c.want)
		d.OnCall = nil
		require.Equal(t, "abcd"[:c.n], contentOf(t, d, "b"))
	}
	d.OnCall = func(Op) error { panic("crash") }
	require.PanicsWithValue(t, "crash", func() { _ = f.Sync() })
	d.OnCall = nil
	require.NoError(t, f.Sync(), "the disk outlives its process")
}

func TestForksGoTheirOwnWays(t *testing.T) {
	d, f := half(t)
	fork := d.Clone()
	write(t, f, "mine")
	g, err := fork.Open("a", true)
	require.NoError(t, err)
	write(t, g, "its")
	_, err = fork.Create("b")
	require.NoError(t, err)
	require.True(t, strings.HasSuffix(contentOf(t, d, "a"), "umine"))
	require.True(t, strings.HasSuffix(contentOf(t, fork, "a"), "uits"))
	_, err = d.Stat("b")
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.Len(t, contentOf(t, fork.Crash(Lost, chance(1)), "a"), 700)
	before := contentOf(t, d, "a")
	for _, s := range States() {
		after, err := d.Crash(s, chance(1)).Open("a", true)
		require.NoError(t, err)
		write(t, after, strings.Repeat("other", 1000))
		require.Equal(t, before, contentOf(t, d, "a"), "written to after %s", s)
	}
}

func TestADeadProcessHoldsNothing(t *testing.T) {
	d, f := half(t)
	other := d.Start()
	unlock, err := d.Lock("l")
	require.NoError(t, err)
	_, err = other.Lock("l")
	require.ErrorIs(t, err, journal.ErrLocked)
	require.True(t, other.Locked("l"))
	require.False(t, d.Clone().Locked("l"))
	d.Die()
	_, err = f.WriteAt([]byte("late"), 0)
	require.Error(t, err)
	_, err = other.Lock("l")
	require.NoError(t, err)
	require.Error(t, unlock())
	require.True(t, other.Locked("l"), "a dead process lets go of another's lock")
}

func TestADiskThatIsFull(t *testing.T) {
	d := New()
	d.Size = 64 << 10
	f, err := d.Create("a")
	require.NoError(t, err)
	require.NoError(t, f.Allocate(0, 32<<10))
	g, err := d.Create("b")
	require.NoError(t, err)
	n, err := g.WriteAt(bytes.Repeat([]byte("x"), 64<<10), 0)
	require.ErrorIs(t, err, syscall.ENOSPC)
	require.Equal(t, 32<<10, n, "what is set aside is nobody else's")
	free, err := d.Free()
	require.NoError(t, err)
	require.Zero(t, free)
	require.ErrorIs(t, f.Allocate(0, 33<<10), syscall.ENOSPC)
	write(t, f, strings.Repeat("y", 32<<10))
	n, err = f.WriteAt([]byte("y"), 32<<10)
	require.ErrorIs(t, err, syscall.ENOSPC)
	require.Zero(t, n)
	require.NoError(t, d.Remove("b"))
	write(t, f, "y")
	require.NoError(t, f.Truncate(1))
	free, err = d.Free()
	require.NoError(t, err)
	require.EqualValues(t, 60<<10, free)
}

func BenchmarkAClone(b *testing.B) {
	d := New()
	f, _ := d.Create("a")
	_, _ = f.WriteAt(make([]byte, 30<<10), 0)
	for b.Loop() {
		d.Clone()
	}
}

// A file that was made longer than what was written to it is that long after a crash, or as long as it was when it was
// synced, and there are zeros where nothing was written.
func TestAFileThatWasMadeLonger(t *testing.T) {
	d, f := half(t)
	require.NoError(t, errors.Join(f.Sync(), f.Truncate(9000)))
	synced := strings.Repeat("s", 700) + strings.Repeat("u", 5000)
	seen := map[int]bool{}
	for seed := range uint64(40) {
		for _, s := range States() {
			after := contentOf(t, d.Crash(s, chance(seed)), "a")
			require.Equal(t, synced, strings.TrimRight(after, "\x00"))
			seen[len(after)] = true
		}
	}
	require.Equal(t, map[int]bool{5700: true, 9000: true}, seen)
	require.NoError(t, f.Sync())
	_, err := f.WriteAt([]byte(strings.Repeat("n", 1000)), 5700)
	require.NoError(t, err)
	for seed := range uint64(40) {
		for _, s := range States() {
			after := contentOf(t, d.Crash(s, chance(seed)), "a")
			require.Len(t, after, 9000, s)
			require.Equal(t, synced, after[:5700])
			require.Empty(t, strings.Trim(after[6700:], "\x00"))
			require.True(t, s != Lost || after[5700] == 0)
		}
	}
	_, err = f.WriteAt([]byte("x"), 9001)
	require.ErrorIs(t, err, syscall.EINVAL, "a gap")
	_, err = f.WriteAt([]byte("r"), 0)
	require.NoError(t, err)
	require.Equal(t, "s", contentOf(t, d.Crash(Lost, chance(1)), "a")[:1], "what was written in place is not durable yet")
}
