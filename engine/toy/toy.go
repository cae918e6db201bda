// Package toy is a cloud of cells with texts in them, and kinds that read and write those: one for each way in which a
// write can be undone, or cannot, and in which its doubt is settled. The engine's tests and its simulator stand on it.
package toy

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"writ/engine/step"
)

// Cells is the cloud behind the kinds. A cell that was never set, or set to nothing, is not there.
type Cells interface {
	Read(ctx context.Context, name string) (string, error)
	// Write sets cells in one call. A cell that is set to New gets a text that the cloud chooses.
	Write(ctx context.Context, op string, cells map[string]string) error
	// Settle is how long reads may show what stood before a write.
	Settle() time.Duration
}

// New asks the cloud for a text of its own.
const New = "\x00"

type cells struct{ Cells }

// Kinds are the kinds, working on c.
func Kinds(c Cells) step.Kinds {
	on := cells{c}
	return step.Kinds{step.Define(Cell(c, "toy.cell")), on.setKind(), on.make(), on.rows(), on.grant(), on.list(), on.slow()}
}

func schema(input, output string) []byte {
	return fmt.Appendf(nil, `{"definitions": {
		"input": {"type": "object", "additionalProperties": false, "properties": {%s}},
		"output": {"type": "object", "additionalProperties": false, "properties": {%s}}}}`, input, output)
}

// CellIn are the arguments of a cell.
type CellIn struct {
	Name   string `json:"name"`
	Value  string `json:"value,omitempty"`
	Secret string `json:"secret,omitempty"`
}

// CellState is what stands in a cell.
type CellState struct {
	Value string `json:"value"`
}

// Cell is a kind that sets one cell: a plain set. A value that begins with ! cannot be restored once it is gone; one that
// begins with ~ only in part. A secret is written behind the value.
func Cell(c Cells, name string) step.Spec[CellIn, CellState] {
	return step.Spec[CellIn, CellState]{
		Name: name, Summary: "a cell", Effect: step.Reversible,
		Schema: schema(`"name": {"type": "string"}, "value": {"type": "string", "maxLength": 20}, "secret": {"type": "string", "x-writ-sensitive": true}`, `"value": {"type": "string"}`),
		Read: func(ctx context.Context, in CellIn) (CellState, error) {
			v, err := c.Read(ctx, in.Name)
			if value, _, with := strings.Cut(v, "|"); with {
				v = value
			}
			return CellState{v}, err
		},
		Goal: func(in CellIn, _ CellState) CellState { return CellState{in.Value} },
		Apply: func(ctx context.Context, in CellIn, _ CellState) error {
			value := in.Value
			if in.Secret != "" {
				value += "|" + in.Secret
			}
			return c.Write(ctx, "apply "+in.Name, map[string]string{in.Name: value})
		},
		Undo: func(ctx context.Context, in CellIn, _, want CellState) error {
			return c.Write(ctx, "undo "+in.Name, map[string]string{in.Name: want.Value})
		},
		Reverse: func(_ CellIn, now, want CellState) step.Reversal[CellState] {
			r := step.Reversal[CellState]{Want: want, Says: "puts " + want.Value + " back"}
			switch {
			case strings.HasPrefix(want.Value, "!"):
				r.Want, r.Gone = now, true
			case strings.HasPrefix(want.Value, "~"):
				r.Want, r.Left = CellState{"~"}, []step.Residue{{Field: "value", Why: "only its beginning can be restored"}}
			}
			return r
		},
		Outputs: func(_ CellIn, s CellState) any { return s },
		Objects: func(in CellIn) []string { return []string{"cell/" + in.Name} },
		Doubt:   func(CellIn, CellState) step.Doubt { return step.Doubt{Class: step.Set, Settle: c.Settle()} },
	}
}

// slow is a cell whose effect is there when another cell says so.
func (c cells) slow() step.Kind {
	s := Cell(c, "toy.slow")
	s.Await = func(ctx context.Context, in CellIn) (bool, error) {
		v, err := c.Read(ctx, "ready")
		return v == "yes", err
	}
	return step.Define(s)
}

