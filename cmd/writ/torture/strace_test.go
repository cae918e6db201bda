//go:build linux

package torture

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// injection is a system call that goes wrong, from the nth on or only there.
type injection struct {
	call, what string
	most       int // up to which call of one thread; strace counts for each alone
	journal    bool
}

// injections are what a disk can do, and deaths at the calls that a disk sees. Writes are only told from other writes by
// the path of the journal, which is known when there is one: those are injected where a run goes on.
var injections = []injection{
	{call: "fsync", what: "error=EIO", most: 8},
	{call: "fsync", what: "signal=SIGKILL", most: 8},
	{call: "write,pwrite64", what: "error=ENOSPC", most: 6, journal: true},
	{call: "write,pwrite64", what: "error=EIO", most: 6, journal: true},
	{call: "write,pwrite64", what: "signal=SIGKILL", most: 6, journal: true},
	{call: "renameat,renameat2,unlinkat,fallocate,mkdirat", what: "signal=SIGKILL", most: 6},
	{call: "renameat,renameat2,mkdirat", what: "error=EIO", most: 3},
	{call: "fallocate", what: "error=ENOSPC", most: 1},
}

func needStrace(t *testing.T) {
	t.Helper()
	if out, err := exec.Command("strace", "-qq", "-o", "/dev/null", "true").CombinedOutput(); err != nil {
		t.Skipf("SKIPPED: system calls cannot be traced here: %v: %s", err, out)
	}
}

// traced is a command under strace, whose exit is the command's.
func (w *world) traced(i injection, nth, log string, args ...string) *exec.Cmd {
	inner := w.command(args...)
	path, _ := w.journal()
	flags := []string{"-f", "-qq", "-ttt", "-o", log, "-e", "trace=" + i.call, "-e", "inject=" + i.call + ":" + i.what + ":when=" + nth}
	if i.journal {
		flags = append(flags, "-P", path)
	}
	cmd := exec.Command("strace", append(append(flags, inner.Path), args...)...)
	cmd.Dir, cmd.Env = inner.Dir, append(inner.Env, "GOMAXPROCS=1")
	return cmd
}

var injectedLine = regexp.MustCompile(`^\d+ +(\d+\.\d+) .*\((INJECTED|DELAYED)`)

// firstInjected is when the first call went wrong, by the log of strace.
func firstInjected(t testing.TB, log string) (at time.Time, call string) {
	raw, err := os.ReadFile(log)
	require.NoError(t, err)
	for _, line := range strings.Split(string(raw), "\n") {
		if m := injectedLine.FindStringSubmatch(line); m != nil {
			seconds, err := strconv.ParseFloat(m[1], 64)
			require.NoError(t, err)
			return time.UnixMicro(int64(seconds * 1e6)), line
		}
	}
	return time.Time{}, ""
}

// TestTheDiskFails makes single system calls fail, or kills the program there. After a failure nothing is sent any more,
// the exit is 10, and what follows goes on rightly on a disk that is whole again.
func TestTheDiskFails(t *testing.T) {
	needStrace(t)
	t.Parallel()
	c, refs := newTally(t), &references{}
	var mu sync.Mutex
	hits := map[string]int{}
	two(*injected, func(n int) {
		chance := rand.New(rand.NewPCG(uint64(*seed), uint64(n)))
		i := injections[n%len(injections)]
		plan, cloud := []string{onboarding, granting}[chance.IntN(2)], clouds()[chance.IntN(3)]
		ref := refs.of(t, plan, cloud)
		nth := strconv.Itoa(1 + chance.IntN(i.most))
		if !strings.HasPrefix(i.what, "signal") && chance.IntN(2) == 0 {
			nth += "+" // and never again right
		}
		w := newWorld(t, fmt.Sprintf("injection %d of seed %d: %s:%s:when=%s", n, *seed, i.call, i.what, nth), plan, cloud)
		defer w.close()
		c.add(w, w.inject(i, nth, ref, chance)...)
		if w.hit != "" {
			mu.Lock()
			hits[w.hit]++
			mu.Unlock()
		}
	})
	t.Logf("injections that met a call: %v", hits)
	require.NotEmpty(t, hits)
}

func (w *world) inject(i injection, nth string, ref *reference, chance *rand.Rand) (wrong []string) {
	way := []string{"resume", "rollback"}[chance.IntN(2)]
	args := w.apply("--parallelism=1")
	if i.journal {
		if w.hunt(args, ref.requests, ref, chance) != nil {
			return nil
		}
		if state, _ := w.last(); state == "" || state == "done" {
			return nil
		}
		args = []string{way, "last"}
	}
	log := filepath.Join(w.dir, "strace")
	p := w.run(w.traced(i, nth, log, args...))
	exit := w.end(p)
	at, line := firstInjected(w.t, log)
	w.tell("injected: %s", line)
	if exit == 128+9 {
		w.deaths++
	}
	if !at.IsZero() || exit == 128+9 {
		w.hit = i.call + ":" + i.what
	}
	if !strings.HasPrefix(i.what, "signal") && !at.IsZero() {
		if exit != 10 {
			wrong = append(wrong, fmt.Sprintf("wrong: exit %d after a disk failed", exit))
		}
		if late := w.writesAfter(at); len(late) > 0 {
			wrong = append(wrong, "wrong: sent after the disk failed: "+strings.Join(late, "; "))
		}
	}
	if exit != 10 && exit < 128 {
		return append(wrong, w.judge(ref, exit)...)
	}
	exit, faults := w.finish(way, nil)
	return append(append(wrong, faults...), w.judge(ref, exit)...)
}
