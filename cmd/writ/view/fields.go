package view

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"writ/engine/journal"
	"writ/engine/step"
)

// changes lists old and new, field by field; arguments that wait for something are shown as far as they are known.
func changes(p *journal.Progress) []string {
	if p.Change == journal.Hidden || p.Phase == journal.PhaseFailed {
		return arguments(p)
	}
	var out []string
	for _, f := range fieldsOf(p) {
		out = append(out, fieldLine(f))
	}
	return out
}

// fieldsOf is what a change does, field by field. What no call can read is taken as empty before.
func fieldsOf(p *journal.Progress) []step.Field {
	before := p.Before
	if bytes.Equal(before, []byte("null")) {
		before = json.RawMessage("{}")
	}
	return step.Diff(before, p.Goal)
}

func fieldLine(f step.Field) string {
	path := f.Path
	if path != "" {
		path += ": "
	}
	added, removed, ok := setChange(f)
	switch {
	case ok:
		return path + strings.Join(append(added, removed...), " ")
	case f.Old == nil || bytes.Equal(f.Old, []byte("null")):
		return path + short(f.New)
	case f.New == nil:
		return path + short(f.Old) + " → gone"
	}
	return path + short(f.Old) + " → " + short(f.New)
}

// setChange shows a list that changes by what comes and what goes.
func setChange(f step.Field) (added, removed []string, ok bool) {
	var was, will []json.RawMessage
	if f.New == nil || json.Unmarshal(f.New, &will) != nil || f.Old != nil && json.Unmarshal(f.Old, &was) != nil {
		return nil, nil, false
	}
	for _, v := range will {
		if !holds(was, v) {
			added = append(added, "+"+short(v))
		}
	}
	for _, v := range was {
		if !holds(will, v) {
			removed = append(removed, "-"+short(v))
		}
	}
	return added, removed, true
}

func holds(list []json.RawMessage, v json.RawMessage) bool {
	for _, e := range list {
		if bytes.Equal(e, v) {
			return true
		}
	}
	return false
}

// short is a JSON value for people: texts without quotes where that is clear.
func short(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		if text == "" || strings.ContainsAny(text, " ,\"<") {
			return fmt.Sprintf("%q", text)
		}
		return text
	}
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) == nil && list != nil {
		parts := make([]string, len(list))
		for i, v := range list {
			parts[i] = short(v)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) == nil && fields != nil {
		var parts []string
		for _, f := range step.Diff(json.RawMessage("{}"), raw) {
			parts = append(parts, f.Path+" "+short(f.New))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return string(raw)
}
