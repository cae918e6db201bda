package view

import (
	"encoding/json"

	"writ/engine/journal"
	"writ/engine/step"
)

// JSONLines prints values as JSON, one a line. Schemas/output.json says what they hold.
type JSONLines struct {
	to []*Screen
}

// Lines begins a stream of JSON lines that each carry their version.
func Lines(to ...*Screen) *JSONLines { return &JSONLines{to} }

// NewJSONLines begins a stream of JSON lines. The first tells the format and its version.
func NewJSONLines(format string, to ...*Screen) *JSONLines {
	j := Lines(to...)
	j.Line(map[string]any{"v": 1, "format": format})
	return j
}

// Wanted reports whether anybody reads the lines. To hand over one that nobody reads costs more than to ask.
func (j *JSONLines) Wanted() bool { return len(j.to) > 0 }

// Line prints one value.
func (j *JSONLines) Line(v any) {
	if !j.Wanted() {
		return
	}
	raw, err := json.Marshal(v)
	if err != nil {
		raw, _ = json.Marshal(map[string]string{"error": err.Error()})
	}
	for _, s := range j.to {
		s.Line("%s", cleanJSON(raw))
	}
}

// previewLine is one step of a preview.
type previewLine struct {
	Step     string          `json:"step"`
	Uses     string          `json:"uses"`
	Sign     string          `json:"sign"`
	Change   journal.Change  `json:"change,omitempty"`
	How      journal.How     `json:"how,omitempty"`
	Known    string          `json:"known"` // read, predicted, earlier_run, unknown or skipped
	Rests    []string        `json:"rests,omitempty"`
	From     string          `json:"from,omitempty"`
	In       json.RawMessage `json:"in,omitempty"`
	Fields   []step.Field    `json:"fields,omitempty"`
	Outputs  json.RawMessage `json:"outputs,omitempty"`
	Unknown  []string        `json:"unknown,omitempty"`
	Undo     string          `json:"undo,omitempty"`
	Left     []step.Residue  `json:"left,omitempty"`
	Error    *step.Error     `json:"error,omitempty"`
	Why      string          `json:"why,omitempty"`
	Warnings []string        `json:"warnings,omitempty"`
}

// Preview prints a preview, a line for each step in the order in which they start.
func (j *JSONLines) Preview(run *journal.Run, order []int) {
	if len(j.to) == 0 {
		return
	}
	for _, i := range order {
		n := run.Nodes[i]
		if why := absent(n); why != "" {
			j.Line(previewLine{Step: n.ID, Uses: n.Uses, Sign: ".", Known: "skipped", Why: why})
		}
		for _, p := range n.Parts {
			line := previewLine{
				Step: p.Address, Uses: n.Uses, Sign: signOf(n, p), Change: p.Change, How: p.How, Known: knownBy(p), Rests: p.Rests, From: p.From, In: p.In,
				Outputs: p.Outputs, Unknown: p.Unknown, Undo: undoWords(n, p), Error: p.Error, Why: p.Why, Warnings: p.Warnings,
			}
			if p.Change != journal.Hidden {
				line.Fields = fieldsOf(p)
			}
			if p.Reverse != nil {
				line.Left = p.Reverse.Left
			}
			j.Line(line)
		}
	}
}
