//go:build unix

package torture

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/stretchr/testify/require"
)

// halt is a phase of a run at which a signal comes.
type halt struct {
	name, plan string
	faults     []string
	reach      func(w *world) *process // starts what is to be stopped, and returns when it is there
	exits      []int
	says       string
	way        string // how to go on; empty when there is nothing to go on with
}

const (
	heldRead   = `{"service": "mpc", "operation": "ShowAgenciesTask", "do": "stall"}`
	heldWrite  = `{"service": "mpc", "operation": "CreateAgenciesTask", "do": "stall"}`
	heldAfter  = `{"service": "mpc", "operation": "CreateAgenciesTask", "when": "after", "do": "stall"}`
	turnedAway = `{"service": "mpc", "operation": "CreateAgenciesTask", "do": "status", "status": 429, "times": -1}`
)

// halts are the phases. A step's timeout is longer than what a stop grants to calls, and no longer, since a rollback waits
// for twice as long. A call that is cut short while nobody knows what it did leaves a doubt, which is exit 5; every
// other stop is exit 9.
func halts() []halt {
	until := func(operation string) func(w *world) *process {
		return func(w *world) *process {
			p := w.start(w.apply()...)
			w.held(operation)
			return p
		}
	}
	return []halt{
		{"preview", single("6s"), []string{heldRead}, until("ShowAgenciesTask"), []int{9}, "nothing has been changed", ""},
		{"stalled write", single("6s"), []string{heldWrite}, until("CreateAgenciesTask"), []int{5}, "writ resume", "resume"},
		{"stalled write, to be put back", single("1s"), []string{heldAfter}, until("CreateAgenciesTask"), []int{5, 9}, "writ rollback", "rollback"},
		{"backoff", single("6s"), []string{turnedAway}, turnedAwayOnce, []int{9}, "writ resume", "resume"},
		{"rollback", single("6s"), nil, stalledRollback, []int{5}, "writ ", "rollback"},
		{"settle wait", single("3s"), []string{heldWrite}, settling, []int{5, 9}, "writ r", "rollback"},
	}
}

func turnedAwayOnce(w *world) *process {
	p := w.start(w.apply()...)
	w.await("the call was turned away", func() bool {
		for _, c := range w.calls() {
			if c.Status == 429 {
				return true
			}
		}
		return false
	})
	time.Sleep(200 * time.Millisecond) // to have read the answer
	return p
}

func stalledRollback(w *world) *process {
	exit, _ := w.writ(w.apply()...)
	require.Zero(w.t, exit)
	w.fault(heldWrite)
	p := w.start("rollback", "last")
	w.held("CreateAgenciesTask")
	return p
}

// settling is a rollback that waits until a call that was lost can act no more.
func settling(w *world) *process {
	dead := w.start(w.apply()...)
	w.held("CreateAgenciesTask")
	dead.kill()
	w.deaths++
	w.observe(nil)
	p := w.start("rollback", "last")
	w.await("the rollback has looked", func() bool { return w.requests() > 0 })
	time.Sleep(300 * time.Millisecond)
	return p
}

// TestStoppedOnceInEveryPhase sends one signal: the run pauses, says how to go on, and goes on.
func TestStoppedOnceInEveryPhase(t *testing.T) {
	t.Parallel()
	c := newTally(t)
	signals := []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP}
	all := halts()
	two(len(all)**signalsEach, func(i int) {
		h, s := all[i%len(all)], signals[(i/len(all)+i)%len(signals)]
		w := newWorld(t, h.name+", "+s.String(), h.plan, clouds()[0])
		defer w.close()
		c.add(w, w.stop(h, s)...)
	})
}

func (w *world) stop(h halt, s syscall.Signal) (wrong []string) {
	for _, f := range h.faults {
		w.fault(f)
	}
	p := h.reach(w)
	sent := time.Now()
	p.signal(s)
	exit := w.end(p)
	if !slices.Contains(h.exits, exit) {
		wrong = append(wrong, fmt.Sprintf("wrong: exit %d, not one of %v", exit, h.exits))
	}
	if said := p.out.String() + p.err.String(); !strings.Contains(said, h.says) {
		wrong = append(wrong, "wrong: it does not say "+h.says)
	}
	if took := time.Since(sent); took > 30*time.Second { // promised are 6 s, on a machine that has time
		wrong = append(wrong, "wrong: it stopped after "+took.String())
	}
	w.ask("DELETE", "/-/faults", "")
	return append(wrong, w.goOn(h.way)...)
}

