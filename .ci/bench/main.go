// Command bench measures writ as a whole process, side by side with floors that do the same work and nothing else, and with
// the tools that people have, and prints how writ stands to its budgets. It knows writ by its binary, its engine and its
// journal only from outside. A time is never an assertion: it exits 0 whatever the table says. Linux only.
//
//	go run ./.ci/bench -row P6
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

func main() {
	debug.SetMemoryLimit(32 << 20) // a child's peak of memory is never less than its parent's
	b := &bench{began: time.Now()}
	flag.StringVar(&b.row, "row", "", "only these `ROWS`, as P6 or P6,P10")
	flag.BoolVar(&b.quick, "quick", false, "smaller sizes and fewer rounds than the budgets ask for")
	flag.StringVar(&b.writ, "writ", "bin/writ", "`FILE` of writ's binary")
	flag.StringVar(&b.dir, "dir", "dist/bench", "`FOLDER` to work in, on a real disk; it is emptied")
	flag.DurationVar(&b.limit, "limit", 15*time.Minute, "`TIME` after which no further round begins")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := b.bench(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

// bench is one run of the harness.
type bench struct {
	row, writ, dir string
	quick          bool
	limit          time.Duration
	began          time.Time
	folders        int
}

func (b *bench) bench(ctx context.Context) error {
	defer func() { _ = os.RemoveAll(b.dir) }()
	if err := b.prepare(ctx); err != nil {
		return err
	}
	contests := b.contests()
	for _, row := range b.rows() {
		if !slices.Contains(known(contests), row) {
			return fmt.Errorf("no row %s; there are %s", row, strings.Join(known(contests), ", "))
		}
	}
	var lines []line
	for _, c := range contests {
		lines = append(lines, b.hold(ctx, c)...)
	}
	b.head()
	return print(os.Stdout, lines)
}

// prepare makes the working folder and the floors, built as writ is.
func (b *bench) prepare(ctx context.Context) error {
	for _, path := range []*string{&b.dir, &b.writ} {
		whole, err := filepath.Abs(*path)
		if err != nil {
			return err
		}
		*path = whole
	}
	if _, err := os.Stat(b.writ); err != nil {
		return fmt.Errorf("%w; run make build", err)
	}
	if err := os.RemoveAll(b.dir); err != nil {
		return err
	}
	if err := os.MkdirAll(b.at("floors"), 0o755); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", b.at("floors")+"/",
		"./.ci/bench/hello", "./.ci/bench/nodes", "./.ci/bench/calls", "./.ci/bench/disk", "./.ci/bench/toy")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	cmd.Stderr = os.Stderr
	return cmd.Run()
}

func (b *bench) at(name string) string { return filepath.Join(b.dir, name) }

func (b *bench) rows() []string {
	if b.row == "" {
		return nil
	}
	return strings.Split(b.row, ",")
}

func (b *bench) wants(row string) bool { return b.row == "" || slices.Contains(b.rows(), row) }

func (b *bench) late() bool { return time.Since(b.began) > b.limit }

// size is what is measured, or less of it.
func (b *bench) size(full, quick int) int {
	if b.quick {
		return quick
	}
	return full
}

func (b *bench) tell(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "%4.0fs  %s\n", time.Since(b.began).Seconds(), fmt.Sprintf(format, args...))
}

func (b *bench) head() {
	fmt.Fprintf(os.Stdout, "%s, %d cores, %s, in %s\n", time.Now().UTC().Format(time.DateTime), runtime.NumCPU(), runtime.Version(), time.Since(b.began).Round(time.Second))
	fmt.Fprintln(os.Stdout, `Contenders take turns. "met" is by all pairs; runs that take long have fewer of them.`)
	if b.quick {
		fmt.Fprintln(os.Stdout, "Quick: the sizes are not those of the budgets, and the verdicts only a hint.")
	}
	fmt.Fprintln(os.Stdout)
}
