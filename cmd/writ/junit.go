package main

import (
	"encoding/xml"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"writ/engine"
)

// The elements of JUnit's report that CI systems read.
type (
	junitReport struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Seconds  string      `xml:"time,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name    string        `xml:"name,attr"`
		Class   string        `xml:"classname,attr"`
		Seconds string        `xml:"time,attr"`
		Failure *junitFailure `xml:"failure"`
	}
	junitFailure struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// writeJUnit writes results, a suite for each file.
func writeJUnit(file string, results []testResult) error {
	report := junitReport{Tests: len(results), Failures: failures(results)}
	for i := 0; i < len(results); {
		n := i
		for n < len(results) && results[n].File == results[i].File {
			n++
		}
		report.Suites = append(report.Suites, junitSuiteOf(results[i:n]))
		i = n
	}
	raw, err := xml.MarshalIndent(report, "", "  ")
	if err == nil {
		err = os.WriteFile(file, append([]byte(xml.Header), append(raw, '\n')...), 0o644)
	}
	if err != nil {
		return &engine.Refusal{Exit: engine.ExitFailed, Message: "write the report: " + err.Error()}
	}
	return nil
}

func junitSuiteOf(results []testResult) junitSuite {
	s := junitSuite{Name: results[0].File, Tests: len(results), Failures: failures(results)}
	var took time.Duration
	for _, r := range results {
		took += r.took
		c := junitCase{Name: r.Case, Class: r.plan, Seconds: seconds(r.took)}
		if !r.OK {
			c.Failure = &junitFailure{Message: fmt.Sprintf("%s is not as expected", r.Differences[0].What), Text: r.words()}
		}
		s.Cases = append(s.Cases, c)
	}
	s.Seconds = seconds(took)
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

func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 3, 64) }
