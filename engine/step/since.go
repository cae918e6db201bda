package step

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
)

// Fate is what became of something since a run.
type Fate string

// The fates. Of a field it is one of the first four; an instance that was not, or could not be, compared has one of the
// others.
const (
	Kept    Fate = "kept"    // as the run left it
	Back    Fate = "back"    // what stood before the run
	Added   Fate = "added"   // all that the run left, and something beside it
	Changed Fate = "changed" // something else
	Remains Fate = "remains" // what a rollback could not put back, as it left it

	Doubtful Fate = "doubtful"   // as before or as the run asked; whether its call acted is not known
	Blind    Fate = "unreadable" // no call can read it
	Unread   Fate = "unread"     // it could not be read now
	Apart    Fate = "apart"      // there is nothing to compare it with
)

// Moved is one place in three states: before a run, as the run left it, and now. What was null or not there is nil.
type Moved struct {
	Path   string          `json:"path"`
	Before json.RawMessage `json:"before,omitempty"`
	Wrote  json.RawMessage `json:"wrote,omitempty"`
	Live   json.RawMessage `json:"live,omitempty"`
	Fate   Fate            `json:"fate"`
}

// Within reports whether one of two places holds the other.
func Within(a, b string) bool {
	return a == b || a == "" || b == "" || strings.HasPrefix(a, b+".") || strings.HasPrefix(b, a+".")
}

// Since compares what stood before a run, what the run left, and what stands now, in order of the paths. Places that
// are the same in all three are left out.
func Since(before, wrote, live json.RawMessage) []Moved {
	var moved []Moved
	since("", [3]any{tree(before), tree(wrote), tree(live)}, &moved)
	return moved
}

func since(path string, v [3]any, moved *[]Moved) {
	if same(v[0], v[1]) && same(v[1], v[2]) {
		return
	}
	if o, ok := nested(v); ok && (path == "" || !whole(o)) {
		for _, key := range keys(o[0], o[1], o[2]) {
			since(join(path, key), [3]any{at(o[0], key), at(o[1], key), at(o[2], key)}, moved)
		}
		return
	}
	*moved = append(*moved, Moved{Path: path, Before: valueOf(v[0]), Wrote: valueOf(v[1]), Live: valueOf(v[2]), Fate: fateOf(v[0], v[1], v[2])})
}

func valueOf(v any) json.RawMessage {
	if v == nil {
		return nil
	}
	return encode(v)
}

// nested takes three values as objects when each is one, or nothing.
func nested(v [3]any) (o [3]map[string]any, ok bool) {
	for i := range v {
		var is bool
		if o[i], is = v[i].(map[string]any); !is && nothing(v[i]) != nil {
			return o, false
		}
		ok = ok || is
	}
	return o, ok
}

// whole reports whether objects are rows of which one came or went: that is told of the row, not of its fields.
func whole(o [3]map[string]any) bool {
	came := o[0] == nil && same(o[1], o[2])
	return isRecord(o) && (came || o[1] == nil || o[2] == nil)
}

func fateOf(before, wrote, live any) Fate {
	switch {
	case same(live, wrote):
		return Kept
	case same(live, before):
		return Back
	case same(wrote, nil) && same(before, nil):
		return Added
	}
	all, isList := live.([]any)
	left, wasList := wrote.([]any)
	old, _ := before.([]any)
	if !isList || !wasList {
		return Changed
	}
	for _, v := range left {
		if !has(all, v) {
			return Changed
		}
	}
	for _, v := range all {
		if !has(left, v) && has(old, v) {
			return Changed // the run took it away, and somebody put it there again
		}
	}
	return Added
}

// same compares two values as states are: lists are sets, and what is empty is not there.
func same(a, b any) bool {
	la, isList := a.([]any)
	lb, too := b.([]any)
	if isList && too {
		in := func(list []any) func(any) bool {
			return func(v any) bool { return !has(list, v) }
		}
		return !slices.ContainsFunc(la, in(lb)) && !slices.ContainsFunc(lb, in(la))
	}
	return reflect.DeepEqual(nothing(a), nothing(b))
}

// nothing takes null, absence and empty collections as one.
func nothing(v any) any {
	switch c := v.(type) {
	case absent:
		return nil
	case []any:
		if len(c) == 0 {
			return nil
		}
	case map[string]any:
		if len(c) == 0 {
			return nil
		}
	}
	return v
}
