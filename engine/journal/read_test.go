package journal

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestEveryCaseHasATest(t *testing.T) {
	text, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	names := regexp.MustCompile(`Test\w+`).FindAllString(string(text), -1)
	require.NotEmpty(t, names)
	written := testNames(t)
	for _, name := range names {
		assert.Contains(t, written, name)
	}
}

func testNames(t *testing.T) map[string]bool {
	t.Helper()
	files, err := filepath.Glob("*_test.go")
	require.NoError(t, err)
	names := map[string]bool{}
	for _, file := range files {
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		require.NoError(t, err)
		for _, d := range tree.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok {
				names[fn.Name.Name] = true
			}
		}
	}
	return names
}

func TestKilledBetweenRecords(t *testing.T) {
	f := newFolder(t)
	cmd, out := child(t, "append", f)
	said := 0
	for said < 200 && out.Scan() {
		said++
	}
	require.Equal(t, 200, said)
	kill(t, cmd)
	j, recs, _, err := GoOn(f, runID(1))
	require.NoError(t, err)
	require.NoError(t, j.Close())
	require.GreaterOrEqual(t, len(recs), said)
	for i := range said {
		require.Equal(t, i+1, recs[i].Attempt)
	}
}

func TestKilledInsideARecord(t *testing.T) {
	f := newFolder(t)
	want := sample()[1:]
	data := write(t, f, runID(1), want...)
	for cut := range data {
		plant(t, f, runID(2), bytes.Replace(data[:cut:cut], []byte(runID(1)), []byte(runID(2)), 1))
		if cut < ends(data)[0] {
			var damaged *DamagedError
			_, _, err := f.Read(runID(2))
			require.ErrorAs(t, err, &damaged)
			_, _, _, err = GoOn(f, runID(2))
			require.ErrorAs(t, err, &damaged)
			continue
		}
		plant(t, f, runID(1), data[:cut])
		whole := bytes.Count(data[:cut], []byte("\n")) - 1
		checkCut(t, f, want[:whole], data[ends(data)[whole]:cut])
	}
}

// checkCut reads and continues run 1, which should hold the records and a torn tail.
func checkCut(t *testing.T, f *Folder, want []Record, tail []byte) {
	t.Helper()
	before := bytesOf(t, f, runID(1))
	recs, notices, err := f.Read(runID(1))
	require.NoError(t, err)
	require.Equal(t, len(want), len(recs))
	require.Equal(t, before, bytesOf(t, f, runID(1)))

	j, recs, told, err := GoOn(f, runID(1))
	require.NoError(t, err)
	require.Equal(t, append([]Record{}, want...), append([]Record{}, recs[:len(want)]...))
	if len(tail) == 0 {
		require.Empty(t, notices)
		require.Empty(t, told)
		require.Len(t, recs, len(want))
	} else {
		require.Len(t, notices, 1)
		require.Len(t, told, 1)
		require.Len(t, recs, len(want)+1)
		require.Equal(t, SegmentOpen, recs[len(want)].K)
		require.Contains(t, recs[len(want)].Why, fmt.Sprintf("dropped %d bytes", len(tail)))
		require.Contains(t, told[0], fmt.Sprintf("dropped %d bytes", len(tail)))
		kept, err := os.ReadFile(f.at(runDir(runID(1)) + "/journal.torn-1"))
		require.NoError(t, err)
		require.Equal(t, tail, kept)
	}
	next := Record{K: Note, At: noon, Why: "on"}
	require.NoError(t, j.Append(next))
	require.NoError(t, j.Close())
	again, notices, err := f.Read(runID(1))
	require.NoError(t, err)
	require.Empty(t, notices)
	require.Equal(t, append(recs, next), again)
	require.NoError(t, os.RemoveAll(f.at(runDir(runID(1)))))
}

