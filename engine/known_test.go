package engine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"writ/engine"
	"writ/engine/journal"
	"writ/engine/plan"
	"writ/engine/step"
)

// What a preview knew is what the apply does: random clouds, random plans.

func TestEveryKnownLineOfAPreviewComesTrue(t *testing.T) {
	outer, told, open := t, 0, 0
	for round := 0; round < 5 && (told <= 50 || open <= 20); round++ { // by chance a round may have few
		rapid.Check(t, func(t *rapid.T) {
			cells := rapid.MapOf(rapid.SampledFrom(cellNames), rapid.SampledFrom([]string{"1", "2", "a"})).Draw(t, "cells")
			text := randomPlan(t)
			parallel := rapid.IntRange(1, 4).Draw(t, "parallelism")
			var wrong string
			synctest.Test(outer, func(*testing.T) {
				b := newBench(outer, cells)
				b.options.Parallelism = parallel
				preview, run := b.applied(text)
				if run == nil || run == preview {
					return
				}
				wrong = untrue(preview, run)
				known, unknown, _ := run.Score()
				told, open = told+known, open+unknown
			})
			require.Empty(t, wrong, "%s\n%v", text, cells)
		})
	}
	require.Greater(t, told, 50)
	require.Greater(t, open, 20)
}

// applied carries a plan out, unless it is none or cannot be applied.
func (b *bench) applied(text string) (preview, run *journal.Run) {
	p, _ := plan.Load("", []byte(text), b.Kinds)
	if p == nil {
		return nil, nil
	}
	in, err := engine.NewInputs(nil, nil, b.Getenv)
	require.NoError(b.t, err)
	run, err = b.Apply(context.Background(), engine.Job{Plan: p, Inputs: in, Target: target, Options: b.options}, func(seen *journal.Run) error {
		preview = seen
		return nil
	})
	if err != nil {
		require.Error(b.t, engine.Obstacle(preview), "%s\n%v", text, err)
		return preview, nil
	}
	return preview, run
}

// untrue says what a preview knew and the run did otherwise.
func untrue(preview, run *journal.Run) string {
	if run.Failure != nil {
		if known(preview, run.Failure.Address) != nil {
			return run.Failure.Address + " was known, and failed: " + run.Failure.Why
		}
		return ""
	}
	if _, _, missed := run.Score(); len(missed) > 0 {
		return fmt.Sprintf("did not come true: %+v %+v", missed[0].Said, missed[0].Did)
	}
	for _, n := range preview.Nodes {
		for _, p := range n.Parts {
			for _, did := range covered(preview, p, run.Nodes[p.Node]) {
				if !fits(p.Unknown, "", p.In, did.In) {
					return fmt.Sprintf("%s: said %s, did %s", p.Address, p.In, did.In)
				}
			}
		}
	}
	return ""
}

// covered are the instances of a run that a line of the preview stands for.
func covered(preview *journal.Run, seen *journal.Progress, n *journal.Node) []*journal.Progress {
	var out []*journal.Progress
	for _, did := range n.Parts {
		turn := strings.HasSuffix(seen.Address, "[?]") && preview.Part(did.Address) == nil
		if did.Phase != journal.PhaseSkipped && (did.Address == seen.Address || turn) {
			out = append(out, did)
		}
	}
	return out
}

// known is the line of a preview, if it was known.
func known(preview *journal.Run, address string) *journal.Progress {
	p := preview.Part(address)
	if p == nil || p.Change == journal.Hidden || p.Error != nil {
		return nil
	}
	return p
}

// fits reports whether a value agrees with what was known of it.
func fits(unknown []string, path string, shown, is json.RawMessage) bool {
	if slices.Contains(unknown, path) {
		var gap journal.Gap
		return json.Unmarshal(shown, &gap) == nil && gap.Type != "" && fitsText(gap, is)
	}
	var shownList, isList []json.RawMessage
	if json.Unmarshal(shown, &shownList) == nil && json.Unmarshal(is, &isList) == nil {
		ok := len(shownList) == len(isList)
		for i := range shownList {
			ok = ok && fits(unknown, journal.Element(path, i), shownList[i], isList[i])
		}
		return ok
	}
	var shownMap, isMap map[string]json.RawMessage
	if json.Unmarshal(shown, &shownMap) == nil && json.Unmarshal(is, &isMap) == nil {
		ok := len(shownMap) == len(isMap)
		for k := range shownMap {
			ok = ok && fits(unknown, journal.Member(path, k), shownMap[k], isMap[k])
		}
		return ok
	}
	return step.Equal(shown, is)
}

func fitsText(gap journal.Gap, is json.RawMessage) bool {
	var text string
	if len(gap.Pieces) == 0 || json.Unmarshal(is, &text) != nil {
		return len(gap.Pieces) == 0
	}
	for i, raw := range gap.Pieces {
		var piece string
		if json.Unmarshal(raw, &piece) != nil {
			continue
		}
		at := strings.Index(text, piece)
		if at < 0 || i == 0 && at > 0 {
			return false
		}
		text = text[at+len(piece):]
	}
	return true
}

