package torture

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// world is a cloud, a runs folder and a plan, and the processes that work on them one after another.
type world struct {
	*front
	name, dir, plan string
	before          []byte // the cloud at its beginning
	began           time.Time
	environ         []string

	deaths, recoveries, processes, late int
	told                                []string
	hit                                 string // the injection that met its call
}

func newWorld(t testing.TB, name, plan, cloud string) *world {
	t.Helper()
	w := &world{front: newFront(t, []byte(cloud)), name: name, dir: t.TempDir(), plan: plan, began: time.Now()}
	w.before = w.state()
	require.NoError(t, os.WriteFile(filepath.Join(w.dir, "plan.yaml"), []byte(plan), 0o600))
	return w
}

func (w *world) state() []byte { w.t.Helper(); return w.ask("GET", "/-/state", "") }

func (w *world) tell(format string, args ...any) {
	w.told = append(w.told, fmt.Sprintf("%8.3f ", time.Since(w.began).Seconds())+fmt.Sprintf(format, args...))
}

func (w *world) story() string { return strings.Join(w.told, "\n") }

// process is a writ at work.
type process struct {
	cmd      *exec.Cmd
	args     string
	out, err *speech
	over     chan struct{}
	once     sync.Once
}

// speech is what a process has said so far.
type speech struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *speech) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *speech) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// command prepares a writ in the world's folder. What reaches it from our own environment is the path to find sh.
func (w *world) command(args ...string) *exec.Cmd {
	cmd := exec.Command(binary(w.t), args...)
	cmd.Dir = w.dir
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + w.dir, "NO_COLOR=1"}, w.environ...)
	return cmd
}

func (w *world) start(args ...string) *process { return w.run(w.command(args...)) }

// run starts a command that is, or starts, a writ.
func (w *world) run(cmd *exec.Cmd) *process {
	w.t.Helper()
	p := &process{cmd: cmd, args: strings.Join(cmd.Args[1:], " "), out: new(speech), err: new(speech), over: make(chan struct{})}
	if cmd.Stdout == nil {
		cmd.Stdout = p.out
	}
	if cmd.Stderr == nil {
		cmd.Stderr = p.err
	}
	w.processes++
	require.NoError(w.t, cmd.Start())
	w.t.Cleanup(p.kill)
	go func() { _ = cmd.Wait(); close(p.over) }()
	return p
}

// kill ends a process, and returns when it is gone.
func (p *process) kill() { p.once.Do(func() { _ = p.cmd.Process.Kill(); <-p.over }) }

func (p *process) signal(s os.Signal) { _ = p.cmd.Process.Signal(s) }

func (p *process) running() bool {
	select {
	case <-p.over:
		return false
	default:
		return true
	}
}

// exit is the exit of a process that is over, as a shell would say it.
func (p *process) exit() int {
	<-p.over
	status, _ := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if status.Signaled() {
		return 128 + int(status.Signal())
	}
	return status.ExitStatus()
}

// end waits for a process and keeps what it said. A process that does not end is killed, and that is an error.
func (w *world) end(p *process) int {
	w.t.Helper()
	select {
	case <-p.over:
	case <-time.After(6 * time.Minute):
		w.tell("%s does not end", p.args)
		p.kill()
	}
	w.tell("%s: exit %d\n%s%s", p.args, p.exit(), p.err, p.out)
	return p.exit()
}

// writ runs a command to its end.
func (w *world) writ(args ...string) (exit int, out string) {
	w.t.Helper()
	p := w.start(args...)
	return w.end(p), p.out.String() + p.err.String()
}

func (w *world) apply(more ...string) []string {
	return append([]string{"apply", "plan.yaml", "--yes", "--sandbox=" + w.control}, more...)
}

// journal is the path of the last run's journal, and its size; empty when there is none.
func (w *world) journal() (string, int64) {
	files, _ := filepath.Glob(filepath.Join(w.dir, ".writ", "runs", "*", "journal"))
	if len(files) == 0 {
		return "", 0
	}
	last := files[len(files)-1]
	info, err := os.Stat(last)
	if err != nil {
		return "", 0
	}
	return last, info.Size()
}

// state of the last run as writ runs tells it; empty when no run ever began.
func (w *world) last() (state string, err error) {
	p := w.start("runs", "--format", "json")
	if exit := p.exit(); exit != 0 {
		return "", fmt.Errorf("writ runs ends with %d: %s", exit, p.err)
	}
	for _, line := range strings.Split(strings.TrimSpace(p.out.String()), "\n") {
		if line == "" {
			continue
		}
		var run struct{ Run, State string }
		if err := json.Unmarshal([]byte(line), &run); err != nil {
			return "", errors.Join(err, errors.New(line))
		}
		if run.Run != "" {
			state = run.State
		}
	}
	return state, nil
}

// plain takes never configured and switched off as the same: no call can tell them apart. An agency's id tells only in
// which order the agencies were made.
func plain(raw []byte) (cloud map[string]any) {
	if err := json.Unmarshal(raw, &cloud); err != nil {
		panic(err) // the sandbox's own document
	}
	for _, one := range cloud["projects"].(map[string]any) {
		project := one.(map[string]any)
		if mpc := project["mpc"].(map[string]any); mpc["agency"] == nil {
			mpc["agency"] = "CANCELED"
		}
		dli := project["dli"].(map[string]any)
		if agency, ok := dli["agency"].(map[string]any); ok && len(agency["roles"].([]any)) == 0 {
			dli["agency"] = nil
		}
	}
	for _, one := range cloud["iam"].(map[string]any)["agencies"].([]any) {
		delete(one.(map[string]any), "id")
	}
	return cloud
}

// grants takes what DLI may write to out of a cloud: the one grant that nothing can take back.
func grants(cloud map[string]any) any {
	for _, one := range cloud["projects"].(map[string]any) {
		dli := one.(map[string]any)["dli"].(map[string]any)
		buckets := dli["authorized_buckets"]
		dli["authorized_buckets"] = nil
		return buckets
	}
	return nil
}

func same(a, b any) bool { return reflect.DeepEqual(a, b) }
