package view

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"charm.land/lipgloss/v2"

	"writ/engine/journal"
	"writ/engine/step"
)

// Drifted is what became of one instance since a run.
type Drifted struct {
	Step   string            `json:"step"`
	Uses   string            `json:"uses"`
	Fate   step.Fate         `json:"fate"`
	Wrote  bool              `json:"wrote"`
	Fields []step.Moved      `json:"fields,omitempty"`
	Left   []journal.Residue `json:"left,omitempty"`
	Why    string            `json:"why,omitempty"`
	Error  *step.Error       `json:"error,omitempty"`
}

// fates says what is printed of each fate: a sign, words for one instance, and words for their number.
var fates = []struct {
	fate              step.Fate
	sign, word, count string
}{
	{step.Changed, "~", "changed since", "changed since"},
	{step.Back, "<", "back to what stood before", "back to what stood before"},
	{step.Added, "+", "added to since", "added to since"},
	{step.Unread, "?", "", "that could not be read"},
	{step.Doubtful, "?", "whether the run's write acted is not known", "in doubt"},
	{step.Blind, "?", "no call can read it", "that no call can read"},
	{step.Kept, "=", "", "as the run left or found them"},
	{step.Remains, "!", "", ""}, // of a field only
	{step.Apart, ".", "", "not compared"},
}

// Drift prints what became of what a run found and wrote.
func (s *Screen) Drift(run *journal.Run, parts []Drifted, later []string) {
	head := styleBold.Render("drift since run "+run.Open.Run) + " of " + Clean(run.Open.Plan) + ", " + State(run)
	s.Wrapped("", head+", on "+Clean(where(run.Open.Target)+as(run.Open)))
	s.Line("")
	wide := 0
	for _, p := range parts {
		wide = max(wide, lipgloss.Width(Clean(p.Step)))
	}
	for _, p := range parts {
		s.drifted(p, min(wide, 44))
	}
	s.Line("")
	s.Wrapped("", fatesOf(parts))
	s.driftNotes(run, parts, later)
}

func (s *Screen) drifted(p Drifted, wide int) {
	sign, style := fateSign(p.Fate), styleFaint
	if p.Fate != step.Kept && p.Fate != step.Apart {
		style = styleWarn
	}
	s.row(style.Render(sign)+" "+pad(Clean(p.Step), wide), p.Uses, Clean(fateWord(p)))
	if p.Fate != step.Kept {
		for _, f := range p.Fields {
			if f.Fate != step.Remains { // it is among what is left
				s.Wrapped("      "+fateSign(f.Fate)+" ", Clean(threeWay(f)))
			}
		}
	}
	for _, r := range p.Left {
		text := r.Why
		if r.Field != "" {
			text = r.Field + ": " + text
		}
		s.Wrapped("      ! not put back: ", Clean(text))
	}
}

func fateSign(fate step.Fate) string {
	for _, f := range fates {
		if f.fate == fate {
			return f.sign
		}
	}
	return "?"
}

func fateWord(p Drifted) string {
	switch {
	case p.Error != nil && p.Error.Class == step.Denied:
		return "denied: " + p.Error.Error()
	case p.Error != nil:
		return p.Error.Error()
	case p.Fate == step.Apart && len(p.Fields) > 0:
		return "not compared: " + p.Why
	case p.Fate == step.Apart:
		return p.Why
	case p.Fate == step.Blind:
		return "no call can read it; " + p.Why
	case p.Fate == step.Kept && p.Wrote:
		return "as the run left it"
	case p.Fate == step.Kept && len(p.Left) > 0:
		return "as the rollback left it"
	case p.Fate == step.Kept:
		return "as the run found it"
	}
	for _, f := range fates {
		if f.fate == p.Fate {
			return f.word
		}
	}
	return string(p.Fate)
}

// threeWay shows one field: before → wrote → live. What does not differ from the value on its left is left out, and a
// list is shown by what comes and what goes.
func threeWay(f step.Moved) string {
	path := f.Path
	if path != "" {
		path += ": "
	}
	if f.Fate == step.Blind {
		return fieldLine(step.Field{Path: f.Path, Old: f.Before, New: f.Wrote})
	}
	line := path + stood(f.Before)
	for _, pair := range [][2]json.RawMessage{{f.Before, f.Wrote}, {f.Wrote, f.Live}} {
		if words := followed(pair[0], pair[1]); words != "" {
			line += " → " + words
		}
	}
	return line
}

// maxListed is how long a list is shown in full.
const maxListed = 4

func stood(v json.RawMessage) string {
	var list []json.RawMessage
	switch {
	case v == nil:
		return "none"
	case json.Unmarshal(v, &list) == nil && len(list) > maxListed:
		return count(len(list), "item")
	}
	return short(v)
}

// followed says how one value follows another; nothing when they are the same.
func followed(old, now json.RawMessage) string {
	if bytes.Equal(old, now) {
		return ""
	}
	added, removed, ok := setChange(step.Field{Old: old, New: now})
	switch {
	case ok:
		return strings.Join(append(added, removed...), " ")
	case now == nil:
		return "gone"
	}
	return short(now)
}

func fatesOf(parts []Drifted) string {
	counts := map[step.Fate]int{}
	for _, p := range parts {
		counts[p.Fate]++
	}
	var words []string
	for _, f := range fates {
		if counts[f.fate] > 0 {
			words = append(words, fmt.Sprintf("%d %s", counts[f.fate], f.count))
		}
	}
	return strings.Join(words, ", ")
}

// driftNotes says who else may have made a change: the run itself, or a later one.
func (s *Screen) driftNotes(run *journal.Run, parts []Drifted, later []string) {
	switch run.Mode {
	case journal.Running, journal.Undoing:
		s.Wrapped("note: ", "the run is under way; what changed may be its own doing")
	case journal.Paused:
		s.Wrapped("note: ", "the run is not over: "+Clean(run.Why))
	}
	if len(later) > 0 && slices.ContainsFunc(parts, Drifted.moved) {
		s.Wrapped("note: ", laterRuns(later)+"; what changed may be its doing")
	}
}

// moved reports whether an instance is not as the run left it.
func (p Drifted) moved() bool {
	return p.Fate == step.Changed || p.Fate == step.Back || p.Fate == step.Added
}

func laterRuns(ids []string) string {
	last := ids[len(ids)-1]
	if len(ids) == 1 {
		return "run " + last + dateOf(last) + " wrote on this target later"
	}
	return fmt.Sprintf("%d runs wrote on this target later, the last %s%s", len(ids), last, dateOf(last))
}
