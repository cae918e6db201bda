package engine

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"writ/engine/expr"
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

// encode writes an evaluated tree as JSON. What is not known yet is written as what is left of its expression.
func encode(v any) json.RawMessage {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	if err := e.Encode(shown(v)); err != nil {
		panic(fmt.Sprintf("a value that has no JSON: %v", err))
	}
	return json.RawMessage(bytes.TrimSpace(buf.Bytes()))
}

func shown(v any) any {
	switch v := v.(type) {
	case expr.Unknown:
		return "<" + strings.TrimSpace(v.Residual) + ">"
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = shown(v[i])
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k := range v {
			out[k] = shown(v[k])
		}
		return out
	}
	return v
}
