package engine

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"writ/engine/journal"
	"writ/engine/step"
)

func TestContestAgreesWithLookingAtEveryPair(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := []string{"a", "b"}
		wild := rapid.Bool().Draw(t, "wild")
		if wild {
			names = []string{"x/1", "x/2", "x/*"}
		}
		preview := drawPreview(t, names)
		found := map[string]string{}
		contest(preview, found)
		for _, n := range preview.Nodes {
			for _, p := range n.Parts {
				rivals := slowRivals(preview, p)
				other, is := found[p.Address]
				require.Equal(t, len(rivals) > 0, is, p.Address)
				if is {
					require.Contains(t, rivals, other)
				}
				if is && !wild {
					require.Equal(t, rivals[0], other, "the first")
				}
			}
		}
	})
}

func drawPreview(t *rapid.T, names []string) *journal.Run {
	n := rapid.IntRange(1, 9).Draw(t, "steps")
	order := rapid.Permutation(upTo(n)).Draw(t, "order")
	if rapid.Bool().Draw(t, "forward") {
		order = upTo(n)
	}
	parents := make([][]int, n)
	for at, node := range order {
		if at > 0 {
			parents[node] = rapid.SliceOfNDistinct(rapid.SampledFrom(order[:at]), 0, min(at, 2), rapid.ID).Draw(t, "parents")
			slices.Sort(parents[node])
		}
	}
	preview := newPreview(parents)
	for _, node := range preview.Nodes {
		node.Effect = rapid.SampledFrom([]step.Effect{step.Reads, step.Reversible, step.Reversible, step.Irreversible}).Draw(t, "effect")
		for i := range rapid.IntRange(1, 3).Draw(t, "parts") {
			addPart(preview, node, rapid.SliceOfNDistinct(rapid.SampledFrom(names), 0, 2, rapid.ID).Draw(t, "objects"))
			node.Parts[i].How = rapid.SampledFrom([]journal.How{journal.Predicted, journal.Predicted, journal.Satisfied}).Draw(t, "how")
			node.Parts[i].Reverse = &step.Reverse{Gone: rapid.Bool().Draw(t, "gone")}
		}
	}
	return preview
}

func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

func newPreview(parents [][]int) *journal.Run {
	preview := &journal.Run{Open: &journal.Opening{Options: journal.Options{Parallelism: 4}}}
	for _, ps := range parents {
		preview.Nodes = append(preview.Nodes, &journal.Node{Step: &journal.Step{Effect: step.Reversible, Parents: ps}})
	}
	return preview
}

func addPart(preview *journal.Run, n *journal.Node, objects []string) {
	node := slices.Index(preview.Nodes, n)
	n.Parts = append(n.Parts, &journal.Progress{
		Node: node, Index: len(n.Parts), Address: fmt.Sprintf("s%d.%d", node, len(n.Parts)), Objects: objects, How: journal.Predicted,
	})
}

// slowRivals are an instance's rivals, by each of its objects in the file's order.
func slowRivals(preview *journal.Run, p *journal.Progress) []string {
	var rivals []string
	for _, object := range p.Objects {
		for _, n := range preview.Nodes {
			for _, other := range n.Parts {
				var objects step.Index[string]
				for _, name := range other.Objects {
					objects.Add(name, name)
				}
				_, touches := objects.Other(object, "")
				writes := n.Effect != step.Reads && other.How == journal.Predicted
				if touches && writes && other.Node != p.Node && !slowOrdered(preview, p, other) && !slowOrdered(preview, other, p) {
					rivals = append(rivals, other.Address)
				}
			}
		}
	}
	return rivals
}

func slowOrdered(preview *journal.Run, first, then *journal.Progress) bool {
	n := preview.Nodes[first.Node]
	if waitsFor(preview, then.Node, first.Node) {
		return true
	}
	return n.Effect != step.Irreversible && !first.Reverse.Gone && first.Node < then.Node && !slices.ContainsFunc(n.Parents, func(parent int) bool {
		return !waitsFor(preview, then.Node, parent)
	})
}

func waitsFor(preview *journal.Run, node, first int) bool {
	return slices.ContainsFunc(preview.Nodes[node].Parents, func(p int) bool { return p == first || waitsFor(preview, p, first) })
}

func BenchmarkContest(b *testing.B) {
	const steps = 2000
	chain := make([][]int, steps)
	for i := 1; i < steps; i++ {
		chain[i] = []int{i - 1}
	}
	for name, parents := range map[string][][]int{"chain": chain, "independent": make([][]int, steps)} {
		b.Run(name, func(b *testing.B) {
			preview := newPreview(parents)
			for _, n := range preview.Nodes {
				addPart(preview, n, []string{"x"})
			}
			for b.Loop() {
				contest(preview, map[string]string{})
			}
		})
	}
}