func TestKilledInsideCreate(t *testing.T) {
	f := newFolder(t)
	cmd, out := child(t, "create", f)
	var said []string
	for len(said) < 25 && out.Scan() {
		said = append(said, out.Text())
	}
	kill(t, cmd)
	require.NoError(t, os.MkdirAll(f.at("runs/.new-"+runID(999)), 0o700)) // should it not have been hit
	runs, err := f.Runs()
	require.NoError(t, err)
	require.Subset(t, runs, said)
	for _, run := range runs {
		recs, notices, err := f.Read(run)
		require.NoError(t, err)
		require.Empty(t, recs)
		require.Empty(t, notices)
	}
}

func TestKilledBeforeTheFirstRecord(t *testing.T) {
	f := newFolder(t)
	data := write(t, f, runID(1), sample()[0])
	header := data[:ends(data)[0]]
	plant(t, f, runID(1), header)
	runs, err := f.Runs()
	require.NoError(t, err)
	require.Equal(t, []string{runID(1)}, runs)
	checkEmptyRun(t, f, nil)

	plant(t, f, runID(1), data[:len(header)+40])
	recs, notices, err := f.Read(runID(1))
	require.NoError(t, err)
	require.Empty(t, recs)
	require.Len(t, notices, 1)
	checkEmptyRun(t, f, []Record{{K: SegmentOpen, At: noon, Why: "dropped 40 bytes of an incomplete record after record 0; they are kept in journal.torn-1"}})
}

// checkEmptyRun continues run 1, which should hold no records but those of a repair, and reads it again.
func checkEmptyRun(t *testing.T, f *Folder, want []Record) {
	t.Helper()
	j, recs, told, err := GoOn(f, runID(1))
	require.NoError(t, err)
	require.NoError(t, j.Close())
	require.Len(t, told, len(want))
	require.Equal(t, append([]Record{}, want...), recs)
	again, notices, err := f.Read(runID(1))
	require.NoError(t, err)
	require.Empty(t, notices)
	require.Equal(t, recs, again)
	run, err := Fold(again)
	require.NoError(t, err)
	require.Nil(t, run.Open)
}

func TestKilledInRecovery(t *testing.T) {
	for _, op := range []string{"write", "sync", "cut"} {
		for n := range 4 {
			f := newFolder(t)
			data := write(t, f, runID(1), sample()...)
			tail := data[ends(data)[4] : len(data)-5]
			plant(t, f, runID(1), data[:len(data)-5])
			die := faults{writes: never(), syncs: never(), cuts: never(), err: syscall.EIO}
			*map[string]*int{"write": die.writes, "sync": die.syncs, "cut": die.cuts}[op] = n
			mend := f.spoil(func(o DiskFile) DiskFile { d := die; d.DiskFile = o; return d })
			for range 2 {
				if j, _, _, err := GoOn(f, runID(1)); err == nil {
					require.NoError(t, j.Close())
				}
			}
			mend()
			j, recs, _, err := GoOn(f, runID(1))
			require.NoError(t, err)
			require.NoError(t, j.Close())
			checkRepaired(t, f, recs, tail)
		}
	}
}

// checkRepaired asks that each kept tail is told of once, and that the first is the one given.
func checkRepaired(t *testing.T, f *Folder, recs []Record, tail []byte) {
	t.Helper()
	require.Equal(t, sample()[:4], recs[:4])
	kept, err := filepath.Glob(f.at(runDir(runID(1)) + "/journal.torn-*"))
	require.NoError(t, err)
	require.NotEmpty(t, kept)
	require.Len(t, recs, 4+len(kept))
	require.Equal(t, len(kept), segments(recs))
	first, err := os.ReadFile(kept[0])
	require.NoError(t, err)
	require.Equal(t, tail, first)
	again, _, err := f.Read(runID(1))
	require.NoError(t, err)
	require.Equal(t, recs, again)
}

func TestPowerCutLeavesZeros(t *testing.T) {
	f := newFolder(t)
	data := write(t, f, runID(1), sample()...)
	plant(t, f, runID(1), append(bytes.Clone(data), make([]byte, 5000)...))
	recs, notices, err := f.Read(runID(1))
	require.NoError(t, err)
	require.Empty(t, notices)
	require.Equal(t, sample(), recs)
	j, recs, notices, err := GoOn(f, runID(1))
	require.NoError(t, err)
	require.NoError(t, j.Close())
	require.Empty(t, notices)
	require.Equal(t, sample(), recs)
	require.Equal(t, data, bytesOf(t, f, runID(1)))

	half := append(bytes.Clone(data[:len(data)-9]), make([]byte, 5000)...)
	plant(t, f, runID(1), half)
	checkCut(t, f, sample()[:4], half[ends(data)[4]:len(data)-9])
}