// goOn ends a run that was stopped, and compares the cloud with where it should be.
func (w *world) goOn(way string) (wrong []string) {
	want := "CANCELED"
	switch state, err := w.last(); {
	case err != nil:
		return []string{"wrong: " + err.Error()}
	case way == "" && state != "":
		return []string{"wrong: a run was begun"}
	case way != "":
		exit, faults := w.settle(way)
		if wrong = faults; exit != 0 {
			wrong = append(wrong, fmt.Sprintf("wrong: %s ends with %d", way, exit))
		}
	}
	if way == "resume" {
		want = "CREATED"
	}
	if !strings.Contains(string(w.state()), `"agency": "`+want+`"`) && !(want == "CANCELED" && same(plain(w.before), plain(w.state()))) {
		wrong = append(wrong, "lost: the cloud is "+string(w.state()))
	}
	return wrong
}

// TestStoppedTwice sends two signals: the program ends at once, and what it was doing is found out later.
func TestStoppedTwice(t *testing.T) {
	t.Parallel()
	c := newTally(t)
	all := halts()[1:]
	two(len(all)*min(2, *signalsEach), func(i int) {
		h, s := all[i%len(all)], []syscall.Signal{syscall.SIGINT, syscall.SIGTERM}[(i+i/len(all))%2]
		w := newWorld(t, h.name+", twice "+s.String(), h.plan, clouds()[0])
		defer w.close()
		for _, f := range h.faults {
			w.fault(f)
		}
		p := h.reach(w)
		p.signal(s)
		time.Sleep(50 * time.Millisecond) // two at the same moment are one
		p.signal(s)
		exit, wrong := w.end(p), []string(nil)
		if !slices.Contains([]int{130, 143}, exit) && !slices.Contains(h.exits, exit) { // it may have been gone by the second
			wrong = append(wrong, fmt.Sprintf("wrong: exit %d", exit))
		}
		w.ask("DELETE", "/-/faults", "")
		c.add(w, append(wrong, w.goOn(h.way)...)...)
	})
}

// TestTheTerminalGoes takes the terminal away from a question and from a run; and a signal while it asks.
func TestTheTerminalGoes(t *testing.T) {
	t.Parallel()
	c := newTally(t)
	for _, name := range []string{"question, SIGINT", "question, hang up", "run, hang up"} {
		w := newWorld(t, name, onboarding, clouds()[0])
		asks := strings.HasPrefix(name, "question")
		args, way := w.apply("--parallelism=1"), "resume"
		if asks {
			args, way = []string{"apply", "plan.yaml", "--sandbox=" + w.control}, ""
		}
		w.fault(`{"service": "mpc", "operation": "CreateAgenciesTask", "do": "delay", "seconds": 0.6}`)
		cmd := w.command(args...)
		file := onTerminal(t, cmd)
		shown := &speech{}
		gone := make(chan struct{})
		go func() { buf := make([]byte, 4096); listen(file, shown, buf); close(gone) }()
		if asks {
			w.await("it asks", func() bool { return strings.Contains(shown.String(), "apply this?") })
		} else {
			w.held("CreateAgenciesTask")
		}
		if strings.HasSuffix(name, "hang up") {
			require.NoError(t, file.Close())
		} else {
			require.NoError(t, cmd.Process.Signal(syscall.SIGINT))
		}
		_ = cmd.Wait()
		<-gone
		_ = file.Close()
		var wrong []string
		// The end of what a person can type is a no, and may be seen before the signal.
		if exit := cmd.ProcessState.ExitCode(); exit != 9 && !(exit == 1 && name == "question, hang up") {
			wrong = append(wrong, fmt.Sprintf("wrong: exit %d: %s", exit, shown))
		}
		c.add(w, append(wrong, w.goOn(way)...)...)
		w.close()
	}
}

