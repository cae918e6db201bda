package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/engine"
)

const onePlanText = `version: 1
name: one
steps:
  - {id: mpc, uses: mpc.agency, with: {operate_type: CREATED}}
`

// shared is a buffer that one goroutine writes and another reads.
type shared struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (s *shared) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.Write(p)
}

func (s *shared) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.String()
}

// asked applies a plan at a terminal and answers when the question stands there.
func asked(t *testing.T) (a *app, answer io.Writer, complaints *shared, runs string, exit chan engine.Exit) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "plan.yaml")
	require.NoError(t, os.WriteFile(file, []byte(onePlanText), 0o600))
	in, out := io.Pipe()
	t.Cleanup(func() { out.Close() })
	complaints, runs, exit = &shared{}, filepath.Join(dir, "runs"), make(chan engine.Exit, 1)
	a = &app{stdin: in, stdout: io.Discard, stderr: complaints, environ: []string{"NO_COLOR=1"}, stop: make(chan struct{}), terminal: true}
	go func() { exit <- a.main([]string{"apply", file, "--sandbox", "--runs", runs}) }()
	require.Eventually(t, a.asking.Load, 10*time.Second, time.Millisecond)
	return a, out, complaints, runs, exit
}

func TestSignalEndsTheQuestion(t *testing.T) {
	a, _, complaints, runs, exit := asked(t)
	close(a.stop)
	require.Equal(t, engine.ExitPaused, <-exit)
	require.Contains(t, complaints.String(), "stopped before the first write")
	require.NoDirExists(t, filepath.Join(runs, "runs"))
}

func TestYesAfterASignalIsNoYes(t *testing.T) {
	for range 100 {
		a := &app{stdin: strings.NewReader("y\n"), stderr: io.Discard, stop: make(chan struct{})}
		close(a.stop)
		var refusal *engine.Refusal
		require.ErrorAs(t, a.ask("? "), &refusal)
	}
}

func TestAnswerDecides(t *testing.T) {
	for answer, want := range map[string]engine.Exit{"y\n": engine.ExitDone, "Yes\n": engine.ExitDone, "n\n": engine.ExitFailed, "\n": engine.ExitFailed} {
		_, in, _, _, exit := asked(t)
		_, err := io.WriteString(in, answer)
		require.NoError(t, err)
		require.Equal(t, want, <-exit, answer)
	}
}