func TestPowerCutLeavesGarbage(t *testing.T) {
	f := newFolder(t)
	data := write(t, f, runID(1), sample()...)
	random := rand.New(rand.NewChaCha8([32]byte{}))
	for n := 1; n < 2000; n += 97 {
		tail := make([]byte, n)
		for i := range tail {
			tail[i] = byte(1 + random.IntN(255))
		}
		plant(t, f, runID(1), append(bytes.Clone(data), tail...))
		checkCut(t, f, sample(), tail)
	}
	for _, tail := range []string{" ", "\n", "\n\n\n", strings.Repeat(" ", 100), strings.Repeat("0", 100), string(data)} {
		plant(t, f, runID(1), append(bytes.Clone(data), tail...))
		checkCut(t, f, sample(), []byte(tail))
	}
}

func TestManyLinesAreReadInOrder(t *testing.T) {
	f := newFolder(t)
	j, err := f.Create(runID(1), 0)
	require.NoError(t, err)
	want := make([]Record, 3*batch+few+1)
	for i := range want {
		want[i] = Record{K: Note, At: noon, Attempt: i + 1, Why: strings.Repeat("x", 3000)} // more than two windows
	}
	require.NoError(t, j.Append(want...))
	require.NoError(t, j.Close())
	data := bytesOf(t, f, runID(1))
	recs, _, err := f.Read(runID(1))
	require.NoError(t, err)
	require.True(t, reflect.DeepEqual(want, recs))
	for _, size := range []int64{0, 1, 70_000, window, 2 * int64(len(data))} { // it has grown since, or was cut
		c := contents{run: runID(1)}
		require.NoError(t, c.parse(bytes.NewReader(data), size))
		require.True(t, reflect.DeepEqual(want, c.records))
		require.Empty(t, c.tail)
	}

	at := ends(data)
	for _, n := range []int{1, few, batch - 1, batch, batch + few + 1, 3 * batch} {
		plant(t, f, runID(1), data[:at[n]+1])
		recs, _, err := f.Read(runID(1))
		require.NoError(t, err)
		require.True(t, reflect.DeepEqual(want[:n], recs))
		broken := bytes.Clone(data)
		broken[at[n]-2] ^= 1
		plant(t, f, runID(1), broken)
		var damaged *DamagedError
		_, _, err = f.Read(runID(1))
		require.ErrorAs(t, err, &damaged)
		require.Equal(t, n, damaged.Record)
	}
}

// overtaken is a file that somebody reads while it is written: of what stands there, the first look sees a place before a
// line is written to it, and all that is written later.
type overtaken struct {
	DiskFile
	from, to int
	looks    *int
}

func (f overtaken) ReadAt(data []byte, offset int64) (int, error) {
	n, err := f.DiskFile.ReadAt(data, offset)
	if *f.looks++; *f.looks <= 2 { // the header is read by itself
		for i := max(f.from, int(offset)); i < min(f.to, int(offset)+n); i++ {
			data[i-int(offset)] = 0
		}
	}
	return n, err
}

type overtakenDisk struct {
	Disk
	from, to int
	looks    *int
}

func (d overtakenDisk) Open(name string, write bool) (DiskFile, error) {
	f, err := d.Disk.Open(name, write)
	return overtaken{f, d.from, d.to, d.looks}, err
}

