package engine

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"writ/engine/expr"
	"writ/engine/journal"
)

// tree decodes JSON for expressions: whole numbers become int64, others float64.
func tree(raw json.RawMessage) any {
	if len(raw) == 0 {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		panic(fmt.Sprintf("a value that is no JSON: %v", err))
	}
	return normal(v)
}

// normal turns the numbers of a decoded tree into what expressions know.
func normal(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		f, _ := v.Float64()
		return f
	case []any:
		for i := range v {
			v[i] = normal(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = normal(v[k])
		}
	}
	return v
}

// encode writes an evaluated tree as JSON, with a journal.Gap for what is not known yet.
func encode(v any) json.RawMessage {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	if err := e.Encode(shown(v)); err != nil {
		panic(fmt.Sprintf("a value that has no JSON: %v", err))
	}
	return json.RawMessage(bytes.TrimSpace(buf.Bytes()))
}

// shown puts gaps in the place of what is unknown.
func shown(v any) any {
	if isKnown(v) {
		return v
	}
	return replaced(v, func(u expr.Unknown) any {
		g := journal.Gap{Type: u.Type.String(), From: u.From, Left: strings.TrimSpace(u.Residual)}
		for _, piece := range u.Pieces {
			g.Pieces = append(g.Pieces, encode(piece))
		}
		return g
	})
}

// replaced is a copy of a tree with something else for each unknown value.
func replaced(v any, with func(expr.Unknown) any) any {
	switch v := v.(type) {
	case expr.Unknown:
		return with(v)
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = replaced(v[i], with)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k := range v {
			out[k] = replaced(v[k], with)
		}
		return out
	}
	return v
}

// isKnown reports that nothing in a tree is unknown.
func isKnown(v any) bool {
	switch v := v.(type) {
	case expr.Unknown:
		return false
	case []any:
		return !slices.ContainsFunc(v, func(item any) bool { return !isKnown(item) })
	case map[string]any:
		for _, item := range v {
			if !isKnown(item) {
				return false
			}
		}
	}
	return true
}

// gap is an unknown value, and where it stands in a tree.
type gap struct {
	path    string
	unknown expr.Unknown
}

// gaps lists the unknown values of a tree in order of their places.
func gaps(path string, v any) []gap {
	if isKnown(v) {
		return nil
	}
	var out []gap
	switch v := v.(type) {
	case expr.Unknown:
		return []gap{{path, v}}
	case []any:
		for i := range v {
			out = append(out, gaps(journal.Element(path, i), v[i])...)
		}
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			out = append(out, gaps(journal.Member(path, k), v[k])...)
		}
	}
	return out
}