type setIn struct {
	Name    string   `json:"name"`
	Members []string `json:"members"`
}

type setState struct {
	Members []string `json:"members"`
}

func members(text string) []string {
	if text == "" {
		return []string{}
	}
	return strings.Split(text, ",")
}

// setKind adds members to a set.
func (c cells) setKind() step.Kind {
	union := func(a, b []string) []string {
		all := slices.Concat(a, b)
		slices.Sort(all)
		return slices.Compact(all)
	}
	return step.Define(step.Spec[setIn, setState]{
		Name: "toy.set", Summary: "a set", Effect: step.Reversible,
		Schema: schema(`"name": {"type": "string"}, "members": {"type": "array", "items": {"type": "string"}}`, `"members": {"type": "array", "items": {"type": "string"}}`),
		Read: func(ctx context.Context, in setIn) (setState, error) {
			v, err := c.Read(ctx, in.Name)
			return setState{members(v)}, err
		},
		Goal: func(in setIn, before setState) setState { return setState{union(before.Members, in.Members)} },
		Apply: func(ctx context.Context, in setIn, before setState) error {
			return c.Write(ctx, "apply "+in.Name, map[string]string{in.Name: strings.Join(union(before.Members, in.Members), ",")})
		},
		Undo: func(ctx context.Context, in setIn, _, want setState) error {
			return c.Write(ctx, "undo "+in.Name, map[string]string{in.Name: strings.Join(want.Members, ",")})
		},
		Reverse: func(_ setIn, _, want setState) step.Reversal[setState] { return step.Reversal[setState]{Want: want} },
		Outputs: func(_ setIn, s setState) any { return s },
		Objects: func(in setIn) []string { return []string{"cell/" + in.Name} },
		Doubt:   func(setIn, setState) step.Doubt { return step.Doubt{Class: step.Set, Settle: c.Settle()} },
	})
}

type makeState struct {
	Made bool   `json:"made"`
	ID   string `json:"id,omitempty"`
}

// make makes a thing whose id the cloud chooses.
func (c cells) make() step.Kind {
	return step.Define(step.Spec[CellIn, makeState]{
		Name: "toy.make", Summary: "a thing", Effect: step.Reversible,
		Schema: schema(`"name": {"type": "string"}`, `"id": {"type": "string"}`),
		Read: func(ctx context.Context, in CellIn) (makeState, error) {
			v, err := c.Read(ctx, in.Name)
			return makeState{v != "", v}, err
		},
		Goal: func(CellIn, makeState) makeState { return makeState{Made: true} },
		Apply: func(ctx context.Context, in CellIn, _ makeState) error {
			return c.Write(ctx, "apply "+in.Name, map[string]string{in.Name: New})
		},
		Undo: func(ctx context.Context, in CellIn, _, _ makeState) error {
			return c.Write(ctx, "undo "+in.Name, map[string]string{in.Name: ""})
		},
		Reverse: func(_ CellIn, _, want makeState) step.Reversal[makeState] {
			return step.Reversal[makeState]{Want: want}
		},
		Outputs: func(_ CellIn, s makeState) any {
			if s.ID == "" {
				return map[string]string{}
			}
			return map[string]string{"id": s.ID}
		},
		Objects: func(in CellIn) []string { return []string{"cell/" + in.Name} },
		Doubt:   func(CellIn, makeState) step.Doubt { return step.Doubt{Class: step.Create, Settle: c.Settle()} },
		Counts:  func(s makeState) makeState { return makeState{Made: s.Made} },
		Present: func(_ CellIn, s makeState) bool { return s.Made },
	})
}

type rowsIn struct {
	Names []string `json:"names"`
	Value string   `json:"value"`
}

type rowsState struct {
	Rows map[string]CellState `json:"rows"`
}

