package engine

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"

	"writ/engine/journal"
	"writ/engine/schedule"
	"writ/engine/step"
)

// savedPart is one instance of a saved preview.
type savedPart struct {
	Step        string          `json:"step"`
	In          json.RawMessage `json:"with,omitempty"`
	Read        json.RawMessage `json:"read,omitempty"`        // what was found: what counts of a state, or what a read puts out
	Fingerprint string          `json:"fingerprint,omitempty"` // of Read, before secrets were taken out of it
	Goal        json.RawMessage `json:"goal,omitempty"`
	Change      journal.Change  `json:"change,omitempty"`
	How         journal.How     `json:"how,omitempty"`
	Unknown     []string        `json:"unknown,omitempty"`
	Why         string          `json:"why,omitempty"` // why it is skipped
	Undo        *step.Reverse   `json:"undo,omitempty"`
}

// savedParts is what a preview says, in the order in which the steps start.
func (e *Engine) savedParts(preview *journal.Run, job Job, salt []byte) ([]savedPart, error) {
	m := masker{salt: salt, redact: e.Redact, secrets: job.Inputs.Secrets()}
	parts := []savedPart{}
	for _, i := range schedule.Order(preview.Open) {
		n := preview.Nodes[i]
		kind, _ := e.Kinds.Find(n.Uses)
		for _, p := range n.Parts {
			part, err := m.part(p, kind)
			if err != nil {
				return nil, err
			}
			parts = append(parts, part)
		}
	}
	return parts, nil
}

// masker takes secrets out of what a file keeps, and puts there what tells one secret from another.
type masker struct {
	salt    []byte
	redact  func(string) string
	secrets []string
}

func (m masker) part(p *journal.Progress, kind step.Kind) (savedPart, error) {
	part := savedPart{
		Step: p.Address, In: m.state(p.In), Goal: m.state(p.Goal),
		Change: p.Change, How: p.How, Unknown: p.Unknown, Undo: m.undo(p.Reverse),
	}
	if p.Phase == journal.PhaseSkipped {
		part.Why = p.Why
	}
	read, err := Found(p, kind)
	if read == nil || err != nil {
		return part, err
	}
	part.Read, part.Fingerprint = m.state(read), Fingerprint(m.salt, read)
	return part, nil
}

// Found is what a preview's look at an instance found, as far as it counts; nil for one that was not looked at.
func Found(p *journal.Progress, kind step.Kind) (json.RawMessage, error) {
	switch {
	case p.How == journal.Looked:
		return p.Outputs, nil
	case p.Before == nil || p.Change == journal.Hidden:
		return nil, nil
	}
	return kind.Counts(p.Before)
}

func (m masker) undo(r *step.Reverse) *step.Reverse {
	if r == nil {
		return nil
	}
	out := step.Reverse{Want: m.state(r.Want), Says: m.text(r.Says), Gone: r.Gone}
	if out.Want == nil {
		out.Want = json.RawMessage("null")
	}
	for _, left := range r.Left {
		out.Left = append(out.Left, step.Residue{Field: m.text(left.Field), Why: m.text(left.Why)})
	}
	return &out
}

// state is a value without the secrets in it.
func (m masker) state(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return nil
	}
	return marshal(m.value(decoded(raw)))
}

func (m masker) value(v any) any {
	switch v := v.(type) {
	case string:
		return m.text(v)
	case []any:
		for i := range v {
			v[i] = m.value(v[i])
		}
	case map[string]any:
		out := make(map[string]any, len(v))
		for k := range v {
			out[m.text(k)] = m.value(v[k])
		}
		return out
	}
	return v
}

// text is a text, or what stands for one that holds a secret.
func (m masker) text(text string) string {
	if !m.holdsSecret(text) {
		return text
	}
	return "(secret " + m.digest([]byte(text))[:16] + ")"
}

func (m masker) holdsSecret(text string) bool {
	for _, s := range m.secrets {
		if strings.Contains(text, s) {
			return true
		}
	}
	return m.redact != nil && m.redact(text) != text
}

func (m masker) digest(data []byte) string {
	mac := hmac.New(sha256.New, m.salt)
	mac.Write(data)
	return hex.EncodeToString(mac.Sum(nil))
}

// Fingerprint is that of a JSON value, however it is spelled: without the salt nobody can try values out.
func Fingerprint(salt []byte, raw json.RawMessage) string {
	return masker{salt: salt}.digest(canonical(raw))
}

// canonical is the one spelling of a JSON value.
func canonical(raw json.RawMessage) []byte { return marshal(decoded(raw)) }

func decoded(raw json.RawMessage) any {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		panic("a value that is no JSON: " + err.Error())
	}
	return v
}

func marshal(v any) json.RawMessage {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic("a value that has no JSON: " + err.Error())
	}
	return bytes.TrimSpace(buf.Bytes())
}
