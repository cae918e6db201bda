package journal

import (
	"bytes"
	"errors"
	"reflect"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// whole is a journal as a run leaves it, and what an enumeration needs to judge what becomes of it.
type whole struct {
	data   []byte
	at     []int // where its lines end
	want   []Record
	blob   func(digest string) ([]byte, error)
	states []contents // after each record
}

// newReference makes the journal that is broken everywhere.
func newReference(t *testing.T) *whole {
	t.Helper()
	f := newFolder(t)
	j, err := f.Create(runID(1), 0)
	require.NoError(t, err)
	ref := &whole{want: Reference(), blob: func(digest string) ([]byte, error) { return f.readBlob(runID(1), digest) }}
	for _, rec := range ref.want {
		require.NoError(t, j.Append(rec))
		if IsActedOn(rec.K) {
			require.NoError(t, j.Sync())
		}
	}
	require.NoError(t, j.Close())
	ref.data = bytesOf(t, f, runID(1))
	ref.at = ends(ref.data)
	for _, end := range ref.at {
		c, err := parse(runID(1), ref.data[:end:end], ref.blob)
		require.NoError(t, err)
		ref.states = append(ref.states, c)
	}
	require.Equal(t, ref.want, ref.states[len(ref.want)].records)
	ref.want = ref.states[len(ref.want)].records // what is the same in memory need not be compared
	for n := range ref.states {
		ref.states[n].records = ref.want[:n:n]
	}
	require.Greater(t, len(ref.want), 80)
	return ref
}

// tally counts what became of broken journals.
type tally struct{ whole, cut, refused, wrong int }

func (a *tally) add(b tally) {
	a.whole += b.whole
	a.cut += b.cut
	a.refused += b.refused
	a.wrong += b.wrong
}

func (a *tally) check(t *testing.T, what string) {
	t.Helper()
	t.Logf("%s: %d tried: %d recovered whole, %d cut, %d refused, %d wrong",
		what, a.whole+a.cut+a.refused+a.wrong, a.whole, a.cut, a.refused, a.wrong)
	require.Zero(t, a.wrong)
}

// judge says what became of a journal. Only the records that were written count, from the first on.
func (a *tally) judge(ref *whole, c contents, err error) {
	var damaged *DamagedError
	var newer *NewerError
	switch {
	case errors.As(err, &damaged) || errors.As(err, &newer):
		a.refused++
	case err != nil || len(c.records) > len(ref.want) || !reflect.DeepEqual(c.records, ref.want[:len(c.records)]):
		a.wrong++
	case len(c.records) == len(ref.want) && c.torn == 0:
		a.whole++
	default:
		a.cut++
	}
}

// read parses a journal that is broken behind the first n records.
func (ref *whole) read(n int, data []byte) (contents, error) {
	c := ref.states[n]
	err := c.read(bytes.NewReader(data), int64(len(data)))
	return c, err
}

func TestACutAtEveryByte(t *testing.T) {
	if Raced {
		t.Skip("done without the race detector")
	}
	ref := newReference(t)
	var sum tally
	for cut := range ref.data {
		n := bytes.Count(ref.data[:cut], []byte("\n")) - 1
		data := ref.data[:cut:cut]
		if n < 0 {
			c, err := parse(runID(1), data, ref.blob)
			sum.judge(ref, c, err)
			continue
		}
		c, err := ref.read(n, data)
		require.NoError(t, err)
		require.Len(t, c.records, n)
		sum.judge(ref, c, nil)
	}
	sum.check(t, "a cut at every byte")
	require.Equal(t, ref.at[0], sum.refused, "only half a header is refused")
}

func TestAFlipOfEveryBit(t *testing.T) {
	if Raced {
		t.Skip("done without the race detector")
	}
	ref := newReference(t)
	sums := make([]tally, 2)
	var both sync.WaitGroup
	for shard := range sums {
		both.Go(func() {
			for n := len(ref.at) - 1 - shard; n >= 0; n -= len(sums) { // behind the last there is nothing that could tell
				ref.flip(n, &sums[shard])
			}
		})
	}
	both.Wait()
	sums[0].add(sums[1])
	sums[0].check(t, "a flip of every bit")
	last := len(ref.data) - ref.at[len(ref.at)-2]
	require.Equal(t, 8*last, sums[0].cut, "only the last record can be taken for a torn one")
	require.Equal(t, 8*(len(ref.data)-last), sums[0].refused)
}

// flip flips each bit of a line, up to the first that is not seen: what is not refused has to be compared, which takes long.
func (ref *whole) flip(line int, sum *tally) {
	from := 0
	if line > 0 {
		from = ref.at[line-1]
	}
	data := bytes.Clone(ref.data)
	for at := from; at < ref.at[line] && sum.wrong+sum.whole == 0; at++ {
		for bit := range 8 {
			data[at] ^= 1 << bit
			if line == 0 {
				c, err := parse(runID(1), data, ref.blob)
				sum.judge(ref, c, err)
			} else {
				c, err := ref.read(line-1, data)
				sum.judge(ref, c, err)
			}
			data[at] ^= 1 << bit
		}
	}
}

func TestEveryBlockIsZeros(t *testing.T) {
	if Raced {
		t.Skip("done without the race detector")
	}
	ref := newReference(t)
	for _, size := range []int{512, 4096} {
		var sum tally
		for from := 0; from < len(ref.data); from += size {
			for end := from + size; end < len(ref.data)+size; end += size {
				data := bytes.Clone(ref.data)
				clear(data[from:min(end, len(data))])
				c, err := parse(runID(1), data, ref.blob)
				sum.judge(ref, c, err)
				if err == nil {
					require.GreaterOrEqual(t, len(c.records), ref.knownSynced(end), "what a later record knows to be synced is never cut")
				}
			}
		}
		sum.check(t, "every run of blocks zeroed")
		require.Positive(t, sum.cut)
		require.Positive(t, sum.refused)
	}
}

// knownSynced is how many records those behind a place know to be durable.
func (ref *whole) knownSynced(from int) int {
	for n := len(ref.at) - 1; n > 0; n-- {
		if from <= ref.at[n-1] {
			return int(ref.states[n].synced)
		}
	}
	return 0
}

func TestEveryRecordMoved(t *testing.T) {
	if Raced {
		t.Skip("done without the race detector")
	}
	ref := newReference(t)
	other := newReference(t) // of the same run and the same records, but another journal
	require.NotEqual(t, ref.data, other.data)
	line := func(r *whole, n int) []byte { return r.data[r.at[n]:r.at[n+1]] }
	var sum tally
	try := func(n int, parts ...[]byte) {
		c, err := ref.read(n, bytes.Join(parts, nil))
		sum.judge(ref, c, err)
	}
	for i := range ref.want {
		head, rest := ref.data[:ref.at[i]], ref.data[ref.at[i+1]:]
		try(i, head, rest)                             // dropped
		try(i, head, line(ref, i), line(ref, i), rest) // doubled
		try(i, head, line(other, i), rest)             // from another run
		try(i, head, other.data[other.at[i]:])         // all that follows, too
		try(len(ref.want), ref.data, line(ref, i))     // once more at the end
		for k := i + 1; k < len(ref.want); k++ {
			between := ref.data[ref.at[i+1]:ref.at[k]]
			try(i, head, line(ref, k), between, line(ref, i), ref.data[ref.at[k+1]:]) // swapped
		}
	}
	sum.check(t, "every record dropped, doubled, replaced, or swapped with every other")
	require.Zero(t, sum.whole)
	require.Equal(t, 1, sum.cut, "only the last one can be missed without a trace")
}

func TestAnyPrefixFolds(t *testing.T) { // J10
	want := Reference()
	for n := range len(want) + 1 {
		_, err := Fold(want[:n])
		require.NoError(t, err, "%d records", n)
	}
	// So does one that recovery cut off and told so, and from there on one that goes on.
	rapid.Check(t, func(r *rapid.T) {
		recs := append([]Record{}, want[:rapid.IntRange(0, len(want)).Draw(r, "cut")]...)
		opened := len(recs) > 0
		for range rapid.IntRange(1, 3).Draw(r, "repairs") {
			recs = append(recs, Record{K: SegmentOpen, At: noon, Why: "dropped"})
		}
		if opened {
			recs = append(recs, Record{K: RunResume, At: noon}, Record{K: RunRollback, At: noon}, Record{K: RunPause, At: noon, Exit: 9})
		}
		for n := range len(recs) + 1 {
			_, err := Fold(recs[:n])
			require.NoError(r, err)
		}
	})
}