// rows sets many cells with one call.
func (c cells) rows() step.Kind {
	return step.Define(step.Spec[rowsIn, rowsState]{
		Name: "toy.rows", Summary: "rows", Effect: step.Reversible,
		Schema: schema(`"names": {"type": "array", "items": {"type": "string"}}, "value": {"type": "string"}`, `"rows": {"type": "object", "additionalProperties": {"type": "object", "properties": {"value": {"type": "string"}}}}`),
		Read: func(ctx context.Context, in rowsIn) (rowsState, error) {
			s := rowsState{map[string]CellState{}}
			for _, name := range in.Names {
				v, err := c.Read(ctx, name)
				if err != nil {
					return s, err
				}
				s.Rows[name] = CellState{v}
			}
			return s, nil
		},
		Goal: func(in rowsIn, _ rowsState) rowsState {
			s := rowsState{map[string]CellState{}}
			for _, name := range in.Names {
				s.Rows[name] = CellState{in.Value}
			}
			return s
		},
		Apply: func(ctx context.Context, in rowsIn, _ rowsState) error {
			cells := map[string]string{}
			for _, name := range in.Names {
				cells[name] = in.Value
			}
			return c.Write(ctx, "apply rows", cells)
		},
		Undo: func(ctx context.Context, _ rowsIn, _, want rowsState) error {
			cells := map[string]string{}
			for name, row := range want.Rows {
				cells[name] = row.Value
			}
			return c.Write(ctx, "undo rows", cells)
		},
		Reverse: func(_ rowsIn, _, want rowsState) step.Reversal[rowsState] {
			return step.Reversal[rowsState]{Want: want}
		},
		Outputs: func(_ rowsIn, s rowsState) any { return s },
		Objects: func(in rowsIn) []string {
			var names []string
			for _, name := range in.Names {
				names = append(names, "cell/"+name)
			}
			return names
		},
		Doubt: func(rowsIn, rowsState) step.Doubt { return step.Doubt{Class: step.FanOut, Settle: c.Settle()} },
	})
}

type grantIn struct {
	Buckets []string `json:"buckets"`
}

// grant adds buckets to what nothing can read, and nothing takes back.
func (c cells) grant() step.Kind {
	return step.Define(step.Spec[grantIn, grantIn]{
		Name: "toy.grant", Summary: "a grant", Effect: step.Irreversible,
		Schema: schema(`"buckets": {"type": "array", "items": {"type": "string"}}`, `"buckets": {"type": "array", "items": {"type": "string"}}`),
		Goal: func(in, before grantIn) grantIn {
			all := slices.Concat(in.Buckets, before.Buckets)
			slices.Sort(all)
			return grantIn{slices.Compact(all)}
		},
		Apply: func(ctx context.Context, in, _ grantIn) error {
			cells := map[string]string{}
			for _, b := range in.Buckets {
				cells["granted/"+b] = "yes"
			}
			return c.Write(ctx, "apply grant", cells)
		},
		Outputs: func(in, _ grantIn) any { return in },
		Objects: func(grantIn) []string { return []string{"grant"} },
		Doubt:   func(grantIn, grantIn) step.Doubt { return step.Doubt{Class: step.Unreadable} },
	})
}

// list answers the values of some cells.
func (c cells) list() step.Kind {
	type in struct {
		Names []string `json:"names"`
	}
	return step.Define(step.Spec[in, rowsState]{
		Name: "toy.list", Summary: "some cells", Effect: step.Reads,
		Schema: schema(`"names": {"type": "array", "items": {"type": "string"}}`, `"values": {"type": "array", "items": {"type": "string"}}`),
		Read: func(ctx context.Context, in in) (rowsState, error) {
			s := rowsState{map[string]CellState{}}
			for _, name := range in.Names {
				v, err := c.Read(ctx, name)
				if err != nil {
					return s, err
				}
				s.Rows[name] = CellState{v}
			}
			return s, nil
		},
		Outputs: func(in in, s rowsState) any {
			values := []string{}
			for _, name := range in.Names {
				if v := s.Rows[name].Value; v != "" {
					values = append(values, v)
				}
			}
			return map[string][]string{"values": values}
		},
		Objects: func(in in) []string {
			var names []string
			for _, name := range in.Names {
				names = append(names, "cell/"+name)
			}
			return names
		},
	})
}
