// Command toy carries out plans with writ's engine and a journal on a real disk, and kinds that call nothing: what is left
// is what writ itself costs.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"time"

	"writ/engine"
	"writ/engine/diag"
	"writ/engine/journal"
	"writ/engine/plan"
)

func main() {
	w := &work{began: time.Now()}
	do := flag.String("do", "apply", "load, apply, both (apply, and roll back) or resume")
	flag.StringVar(&w.file, "plan", "", "`FILE` of the plan")
	flag.StringVar(&w.folder, "runs", "", "`FOLDER` of runs")
	flag.IntVar(&w.parallelism, "parallelism", 64, "`CALLS` at the same time")
	flag.IntVar(&w.dies, "dies", 0, "end at once, as if killed, when so `MANY` steps are done")
	flag.Parse()
	found, err := w.measure(*do)
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(found)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "toy:", err)
		os.Exit(1)
	}
}

type work struct {
	began        time.Time
	file, folder string
	parallelism  int
	dies         int
	done         int
	opened       time.Time // when the run began
}

type found map[string]float64

func (w *work) measure(do string) (found, error) {
	switch do {
	case "load":
		return w.load()
	case "apply":
		return w.apply()
	case "both":
		return w.both()
	case "resume":
		return w.resume()
	}
	return nil, fmt.Errorf("%s is nothing to do", do)
}

func (w *work) plan() (*plan.Plan, error) {
	src, err := os.ReadFile(w.file)
	if err != nil {
		return nil, err
	}
	p, faults := plan.Load(w.file, src, kinds())
	if diag.HasErrors(faults) {
		return nil, errors.New(faults[0].Message)
	}
	return p, nil
}

// load answers what a plan takes up once it is read.
func (w *work) load() (found, error) {
	p, err := w.plan()
	if err != nil {
		return nil, err
	}
	took := time.Since(w.began).Seconds()
	runtime.GC()
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	heap := float64(mem.HeapAlloc) / float64(len(p.Steps))
	runtime.KeepAlive(p)
	return found{"load": took, "heap per step": heap}, nil
}

func (w *work) apply() (found, error) {
	_, f, err := w.run()
	return f, err
}

// run applies the plan. "exec" lasts from the run's first record to its last.
func (w *work) run() (*engine.Engine, found, error) {
	p, err := w.plan()
	if err != nil {
		return nil, nil, err
	}
	f := found{"load": time.Since(w.began).Seconds()}
	e, err := w.engine()
	if err != nil {
		return nil, nil, err
	}
	in, err := engine.NewInputs(map[string]any{}, map[string]string{}, os.Getenv)
	if err != nil {
		return nil, nil, err
	}
	job := engine.Job{
		Plan: p, Inputs: in, Target: journal.Target{Cloud: "toy", Region: "here", ProjectID: "bench"},
		Options: journal.Options{Parallelism: w.parallelism},
	}
	asked := time.Now()
	run, err := e.Apply(context.Background(), job, func(*journal.Run) error { return nil })
	if err != nil {
		return nil, nil, err
	}
	f["apply"], f["exec"] = time.Since(asked).Seconds(), time.Since(w.opened).Seconds()
	return e, f, ended(run, journal.ClosedDone)
}

func ended(run *journal.Run, want journal.Closed) error {
	if run.Closed != want {
		return fmt.Errorf("the run ended %q: %s", run.Closed, run.Why)
	}
	return nil
}

func (w *work) engine() (*engine.Engine, error) {
	folder, err := journal.OpenFolder(w.folder)
	if err != nil {
		return nil, err
	}
	return &engine.Engine{Kinds: kinds(), Folder: folder, Version: "bench", Getenv: os.Getenv, Watch: w.watch}, nil
}

func (w *work) watch(rec journal.Record) {
	switch rec.K {
	case journal.RunOpen:
		w.opened = time.Now()
	case journal.StepDone:
		if w.done++; w.done == w.dies {
			os.Exit(0)
		}
	}
}

// both applies a plan and takes it back. The cloud is gone with the process, so that one does both.
func (w *work) both() (found, error) {
	e, f, err := w.run()
	if err != nil {
		return nil, err
	}
	id, err := only(e.Folder)
	if err != nil {
		return nil, err
	}
	asked := time.Now()
	run, err := e.Rollback(context.Background(), id, false)
	if err != nil {
		return nil, err
	}
	f["rollback"] = time.Since(asked).Seconds()
	return f, ended(run, journal.ClosedRolledBack)
}

func (w *work) resume() (found, error) {
	e, err := w.engine()
	if err != nil {
		return nil, err
	}
	id, err := only(e.Folder)
	if err != nil {
		return nil, err
	}
	run, err := e.Resume(context.Background(), id)
	if err != nil {
		return nil, err
	}
	return found{"exec": time.Since(w.began).Seconds()}, ended(run, journal.ClosedDone)
}

func only(f *journal.Folder) (string, error) {
	ids, err := f.Runs()
	if err != nil {
		return "", err
	}
	if len(ids) != 1 {
		return "", fmt.Errorf("%d runs in %s", len(ids), f.Path())
	}
	return ids[0], nil
}
