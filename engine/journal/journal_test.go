package journal

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/engine/step"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 123456789, time.UTC)

// runID makes the nth id of a test.
func runID(n int) string { return fmt.Sprintf("01j%023d", n) }

func newFolder(t testing.TB) *Folder {
	t.Helper()
	f, err := OpenFolder(filepath.Join(t.TempDir(), ".writ"))
	require.NoError(t, err)
	require.Empty(t, f.Notices())
	f.Now = func() time.Time { return noon }
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// sample is a run in which every kind of field occurs.
func sample() []Record {
	return []Record{
		{K: RunOpen, At: noon, Open: &Opening{
			Run: runID(1), Plan: "p", Target: Target{Cloud: "otc", Region: "eu-de", ProjectID: "1"},
			Endpoints: map[string]string{"mpc": "https://mpc", "DLI": "https://dli"},
			Steps:     []Step{{ID: "a", Uses: "toy", Effect: step.Reversible, Parents: []int{0, 1}}},
		}, Process: &Process{PID: 7, Host: "h", Version: "1"}},
		{K: StepIntent, At: noon, Step: `grant["<ä>"]`, Attempt: 1, In: json.RawMessage(`{"K":1,"k":[{}],"b":"\"]"}`),
			Doubt: &step.Doubt{Class: step.Set, Settle: time.Second}, Reverse: &step.Reverse{Want: json.RawMessage(`null`)}},
		{K: StepOutcome, At: noon, Step: "a", Outcome: Unknown, Error: &step.Error{Class: step.Throttled, Message: "no\n"}},
		{K: StepWait, At: noon.Add(time.Nanosecond), Step: "a", Wait: time.Minute, Until: noon.Add(time.Hour)},
		{K: RunClose, At: noon, Closed: ClosedResidue, Exit: 4, Residue: []Residue{{Step: "a", Why: "w", Foreign: true}}},
	}
}

// GoOn is Continue for records that need not make a run: it answers them.
func GoOn(f *Folder, run string) (*Journal, []Record, []string, error) {
	records := []Record{}
	j, notices, err := f.goOn(run, func(rec Record) { records = append(records, rec) })
	if err != nil {
		return nil, nil, nil, err
	}
	return j, records, notices, nil
}

// parse reads a journal and keeps its records.
func parse(run string, data []byte, blob func(digest string) ([]byte, error)) (contents, error) {
	c := contents{run: run, blob: blob}
	if err := c.parse(bytes.NewReader(data), int64(len(data))); err != nil {
		return contents{}, err
	}
	return c, nil
}

// segments counts the repairs that a journal tells of.
func segments(records []Record) int {
	n := 0
	for i := range records {
		if records[i].K == SegmentOpen {
			n++
		}
	}
	return n
}

// write makes a run of the given records and answers its journal's bytes.
func write(t testing.TB, f *Folder, run string, recs ...Record) []byte {
	t.Helper()
	j, err := f.Create(run, 0)
	require.NoError(t, err)
	require.NoError(t, j.Append(recs...))
	require.NoError(t, j.Sync())
	require.NoError(t, j.Close())
	return bytesOf(t, f, run)
}

func journalPath(f *Folder, run string) string { return f.at(runDir(run) + "/journal") }

// bytesOf is a journal without the zeros that it was made longer by.
func bytesOf(t testing.TB, f *Folder, run string) []byte {
	t.Helper()
	data, err := os.ReadFile(journalPath(f, run))
	require.NoError(t, err)
	return bytes.TrimRight(data, "\x00")
}

// plant puts a journal of the given bytes in the place of a run's.
func plant(t testing.TB, f *Folder, run string, data []byte) {
	t.Helper()
	require.NoError(t, os.MkdirAll(f.at(runDir(run)), 0o700))
	require.NoError(t, os.WriteFile(journalPath(f, run), data, 0o600))
}

// ends answers where each line of a journal ends.
func ends(data []byte) []int {
	var at []int
	for i, c := range data {
		if c == '\n' {
			at = append(at, i+1)
		}
	}
	return at
}

// forge makes a journal of JSON texts that need not be records, with everything else as it should be.
func forge(run string, bodies ...string) []byte {
	data := []byte(header(run, strings.Repeat("0", 32)))
	prev := linkTo(data)
	for i, body := range bodies {
		kind, _, _ := strings.Cut(strings.TrimPrefix(body, `{"k":"`), `"`)
		start := len(data)
		data = appendFrame(data, uint32(i+1), notSaid, prev, Type(kind), []byte(body))
		prev = linkTo(data[start:])
	}
	return data
}

func noBlob(digest string) ([]byte, error) { return nil, &blobError{digest, "is missing"} }

// faultyDisk is a disk whose files fail.
type faultyDisk struct {
	Disk
	wrap func(DiskFile) DiskFile
}

func (d faultyDisk) Create(name string) (DiskFile, error) { return d.wrapped(d.Disk.Create(name)) }

func (d faultyDisk) Open(name string, write bool) (DiskFile, error) {
	if !write {
		return d.Disk.Open(name, write)
	}
	return d.wrapped(d.Disk.Open(name, write))
}

func (d faultyDisk) wrapped(f DiskFile, err error) (DiskFile, error) {
	if err != nil {
		return nil, err
	}
	return d.wrap(f), nil
}

// spoil lets the files that are created, or opened to be written, fail from now on. Mended, they are whole again.
func (f *Folder) spoil(wrap func(DiskFile) DiskFile) (mend func()) {
	whole := f.disk
	f.disk = faultyDisk{whole, wrap}
	return func() { f.disk = whole }
}

// cannotAllocate is a file of a disk where space is not set aside.
type cannotAllocate struct {
	DiskFile
	err error
}

func (f cannotAllocate) Allocate(int64, int64) error { return f.err }

func withoutAllocate(err error) func(DiskFile) DiskFile {
	return func(f DiskFile) DiskFile { return cannotAllocate{f, err} }
}

// faults is a file that fails. Each count is how many more calls succeed; below zero is for ever.
type faults struct {
	DiskFile
	writes, syncs, cuts *int
	short               bool // a failing write says nothing and writes half
	err                 error
}

func never() *int { n := -1; return &n }

func spent(n *int) bool {
	if *n == 0 {
		return true
	}
	*n--
	return false
}

func (f faults) WriteAt(p []byte, offset int64) (int, error) {
	if !spent(f.writes) {
		return f.DiskFile.WriteAt(p, offset)
	}
	n, _ := f.DiskFile.WriteAt(p[:len(p)/2], offset)
	if f.short {
		return n, nil
	}
	return n, f.err
}

func (f faults) Sync() error {
	if spent(f.syncs) {
		return f.err
	}
	return f.DiskFile.Sync()
}

func (f faults) Truncate(size int64) error {
	if spent(f.cuts) {
		return f.err
	}
	return f.DiskFile.Truncate(size)
}

// child runs this test binary again, as another process that does the named thing to the folder until it is killed.
func child(t *testing.T, what string, f *Folder) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestChild$")
	cmd.Env = append(os.Environ(), "JOURNAL_CHILD="+what, "JOURNAL_FOLDER="+f.path)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return cmd, bufio.NewScanner(out)
}