func TestAReaderIsOvertakenByTheWriter(t *testing.T) {
	f := newFolder(t)
	j, err := f.Create(runID(1), 1<<20)
	require.NoError(t, err)
	var want []Record
	for i := range 60 {
		want = append(want, Record{K: Note, At: noon, Attempt: i + 1})
		require.NoError(t, j.Append(want[i]))
		require.NoError(t, j.Sync())
	}
	at := ends(bytesOf(t, f, runID(1)))
	whole := f.disk
	for from := 1; from+3 < len(at); from++ {
		looks := 0
		f.disk = overtakenDisk{whole, at[from], at[from+2], &looks}
		recs, notices, err := f.Read(runID(1))
		require.NoError(t, err)
		require.Empty(t, notices)
		require.Equal(t, want, recs)
		require.Equal(t, 4, looks, "header, all, the line, what follows")
	}
	plant(t, f, runID(1), append(bytesOf(t, f, runID(1))[:at[5]], bytesOf(t, f, runID(1))[at[6]-1:]...))
	looks := 0
	f.disk = overtakenDisk{whole, 0, 0, &looks}
	var damaged *DamagedError
	_, _, err = f.Read(runID(1))
	require.ErrorAs(t, err, &damaged, "what stays is damage")
	require.Equal(t, 3, looks)
	f.disk = whole
	require.NoError(t, j.Close())
}

// half makes a journal of which the first records are synced and the others, more than a few blocks of them, are not.
func half(t *testing.T, f *Folder) (data []byte, want []Record) {
	t.Helper()
	want = sample()[:3]
	j, err := f.Create(runID(1), 0)
	require.NoError(t, err)
	require.NoError(t, j.Append(want...))
	require.NoError(t, j.Sync())
	for i := range 20 {
		note := Record{K: Note, At: noon, Attempt: i + 1, Why: strings.Repeat("x", 30*i)}
		want = append(want, note)
		require.NoError(t, j.Append(note))
	}
	require.NoError(t, j.Close())
	return bytesOf(t, f, runID(1)), want
}

// recordAt is how many records are whole before a place.
func recordAt(data []byte, place int) int { return max(0, bytes.Count(data[:place], []byte("\n"))-1) }

func TestPowerCutLeavesAHole(t *testing.T) {
	f := newFolder(t)
	data, want := half(t, f)
	at := ends(data)
	cut := 0
	for from := 0; from < len(data); from += sector {
		for end := from + sector; end+sector < len(data); end += sector {
			holed := bytes.Clone(data)
			clear(holed[max(from, at[3]):max(end, at[3])]) // a block keeps what it held before
			if n := recordAt(data, max(from, at[3])); end > at[3] {
				plant(t, f, runID(1), holed)
				checkCut(t, f, want[:n], holed[at[n]:])
				cut++
			}
		}
	}
	require.Greater(t, cut, 50)
}

func TestAHoleInWhatWasSynced(t *testing.T) {
	f := newFolder(t)
	data, _ := half(t, f)
	at := ends(data)
	for n := range 3 {
		holed := bytes.Clone(data)
		clear(holed[at[n]:at[n+1]])
		checkDamaged(t, f, holed, at[n], n+1) // later records know that it was synced
	}
	for n := 3; n < 22; n++ {
		for _, change := range []func(line []byte){
			func(line []byte) { line[len(line)/2] ^= 1 },
			func(line []byte) { line[40] = 0 },
			func(line []byte) { copy(line, bytes.Repeat([]byte("x"), len(line))) },
		} {
			holed := bytes.Clone(data)
			change(holed[at[n]:at[n+1]])
			checkDamaged(t, f, holed, at[n], n+1) // no block is missing
		}
	}
}

func TestAHoleInTheJournalOfAnOlderWrit(t *testing.T) {
	f := newFolder(t)
	body := `{"k":"note","at":"2026-01-01T00:00:00Z","why":"` + strings.Repeat("x", 300) + `"}`
	data := forge(runID(1), body, body, body, body, body, body)
	holed := bytes.Clone(data)
	clear(holed[2*sector : 3*sector])
	n := recordAt(data, 2*sector)
	checkDamaged(t, f, holed, ends(data)[n], n+1) // which does not tell what was synced
	plant(t, f, runID(1), data)
	j, recs, notices, err := GoOn(f, runID(1))
	require.NoError(t, err)
	require.Empty(t, notices)
	require.Len(t, recs, 6)
	require.NoError(t, j.Append(Record{K: Note, At: noon}))
	require.NoError(t, j.Close())
	recs, _, err = f.Read(runID(1))
	require.NoError(t, err)
	require.Len(t, recs, 7)
}

