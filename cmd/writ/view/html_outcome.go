package view

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"writ/engine/diag"
	"writ/engine/journal"
)

// outcomeOf says in a mark, and in a few sentences, what a report has to say first.
func outcomeOf(r *Report) (mark, []string) {
	switch {
	case r.Run == nil || r.Run.Open == nil || r.Error != "" && r.Preview:
		return wrongOutcome(r)
	case r.Preview:
		return previewOutcome(r)
	}
	run := r.Run
	var lead []string
	if r.Error != "" { // the journal failed, or what was asked cannot be done with the run
		lead = append(lead, saidBy(r.Error))
	}
	if f := run.Failure; f != nil {
		lead = append(lead, "Step "+Clean(f.Address)+" failed: "+Clean(f.Why)+".")
	}
	switch State(run) {
	case "done":
		return mark{"✓", "good", "done"}, append(lead, doneWell(run))
	case "rolled_back":
		return mark{"↶", "warn", "rolled back"}, append(lead, "The run is rolled back: "+put(run)+".")
	case "residue":
		return mark{"!", "bad", "rolled back, with something left over"}, append(lead, "The run is rolled back, except for what is listed as left over.")
	case "failed":
		if anyActed(run) {
			return mark{"✗", "bad", "failed, its changes stand"}, append(lead, "What the run changed before stands.")
		}
		return mark{"✗", "bad", "failed, nothing changed"}, lead
	case "unknown":
		return mark{"?", "bad", "stopped, an outcome is unknown"}, append(lead, "Stopped: "+Clean(run.Why)+".")
	case "paused":
		return mark{"‖", "warn", "paused"}, append(lead, "Stopped: "+Clean(run.Why)+".")
	}
	return mark{"…", "info", "not finished"}, append(lead, "The journal has no end: the run is going on, or its process died.")
}

// doneWell claims of a run that is done no more than what was read.
func doneWell(run *journal.Run) string {
	blind := unread(run)
	switch len(blind) {
	case 0:
		return "Every step reached its goal."
	case 1:
		return "Every step is done, but no call can read what " + Clean(blind[0].Address) + " did."
	}
	return fmt.Sprintf("Every step is done, but no call can read what %d of them did.", len(blind))
}

// saidBy is an error as sentences, without the commands that it proposes.
func saidBy(text string) string {
	prose, _ := partsOf(text)
	for i, line := range prose {
		prose[i] = sentence(line)
	}
	return strings.Join(prose, " ")
}

// sentence begins a text of ours with a capital and ends it with a stop.
func sentence(text string) string {
	text = strings.TrimSuffix(Clean(text), ".")
	if text == "" {
		return ""
	}
	return capital(text) + "."
}

func capital(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}

func wrongOutcome(r *Report) (mark, []string) {
	switch {
	case r.Error != "":
		return mark{"✗", "bad", "not begun"}, []string{saidBy(r.Error)}
	case r.Exit == 0 && len(r.Faults) == 0 && len(r.Files) > 1:
		return mark{"✓", "good", "valid"}, []string{"The plans have no faults."}
	case r.Exit == 0 && len(r.Faults) == 0:
		return mark{"✓", "good", "valid"}, []string{"The plan has no faults."}
	case r.Exit == 0:
		return mark{"!", "warn", "valid, with warnings"}, []string{sentence(Tally(r.Faults))}
	}
	return mark{"✗", "bad", "the plan is wrong"}, []string{sentence(Tally(r.Faults))}
}

func previewOutcome(r *Report) (mark, []string) {
	counts := map[string]int{}
	for _, n := range r.Run.Nodes {
		for _, p := range n.Parts {
			if p.Error != nil {
				counts["error"]++
			}
			counts[signOf(n, p)]++
		}
	}
	lead := []string{"A preview: nothing was changed."}
	switch {
	case counts["error"] > 0:
		return mark{"?", "bad", "preview, not everything could be read"}, lead
	case counts["+"]+counts["~"]+counts["-"]+counts["!"]+counts["?"] == 0:
		return mark{"=", "good", "preview, nothing to do"}, lead
	case counts["!"] > 0:
		return mark{"!", "warn", "preview, with changes that cannot be undone"}, lead
	}
	return mark{"~", "info", "preview, changes to make"}, lead
}

