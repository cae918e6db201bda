package graph

import (
	"math/rand/v2"
	"testing"
)

// large are graphs of n nodes: none follows another, each follows the one before, layers of a hundred whose nodes follow
// three of the layer before, and one node that follows all others.
func large(n int) map[string][][]int {
	rng := rand.New(rand.NewPCG(7, 7))
	chain, layered, join := make([][]int, n), make([][]int, n), make([][]int, n)
	for i := range n {
		if i > 0 {
			chain[i] = []int{i - 1}
		}
		if above := i/100*100 - 100; above >= 0 {
			layered[i] = []int{above + rng.IntN(100), above + rng.IntN(100), above + rng.IntN(100)}
		}
		if i < n-1 {
			join[n-1] = append(join[n-1], i)
		}
	}
	return map[string][][]int{"fan": make([][]int, n), "chain": chain, "layered": layered, "join": join}
}

func BenchmarkGraph(b *testing.B) {
	const n = 100_000
	graphs := large(n)
	for _, verb := range []struct {
		name string
		do   func(parents [][]int, g *Graph)
	}{
		{"new", func(parents [][]int, _ *Graph) { New(parents) }}, {"order", func(_ [][]int, g *Graph) { g.Order() }},
		{"cycle", func(_ [][]int, g *Graph) { g.Cycle() }}, {"waves", func(_ [][]int, g *Graph) { g.Waves() }},
	} {
		for _, shape := range []string{"fan", "chain", "layered", "join"} {
			g := New(graphs[shape])
			b.Run(verb.name+"/"+shape, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					verb.do(graphs[shape], g)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/node")
			})
		}
	}
}