func TestWhatWasSyncedIsTold(t *testing.T) {
	note := `,"at":"2026-01-01T00:00:00Z"}`
	at := func(synced ...int64) error {
		data := []byte(header(runID(1), strings.Repeat("0", 32)))
		prev := linkTo(data)
		for i, s := range synced {
			start := len(data)
			data = appendFrame(data, uint32(i+1), s, prev, Note, []byte(`{"k":"note"`+note))
			prev = linkTo(data[start:])
		}
		_, err := parse(runID(1), data, noBlob)
		return err
	}
	require.NoError(t, at(0, 0, 2, 2, 4))
	require.NoError(t, at(notSaid, notSaid, 0, 3))
	for _, bad := range [][]int64{{1}, {0, 1, 0}, {0, 5}, {0, notSaid}, {-2}} {
		var damaged *DamagedError
		require.ErrorAs(t, at(bad...), &damaged, "%v", bad)
	}
	for _, spelt := range []string{"00", "+1", "1.0", `"1"`, "", "4294967296", " 0"} {
		payload := `{"k":"note","prev":"0000000000000000","synced":` + spelt + note
		_, ok := parseSplice([]byte(payload))
		require.False(t, ok, spelt)
	}
}

func checkDamaged(t *testing.T, f *Folder, data []byte, offset, record int) {
	t.Helper()
	plant(t, f, runID(1), data)
	var damaged *DamagedError
	_, _, err := f.Read(runID(1))
	require.ErrorAs(t, err, &damaged)
	require.Equal(t, []int{offset, record}, []int{int(damaged.Offset), damaged.Record}, err)
	_, _, _, err = GoOn(f, runID(1))
	require.ErrorAs(t, err, &damaged)
	require.Equal(t, data, bytesOf(t, f, runID(1)))
}

// flips calls try with each way to change one bit of data[from:to].
func flips(data []byte, from, to int, try func(at int, data []byte)) {
	for at := from; at < to; at++ {
		for bit := range 8 {
			flipped := bytes.Clone(data)
			flipped[at] ^= 1 << bit
			try(at, flipped)
		}
	}
}

func TestByteChangedInside(t *testing.T) {
	data := write(t, newFolder(t), runID(1), sample()...)
	at := ends(data)
	flips(data, 0, at[4], func(i int, flipped []byte) {
		_, err := parse(runID(1), flipped, noBlob)
		var damaged *DamagedError
		var newer *NewerError
		if i < at[0] {
			require.True(t, errors.As(err, &damaged) || errors.As(err, &newer), "byte %d", i)
			return
		}
		require.ErrorAs(t, err, &damaged, "byte %d", i)
		require.LessOrEqual(t, int(damaged.Offset), i)
		require.Greater(t, at[damaged.Record], i)
	})
}

func TestByteChangedInTheLastRecord(t *testing.T) {
	f := newFolder(t)
	data := write(t, f, runID(1), sample()...)
	last := ends(data)[4]
	flips(data, last, len(data), func(i int, flipped []byte) {
		c, err := parse(runID(1), flipped, noBlob)
		require.NoError(t, err)
		require.Equal(t, sample()[:4], c.records)
		require.Equal(t, len(data)-last, c.torn)
	})
	data[last+40] ^= 1
	plant(t, f, runID(1), data)
	checkCut(t, f, sample()[:4], data[last:])
}

func TestRecordsMoved(t *testing.T) {
	f := newFolder(t)
	data := write(t, f, runID(1), sample()...)
	other := write(t, f, runID(2), sample()...)
	at := ends(data)
	line := func(from []byte, i int) []byte { return from[at[i-1]:at[i]] }
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	require.Len(t, other, len(data))

	checkDamaged(t, f, join(data, line(data, 5)), at[5], 6)                                           // doubled
	checkDamaged(t, f, join(data[:at[1]], line(data, 3), line(data, 2), data[at[3]:]), at[1], 2)      // swapped
	checkDamaged(t, f, join(data[:at[1]], data[at[2]:]), at[1], 2)                                    // left out
	checkDamaged(t, f, join(data[:at[1]], line(other, 2)), at[1], 2)                                  // another run's last
	checkDamaged(t, f, join(data[:at[1]], line(other, 2), data[at[2]:]), at[1], 2)                    // and in the middle
	checkDamaged(t, f, join(other[:at[0]], data[at[0]:]), 0, 0)                                       // another's header
	checkDamaged(t, f, other, 0, 0)                                                                   // another's journal
	checkDamaged(t, f, join(header2(runID(1)), data[at[0]:]), at[0], 1)                               // another lineage
	checkDamaged(t, f, join(data[:at[4]], line(data, 5)[:30], []byte("\n"), line(data, 5)), at[4], 5) // half, then again
}

