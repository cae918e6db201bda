package step

import (
	"encoding/json"
	"maps"
	"slices"
)

// Union is everything that stands in one of several states; where they have a plain value, the last one's. The zero
// Union is null.
type Union struct {
	plain  any
	fields map[string]*Union // when it is an object
	set    map[string]any    // when it is a list: its elements by their encoding
}

// Add takes in one more state, and reports whether the union is another now.
func (u *Union) Add(state json.RawMessage) bool { return u.add(tree(state)) }

// State is the union as it stands.
func (u *Union) State() json.RawMessage { return encode(u.value()) }

func (u *Union) add(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case map[string]any:
		return u.addFields(v)
	case []any:
		return u.addElements(v)
	}
	grew := u.plain != v
	*u = Union{plain: v}
	return grew
}

func (u *Union) addFields(v map[string]any) bool {
	grew := u.fields == nil
	if grew {
		*u = Union{fields: map[string]*Union{}}
	}
	for key, e := range v {
		field, ok := u.fields[key]
		if !ok {
			field, grew = &Union{}, true
			u.fields[key] = field
		}
		grew = field.add(e) || grew
	}
	return grew
}

func (u *Union) addElements(v []any) bool {
	grew := u.set == nil
	if grew {
		*u = Union{set: map[string]any{}}
	}
	before := len(u.set)
	for _, e := range v {
		u.set[string(encode(e))] = e
	}
	return grew || len(u.set) > before
}

func (u *Union) value() any {
	switch {
	case u.fields != nil:
		out := map[string]any{}
		for key, field := range u.fields {
			out[key] = field.value()
		}
		return out
	case u.set != nil:
		out := []any{}
		for _, key := range slices.Sorted(maps.Keys(u.set)) {
			out = append(out, u.set[key])
		}
		return out
	}
	return u.plain
}
