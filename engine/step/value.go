package step

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sort"
)

// States are compared, merged and shown as JSON trees. In every state a list is a set: it is sorted, and its order
// means nothing. That is what makes one merge serve all kinds.

// Field is one place in which two states differ. Old or New is nil where there was or will be nothing.
type Field struct {
	Path string          `json:"path"`
	Old  json.RawMessage `json:"old,omitempty"`
	New  json.RawMessage `json:"new,omitempty"`
}

// Equal reports whether two states are the same JSON value.
func Equal(a, b json.RawMessage) bool {
	return bytes.Equal(a, b) || reflect.DeepEqual(tree(a), tree(b))
}

// Empty reports whether a state says nothing: null, "", false, 0, and lists and objects of only such.
func Empty(state json.RawMessage) bool { return empty(tree(state)) }

// Diff lists the places in which two states differ, in order of their paths.
func Diff(old, new json.RawMessage) []Field {
	if bytes.Equal(old, new) {
		return nil
	}
	var fields []Field
	diff("", tree(old), tree(new), &fields)
	return fields
}

// Merge is the state that undo aims at: what stands now, less what the step did between before and after. What
// others changed since stays as it is, and is named: a field of the state, an element of a set, or a whole object of
// plain values within it. With force, before wins there too.
func Merge(before, after, now json.RawMessage, force bool) (want json.RawMessage, foreign []string) {
	m := merger{force: force}
	v := m.merge("", tree(before), tree(after), tree(now))
	return encode(v), m.foreign
}

// Overlay is what a write leaves of a state of which it knows a part: that part as it was before and after it, and the rest
// as it is.
func Overlay(state, before, after json.RawMessage) json.RawMessage {
	return encode(overlay("", tree(state), tree(before), tree(after)))
}

func overlay(path string, state, before, after any) any {
	o, ok := objects(before, after, state)
	if !ok || path != "" && isRecord(o) {
		return after
	}
	out := maps.Clone(o[2])
	for _, key := range keys(o[0], o[1]) {
		out[key] = overlay(join(path, key), at(o[2], key), at(o[0], key), at(o[1], key))
		if _, gone := out[key].(absent); gone {
			delete(out, key)
		}
	}
	return orAbsent(out, after)
}

type absent struct{} // a key that an object does not have

type merger struct {
	force   bool
	foreign []string
}

func (m *merger) merge(path string, before, after, now any) any {
	switch {
	case reflect.DeepEqual(before, after), reflect.DeepEqual(before, now):
		return now
	case reflect.DeepEqual(after, now):
		return before
	}
	if o, ok := objects(before, after, now); ok && (path == "" || !isRecord(o)) {
		return orAbsent(m.mergeObjects(path, o), before)
	}
	if l, ok := lists(before, after, now); ok {
		return orAbsent(mergeSets(l), before)
	}
	if m.force {
		return before
	}
	m.foreign = append(m.foreign, path)
	return now
}

// isRecord reports whether objects hold plain values only. Such a one within a state is a thing of its own, as a row is:
// half of ours and half of somebody else's would be nobody's.
func isRecord(o [3]map[string]any) bool {
	for _, object := range o {
		for _, v := range object {
			switch v.(type) {
			case map[string]any, []any:
				return false
			}
		}
	}
	return len(o[0])+len(o[1])+len(o[2]) > 0
}

func (m *merger) mergeObjects(path string, o [3]map[string]any) map[string]any {
	out := map[string]any{}
	for _, key := range keys(o[0], o[1], o[2]) {
		v := m.merge(join(path, key), at(o[0], key), at(o[1], key), at(o[2], key))
		if _, gone := v.(absent); !gone {
			out[key] = v
		}
	}
	return out
}

// orAbsent leaves nothing where nothing stood: an empty collection counts as the null or the absence it was before.
func orAbsent[C map[string]any | []any](merged C, before any) any {
	if _, gone := before.(absent); len(merged) == 0 && (gone || before == nil) {
		return before
	}
	return merged
}

// mergeSets answers now, less what was added between before and after, plus what was removed.
func mergeSets(l [3][]any) []any {
	before, after, now := l[0], l[1], l[2]
	out := []any{}
	for _, v := range now {
		if has(before, v) || !has(after, v) {
			out = append(out, v)
		}
	}
	for _, v := range before {
		if !has(after, v) && !has(out, v) {
			out = append(out, v)
		}
	}
	return sorted(out)
}

func diff(path string, old, new any, fields *[]Field) {
	if reflect.DeepEqual(old, new) {
		return
	}
	mo, isOld := old.(map[string]any)
	mn, isNew := new.(map[string]any)
	if !isOld || !isNew {
		*fields = append(*fields, Field{Path: path, Old: encode(old), New: encode(new)})
		return
	}
	for _, key := range keys(mo, mn) {
		diff(join(path, key), at(mo, key), at(mn, key), fields)
	}
}

func empty(v any) bool {
	switch v := v.(type) {
	case nil, absent:
		return true
	case string:
		return v == ""
	case bool:
		return !v
	case json.Number:
		return v == "0"
	case []any:
		return len(v) == 0
	case map[string]any:
		for _, e := range v {
			if !empty(e) {
				return false
			}
		}
		return true
	}
	return false
}

// objects and lists take before, after and now as objects or as lists when now is one; a before or after that is null
// or absent counts as an empty one.
func objects(vs ...any) ([3]map[string]any, bool) { return collections[map[string]any](vs) }

func lists(vs ...any) ([3][]any, bool) { return collections[[]any](vs) }

func collections[C any](vs []any) (out [3]C, ok bool) {
	for i, v := range vs {
		if out[i], ok = v.(C); ok {
			continue
		}
		if _, gone := v.(absent); i == 2 || !gone && v != nil {
			return out, false
		}
	}
	return out, true
}

func keys(ms ...map[string]any) []string {
	all := map[string]bool{}
	for _, m := range ms {
		for k := range m {
			all[k] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

func at(m map[string]any, key string) any {
	if v, ok := m[key]; ok {
		return v
	}
	return absent{}
}

func has(list []any, v any) bool {
	return slices.ContainsFunc(list, func(e any) bool { return reflect.DeepEqual(e, v) })
}

func sorted(list []any) []any {
	sort.Slice(list, func(i, j int) bool { return bytes.Compare(encode(list[i]), encode(list[j])) < 0 })
	return list
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// tree keeps numbers as they are written. Most states have none, and are read at half the price.
func tree(raw json.RawMessage) any {
	if len(raw) == 0 {
		return nil
	}
	var v any
	err := json.Unmarshal(raw, &v)
	if err != nil || hasNumber(v) {
		d := json.NewDecoder(bytes.NewReader(raw))
		d.UseNumber()
		v = nil
		err = d.Decode(&v)
	}
	if err != nil {
		panic(fmt.Sprintf("a state that is no JSON: %v", err))
	}
	return v
}

func hasNumber(v any) bool {
	switch v := v.(type) {
	case float64:
		return true
	case []any:
		return slices.ContainsFunc(v, hasNumber)
	case map[string]any:
		for _, part := range v {
			if hasNumber(part) {
				return true
			}
		}
	}
	return false
}

func encode(v any) json.RawMessage {
	if _, gone := v.(absent); gone {
		return nil
	}
	raw, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("a state that has no JSON: %v", err))
	}
	return raw
}