var cellNames = []string{"a", "b", "c", "d", "id-1"}

// randomPlan is a plan over few cells, whose steps read what others put out. Not each is a valid one.
func randomPlan(t *rapid.T) string {
	var b strings.Builder
	b.WriteString("version: 1\nsteps:\n")
	p := planner{t: t}
	for i := range rapid.IntRange(1, 6).Draw(t, "steps") {
		p.step(&b, fmt.Sprint("s", i))
	}
	return b.String()
}

// planner knows the steps so far, by what their outputs are.
type planner struct {
	t          *rapid.T
	last       string   // the step before
	all, lists []string // expressions that are texts, and lists of texts
}

func (p *planner) pick(label string, from ...string) string {
	return rapid.SampledFrom(from).Draw(p.t, label)
}

// text is a value for an argument: a literal, or made of what another step puts out.
func (p *planner) text() string {
	if len(p.all) == 0 || p.pick("literal", "yes", "no") == "yes" {
		return p.pick("text", "1", "2", "a", "b")
	}
	from := rapid.SampledFrom(p.all).Draw(p.t, "from")
	return p.pick("form", "${{ "+from+" }}", "x-${{ "+from+" }}", "${{ 'y' + "+from+" }}", "${{ "+from+" == '1' ? 'one' : 'other' }}")
}

func (p *planner) list() string {
	if len(p.lists) > 0 && p.pick("list", "own", "other") == "other" {
		from := rapid.SampledFrom(p.lists).Draw(p.t, "from")
		return p.pick("form", "${{ "+from+" }}", "${{ "+from+".filter(v, v != '1') }}", "${{ "+from+".map(v, v + 'z') }}")
	}
	return "[a, " + quoted(p.text()) + "]"
}

func quoted(text string) string { return `"` + text + `"` }

func (p *planner) step(b *strings.Builder, id string) {
	kind := p.pick("kind", "cell", "cell", "set", "make", "list", "rows", "grant")
	fmt.Fprintf(b, "  - id: %s\n    uses: toy.%s\n", id, kind)
	if p.last != "" && p.pick("needs", "yes", "yes", "no") == "yes" {
		fmt.Fprintf(b, "    needs: [%s]\n", p.last)
	}
	if len(p.all) > 0 && p.pick("if", "no", "no", "yes") == "yes" {
		fmt.Fprintf(b, "    if: \"${{ %s != '1' }}\"\n", rapid.SampledFrom(p.all).Draw(p.t, "if"))
	}
	name, each := p.pick("name", cellNames...), ""
	if kind == "cell" && p.pick("each", "no", "no", "yes") == "yes" {
		each = p.list()
		fmt.Fprintf(b, "    for_each: %s\n", each)
		name = p.pick("key", "${{ each.key }}", "e-${{ each.key }}")
	} else if p.pick("named", "here", "here", "elsewhere") == "elsewhere" {
		name = p.text()
	}
	out := "steps." + id + ".outputs."
	switch kind {
	case "cell":
		fmt.Fprintf(b, "    with: {name: %s, value: %s}\n", quoted(name), quoted(p.text()))
		if each == "" {
			p.all = append(p.all, out+"value")
		}
	case "set":
		fmt.Fprintf(b, "    with: {name: %s, members: %s}\n", quoted(name), p.list())
		p.lists = append(p.lists, out+"members")
	case "make":
		fmt.Fprintf(b, "    with: {name: %s}\n", quoted(name))
		p.all = append(p.all, out+"id")
	case "list":
		fmt.Fprintf(b, "    with: {names: %s}\n", p.list())
		p.lists = append(p.lists, out+"values")
	case "rows":
		fmt.Fprintf(b, "    with: {names: %s, value: %s}\n", p.list(), quoted(p.text()))
	case "grant":
		fmt.Fprintf(b, "    irreversible: accept\n    with: {buckets: %s}\n", p.list())
		p.lists = append(p.lists, out+"buckets")
	}
	p.last = id
}

func TestWhatMayComeFirstIsNotKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, nil)
		contested := `
steps:
  - {id: first, uses: toy.make, with: {name: m}}
  - {id: late, uses: toy.cell, needs: [first], with: {name: "${{ 's' }}", value: x}}
  - {id: early, uses: toy.cell, with: {name: "${{ 's' }}", value: y}}
  - {id: any, uses: toy.cell, with: {name: "x-${{ steps.first.outputs.id }}", value: z}}
  - {id: after, uses: toy.cell, needs: [any], with: {name: x-9, value: z}}
`
		require.Equal(t, journal.Create, b.preview(contested).Part("late").Change, "one after the other, the file decides")
		b.options.Parallelism = 4
		preview := b.preview(contested)
		for _, id := range []string{"late", "early", "any", "after"} {
			require.Equal(t, journal.Hidden, preview.Part(id).Change, id)
		}
		require.Equal(t, journal.Create, preview.Part("first").Change)
	})
}
