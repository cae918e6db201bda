package journal

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"writ/engine/step"
)

// Forecast is what the preview that was agreed to said of one instance, short enough for a run's first record. Change
// is Hidden where the preview could not tell.
type Forecast struct {
	Step    string          `json:"step"`
	How     How             `json:"how,omitempty"`
	Change  Change          `json:"change,omitempty"`
	Fields  string          `json:"fields,omitempty"`  // digest of what changes, old and new
	Outputs json.RawMessage `json:"outputs,omitempty"` // digests of the outputs that were told, by name; a map of each would be most of a forecast
}

// Foretold is what a preview says of its instances.
func Foretold(preview *Run) []Forecast {
	var all []Forecast
	for _, n := range preview.Nodes {
		for _, p := range n.Parts {
			all = append(all, foretold(p))
		}
	}
	return all
}

func foretold(p *Progress) Forecast {
	f := Forecast{Step: p.Address, How: p.How, Change: p.Change}
	if p.Change != Hidden {
		f.Fields = fieldsDigest(p)
		if digests := outputDigests(p); digests != nil {
			f.Outputs, _ = json.Marshal(digests)
		}
	}
	return f
}

// Miss is an instance of which the preview said something else than what the run did.
type Miss struct {
	Said *Forecast // nil when the preview did not have it
	Did  *Progress // nil when the run did not have it
}

// Score compares what the preview said with what the run did: how many lines it knew or predicted, how many it left
// open, and which did not come true.
func (r *Run) Score() (told, open int, missed []Miss) {
	said, vague := map[string]bool{}, map[int]bool{}
	for i := range r.Open.Forecast {
		f := &r.Open.Forecast[i]
		said[f.Step] = true
		p := r.Part(f.Step)
		if f.Change == Hidden {
			open++
			vague[r.Index(stepOf(f.Step))] = true
			continue
		}
		if p != nil && p.Phase != PhaseDone && (p.Acted || p.MayAct) {
			open++ // it acted, and nobody read what it did
			continue
		}
		if told++; !f.cameTrue(p) {
			missed = append(missed, Miss{Said: f, Did: p})
		}
	}
	for i, n := range r.Nodes {
		for _, p := range n.Parts {
			if !said[p.Address] && !vague[i] {
				missed = append(missed, Miss{Did: p})
			}
		}
	}
	return told, open, missed
}

func (f *Forecast) cameTrue(p *Progress) bool {
	switch {
	case p == nil:
		return false
	case f.How == Skipped:
		return p.Phase == PhaseSkipped
	case p.Phase != PhaseDone || !sameEnd(f.How, p.How) || p.Change != f.Change || fieldsDigest(p) != f.Fields:
		return false
	}
	var said map[string]string
	if len(f.Outputs) > 0 && json.Unmarshal(f.Outputs, &said) != nil {
		return false
	}
	now := outputDigests(p)
	for name, digest := range said {
		if now[name] != digest {
			return false
		}
	}
	return true
}

func sameEnd(said, did How) bool {
	if said == Predicted {
		return did == Applied || did == Adopted || did == Assumed
	}
	return said == did
}

func stepOf(address string) string {
	for i, c := range address {
		if c == '[' {
			return address[:i]
		}
	}
	return address
}

// Holds reports whether a change from one state to another is what a preview said of an instance, as far as it could
// tell.
func (f Forecast) Holds(before, goal json.RawMessage) bool {
	return f.Change == Hidden || f.Change == "" || digestOfChange(before, goal) == f.Fields
}

func fieldsDigest(p *Progress) string { return digestOfChange(p.Before, p.Goal) }

func digestOfChange(before, goal json.RawMessage) string {
	fields := step.Diff(before, goal)
	if len(fields) == 0 {
		return ""
	}
	return digestOf(fields)
}

func outputDigests(p *Progress) map[string]string {
	var outputs map[string]any
	if json.Unmarshal(p.Outputs, &outputs) != nil || len(outputs) == 0 {
		return nil
	}
	digests := map[string]string{}
	for name, v := range outputs {
		digests[name] = digestOf(v)
	}
	return digests
}

// digestOf is short: it tells what differs by accident, and guards against nobody.
func digestOf(v any) string {
	raw, _ := json.Marshal(v)
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:6])
}