// proposals are the commands that lead on from here.
func proposals(r *Report) []Command {
	file := quoted(r.File)
	switch {
	case r.began():
		// The section on doubts has the words for each of them.
		return slices.DeleteFunc(r.Next(), func(c Command) bool { return strings.Contains(c.Line, " --assume ") })
	case r.Error != "":
		_, commands := partsOf(r.Error)
		return commands
	case r.File == "" || r.File == stdinName:
		return nil
	case diag.HasErrors(r.Faults):
		return []Command{{"mend the plan, and check it again", "writ validate " + file}}
	case r.Preview && nothingToDo(r):
		return nil
	case r.Preview && (r.Exit == 0 || r.Exit == 2):
		return []Command{{"carry it out, with the flags that the preview had", "writ apply " + file + onSandbox(r) + r.Flags}}
	}
	return nil
}

func nothingToDo(r *Report) bool {
	outcome, _ := previewOutcome(r)
	return outcome.Sign == "="
}

// onSandbox is the flag without which a preview of a sandbox would become an apply on a cloud.
func onSandbox(r *Report) string {
	switch at := r.Run.Open.Target.Sandbox; at {
	case "":
		return ""
	case "embedded":
		return " --sandbox"
	default:
		return " --sandbox=" + quoted(at)
	}
}

// stdinName is how a plan from standard input is called.
const stdinName = "-"

// quoted is a text as one word of a shell.
func quoted(text string) string {
	text = Clean(text)
	plain := func(r rune) bool {
		return !strings.ContainsRune("/._-=:+,@%", r) && (r > '~' || !isWord(byte(r)))
	}
	if text != "" && strings.IndexFunc(text, plain) < 0 {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

func stuckParts(run *journal.Run) []*journal.Progress {
	var stuck []*journal.Progress
	for _, n := range run.Nodes {
		for _, p := range n.Parts {
			if p.Phase == journal.PhaseStuck {
				stuck = append(stuck, p)
			}
		}
	}
	return stuck
}

// doubtsOf lists the writes of which it is not known what they did, each with the commands that say it.
func doubtsOf(r *Report, told *selection) []leftover {
	var out []leftover
	for _, p := range stuckParts(r.Run) {
		why := p.Why
		if p.Error != nil {
			why += ": " + p.Error.Error()
		}
		resume, name := "writ resume "+r.Run.Open.Run+r.Flags+" --assume ", Clean(p.Address)
		out = append(out, leftover{Link: told.linkTo(p.Address), Step: name, Why: Clean(why), Commands: []Command{
			{"it took effect", resume + quoted(name+"=done")}, {"it did not", resume + quoted(name+"=absent")},
		}})
	}
	return out
}

func factsOf(r *Report) []fact {
	run := r.Run
	facts := []fact{{"Plan", Clean(run.Open.Plan)}}
	add := func(name, value string) {
		if value != "" {
			facts = append(facts, fact{name, Clean(value)})
		}
	}
	add("File", cmp.Or(r.File, run.Open.File))
	add("Plan digest", run.Open.PlanDigest)
	add("Target", where(run.Open.Target))
	add("Signed in", signedIn(run.Open))
	add("Run", run.Open.Run)
	if r.Preview || run.Started.IsZero() {
		return facts
	}
	add("Started", instant{run.Started}.Text())
	if !run.Finished.IsZero() {
		add("Ended", instant{run.Finished}.Text()+", after "+took(run.Finished.Sub(run.Started)))
	}
	add("Preview", run.Open.Preview)
	o := run.Open.Options
	add("Options", fmt.Sprintf("on failure %s, at most %s", o.OnFailure, atATime(o.Parallelism)))
	return facts
}

func atATime(n int) string {
	if n == 1 {
		return "1 call at a time"
	}
	return fmt.Sprintf("%d calls at a time", n)
}

// took is a time for people: three digits are enough.
func took(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return d.Round(time.Microsecond).String()
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	case d < time.Minute:
		return d.Round(100 * time.Millisecond).String()
	}
	text := d.Round(time.Second).String()
	if d >= time.Hour {
		text = strings.TrimSuffix(d.Round(time.Minute).String(), "0s")
	}
	return text
}
