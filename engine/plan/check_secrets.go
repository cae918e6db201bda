package plan

import (
	"fmt"
	"regexp"
	"strings"

	"writ/engine/expr"
)

// checkSensitive refuses secrets that stand in the plan. What stands there is not shown again, and nothing more is
// said of it.
func (l *loader) checkSensitive(s *Step) {
	l.eachSecret(s.With, s.checks.args, "", func(v *Value, path string) {
		if v.isTemplate() || v.broken {
			return
		}
		v.broken = true
		l.hide(v)
		l.add(fault{
			rule: ruleSensitiveArg, at: v.At(),
			says:    fmt.Sprintf("%s: %s is secret and must not stand in the plan", stepName(s), path),
			suggest: "declare an input with sensitive: true and write ${{ inputs.name }}",
		})
	})
}

// eachSecret visits the parts of arguments that their schema marks as secret.
func (l *loader) eachSecret(v *Value, s *shape, path string, visit func(v *Value, path string)) {
	if s == nil {
		return
	}
	if s.sensitive {
		visit(v, path)
		return
	}
	for i, item := range v.items() {
		l.eachSecret(item, s.items(), fmt.Sprintf("%s[%d]", path, i), visit)
	}
	for _, f := range v.entries() {
		l.eachSecret(f.value, s.part(f.key.text), joinPath(path, f.key.text), visit)
	}
}

// checkSecret holds a secret argument to be one sensitive input and nothing else.
func (l *loader) checkSecret(s *Step, v *Value, path string) {
	name := loneInput(v.text)
	if in := l.input(name); in != nil && in.Sensitive {
		return
	}
	l.say(ruleSensitiveArg, v, "%s: %s is secret and must be a sensitive input, alone: ${{ inputs.name }}", stepName(s), path)
}

// loneInput is the input that a template is, with nothing around it.
func loneInput(text string) string {
	m := regexp.MustCompile(`^\s*\$\{\{\s*inputs\.([a-z][a-z0-9_]*)\s*\}\}\s*$`).FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	return m[1]
}

// keepSecret refuses sensitive inputs in values that are shown and written down.
func (l *loader) keepSecret(v *Value) {
	v.eachScalar(func(part *Value) {
		if part.template() == nil {
			return
		}
		for _, r := range part.template().Reads() {
			if name := l.secretIn(r); name != "" {
				at, end := part.span(r.Offset, r.Offset+len("inputs"))
				l.add(fault{rule: ruleSensitiveUse, at: at, end: end, says: fmt.Sprintf("%s is sensitive; it may only stand alone in an argument that is kept secret", name)})
			}
		}
	})
}

// secretIn names the sensitive input that a path reads.
func (l *loader) secretIn(r expr.Read) string {
	if r.Path[0] != "inputs" {
		return ""
	}
	for _, in := range l.plan.Inputs {
		if in.Sensitive && (len(r.Path) == 1 || r.Path[1] == in.Name.Value) {
			return "input " + in.Name.Value
		}
	}
	return ""
}

func (l *loader) input(name string) *Input {
	for i := range l.plan.Inputs {
		if l.plan.Inputs[i].Name.Value == name {
			return &l.plan.Inputs[i]
		}
	}
	return nil
}

// hide keeps a value's lines out of every diagnostic.
func (f *faults) hide(v *Value) {
	last := int(v.line)
	lines := strings.Count(string(f.src.text[f.src.offset(v.At()):]), "\n")
	if v.kind == scalar {
		lines = strings.Count(v.text, "\n") + 1
	}
	if at, known := v.offsets(); known {
		last = f.src.place(at[len(v.text)]).Line
	} else {
		last += lines
	}
	f.hidden = append(f.hidden, hidden{from: int(v.line), to: last, col: int(v.col)})
}

// hidden is a range of lines that are not shown, the first from a column on.
type hidden struct{ from, to, col int }

// mask cuts what is hidden from a line.
func (f *faults) mask(line int, text string) string {
	for _, h := range f.hidden {
		switch {
		case line == h.from:
			chars := []rune(text)
			text = string(chars[:min(h.col-1, len(chars))]) + "(secret)"
		case line > h.from && line <= h.to:
			return "(secret)"
		}
	}
	return text
}
