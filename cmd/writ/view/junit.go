package view

import (
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"writ/engine/journal"
)

// The elements of JUnit's report that CI systems read, in the order in which its schema has them.

type (
	// JUnitReport is the whole of it.
	JUnitReport struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Seconds  string       `xml:"time,attr"`
		Suites   []JUnitSuite `xml:"testsuite"`
	}
	// JUnitSuite is a plan, or a file of cases.
	JUnitSuite struct {
		Name       string           `xml:"name,attr"`
		Tests      int              `xml:"tests,attr"`
		Failures   int              `xml:"failures,attr"`
		Errors     int              `xml:"errors,attr"`
		Skipped    int              `xml:"skipped,attr"`
		Seconds    string           `xml:"time,attr"`
		Timestamp  string           `xml:"timestamp,attr,omitempty"`
		Properties *JUnitProperties `xml:"properties"`
		Cases      []JUnitCase      `xml:"testcase"`
	}
	// JUnitProperties are what there is to know of a suite.
	JUnitProperties struct {
		List []JUnitProperty `xml:"property"`
	}
	// JUnitProperty is one of them.
	JUnitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	// JUnitCase is a step, or a case.
	JUnitCase struct {
		Name     string         `xml:"name,attr"`
		Class    string         `xml:"classname,attr"`
		Seconds  string         `xml:"time,attr"`
		Skipped  *string        `xml:"skipped"`
		Errors   []JUnitProblem `xml:"error"`
		Failures []JUnitProblem `xml:"failure"`
		Out      string         `xml:"system-out,omitempty"`
	}
	// JUnitProblem is why a case has not passed.
	JUnitProblem struct {
		Type    string `xml:"type,attr"`
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// WriteJUnit prints suites, and counts what they hold.
func WriteJUnit(w io.Writer, suites ...JUnitSuite) error {
	report := JUnitReport{Name: "writ", Suites: suites}
	var all float64
	for i := range suites {
		s := &suites[i]
		s.Tests = len(s.Cases)
		for _, c := range s.Cases {
			s.Failures += min(1, len(c.Failures))
			if len(c.Failures) == 0 {
				s.Errors += min(1, len(c.Errors))
			}
			if c.Skipped != nil {
				s.Skipped++
			}
		}
		report.Tests, report.Failures, report.Errors = report.Tests+s.Tests, report.Failures+s.Failures, report.Errors+s.Errors
		seconds, _ := strconv.ParseFloat(s.Seconds, 64)
		all += seconds
	}
	report.Seconds = strconv.FormatFloat(all, 'f', 3, 64)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(report); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// JUnitSeconds is a time as JUnit has it.
func JUnitSeconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 3, 64) }

// JUnit prints a report as test results: a case for each instance of a step, one for each plan or for each of its faults,
// and a last one for how it went as a whole.
func JUnit(w io.Writer, r *Report) error {
	s := JUnitSuite{Name: Clean(r.name()), Seconds: JUnitSeconds(0), Timestamp: r.Now.UTC().Format("2006-01-02T15:04:05")}
	if s.Name == "" {
		s.Name = "writ"
	}
	s.property("version", r.Version)
	s.property("exit", strconv.Itoa(r.Exit))
	if r.Run != nil && r.Run.Open != nil {
		s.property("run", r.Run.Open.Run)
		s.property("target", r.Run.Open.Target.String())
	}
	if r.began() {
		s.Timestamp = r.Run.Started.UTC().Format("2006-01-02T15:04:05")
		s.Seconds = JUnitSeconds(lasted(r))
	}
	s.Cases = r.planCases(s.Name)
	entries, wrong := r.entries(), map[string][]finding{}
	for _, f := range r.findings(entries) {
		if f.level == levelError {
			wrong[f.step] = append(wrong[f.step], f)
		}
	}
	for _, e := range entries {
		s.Cases = append(s.Cases, stepCase(s.Name, e, wrong[e.step]))
	}
	if r.Run != nil || len(r.Faults) == 0 {
		s.Cases = append(s.Cases, r.wholeCase(s.Name))
	}
	return WriteJUnit(w, s)
}