func header2(run string) []byte { return []byte(header(run, strings.Repeat("f", 32))) }

func TestJournalMissing(t *testing.T) {
	f := newFolder(t)
	write(t, f, runID(1), sample()...)
	var damaged *DamagedError
	for want, spoil := range map[string]func() error{
		"the journal is empty":   func() error { return os.WriteFile(journalPath(f, runID(1)), nil, 0o600) },
		"the journal is missing": func() error { return os.Remove(journalPath(f, runID(1))) },
	} {
		require.NoError(t, spoil())
		_, _, err := f.Read(runID(1))
		require.ErrorAs(t, err, &damaged)
		require.ErrorContains(t, err, "run "+runID(1)+": "+want+"; nothing is repaired")
		_, _, _, err = GoOn(f, runID(1))
		require.ErrorAs(t, err, &damaged)
		require.Equal(t, want, damaged.Reason)
	}
	_, _, err := f.Read(runID(2))
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.NotErrorAs(t, err, &damaged)
	_, _, err = f.Read("../x")
	require.ErrorContains(t, err, "ULID")
}

func TestNewerFormat(t *testing.T) {
	f := newFolder(t)
	data := write(t, f, runID(1), sample()...)
	for name, data := range map[string][]byte{
		"header": bytes.Replace(data, []byte("journal 1"), []byte("journal 2"), 1),
		"type":   forge(runID(1), `{"k":"step.dream","at":"2026-01-01T00:00:00Z"}`),
		"field":  forge(runID(1), `{"k":"note","at":"2026-01-01T00:00:00Z","colour":"red"}`),
		"deep":   forge(runID(1), `{"k":"note","at":"2026-01-01T00:00:00Z","process":{"pid":1,"colour":1}}`),
	} {
		t.Run(name, func(t *testing.T) {
			plant(t, f, runID(1), data)
			var newer *NewerError
			_, _, err := f.Read(runID(1))
			require.ErrorAs(t, err, &newer)
			require.ErrorContains(t, err, "newer writ")
			_, _, _, err = GoOn(f, runID(1))
			require.ErrorAs(t, err, &newer)
			require.Equal(t, data, bytesOf(t, f, runID(1)))
		})
	}
}

func TestOnlyTheJSONThatIsWrittenIsRead(t *testing.T) {
	const good = `{"k":"note","at":"2026-01-01T00:00:00Z"`
	for _, rest := range []string{`}`, `,"in":{"K":1,"k":1,"At":[]}}`, `,"why":""}`, `,"in":null}`} {
		_, err := parse(runID(1), forge(runID(1), good+rest), noBlob)
		require.NoError(t, err, rest)
	}
	for _, rest := range []string{
		``, `}}`, `} `, ` }`, `,}`, `,"why":"a","why":"b"}`, `,"Why":"a"}`, `,"WHY":"a"}`, `,"w\u0068y":"a"}`,
		`,"k":"note"}`, `,"K":"run.open"}`, `,"prev":"0000000000000000"}`, `,"in":{"a":1,"a":2}}`,
		`,"in":{"a":1,"\u0061":2}}`, `,"in":[{"a":{"b":1,"b":1}}]}`, `,"in": 1}`, `,"in":[1, 2]}`, `,"in":{"a" :1}}`,
		`,"why":"` + "\xff" + `"}`, `,"attempt":"1"}`, `,"attempt":1.5}`, `,"doubt":{"Class":"set"}}`,
		`,"open":{"endpoints":{"a":"1","a":"2"}}}`, `,"instances":[{"step":"a","Step":"b"}]}`,
		`,"in":` + strings.Repeat("[", 2000) + strings.Repeat("]", 2000) + `}`,
		`,"blob":"sha256:00","size":1}`,
		`,"in":{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1,"j":1,"a":1}}`,
	} {
		_, err := parse(runID(1), forge(runID(1), good+rest), noBlob)
		var damaged *DamagedError
		var newer *NewerError
		require.True(t, errors.As(err, &damaged) || errors.As(err, &newer), "%s: %v", rest, err)
	}
}