func kill(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	require.NoError(t, cmd.Process.Kill())
	require.Error(t, cmd.Wait())
}

// TestChild is the other process.
func TestChild(t *testing.T) {
	what := os.Getenv("JOURNAL_CHILD")
	if what == "" {
		t.Skip("only for child")
	}
	f, err := OpenFolder(os.Getenv("JOURNAL_FOLDER"))
	require.NoError(t, err)
	switch what {
	case "append":
		j, err := f.Create(runID(1), 1<<20)
		require.NoError(t, err)
		for i := 1; ; i++ {
			require.NoError(t, j.Append(Record{K: Note, At: noon, Attempt: i}))
			fmt.Println(i)
		}
	case "create":
		for i := 1; ; i++ {
			j, err := f.Create(runID(i), 1<<16)
			require.NoError(t, err)
			require.NoError(t, j.Close())
			fmt.Println(runID(i))
		}
	case "hold", "hold in a second file", "hold, torn", "hold in a second file, torn":
		if strings.Contains(what, "second file") {
			f.spoil(withoutAllocate(errors.ErrUnsupported))
		}
		j, err := f.Create(runID(1), 200<<10)
		require.NoError(t, err)
		require.NoError(t, j.Append(sample()[:4]...))
		require.NoError(t, j.Sync())
		if strings.Contains(what, "torn") {
			_, err := j.file.WriteAt([]byte("torn"), j.size)
			require.NoError(t, err)
		}
		fmt.Println("held")
		time.Sleep(time.Minute)
	case "lock":
		l, err := f.Lock("otc/eu-de/1", runID(1), Process{PID: os.Getpid(), Host: "here"})
		require.NoError(t, err)
		fmt.Println("held")
		time.Sleep(time.Minute)
		require.NoError(t, l.Unlock())
	}
}
