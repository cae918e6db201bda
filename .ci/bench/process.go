package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// reading is what one measurement came to, by what was measured: seconds, but for rss, which is MiB.
type reading map[string]float64

// What is read of every process.
const (
	wall = "wall"
	cpu  = "cpu"
	rss  = "rss"
)

// exec is the part of a process that counts, where that is not all of it.
const execution = "exec"

// longest is how long one process may take.
const longest = 2 * time.Minute

// process is a program to be run and measured, with all that it starts and waits for.
type process struct {
	argv []string
	dir  string
	env  []string
}

func (b *bench) run(ctx context.Context, p process) (reading, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	cmd := exec.CommandContext(ctx, p.argv[0], p.argv[1:]...)
	cmd.Dir, cmd.Env = p.dir, append(os.Environ(), p.env...)
	said, err := os.Create(b.at("stderr"))
	if err != nil {
		return nil, nil, err
	}
	defer said.Close()
	var out bytes.Buffer
	cmd.Stderr = said
	if isOurs(p.argv[0], b) {
		cmd.Stdout = &out
	}
	began := time.Now()
	err = cmd.Run()
	took := time.Since(began)
	if ctx.Err() != nil {
		return nil, nil, fmt.Errorf("not over after %s", took.Round(time.Second))
	}
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %s", err, lastLine(said.Name()))
	}
	state := cmd.ProcessState
	usage := state.SysUsage().(*syscall.Rusage)
	return reading{
		wall: took.Seconds(), cpu: (state.UserTime() + state.SystemTime()).Seconds(), rss: float64(usage.Maxrss) / 1024,
	}, out.Bytes(), nil
}

// isOurs reports a floor, whose output is wanted. All others write to nowhere.
func isOurs(program string, b *bench) bool { return strings.HasPrefix(program, b.at("floors")) }

func lastLine(file string) string {
	raw, err := os.ReadFile(file)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(raw)), "\n")
	return lines[len(lines)-1]
}

// floor runs one of our own programs and takes over what it measured itself.
func (b *bench) floor(ctx context.Context, name string, args ...string) (reading, error) {
	r, out, err := b.run(ctx, process{argv: append([]string{b.at("floors/" + name)}, args...)})
	if err != nil || len(out) == 0 || out[0] != '{' {
		return r, err
	}
	return r, json.Unmarshal(out, &r)
}
