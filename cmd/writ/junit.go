package main

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"writ/cmd/writ/view"
	"writ/engine"
)

// writeJUnit writes results, a suite for each file.
func writeJUnit(file string, results []testResult) error {
	var suites []view.JUnitSuite
	for i := 0; i < len(results); {
		n := i
		for n < len(results) && results[n].File == results[i].File {
			n++
		}
		suites = append(suites, junitSuiteOf(results[i:n]))
		i = n
	}
	var b bytes.Buffer
	err := view.WriteJUnit(&b, suites...)
	if err == nil {
		err = placeOpenly(file, b.Bytes())
	}
	if err != nil {
		return &engine.Refusal{Exit: engine.ExitFailed, Message: "write the report: " + err.Error()}
	}
	return nil
}

func junitSuiteOf(results []testResult) view.JUnitSuite {
	s := view.JUnitSuite{Name: results[0].File}
	var all time.Duration
	for _, r := range results {
		all += r.took
		c := view.JUnitCase{Name: r.Case, Class: r.plan, Seconds: view.JUnitSeconds(r.took)}
		if !r.OK {
			c.Failures = []view.JUnitProblem{{Type: "difference", Message: fmt.Sprintf("%s is not as expected", r.Differences[0].What), Text: r.words()}}
		}
		s.Cases = append(s.Cases, c)
	}
	s.Seconds = view.JUnitSeconds(all)
	return s
}

// words are the differences, a paragraph each.
func (r testResult) words() string {
	var b strings.Builder
	for _, d := range r.Differences {
		fmt.Fprintf(&b, "%s\n  expected  %s\n  found     %s\n", d.What, d.Want, d.Found)
	}
	return b.String()
}
