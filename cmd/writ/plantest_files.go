package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"writ/cmd/writ/trial"
	"writ/engine/diag"
	"writ/engine/plan"
	"writ/steps"
)

// testExt ends the names of plan tests.
const testExt = ".writtest.yaml"

// testFile is a file of cases that are ready to be run.
type testFile struct {
	suite  *trial.Suite
	plan   *plan.Plan
	trials []trial.Trial
}

// testFiles finds and reads the tests, and prints what is wrong with them.
func (a *app) testFiles(paths []string) ([]testFile, error) {
	names, err := findTests(paths)
	if err != nil {
		return nil, wrong("%s", err)
	}
	if len(names) == 0 {
		return nil, wrong("no file *%s in %s", testExt, strings.Join(paths, ", "))
	}
	var files []testFile
	var faults []diag.Diagnostic
	for _, name := range names {
		f, found, err := a.testFile(name)
		if err != nil {
			return nil, err
		}
		files, faults = append(files, f), append(faults, found...)
	}
	diag.Sort(faults)
	return files, a.report(faults)
}

// testFile reads one file of cases, and its plan.
func (a *app) testFile(name string) (f testFile, faults []diag.Diagnostic, err error) {
	src, err := a.readPlan(name)
	if err != nil {
		return f, nil, wrong("%s", err)
	}
	if f.suite, faults = trial.DecodeSuite(name, src); f.suite == nil {
		return f, faults, nil
	}
	file := f.suite.PlanFile()
	if src, err = a.readPlan(file); err != nil {
		return f, append(faults, f.suite.PlanFault(err.Error())), nil
	}
	var found []diag.Diagnostic
	if f.plan, found = plan.Load(file, src, steps.Kinds(nil)); f.plan == nil {
		return f, append(faults, found...), nil
	}
	f.trials, found = f.suite.Trials(f.plan)
	return f, append(faults, found...), nil
}

// findTests lists the tests among and below paths, in order.
func findTests(paths []string) (files []string, err error) {
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			files = append(files, path)
			continue
		}
		err = filepath.WalkDir(path, func(file string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && strings.HasSuffix(file, testExt) {
				files = append(files, file)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return files, nil
}
