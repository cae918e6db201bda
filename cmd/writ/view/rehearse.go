package view

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"charm.land/lipgloss/v2"

	"writ/engine/journal"
)

// Rehearsal is how a plan fared on copies of its target, with each fault at each step.
type Rehearsal struct {
	Faults      []string       `json:"faults"` // the columns
	Rows        []RehearsalRow `json:"rows"`
	Undisturbed Mark           `json:"undisturbed"` // applied without a fault, and put back
	Left        []Leftover     `json:"left,omitempty"`
	Copy        []string       `json:"copy,omitempty"`   // what the copy has otherwise than the target
	Silent      []string       `json:"silent,omitempty"` // steps that send nothing
	Trials      int            `json:"trials"`
}

// RehearsalRow is a step.
type RehearsalRow struct {
	Step  string          `json:"step"`
	Uses  string          `json:"uses"`
	Cells []RehearsalCell `json:"cells"`
}

// RehearsalCell is what one fault did at one step.
type RehearsalCell struct {
	Fault string `json:"fault"`
	Apply Mark   `json:"apply,omitzero"` // while the step was applied
	Undo  Mark   `json:"undo,omitzero"`  // while it was undone
}

// Mark is how trials of one fault ended, the worst of them. The zero Mark is of a fault that the step cannot meet.
type Mark struct {
	End  string `json:"end,omitempty"`
	Left []int  `json:"left,omitempty"`        // numbers of Leftovers
	Bad  string `json:"unannounced,omitempty"` // the worse of the ends that the preview does not announce
}

// The ends of a trial.
const (
	EndRestored = "restored" // everything stands as it stood before
	EndResidue  = "residue"  // something does not
	EndUnknown  = "unknown"  // nobody can tell
)

// Leftover is one thing that is not put back, or not known.
type Leftover struct {
	Number    int    `json:"number"`
	Step      string `json:"step"`
	What      string `json:"what"`
	Announced bool   `json:"announced"`
}

// Rehearsal prints the matrix.
func (s *Screen) Rehearsal(open *journal.Opening, r Rehearsal) {
	s.Wrapped("", styleBold.Render("rehearsal of "+Clean(open.Plan))+" on a copy of "+Clean(where(open.Target)))
	s.Line("")
	s.matrix(r)
	s.Line("")
	s.Paragraph("no fault, then rolled back: " + markText(r.Undisturbed))
	if len(r.Silent) > 0 {
		s.Paragraph("nothing to send: " + strings.Join(r.Silent, ", "))
	}
	s.Line("")
	s.Paragraph("✓ all as it was before, – cannot happen, ? nobody can tell; a number is what is left, below, with ! if the preview does not announce it. Behind the stroke the fault comes while the step is undone.")
	for _, left := range r.Left {
		mark := " "
		if !left.Announced {
			mark = "! "
		}
		s.Wrapped(fmt.Sprintf("%3d%s", left.Number, mark), Clean(left.Step+": "+left.What))
	}
	for _, note := range r.Copy {
		s.Wrapped("  * ", Clean(note))
	}
	s.Line("")
	s.Paragraph(r.verdict())
}

// Worst is the worst end that no preview announced; empty when there is none.
func (r Rehearsal) Worst() string {
	worst := ""
	for _, m := range r.marks() {
		if m.Bad != "" && worst != EndResidue {
			worst = m.Bad
		}
	}
	return worst
}

func (r Rehearsal) marks() []Mark {
	all := []Mark{r.Undisturbed}
	for _, row := range r.Rows {
		for _, c := range row.Cells {
			all = append(all, c.Apply, c.Undo)
		}
	}
	return all
}

func (r Rehearsal) verdict() string {
	head := count(r.Trials, "trial") + ": "
	switch r.Worst() {
	case EndResidue:
		return head + "something would be left that the preview does not announce"
	case EndUnknown:
		return head + "what would be left is not known everywhere"
	}
	if len(r.Left) > 0 {
		return head + "everything is put back, but for what is numbered"
	}
	return head + "everything is put back"
}

// columnGap stands between two columns.
const columnGap = "  "

// matrix prints a line for each step. A step whose address is long has one for that before.
func (s *Screen) matrix(r Rehearsal) {
	heads, wide := columns(r)
	taken := 0
	for _, w := range wide {
		taken += len(columnGap) + w
	}
	label := 0
	for _, row := range r.Rows {
		label = max(label, lipgloss.Width(Clean(row.Step)))
	}
	label = min(label, max(s.width-taken, 4))
	for i := range 2 {
		line := pad("", label)
		for c, head := range heads {
			line += columnGap + pad(head[i], wide[c])
		}
		s.Line("%s", strings.TrimRight(line, " "))
	}
	for _, row := range r.Rows {
		name := Clean(row.Step)
		if lipgloss.Width(name) > label {
			s.Line("%s", name)
			name = ""
		}
		line := pad(name, label)
		for c, cell := range row.Cells {
			text := cellText(cell)
			line += columnGap + pad(cellStyle(cell).Render(text), wide[c])
		}
		s.Line("%s", strings.TrimRight(line, " "))
	}
}

// columns are the names of the faults on two lines, and how wide each column is.
func columns(r Rehearsal) (heads [][2]string, wide []int) {
	for c, fault := range r.Faults {
		first, second, two := strings.Cut(fault, "_")
		head := [2]string{"", first}
		if two {
			head = [2]string{first, second}
		}
		w := max(len(head[0]), len(head[1]))
		for _, row := range r.Rows {
			w = max(w, lipgloss.Width(cellText(row.Cells[c])))
		}
		heads, wide = append(heads, head), append(wide, w)
	}
	return heads, wide
}

func cellText(c RehearsalCell) string {
	text := markText(c.Apply)
	if c.Undo.End != "" {
		text += "/" + markText(c.Undo)
	}
	return text
}

func markText(m Mark) string {
	var numbers []string
	for _, n := range m.Left {
		numbers = append(numbers, strconv.Itoa(n))
	}
	text := strings.Join(numbers, ",")
	switch m.End {
	case "":
		text = "–"
	case EndRestored:
		text = "✓"
	case EndUnknown:
		text = "?" + text
	}
	if m.Bad != "" {
		text += "!"
	}
	return text
}

func cellStyle(c RehearsalCell) lipgloss.Style {
	marks := []Mark{c.Apply, c.Undo}
	switch {
	case slices.ContainsFunc(marks, func(m Mark) bool { return m.Bad != "" }):
		return styleBad
	case slices.ContainsFunc(marks, func(m Mark) bool { return len(m.Left) > 0 }):
		return styleWarn
	case c.Apply.End == "" && c.Undo.End == "":
		return styleFaint
	}
	return styleGood
}

// Rehearsal prints a line for each step, one for each thing that is left, and one that sums up.
func (j *JSONLines) Rehearsal(open *journal.Opening, r Rehearsal) {
	for _, row := range r.Rows {
		j.Line(row)
	}
	for _, left := range r.Left {
		j.Line(map[string]any{"left": left})
	}
	j.Line(map[string]any{
		"rehearsed": open.Plan, "target": open.Target.String(), "trials": r.Trials, "undisturbed": r.Undisturbed,
		"silent": r.Silent, "copy": r.Copy, "verdict": r.verdict(),
	})
}
