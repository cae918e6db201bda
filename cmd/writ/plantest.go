package main

import (
	"cmp"
	"context"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"writ/cmd/writ/trial"
	"writ/cmd/writ/view"
	"writ/engine"
	"writ/engine/plan"
)

func (a *app) testCommand() *cobra.Command {
	var junit string
	cmd := &cobra.Command{
		Use: "test DIR|FILE…", Args: cobra.MinimumNArgs(1),
		Short: "Run plans on emulated clouds under faults and compare how they end",
		Long: "Run the cases of *.writtest.yaml files: each says what the cloud holds, what\n" +
			"goes wrong at which step, and how that is to end. Nothing leaves this machine,\n" +
			"nothing is kept, and no time passes where a run would wait.",
		Example: "  writ test plans\n  writ test plans --junit report.xml",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.test(cmd.Context(), args, junit)
		},
	}
	a.formatFlag(cmd, testStream, "text", "json")
	cmd.Flags().StringVar(&junit, "junit", "", "also write the results to `FILE`, as JUnit's XML")
	return cmd
}

const testStream = "writ tests"

// testResult is how one case ended. Differences are what is not as expected.
type testResult struct {
	File        string             `json:"file"`
	Case        string             `json:"case"`
	OK          bool               `json:"ok"`
	Outcome     trial.Outcome      `json:"outcome,omitempty"`
	Exit        engine.Exit        `json:"exit"`
	Differences []trial.Difference `json:"differences,omitempty"`
	Faults      []trial.Fault      `json:"faults,omitempty"`
	TookMS      int64              `json:"took_ms"`

	plan string
	took time.Duration
}

func (a *app) test(ctx context.Context, paths []string, junit string) error {
	ctx, _ = a.interrupted(ctx)
	a.careful.Store(true)
	files, err := a.testFiles(paths)
	if err != nil {
		return err
	}
	var results []testResult
	for i, done := range startTests(ctx, files) {
		if !a.json() {
			a.out().TestFile(files[i].suite.File)
		}
		for k := range done {
			r := <-done[k]
			results = append(results, r)
			a.showCase(r)
		}
	}
	a.exit = engine.ExitDone
	failed := failures(results)
	if failed > 0 {
		a.exit = engine.ExitFailed
	}
	a.showTests(files, results, failed)
	if junit == "" {
		return nil
	}
	return writeJUnit(junit, results)
}

// startTests begins all cases, as many at a time as the machine has processors, and answers where each result will be,
// by file.
func startTests(ctx context.Context, files []testFile) [][]chan testResult {
	all := make([][]chan testResult, len(files))
	turn := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i, f := range files {
		for k := range f.trials {
			done := make(chan testResult, 1)
			all[i] = append(all[i], done)
			go func() {
				turn <- struct{}{}
				defer func() { <-turn }()
				done <- f.run(ctx, k)
			}()
		}
	}
	return all
}

// run carries out one case.
func (f testFile) run(ctx context.Context, k int) testResult {
	c, began := f.suite.Cases[k], time.Now()
	r := testResult{File: f.suite.File, Case: c.Name, Faults: c.Faults, plan: planName(f.plan)}
	end, err := f.trials[k].Run(ctx)
	if err != nil {
		r.Differences = []trial.Difference{{What: "trial", Want: "a run", Found: err.Error()}}
	} else {
		r.Outcome, r.Exit, r.Differences = end.Outcome, end.Exit, c.Expect.Judge(end)
	}
	r.OK, r.took = len(r.Differences) == 0, time.Since(began)
	r.TookMS = r.took.Milliseconds()
	return r
}

// planName is what reports call a plan.
func planName(p *plan.Plan) string { return cmp.Or(p.Name.Value, filepath.Base(p.File)) }

func failures(results []testResult) (n int) {
	for _, r := range results {
		if !r.OK {
			n++
		}
	}
	return n
}

func (a *app) showCase(r testResult) {
	if a.json() {
		a.stream(testStream).Line(r)
		return
	}
	c := view.TestCase{Name: r.Case}
	for _, d := range r.Differences {
		c.Differences = append(c.Differences, view.TestDifference{What: d.What, Want: d.Want, Found: d.Found})
	}
	a.out().TestCase(c)
}

// showTests ends the report: which steps met which faults, and how many cases failed.
func (a *app) showTests(files []testFile, results []testResult, failed int) {
	met := []view.Hurt{}
	for _, r := range results {
		for _, f := range r.Faults {
			met = append(met, view.Hurt{Plan: r.plan, Step: f.At, Fault: f.Fault, Undo: f.Undo})
		}
	}
	if a.json() {
		a.stream(testStream).Line(map[string]any{"cases": len(results), "failed": failed, "exercised": met})
		return
	}
	a.out().Line("")
	a.out().Hurts(hurtSteps(files, met), trial.Names(), trial.Short(), met)
	a.out().Line("")
	a.out().Tested(len(results), failed)
}

// hurtSteps lists the steps that cases can hurt: those of the plans, each instance that a case names instead of its
// step.
func hurtSteps(files []testFile, met []view.Hurt) (all []view.HurtStep) {
	seen := map[string]bool{}
	for _, f := range files {
		name := planName(f.plan)
		if seen[name] {
			continue
		}
		seen[name] = true
		for _, s := range f.plan.Steps {
			for _, address := range instances(name, s.ID.Value, met) {
				all = append(all, view.HurtStep{Plan: name, Step: address, Faults: trial.FaultsOf(*s.Kind), Back: trial.GoesBack(*s.Kind)})
			}
		}
	}
	return all
}

func instances(plan, id string, met []view.Hurt) []string {
	var all []string
	for _, h := range met {
		if h.Plan == plan && strings.HasPrefix(h.Step, id+"[") && !slices.Contains(all, h.Step) {
			all = append(all, h.Step)
		}
	}
	if len(all) == 0 {
		return []string{id}
	}
	return all
}
