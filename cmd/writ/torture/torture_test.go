// Package torture breaks the program that users run, as they would: real signals, a real disk, real HTTP, and one
// process after another. It knows writ only by its commands, its exits and its files, and the cloud by what the sandbox
// says of it.
package torture

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var (
	kills       = flag.Int("kills", 60, "worlds in which the program is killed at a random moment")
	injected    = flag.Int("injected", 32, "system calls that are made to fail, or kill the program")
	agencies    = flag.Int("agencies", 1000, "one in so many worlds makes an IAM agency too, and may wait for it for minutes")
	seed        = flag.Int64("seed", 1, "the first world's seed; the others follow")
	signalsEach = flag.Int("signals", 1, "how many of SIGINT, SIGTERM and SIGHUP each phase of a run gets")
	given       = flag.String("binary", "", "the program to test, in place of one that is built now")
	starters    = flag.Int("starters", 50, "processes that want the same target at once")
)

// program is the binary under test, and what it left behind when every test is over.
type program struct {
	path string
	err  error
}

var build = sync.OnceValue(func() program {
	if *given != "" {
		return program{path: *given}
	}
	dir, err := os.MkdirTemp("", "writ-torture-")
	if err != nil {
		return program{err: err}
	}
	p := program{path: filepath.Join(dir, "writ")}
	if out, err := exec.Command("go", "build", "-o", p.path, "writ/cmd/writ").CombinedOutput(); err != nil {
		p.err = fmt.Errorf("%w: %s", err, out)
	}
	return p
})

func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	if p := build(); *given == "" && p.path != "" {
		_ = os.RemoveAll(filepath.Dir(p.path))
	}
	os.Exit(code)
}

func binary(t testing.TB) string {
	t.Helper()
	p := build()
	require.NoError(t, p.err)
	return p.path
}

// tally is a test's line in the table.
type tally struct {
	t    *testing.T
	name string

	mu                      sync.Mutex
	runs, deaths, recovered int
	wrong                   []string
	slowest                 time.Duration
}

func newTally(t *testing.T) *tally {
	c := &tally{t: t, name: t.Name()}
	t.Cleanup(c.print)
	return c
}

// add counts one world, with what is wrong in it.
func (c *tally) add(w *world, wrong ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.runs++
	c.deaths += w.deaths
	c.recovered += w.recoveries
	c.slowest = max(c.slowest, time.Since(w.began))
	for _, text := range wrong {
		c.wrong = append(c.wrong, text)
		c.t.Errorf("%s: %s\n%s", w.name, text, w.story())
	}
}

func (c *tally) count(kind string) (n int) {
	for _, text := range c.wrong {
		if len(text) >= len(kind) && text[:len(kind)] == kind {
			n++
		}
	}
	return n
}

func (c *tally) print() {
	figure := fmt.Sprintf("%d worlds, %d deaths, %d recoveries", c.runs, c.deaths, c.recovered)
	lost, doubled := c.count("lost"), c.count("doubled")
	c.t.Logf("%s: %s, wrong %d, lost %d, doubled %d, slowest %s", c.name, figure,
		len(c.wrong)-lost-doubled, lost, doubled, c.slowest.Round(time.Millisecond))
	file := os.Getenv("WRIT_TABLE")
	if file == "" {
		return
	}
	out, err := os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	require.NoError(c.t, err)
	_, err = fmt.Fprintf(out, "%s\t%s\t%d\n", c.name, figure, len(c.wrong))
	require.NoError(c.t, err)
	require.NoError(c.t, out.Close())
}

// two does something for each of n numbers, two at a time.
func two(n int, do func(i int)) { atOnce(2, n, do) }

// atOnce does something for each of n numbers, so many at a time. One that gives up does not stop the others.
func atOnce(most, n int, do func(i int)) {
	var all sync.WaitGroup
	places := make(chan struct{}, most)
	for i := range n {
		places <- struct{}{}
		all.Go(func() {
			defer func() { <-places }()
			do(i)
		})
	}
	all.Wait()
}
