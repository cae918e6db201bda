package view

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"writ/engine/journal"
	"writ/engine/step"
)

// pageStep is one step of the plan on the page.
type pageStep struct {
	Link, ID, Name, Uses string
	Each                 bool
	mark
	After []string
	Parts []part
}

// part is one instance of a step; that of a step without for_each bears its name.
type part struct {
	Link, Address string
	Each          bool
	mark
	Took      string
	Open      bool // its fields are shown unfolded
	Troubled  bool // what happened is shown unfolded, too
	Headings  []string
	Fields    []fieldRow
	Arguments []fact
	Outputs   []fact
	Undo      string
	Warnings  []string
	Left      []leftover
	History   []event
	Calls     []pageCall
}

// fieldRow is a field before and after, and, when it was undone, after that.
type fieldRow struct {
	Path  string
	Cells []pageCell
}

// pageCell is a value on the page.
type pageCell struct {
	Text, Rest  string // a long value: its beginning, and all of it
	Note        string // what a list gained and lost
	Same, Empty bool
}

// marksOf says what became of every instance.
func marksOf(r *Report) [][]mark {
	all := make([][]mark, len(r.Run.Nodes))
	for i, n := range r.Run.Nodes {
		for _, p := range n.Parts {
			m := runMark(r.Run, p)
			if r.Preview {
				m = previewMark(n, p)
			}
			all[i] = append(all[i], m)
		}
	}
	return all
}

// signTones colour the signs of a preview.
var signTones = map[string]string{"+": "good", "~": "info", "-": "bad", "!": "bad", "?": "warn"}

func previewMark(n *journal.Node, p *journal.Progress) mark {
	sign := signOf(n, p)
	return mark{sign, cmp.Or(signTones[sign], "faint"), Clean(wordOf(n, p))}
}

// endMarks are those of what became of an instance on its way forward.
var endMarks = map[string]mark{
	"changed": {"✓", "good", "changed"}, "already so": {"=", "faint", "already so"}, "read": {"=", "faint", "read"},
	"skipped": {"·", "faint", "skipped"}, "not begun": {"·", "faint", "not begun"}, "failed": {"✗", "bad", "failed"},
	"in doubt": {"?", "bad", "in doubt"}, unconfirmed: {"?", "warn", unconfirmed},
}

func runMark(run *journal.Run, p *journal.Progress) mark {
	m := endMarks[became(p)]
	switch {
	case p.Phase == journal.PhaseStuck:
		m = mark{"?", "bad", "in doubt"}
	case run.Mode == journal.Running && !p.Finished() && p.Attempt > 0:
		m = mark{"…", "info", string(p.Phase)}
	}
	switch {
	case p.Undo.Phase == journal.UndoNone || !p.Acted && !p.MayAct && p.Undo.Attempt == 0:
	case p.Undo.Phase == journal.UndoFinished && len(p.Undo.Left) == 0:
		m = mark{"↶", "warn", m.Word + undone(p)}
	case p.Undo.Phase == journal.UndoFinished:
		m = mark{"!", "bad", m.Word + ", undone in part"}
	case p.Undo.Phase == journal.UndoFailed, p.Undo.Phase == journal.UndoLeft:
		m = mark{"!", "bad", m.Word + ", not undone"}
	}
	return m
}

// together is the mark of a step: that of its one instance, or of the worst of many.
func together(n *journal.Node, marks []mark) mark {
	switch {
	case len(marks) == 1 && !n.Each:
		m := marks[0]
		m.Word, _, _ = strings.Cut(m.Word, ": ")
		return m
	case len(marks) == 0 && n.Evaluated:
		return mark{"·", "faint", "for_each is empty"}
	case len(marks) == 0:
		return mark{"·", "faint", "not begun"}
	}
	boxes, all := make([]box, len(marks)), make([]int, len(marks))
	for i, m := range marks {
		boxes[i], all[i] = box{mark: m}, i
	}
	m := worst(boxes, all)
	m.Word = fmt.Sprintf("%s of %d", m.Word, len(marks))
	return m
}

func linkOf(n *journal.Node) string { return "step-" + n.ID }

func linkOfPart(n *journal.Node, p *journal.Progress) string {
	if n.Each {
		return fmt.Sprintf("step-%s-%d", n.ID, p.Index+1)
	}
	return linkOf(n)
}

// stepsOf tells of the chosen steps: of a preview in the order in which they start, of a run in that of the plan.
func stepsOf(r *Report, marks [][]mark, told *selection) []pageStep {
	logs := logsOf(r.Records, told.has)
	order := r.Order
	if !r.Preview || len(order) != len(r.Run.Nodes) {
		order = make([]int, len(r.Run.Nodes))
		for i := range order {
			order[i] = i
		}
	}
	var steps []pageStep
	for _, i := range order {
		n := r.Run.Nodes[i]
		if !told.has(n.ID) {
			continue
		}
		s := pageStep{Link: linkOf(n), ID: Clean(n.ID), Name: Clean(n.Name), Uses: Clean(n.Uses), Each: n.Each && len(n.Parts) > 0, mark: together(n, marks[i])}
		for _, parent := range n.Parents {
			s.After = append(s.After, Clean(r.Run.Nodes[parent].ID))
		}
		for k, p := range n.Parts {
			if !told.has(p.Address) {
				continue
			}
			part := partOf(r, n, p, logs[p.Address])
			part.mark = marks[i][k]
			part.Troubled = part.Tone == "bad" || p.Attempt > 1 && told.total <= maxUnfolded
			part.Open = part.Troubled || told.total <= maxUnfolded
			s.Parts = append(s.Parts, part)
		}
		steps = append(steps, s)
	}
	return steps
}

