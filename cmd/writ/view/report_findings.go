package view

import (
	"cmp"
	"slices"
	"strings"

	"writ/engine/diag"
	"writ/engine/journal"
	"writ/engine/step"
)

// The levels of findings, in SARIF's words.
const (
	levelError   = "error"
	levelWarning = "warning"
	levelNote    = "note"
)

var levels = []string{levelError, levelWarning, levelNote}

// finding is something that a person should know, with its place in the plan.
type finding struct {
	level   string
	rule    string // a rule of plans, or what went wrong as step.Class says it
	step    string
	message string
	advice  string
	file    string
	line    int
	col     int
	endCol  int
	related []diag.Related
	next    []Command // what to do about it, where a report has no section that says so
}

// lines are the message with its advice, and behind it the commands that lead on, each escaped as its format asks: between
// them stands the one line end that is ours.
func (f finding) lines(escape func(string) string, end string) string {
	first := f.message
	if f.advice != "" {
		first += "; " + f.advice
	}
	lines := []string{escape(first)}
	for _, c := range f.next {
		lines = append(lines, escape(c.Does+": "+c.Line))
	}
	return strings.Join(lines, end)
}

// findings lists what a person should know: faults of the plan, why nothing was begun, steps that failed, what is left
// or in doubt, and what a preview warns of. Errors come first.
func (r *Report) findings(entries []entry) []finding {
	all := r.faults()
	if f, ok := r.refusal(entries); ok {
		all = append(all, f)
	}
	all = append(all, r.moves()...)
	if f, ok := r.halt(entries); ok {
		all = append(all, f)
	}
	next := r.Next()
	for _, e := range entries {
		if e.part == nil {
			continue
		}
		f := finding{step: e.step, file: r.File, line: e.line}
		if r.began() {
			all = append(all, endedBadly(f, e, next)...)
		} else {
			all = append(all, foreseen(f, e)...)
		}
	}
	slices.SortStableFunc(all, func(a, b finding) int {
		return cmp.Compare(slices.Index(levels, a.level), slices.Index(levels, b.level))
	})
	return all
}

// faults are those of the plan.
func (r *Report) faults() []finding {
	var all []finding
	for _, d := range r.Faults {
		level := levelError
		if d.Severity == diag.Warning {
			level = levelWarning
		}
		all = append(all, finding{
			level: level, rule: d.Rule, message: d.Message, advice: d.Suggestion,
			file: cmp.Or(d.File, r.File), line: d.Line, col: d.Col, endCol: d.EndCol, related: d.Related,
		})
	}
	return all
}

// refusal is why nothing was begun, or why a run did not go on; not where a step's own error says the same.
func (r *Report) refusal(entries []entry) (finding, bool) {
	if r.Error == "" || slices.ContainsFunc(entries, func(e entry) bool { return e.part != nil && e.part.Error != nil && r.Preview }) {
		return finding{}, false
	}
	prose, commands := partsOf(r.Error)
	return finding{level: levelError, rule: "refused", message: strings.Join(prose, " "), file: r.File, next: commands}, true
}

// partsOf takes a text for people apart: what it says, and the commands that stand on lines of their own in it, each with
// the words before it.
func partsOf(text string) (prose []string, commands []Command) {
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		command, is := strings.CutPrefix(line, "    ")
		switch {
		case !is && strings.TrimSpace(line) != "":
			prose = append(prose, line)
		case is && len(prose) > 0:
			last := prose[len(prose)-1]
			if i := strings.LastIndex(last, "; "); i > 0 {
				prose[len(prose)-1], last = last[:i], last[i+2:]
			} else if len(prose) > 1 {
				prose = prose[:len(prose)-1]
			}
			commands = append(commands, Command{strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(last, "or "), ":"), " with"), command})
		}
	}
	return prose, commands
}

// moves tell what is not as a saved preview says.
func (r *Report) moves() (all []finding) {
	for _, m := range r.Moved {
		all = append(all, finding{level: levelError, rule: "stale", step: m.Step, message: "step " + m.Step + " moved since the preview: " + m.words(), file: r.File})
	}
	return all
}

// words say what moved, fields as old → new.
func (m Moved) words() string {
	var words []string
	if m.Why != "" {
		words = append(words, m.Why)
	}
	for _, f := range m.Fields {
		words = append(words, movedLine(f))
	}
	return strings.Join(words, "; ")
}

