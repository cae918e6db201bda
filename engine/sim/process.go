package sim

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"syscall"
	"time"

	"writ/engine"
	"writ/engine/diag"
	"writ/engine/journal"
	"writ/engine/journal/simdisk"
	"writ/engine/plan"
	"writ/engine/step"
)

// Trouble decides what goes wrong at the nth event of a process, from 0.
type Trouble func(n int, e Event) Fault

// Process is one process in a world.
type Process struct {
	*World
	rng     *rand.Rand
	disk    *simdisk.Process
	trouble Trouble // nil: all is well
	each    func(n int, e Event)
	events  int
	stop    chan struct{}
	plan    *plan.Plan
	stopped bool
	over    bool // nothing more goes wrong
	told    bool // it said that the run is over
	log     func(format string, args ...any)
}

// End is how a process ended.
type End struct {
	Died bool
	Run  *journal.Run
	Err  error
}

// event lets something cross a seam, unless the process dies of it.
func (p *Process) event(e Event) (f Fault) {
	if p.log != nil {
		n, at := p.events, p.clock.now.Sub(dawn)
		defer func() { p.log("%4d %s %s %s", n, at, e, f) }()
	}
	p.arrive()
	n := p.events
	p.events++
	if p.each != nil {
		p.each(n, e)
	}
	if p.trouble == nil || p.over {
		return None
	}
	f = p.trouble(n, e)
	switch f {
	case Death:
		p.die()
		runtime.Goexit()
	case Stop:
		if !p.stopped {
			p.stopped = true
			close(p.stop)
		}
		return None
	}
	return f
}

func (p *Process) die() {
	if p.disk != nil {
		p.disk.Die()
	}
}

// folder is the runs folder as this process sees it.
func (p *Process) folder() (*journal.Folder, error) {
	p.disk = p.Disk.Start()
	p.Disk.OnCall = p.onDisk
	folder, err := journal.OpenDisk(p.disk, "runs")
	if err != nil {
		return nil, err
	}
	folder.Now, folder.Rand = p.clock.Now, p
	return folder, nil
}

func (p *Process) onDisk(op simdisk.Op) error {
	name := op.Name
	if i := strings.LastIndexByte(name, '/'); i >= 0 && len(name)-i > 40 {
		name = name[:i] // a blob's name says nothing
	}
	switch p.event(Event{Seam: Disk, Op: string(op.Kind) + " " + name, Write: op.Kind.Changes()}) {
	case NoSpace:
		return simdisk.Short(int(op.Size)/2, syscall.ENOSPC)
	case IO, SyncKept:
		return syscall.EIO
	case SyncLost:
		return simdisk.Forget(syscall.EIO)
	}
	return nil
}

// Round takes a call to the cloud, where act carries it out, in half if need be, and says what came of it. A call whose
// context is over is not sent.
func (p *Process) Round(op string, write bool, act func(c Cloud, half bool)) Fault {
	f := p.event(Event{Seam: Send, Op: op, Write: write})
	p.murky = p.murky || f == Stale
	switch {
	case f.Acts(), f == Stale, !write && f == Half:
		act(p.Cloud, false)
	case f == Half:
		act(p.Cloud, true)
	case f == Late:
		p.murky = true
		sent := p.clock.now
		p.clock.After(timeout)
		at := sent.Add(timeout + time.Duration(p.rng.Int64N(int64(timeout))))
		p.late = append(p.late, late{at, func(c Cloud) { act(c, false) }})
	}
	p.event(Event{Seam: Answer, Op: op, Write: write})
	return f
}

// Read fills b with chance that the seed decides.
func (p *Process) Read(b []byte) (int, error) {
	for i := 0; i < len(b); i += 8 {
		var word [8]byte
		binary.LittleEndian.PutUint64(word[:], p.rng.Uint64())
		copy(b[i:], word[:])
	}
	return len(b), nil
}

// run carries something out with an engine of this process.
func (p *Process) run(c *Case, do func(*engine.Engine) (*journal.Run, error)) End {
	end := End{Died: true}
	over := make(chan struct{})
	c.now = p
	go func() {
		defer close(over)
		deepen()
		e, err := p.engine(c)
		if err == nil {
			end.Run, err = do(e)
		}
		end.Err, end.Died = err, false
	}()
	<-over
	p.die() // what is still held goes with it
	return end
}

func (p *Process) engine(c *Case) (*engine.Engine, error) {
	folder, err := p.folder()
	if err != nil {
		return nil, err
	}
	kinds := c.Kinds
	if c.Equip != nil {
		kinds = c.Equip()
	}
	p.plan = c.Plan.Bind(kinds)
	return &engine.Engine{
		Kinds: kinds, Folder: folder, Version: "sim", Clock: p.clock, Chance: p, Stop: p.stop,
		Crew:   func() engine.Crew { return &crew{rng: p.rng} },
		Getenv: func(string) string { return c.Secret },
		Watch:  p.tell,
		Read:   func(string, []byte, step.Kinds) (*plan.Plan, []diag.Diagnostic) { return p.plan, nil },
	}, nil
}

// tell shows a record. That the run is over is what somebody may act on.
func (p *Process) tell(rec journal.Record) {
	if p.log != nil {
		rec.Open, rec.Process = nil, nil
		raw, _ := json.Marshal(rec)
		p.log("     %s", raw)
	}
	if rec.K == journal.RunClose {
		p.told = true
		p.event(Event{Seam: Tell, Op: string(rec.K)})
	}
}

// Apply carries the plan out.
func (c *Case) Apply(p *Process) End {
	return p.run(c, func(e *engine.Engine) (*journal.Run, error) {
		job := engine.Job{Plan: p.plan, Inputs: c.Inputs, Target: target, Options: journal.Options{Parallelism: c.Parallelism}}
		return e.Apply(context.Background(), job, func(*journal.Run) error { return nil })
	})
}

// Resume goes on with a run.
func (c *Case) Resume(p *Process, id string, words ...engine.Assumption) End {
	return p.run(c, func(e *engine.Engine) (*journal.Run, error) { return e.Resume(context.Background(), id, words...) })
}

// Rollback puts a run back.
func (c *Case) Rollback(p *Process, id string) End {
	return p.run(c, func(e *engine.Engine) (*journal.Run, error) {
		run, err := e.Rollback(context.Background(), id, false)
		var nothing *engine.NothingToUndo
		if !errors.As(err, &nothing) {
			return run, err
		}
		if len(nothing.Left) > 0 && run.Closed == journal.ClosedDone { // as the command says it
			run.Closed, run.Residue, run.Exit = journal.ClosedResidue, nothing.Left, int(engine.ExitResidue)
		}
		return run, nil
	})
}

var target = journal.Target{Cloud: "huaweicloud", Region: "r", ProjectID: "p"}

// deepen makes the stack as deep as it will be, at once: grown little by little it is copied again and again.
//
//go:noinline
func deepen() byte {
	var frame [24 << 10]byte
	return frame[len(os.Args)%len(frame)]
}
