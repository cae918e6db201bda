package plan

import (
	"errors"
	"slices"

	"writ/engine/diag"
)

// The canonical order of keys; others come after these, as they stand.
var (
	planOrder = []string{"version", "name", "description", "inputs", "vars", "target", "defaults", "steps", "outputs"}
	stepOrder = []string{
		"id", "name", "uses", "with", "needs", "if", "for_each", "retry", "timeout", "wait", "on_failure", "rollback",
		"irreversible",
	}
)

// errUnsafe is for a plan that a formatted one would not be equal to.
var errUnsafe = errors.New("this plan is written in a way that cannot be formatted without a change of what it says; it is left as it is")

// Format answers a plan in its canonical form: keys of the plan and of its steps in the order of the language, two
// spaces a level, lists and mappings in lines of their own unless they were short and on one line. Scalars, comments
// and empty lines stay as people wrote them, and the plan means what it meant: a result of which that does not hold is
// never answered. A file that cannot be read as a plan has faults; what else may be wrong with a plan is none here.
func Format(file string, src []byte) ([]byte, []diag.Diagnostic, error) {
	f := &faults{src: newSource(file, src)}
	before := f.decode()
	switch {
	case len(f.list) > 0 || before == nil:
		return nil, f.sorted(), nil
	case before.kind != mapping:
		_, found := Load(file, src, nil)
		return nil, found, nil
	}
	read, sound := readLayout(f.src, before)
	if !sound {
		return nil, nil, errUnsafe
	}
	out := read.print()
	if !read.isSafe(out) {
		return nil, nil, errUnsafe
	}
	return out, nil, nil
}

// isSafe holds what was printed to what was read: the same values and the same comments.
func (l *layout) isSafe(out []byte) bool {
	f := &faults{src: newSource(l.src.file, out)}
	after := f.decode()
	if after == nil || len(f.list) > 0 || !l.root.sameAs(after) {
		return false
	}
	read, sound := readLayout(f.src, after)
	return sound && slices.Equal(l.comments(), read.comments())
}

// sameAs reports whether two values mean the same, whatever the order of keys.
func (v *Value) sameAs(w *Value) bool {
	switch {
	case v.kind != w.kind || len(v.items()) != len(w.items()) || len(v.entries()) != len(w.entries()):
		return false
	case v.kind == scalar && v.style == plain && v.isNull():
		return w.style == plain && w.isNull()
	case v.kind == scalar:
		return v.text == w.text && (v.style == plain) == (w.style == plain)
	}
	for i := range v.items() {
		if !v.items()[i].sameAs(w.items()[i]) {
			return false
		}
	}
	for _, f := range v.entries() {
		if other := w.get(f.key.text); other == nil || !f.value.sameAs(other) {
			return false
		}
	}
	return true
}