func (s *JUnitSuite) property(name, value string) {
	if value = Clean(value); value == "" {
		return
	}
	if s.Properties == nil {
		s.Properties = &JUnitProperties{}
	}
	s.Properties.List = append(s.Properties.List, JUnitProperty{name, value})
}

// lasted is how long a run took, or has taken so far.
func lasted(r *Report) time.Duration {
	end := r.Run.Finished
	if end.IsZero() && len(r.Records) > 0 {
		end = r.Records[len(r.Records)-1].At
	}
	return max(0, end.Sub(r.Run.Started))
}

// planCases tell of the plans themselves: a case for each fault, and one for a plan that has none.
func (r *Report) planCases(class string) []JUnitCase {
	var all []JUnitCase
	for _, f := range r.faults() {
		c := JUnitCase{Name: Clean(placeOf(f) + " " + f.rule), Class: class, Seconds: JUnitSeconds(0)}
		if f.level == levelError {
			c.Failures = []JUnitProblem{f.problem(r)}
		} else {
			c.Out = Clean(f.level + ": " + f.message)
		}
		all = append(all, c)
	}
	for _, file := range r.sound() {
		all = append(all, JUnitCase{Name: Clean(file) + " is valid", Class: class, Seconds: JUnitSeconds(0)})
	}
	return all
}

// problem is a finding as a failure.
func (f finding) problem(r *Report) JUnitProblem {
	text := f.message
	if f.advice != "" {
		text += "; " + f.advice
	}
	if place := placeOf(f); place != "" {
		text = place + ": " + text
	}
	return JUnitProblem{Type: Clean(f.rule), Message: Clean(f.message), Text: Clean(text + " (" + r.ruleSays(f.rule) + ")")}
}

// stepCase is what became of an instance. One whose effect does not stand is skipped: it has neither failed nor passed.
func stepCase(class string, e entry, wrong []finding) JUnitCase {
	c := JUnitCase{Name: Clean(e.step), Class: class, Seconds: JUnitSeconds(e.took), Out: e.words()}
	for _, f := range wrong {
		p := JUnitProblem{Type: Clean(f.rule), Message: Clean(f.message), Text: e.words()}
		for _, c := range f.next {
			p.Text += "\n" + Clean(c.Does+": "+c.Line)
		}
		if f.rule == "unknown_outcome" {
			c.Errors = append(c.Errors, p)
		} else {
			c.Failures = append(c.Failures, p)
		}
	}
	stands := !slices.Contains([]string{"·", ".", "↶"}, e.Sign) && e.part != nil && (e.part.Phase != journal.PhaseFailed)
	if len(c.Errors)+len(c.Failures) == 0 && !stands {
		why := Clean(e.says())
		c.Skipped = &why
	}
	return c
}

// words are an entry and all that is below it, a line each.
func (e entry) words() string {
	lines := []string{e.Sign + " " + e.uses + " " + e.says()}
	lines = append(lines, e.fields...)
	if e.undo != "" {
		lines = append(lines, e.undo)
	}
	for _, note := range e.notes {
		lines = append(lines, "note: "+note)
	}
	for _, left := range e.left {
		lines = append(lines, "not put back: "+strings.TrimPrefix(left.Field+": "+left.Why, ": "))
	}
	for _, c := range e.calls {
		lines = append(lines, "call: "+c.words())
	}
	for i, line := range lines {
		lines[i] = Clean(line)
	}
	return strings.Join(lines, "\n")
}

// wholeCase says how it went as a whole: what fails a run without failing a step, as a pause, fails this case.
func (r *Report) wholeCase(class string) JUnitCase {
	c := JUnitCase{Name: "run", Class: class, Seconds: JUnitSeconds(0)}
	if !r.began() {
		c.Name = "preview"
	}
	mark, lead := outcomeOf(r)
	words := fmt.Sprintf("%s; exit %d", mark.Word, r.Exit)
	text := strings.Join(lead, "\n")
	for _, m := range r.Moved {
		text += "\n" + Clean(m.Step+": "+m.words())
	}
	for _, p := range r.leads() {
		text += "\n" + p.Does + ": " + p.Line
	}
	if r.Exit == 0 || r.Exit == 2 {
		c.Out = words + "\n" + text
	} else {
		c.Failures = []JUnitProblem{{Type: "exit", Message: words, Text: text}}
	}
	return c
}
