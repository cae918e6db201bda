package engine

import (
	"strings"

	"writ/engine/expr"
	"writ/engine/step"
)

// foreseeable names the objects that a step of a preview will touch although parts of its arguments are unknown: two
// guesses at these parts are tried. An object whose name hangs on them is any of its sort, as mpc.bucket/*. Nil when
// nothing can be told.
func foreseeable(kind step.Kind, args any) []string {
	one, err := kind.Objects(encode(guess(args, 1)))
	if err != nil {
		return nil
	}
	other, err := kind.Objects(encode(guess(args, 2)))
	if err != nil || len(other) != len(one) {
		return nil
	}
	for i := range one {
		one[i] = common(one[i], other[i])
	}
	return one
}

// common is an object that overlaps both.
func common(a, b string) string {
	if a == b {
		return a
	}
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return a[:strings.LastIndexByte(a[:n], '/')+1] + "*"
}

// guess fills what is unknown with values of its type.
func guess(args any, nth int64) any {
	return replaced(args, func(u expr.Unknown) any {
		text := strings.Repeat("?", int(nth))
		switch elem, _ := u.Type.Elem(); {
		case u.Pieces != nil:
			var b strings.Builder
			for _, piece := range u.Pieces {
				known, _ := guess(piece, nth).(string)
				b.WriteString(known)
			}
			return b.String()
		case u.Type.IsNumber():
			return nth
		case u.Type.IsBool():
			return nth == 1
		case u.Type.IsList():
			return []any{guess(expr.Unknown{Type: elem}, nth)}
		case u.Type.IsMap(), u.Type.IsObject():
			return map[string]any{}
		}
		return text
	})
}
