//go:build unix

package main

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/stretchr/testify/require"
)

// console is a program on a real pseudo-terminal, and what a person sees there.
type console struct {
	t    *testing.T
	cmd  *exec.Cmd
	file *os.File
	done chan struct{}

	mu    sync.Mutex
	term  *terminal
	began time.Time
	cast  []frame
}

// frame is what the program wrote at once.
type frame struct {
	after time.Duration
	text  string
}

// onTerminal starts writ in a folder of its own, or in dir. The environment is that of a person, and what more is said.
func onTerminal(t *testing.T, width, height int, dir string, environ []string, args ...string) *console {
	t.Helper()
	path, err := exec.LookPath("writ")
	require.NoError(t, err)
	return startOn(t, width, height, dir, environ, exec.Command(path, args...))
}

// startOn is onTerminal for any program.
func startOn(t *testing.T, width, height int, dir string, environ []string, cmd *exec.Cmd) *console {
	t.Helper()
	var err error
	c := &console{t: t, cmd: cmd, done: make(chan struct{}), term: newTerminal(width, height), began: time.Now()}
	c.cmd.Dir = dir
	c.cmd.Env = append([]string{"TERM=xterm-256color", "HOME=" + dir, "PATH=" + os.Getenv("PATH")}, environ...)
	c.file, err = pty.StartWithSize(c.cmd, &pty.Winsize{Cols: uint16(width), Rows: uint16(height)})
	require.NoError(t, err)
	go c.watch()
	t.Cleanup(func() { _ = c.cmd.Process.Kill(); <-c.done; _ = c.file.Close() })
	return c
}

func (c *console) watch() {
	defer close(c.done)
	buf := make([]byte, 4096)
	for {
		n, err := c.file.Read(buf)
		c.mu.Lock()
		c.term.write(string(buf[:n]))
		c.cast = append(c.cast, frame{time.Since(c.began), string(buf[:n])})
		c.mu.Unlock()
		if err != nil { // the last one that held the terminal has gone
			return
		}
	}
}

func (c *console) text() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.term.text()
}

// await waits until everything that was shown looks as told, and answers it.
func (c *console) await(what string, looks func(text string) bool) string {
	c.t.Helper()
	var text string
	require.Eventually(c.t, func() bool { text = c.text(); return looks(text) }, time.Minute, 5*time.Millisecond, "%s", what)
	return text
}

func (c *console) awaitText(part string) string {
	c.t.Helper()
	return c.await(part, func(text string) bool { return strings.Contains(text, part) })
}

func (c *console) keys(text string) {
	_, err := io.WriteString(c.file, text)
	require.NoError(c.t, err)
}

func (c *console) resize(width, height int) {
	c.mu.Lock()
	c.term.resize(width, height)
	err := pty.Setsize(c.file, &pty.Winsize{Cols: uint16(width), Rows: uint16(height)})
	c.mu.Unlock()
	require.NoError(c.t, err)
}

func (c *console) signal(s syscall.Signal) { require.NoError(c.t, c.cmd.Process.Signal(s)) }

// end waits for the program's end and answers its exit and everything that was shown.
func (c *console) end() (int, string) {
	c.t.Helper()
	_ = c.cmd.Wait()
	<-c.done
	require.Empty(c.t, c.term.odd)
	return c.cmd.ProcessState.ExitCode(), c.term.text()
}

var (
	runID    = regexp.MustCompile(`\b01[0-9a-z]{24}\b`)
	duration = regexp.MustCompile(`( *)\b((\d+(\.\d+)?(µs|ms|s|m\d\ds)))\b`)
	hexID    = regexp.MustCompile(`\b[0-9a-f]{32}\)`)
	loopback = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)
)

// still takes out of a screen what differs from run to run. A time that stands in a column stays there.
func still(text string) string {
	text = runID.ReplaceAllString(text, "01"+strings.Repeat("x", 24))
	text = hexID.ReplaceAllString(text, strings.Repeat("f", 32)+")")
	text = loopback.ReplaceAllString(text, "http://127.0.0.1:PORT")
	return duration.ReplaceAllStringFunc(text, func(found string) string {
		if wide := len(found); strings.HasPrefix(found, "  ") {
			return strings.Repeat(" ", wide-2) + "#s"
		}
		return found[:len(found)-len(strings.TrimLeft(found, " "))] + "#s"
	})
}

// sameScreen compares a screen with the one that is kept.
func sameScreen(t *testing.T, name, text string) {
	t.Helper()
	file := filepath.Join("testdata", "screens", name+".txt")
	if text = still(text); *update {
		require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
		return
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err, "go test ./cmd/writ -run %s -update", t.Name())
	require.Equal(t, string(want), text)
}

// aCloud serves a sandbox and answers its address.
func aCloud(t *testing.T, faults ...string) string {
	t.Helper()
	path, err := exec.LookPath("writ")
	require.NoError(t, err)
	cmd := exec.Command(path, "sandbox")
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	at, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	at = strings.TrimSpace(at)
	for _, f := range faults {
		resp, err := http.Post(at+"/-/faults", "application/json", strings.NewReader(f))
		require.NoError(t, err)
		require.Less(t, resp.StatusCode, 300)
		require.NoError(t, resp.Body.Close())
	}
	return at
}

// examplePlan copies a plan of the screens to a folder of its own.
func examplePlan(t *testing.T, name string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	text, err := os.ReadFile(filepath.Join("testdata", "screens", name))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "plan.yaml"), text, 0o600))
	return dir
}