// onTerminal starts a command on a terminal of its own. Its file can be closed while it is read, which hangs up.
func onTerminal(t *testing.T, cmd *exec.Cmd) *os.File {
	t.Helper()
	first, err := pty.Start(cmd)
	require.NoError(t, err)
	syscall.ForkLock.RLock() // a child that inherits it would keep the terminal alive
	second, err := syscall.Dup(int(first.Fd()))
	syscall.CloseOnExec(second)
	syscall.ForkLock.RUnlock()
	require.NoError(t, err)
	require.NoError(t, first.Close())
	require.NoError(t, syscall.SetNonblock(second, true))
	return os.NewFile(uintptr(second), "terminal")
}

func listen(file *os.File, to *speech, buf []byte) {
	for {
		n, err := file.Read(buf)
		_, _ = to.Write(buf[:n])
		if err != nil {
			return
		}
	}
}

// TestNobodyListens closes what the program speaks into: the run goes on, and ends well.
func TestNobodyListens(t *testing.T) {
	t.Parallel()
	c := newTally(t)
	endings := []string{
		`"$@" | head -1`, `"$@" 2>&1 | head -1`, `"$@" 2>&1 | true`, `"$@" >&-`, `"$@" 2>&-`, `"$@" <&- >&- 2>&-`, `"$@" >/dev/full 2>/dev/full`,
	}
	two(len(endings), func(i int) {
		w := newWorld(t, endings[i], onboarding, clouds()[i%3])
		defer w.close()
		var wrong []string
		for _, args := range [][]string{w.apply(), {"rollback", "last"}} {
			p := w.run(w.shell(strings.Replace(endings[i], `"$@"`, `{ "$@"; echo $? >exit; }`, 1), args...))
			w.end(p)
			w.await("it ended", func() bool { raw, _ := os.ReadFile(filepath.Join(w.dir, "exit")); return len(raw) > 0 })
			raw, err := os.ReadFile(filepath.Join(w.dir, "exit"))
			if err != nil || strings.TrimSpace(string(raw)) != "0" {
				wrong = append(wrong, fmt.Sprintf("wrong: %s: exit %s (%v)", args[0], raw, err))
			}
			_ = os.Remove(filepath.Join(w.dir, "exit"))
		}
		if state, err := w.last(); state != "rolled_back" || !same(plain(w.before), plain(w.state())) {
			wrong = append(wrong, fmt.Sprintf("lost: %q %v", state, err))
		}
		c.add(w, wrong...)
	})
}

// shell runs a script whose arguments are a writ's command line.
func (w *world) shell(script string, args ...string) *exec.Cmd {
	inner := w.command(args...)
	cmd := exec.Command("sh", append([]string{"-c", script, "sh", inner.Path}, args...)...)
	cmd.Dir, cmd.Env = inner.Dir, inner.Env
	return cmd
}

// TestFrozen stops a process for longer than its calls may take, and lets it go on.
func TestFrozen(t *testing.T) {
	t.Parallel()
	c := newTally(t)
	two(2, func(i int) {
		width := []string{"--parallelism=1", "--parallelism=10"}[i%2]
		w := newWorld(t, "frozen, "+width, onboarding, clouds()[i%3])
		defer w.close()
		w.fault(fmt.Sprintf(`{"service": "modelarts", "operation": "CreateAuthorization", "do": "delay", "seconds": 0.5, "nth": %d}`, 1+i))
		p := w.start(w.apply(width)...)
		w.held("CreateAuthorization")
		p.signal(syscall.SIGSTOP)
		time.Sleep(3 * time.Second)
		p.signal(syscall.SIGCONT)
		exit, wrong := w.end(p), []string(nil)
		if state, _ := w.last(); state == "paused" || state == "unknown" {
			exit, wrong = w.settle("resume")
		}
		ref := learn(t, onboarding, clouds()[i%3])
		c.add(w, append(wrong, w.judge(ref, exit)...)...)
	})
}
