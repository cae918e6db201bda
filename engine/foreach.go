package engine

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"writ/engine/expr"
	"writ/engine/journal"
	"writ/engine/plan"
)

// pair is one turn of a for_each. Of its value parts may be unknown.
type pair struct {
	key   string
	value any
}

// fanOut lists the turns of a for_each: the texts of a list, in its order, or the keys of a map, sorted. Open is what
// is not known of it: all, or some elements of a list; nil when everything is known.
func fanOut(each any) (pairs []pair, open any, err error) {
	switch each := each.(type) {
	case expr.Unknown:
		return nil, each, nil
	case []any:
		return fanOutList(each)
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(each)) {
			pairs = append(pairs, pair{key, each[key]})
		}
		return pairs, nil, nil
	}
	return nil, nil, fmt.Errorf("for_each needs a list of texts or a map; it got %v", each)
}

func fanOutList(each []any) (pairs []pair, open any, err error) {
	seen := map[string]bool{}
	var unknown []any
	for _, v := range each {
		key, ok := v.(string)
		switch _, waits := v.(expr.Unknown); {
		case waits:
			unknown = append(unknown, v)
			continue
		case !ok:
			return nil, nil, fmt.Errorf("for_each needs a list of texts; it holds %v", v)
		case seen[key]:
			return nil, nil, fmt.Errorf("for_each holds %q twice", key)
		}
		seen[key] = true
		pairs = append(pairs, pair{key, key})
	}
	switch len(unknown) {
	case 0:
		return pairs, nil, nil
	case 1:
		return pairs, unknown[0], nil
	}
	return pairs, unknown, nil
}

// eachScope is what the expressions of one turn may read.
type eachScope struct {
	expr.Scope
	turn any // key and value as the for_each has them, with what is unknown of them
}

// within is the scope of a turn.
func (p pair) within(s expr.Scope) eachScope {
	return turned(s, map[string]any{"key": p.key, "value": p.value})
}

func turned(s expr.Scope, turn map[string]any) eachScope {
	inner := expr.Scope{Vars: maps.Clone(s.Vars), Unknown: slices.Clone(s.Unknown)}
	inner.Vars["each"] = replaced(turn, func(expr.Unknown) any { return nil })
	inner.Unknown = append(inner.Unknown, holes([]string{"each"}, turn)...)
	return eachScope{Scope: inner, turn: turn}
}

// holes lists the paths of what is unknown in a tree; a list with a gap is unknown altogether.
func holes(at []string, v any) [][]string {
	switch v := v.(type) {
	case expr.Unknown:
		return [][]string{at}
	case []any:
		if len(gaps("", v)) > 0 {
			return [][]string{at}
		}
	case map[string]any:
		var out [][]string
		for _, key := range slices.Sorted(maps.Keys(v)) {
			out = append(out, holes(append(slices.Clone(at), key), v[key])...)
		}
		return out
	}
	return nil
}

// origins leads what waits for a part of each to what that part waits for.
func (s eachScope) origins(args any) any {
	if s.turn == nil {
		return args
	}
	return replaced(args, s.origin)
}

func (s eachScope) origin(u expr.Unknown) any {
	var from []string
	for _, path := range u.From {
		names := strings.Split(path, ".")
		if names[0] != "each" {
			from = append(from, path)
			continue
		}
		for _, g := range gaps("", part(s.turn, names[1:])) {
			from = append(from, g.unknown.From...)
		}
	}
	slices.Sort(from)
	u.From = slices.Compact(from)
	for i, piece := range u.Pieces {
		u.Pieces[i] = s.origins(piece)
	}
	return u
}

// part goes down a path as far as there is one.
func part(v any, path []string) any {
	for _, name := range path {
		object, ok := v.(map[string]any)
		if !ok || object[name] == nil {
			return v
		}
		v = object[name]
	}
	return v
}

// unexpanded is the one line for all that cannot be told of a for_each: its arguments as far as they are known.
func (e *evaluator) unexpanded(ctx context.Context, s *plan.Step, scope expr.Scope, open any) (journal.Instance, error) {
	in := journal.Instance{Step: s.ID.Value + "[?]", Value: encode(open)}
	waits := gaps("for_each", open)
	within := turned(scope, map[string]any{"key": waits[0].unknown, "value": waits[0].unknown})
	args, _, err := s.With.Eval(ctx, within.Scope)
	if err != nil {
		return in, e.placed("with", err)
	}
	args = within.origins(args)
	in.In, in.Objects = encode(args), foreseeable(*s.Kind, args)
	wait(&in, append(waits, gaps("", args)...))
	if !slices.Contains(in.Unknown, "for_each") {
		in.Unknown = append([]string{"for_each"}, in.Unknown...)
	}
	return in, nil
}

// wait notes what an instance waits for.
func wait(in *journal.Instance, waits []gap) {
	for _, g := range waits {
		if !slices.Contains(in.Unknown, g.path) {
			in.Unknown = append(in.Unknown, g.path)
		}
		for _, id := range (journal.Gap{From: g.unknown.From}).Steps() {
			if !slices.Contains(in.Rests, id) {
				in.Rests = append(in.Rests, id)
			}
		}
	}
	slices.Sort(in.Rests)
}