// halt is why a run stopped before its end, unless that is a doubt about a step.
func (r *Report) halt(entries []entry) (finding, bool) {
	if !r.began() || r.Run.Mode != journal.Paused || r.Error != "" {
		return finding{}, false
	}
	for _, e := range entries {
		if e.part != nil && doubted(e.part) {
			return finding{}, false
		}
	}
	message := "the run stopped before its end: " + r.Run.Why
	return finding{level: levelError, rule: "paused", message: message, file: r.File, next: r.Next()}, true
}

// doubted reports whether it is not known what an instance's write did.
func doubted(p *journal.Progress) bool {
	return became(p) == "in doubt" || p.Phase == journal.PhaseStuck
}

// with is a finding of the same step.
func (f finding) with(level, rule, message string) finding {
	f.level, f.rule, f.message = level, rule, message
	return f
}

// endedBadly tells how a step ended, where that was not well, and what of it is left over.
func endedBadly(f finding, e entry, next []Command) (all []finding) {
	p := e.part
	switch {
	case p.Phase == journal.PhaseFailed:
		all = append(all, f.with(levelError, classOf(p.Error), "step "+p.Address+" failed: "+p.Why))
	case doubted(p):
		doubt := f.with(levelError, string(step.UnknownOutcome), "step "+p.Address+" is in doubt: "+cmp.Or(p.Why, "the answer to its write is not known"))
		doubt.next = slices.DeleteFunc(slices.Clone(next), func(c Command) bool {
			return strings.Contains(c.Line, "writ resume ") && !strings.Contains(c.Line, " --assume "+quoted(Clean(p.Address)+"=done"))
		})
		all = append(all, doubt)
	}
	for _, left := range e.left {
		what := "step " + left.Step
		if left.Field != "" {
			what += ": " + left.Field
		}
		level := levelError
		if left.Foreign {
			level = levelWarning
		}
		residue := f.with(level, "residue", what+" is not put back: "+left.Why)
		residue.next = next
		all = append(all, residue)
	}
	return all
}

// foreseen tells what a preview warns of.
func foreseen(f finding, e entry) (all []finding) {
	if e.part.Error != nil {
		all = append(all, f.with(levelError, classOf(e.part.Error), "step "+e.step+": "+e.Word))
	}
	switch {
	case e.Sign == "!" && e.node.Irreversible:
		all = append(all, f.with(levelNote, "irreversible", "step "+e.step+" cannot be undone, and says that this is accepted"))
	case e.Sign == "!":
		all = append(all, f.with(levelWarning, "irreversible", "step "+e.step+" cannot be undone"))
	}
	for _, note := range e.notes {
		all = append(all, f.with(levelNote, "caution", "step "+e.step+": "+note))
	}
	return all
}

func classOf(e *step.Error) string {
	if e == nil {
		return "failed"
	}
	return string(e.Class)
}

// ruleWords say what those rules ask for that are no rules of plans.
var ruleWords = map[string]string{
	"refused":                    "what is asked can be begun",
	"paused":                     "a run goes on to its end",
	"residue":                    "a rollback puts everything back",
	"irreversible":               "a step that cannot be undone says irreversible: accept",
	"caution":                    "a person knows what a change may bring with it",
	"failed":                     "a step reaches its goal",
	"stale":                      "what stands is what the preview showed",
	"unreadable":                 "a plan can be read",
	string(step.Throttled):       "a service takes the calls that are sent",
	string(step.Unavailable):     "a service can be reached",
	string(step.Unauthenticated): "the credentials are accepted",
	string(step.Denied):          "the credentials allow what the plan asks for",
	string(step.Invalid):         "a service accepts what a step asks for",
	string(step.NotFound):        "what a step is about exists",
	string(step.Conflict):        "nothing stands in a step's way",
	string(step.AlreadySo):       "a service that says a goal is met is believed after a read",
	string(step.UnknownOutcome):  "the outcome of every write is known",
	string(step.Internal):        "writ has no faults of its own",
}

// ruleSays is what a rule asks for.
func (r *Report) ruleSays(rule string) string { return cmp.Or(r.Rules[rule], ruleWords[rule], rule) }
