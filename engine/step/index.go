package step

import (
	"iter"
	"slices"
	"strings"
)

// Index finds who has an object that overlaps another. A name that ends in /* overlaps every name that begins with what
// is before the star. The zero Index is empty.
type Index[T comparable] struct {
	exact map[string][]T
	below map[string][]T // who has a name below this prefix
}

// Add notes that who has an object.
func (x *Index[T]) Add(object string, who T) {
	if x.exact == nil {
		x.exact, x.below = map[string][]T{}, map[string][]T{}
	}
	x.exact[object] = append(x.exact[object], who)
	for _, prefix := range prefixes(object) {
		x.below[prefix] = append(x.below[prefix], who)
	}
}

// Remove forgets it.
func (x *Index[T]) Remove(object string, who T) {
	remove(x.exact, object, who)
	for _, prefix := range prefixes(object) {
		remove(x.below, prefix, who)
	}
}

// Other answers somebody else than who that has an overlapping object.
func (x *Index[T]) Other(object string, who T) (T, bool) {
	for other := range x.Overlapping(object) {
		if other != who {
			return other, true
		}
	}
	var none T
	return none, false
}

// Overlapping goes through those who have an object that overlaps, some of them perhaps twice. Those who have the same
// name come first, in the order in which they were added.
func (x *Index[T]) Overlapping(object string) iter.Seq[T] {
	return func(yield func(T) bool) {
		lists := [][]T{x.exact[object]}
		if prefix, ok := strings.CutSuffix(object, "*"); ok {
			lists = append(lists, x.below[prefix])
		}
		for _, prefix := range prefixes(object) {
			lists = append(lists, x.exact[prefix+"*"])
		}
		for _, list := range lists {
			for _, who := range list {
				if !yield(who) {
					return
				}
			}
		}
	}
}

// Touches reports whether somebody else than who has an object that overlaps one of these.
func (x *Index[T]) Touches(objects []string, who T) bool {
	return slices.ContainsFunc(objects, func(object string) bool { _, other := x.Other(object, who); return other })
}

// Covers reports whether there are objects, and somebody has a name for each that takes in all of it.
func (x *Index[T]) Covers(objects []string) bool {
	return len(objects) > 0 && !slices.ContainsFunc(objects, func(object string) bool { return !x.covers(object) })
}

func (x *Index[T]) covers(object string) bool {
	return len(x.exact[object]) > 0 || slices.ContainsFunc(prefixes(object), func(prefix string) bool { return len(x.exact[prefix+"*"]) > 0 })
}

// prefixes are the parts of a name that end in a slash.
func prefixes(object string) []string {
	var out []string
	for i, r := range object {
		if r == '/' {
			out = append(out, object[:i+1])
		}
	}
	return out
}

// remove closes the gap from its nearer end: who is forgotten is mostly the one who was added first.
func remove[T comparable](m map[string][]T, key string, who T) {
	list := m[key]
	switch i := slices.Index(list, who); {
	case i < 0:
	case len(list) == 1:
		delete(m, key)
	case i < len(list)/2:
		copy(list[1:], list[:i])
		m[key] = list[1:]
	default:
		m[key] = slices.Delete(list, i, i+1)
	}
}
