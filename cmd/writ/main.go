// Command writ turns a YAML plan into changes on Huawei Cloud or Open Telekom Cloud, shows them before they happen,
// and puts everything back when one of them fails.
package main

import (
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/term"

	"writ/cmd/writ/view"
	"writ/engine"
)

func main() { os.Exit(int(run())) }

// run hands the process to the program: its streams, arguments and signals come in as values, an exit comes out.
func run() (exit engine.Exit) {
	a := &app{
		stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, environ: os.Environ(), stop: make(chan struct{}),
		terminal: term.IsTerminal(int(os.Stdin.Fd())) && term.IsTerminal(int(os.Stderr.Fd())),
	}
	defer func() {
		if r := recover(); r != nil {
			a.block.Close()
			fmt.Fprintln(os.Stderr, "writ: internal error; a run that was under way can go on;", a.goOn())
			exit = engine.ExitInternal
		}
	}()
	noCore()
	signal.Ignore(syscall.SIGPIPE) // a reader that went away does not end a run
	log.SetOutput(io.Discard)      // where net/http tells of servers that break its rules
	if size := sizeOf(os.Stderr); size != nil {
		a.errSize, a.block = size, view.NewBlock(os.Stderr, size)
		a.stderr = a.block.Over(os.Stderr)
	}
	if size := sizeOf(os.Stdout); size != nil {
		a.outSize = size
		if a.block != nil {
			a.stdout = a.block.Over(os.Stdout)
		}
	}
	if a.block != nil {
		go suspend(a.block)
	}
	go listen(a)
	return a.main(os.Args[1:])
}

// sizeOf answers how to ask a terminal for its size; nil for a stream that is none.
func sizeOf(stream *os.File) func() (width, height int) {
	fd := int(stream.Fd())
	if !term.IsTerminal(fd) {
		return nil
	}
	return func() (int, int) {
		width, height, err := term.GetSize(fd)
		if err != nil || width <= 0 || height <= 0 {
			return 80, 24
		}
		return width, height
	}
}

// listen turns the first signal into a stop and the second into an end.
func listen(a *app) {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	first := <-signals
	a.block.Close()
	if !a.careful.Load() {
		os.Exit(int(engine.ExitInterrupted))
	}
	if !a.asking.Load() {
		fmt.Fprintf(a.stderr, "writ: %s: stopping; calls under way have 5 s to finish\n", first)
	}
	close(a.stop)
	<-signals
	fmt.Fprintln(a.stderr, "writ: stopped hard; what calls under way did is not known;", a.goOn())
	os.Exit(int(engine.ExitInterrupted))
}

// goOn says how a run that was cut short goes on.
func (a *app) goOn() string {
	id, begun := a.running.Load().(string)
	if !begun {
		return "see: writ runs"
	}
	return "go on:\n    writ resume " + id + a.repeated()
}