func partOf(r *Report, n *journal.Node, p *journal.Progress, log []*journal.Record) part {
	out := part{Link: linkOfPart(n, p), Address: Clean(p.Address), Each: n.Each, History: historyOf(r.Run, log), Calls: pageCallsOf(log)}
	if !p.Started.IsZero() && !p.Ended.IsZero() {
		out.Took = took(p.Ended.Sub(p.Started))
	}
	if p.Change == journal.Hidden {
		for _, f := range members(p.In) {
			out.Arguments = append(out.Arguments, fact{Clean(f.name), Clean(gaps(p.Unknown).text(journal.Member("", f.name), f.value, true))})
		}
	} else {
		out.Headings, out.Fields = fieldRows(r, p)
	}
	out.Undo = sentence(undoSentence(r, n, p))
	for _, w := range p.Warnings {
		out.Warnings = append(out.Warnings, sentence(w))
	}
	for _, left := range p.Undo.Left {
		out.Left = append(out.Left, leftover{Field: Clean(left.Field), Why: Clean(left.Why)})
	}
	if n.Effect == step.Reads || p.How == journal.Satisfied {
		out.Outputs = outputsOf(p)
	}
	return out
}

func outputsOf(p *journal.Progress) []fact {
	var out []fact
	for _, f := range members(p.Outputs) {
		out = append(out, fact{Clean(f.name), Clean(short(f.value))})
	}
	return out
}

// undoSentence says what undo did, or would do.
func undoSentence(r *Report, n *journal.Node, p *journal.Progress) string {
	would := undoWords(n, p)
	if p.Phase == journal.PhaseFailed && p.Reverse != nil {
		would = strings.TrimPrefix(p.Reverse.Says, "undo ")
	}
	if n.Effect == step.Irreversible {
		would = "none; no call takes it back"
	}
	did := p.Acted || p.MayAct || p.Undo.Attempt > 0
	switch {
	case r.Preview && signOf(n, p) == "=", !r.Preview && !did:
		return ""
	case p.Undo.Phase == journal.UndoFinished && p.Undo.Attempt == 0 && len(p.Undo.Left) == 0:
		return "undo found nothing to put back"
	case p.Undo.Phase == journal.UndoFinished && len(p.Undo.Left) == 0:
		return strings.TrimSuffix("undone, and read back: "+would, ": ")
	case p.Undo.Phase == journal.UndoFinished:
		return strings.TrimSuffix("undone in part: "+would, ": ")
	case p.Undo.Phase == journal.UndoFailed && p.Undo.Error != nil:
		return "undo failed: " + p.Undo.Error.Error()
	case p.Undo.Phase == journal.UndoLeft || p.Undo.Phase == journal.UndoFailed:
		return "not undone"
	case would == "":
		return ""
	}
	return "undo: " + would
}

// fieldRows compares what stood before a step with what stands after it and, when it was undone, with what stands now.
func fieldRows(r *Report, p *journal.Progress) (headings []string, rows []fieldRow) {
	headings, after := []string{"Before", "After"}, p.After
	switch {
	case r.Preview:
		headings[1], after = "After apply", p.Goal
	case after == nil:
		headings[1], after = "Wanted", p.Goal
	}
	before := orEmpty(p.Before)
	fields := step.Diff(before, after)
	if after == nil || len(fields) == 0 {
		return nil, nil
	}
	undone := p.Undo.Attempt > 0 && p.Undo.After != nil
	now := map[string]step.Field{}
	if undone {
		headings = append(headings, "After undo")
		for _, f := range step.Diff(before, p.Undo.After) {
			now[f.Path] = f
		}
	}
	for _, f := range fields {
		row := fieldRow{Path: Clean(f.Path), Cells: []pageCell{cellOf(f.Old), cellOf(f.New)}}
		row.Cells[1].Note = gained(f)
		if undone {
			left, differs := now[f.Path]
			c := cellOf(left.New)
			if !differs {
				c = pageCell{Text: "as before", Same: true}
			}
			row.Cells = append(row.Cells, c)
			delete(now, f.Path)
		}
		rows = append(rows, row)
	}
	return headings, rows
}

func orEmpty(state json.RawMessage) json.RawMessage {
	if bytes.Equal(state, []byte("null")) {
		return json.RawMessage("{}")
	}
	return state
}

// maxCell is how much of a value a table shows unfolded.
const maxCell = 240

func cellOf(raw json.RawMessage) pageCell {
	if raw == nil || bytes.Equal(raw, []byte("null")) {
		return pageCell{Text: "nothing", Empty: true}
	}
	text := Clean(short(raw))
	if len(text) > maxCell {
		return pageCell{Text: cut(text, maxCell/2), Rest: text}
	}
	return pageCell{Text: text}
}

// gained says what a list gained and lost, when it was a list before.
func gained(f step.Field) string {
	added, removed, ok := setChange(f)
	if !ok || f.Old == nil || len(added)+len(removed) == 0 {
		return ""
	}
	return cut(Clean(strings.Join(append(added, removed...), " ")), maxCell)
}