func TestEveryTypeIsKnown(t *testing.T) {
	tree, err := parser.ParseFile(token.NewFileSet(), "record.go", nil, 0)
	require.NoError(t, err)
	found := 0
	ast.Inspect(tree, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || spec.Type == nil {
			return true
		}
		if name, ok := spec.Type.(*ast.Ident); ok && name.Name == "Type" {
			found++
			value := strings.Trim(spec.Values[0].(*ast.BasicLit).Value, `"`)
			assert.True(t, known[Type(value)], value)
		}
		return true
	})
	require.Equal(t, len(known), found)
}

func TestAnyRecordsComeBackInAnyBatches(t *testing.T) {
	f := newFolder(t)
	n := 0
	rapid.Check(t, func(r *rapid.T) {
		n++
		j, err := f.Create(runID(n), 0)
		require.NoError(r, err)
		want := []Record{}
		for range rapid.IntRange(1, 4).Draw(r, "batches") {
			batch := rapid.SliceOfN(anyRecord(), 0, 5).Draw(r, "batch")
			require.NoError(r, j.Append(batch...))
			want = append(want, batch...)
			if rapid.Bool().Draw(r, "restart") {
				require.NoError(r, j.Close())
				var got []Record
				j, got, _, err = GoOn(f, runID(n))
				require.NoError(r, err)
				require.Equal(r, want, got)
			}
		}
		require.NoError(r, j.Close())
		got, notices, err := f.Read(runID(n))
		require.NoError(r, err)
		require.Empty(r, notices)
		require.Equal(r, want, got)
		require.NoError(r, os.RemoveAll(f.at(runDir(runID(n)))))
	})
}

func FuzzRead(f *testing.F) {
	folder := newFolder(f)
	data := write(f, folder, runID(1), sample()...)
	f.Add(data, "")
	f.Add(data[:len(data)-3], "")
	holed := bytes.Clone(data)
	clear(holed[sector : 2*sector])
	f.Add(holed, "")
	f.Add([]byte{}, `{"k":"note","at":"2026-01-01T00:00:00Z","in":{"a":[1,{"b":null}]}}`)
	f.Add([]byte{}, `{"k":"step.intent","at":"2026-01-01T00:00:00+01:00","error":{"class":"x"},"until":"0001-01-01T00:00:00Z"}`)
	f.Fuzz(func(t *testing.T, data []byte, body string) {
		if body != "" && strings.HasPrefix(body, `{"k":"`) && strings.Count(body, `"`) > 3 && !strings.Contains(body, "\n") {
			data = forge(runID(1), body)
		}
		c, err := parse(runID(1), data, noBlob)
		if err != nil {
			return
		}
		first := encodeAll(t, data, c.records)
		again, err := parse(runID(1), first, noBlob)
		require.NoError(t, err)
		require.Len(t, again.records, len(c.records))
		require.Equal(t, first, encodeAll(t, data, again.records))
	})
}

// encodeAll writes records behind the header of data.
func encodeAll(t *testing.T, data []byte, recs []Record) []byte {
	t.Helper()
	head, err := parseHeader(runID(1), data)
	require.NoError(t, err)
	var buf bytes.Buffer
	out, prev := bytes.Clone(head), linkTo(head)
	for i := range recs {
		body, err := encodeRecord(&buf, &recs[i])
		require.NoError(t, err)
		start := len(out)
		out = appendFrame(out, uint32(i+1), int64(i), prev, recs[i].K, body)
		prev = linkTo(out[start:])
	}
	return out
}
