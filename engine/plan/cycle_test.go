package plan

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestShortestCircleIsFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 8).Draw(t, "steps")
		edges := make([][]edge, n)
		for i := range edges {
			for _, to := range rapid.SliceOfNDistinct(rapid.IntRange(0, n-1), 0, 3, rapid.ID[int]).Draw(t, "edges") {
				if to != i {
					edges[i] = append(edges[i], edge{to: to})
				}
			}
		}
		g := ring{edges: edges, alive: make([]bool, n), budget: 1_000_000}
		for i := range g.alive {
			g.alive[i] = true
		}
		g.trim()
		path := g.shortest()
		require.Len(t, path, girth(edges))
		for i := range path {
			require.True(t, leads(edges, path[i], path[(i+1)%len(path)]))
		}
	})
}

// girth is the length of the shortest circle, by the distances between all pairs; 0 when there is none.
func girth(edges [][]edge) int {
	n := len(edges)
	far := n + 1
	dist := make([][]int, n)
	for i := range dist {
		dist[i] = make([]int, n)
		for j := range dist[i] {
			dist[i][j] = far
			if leads(edges, i, j) {
				dist[i][j] = 1
			}
		}
	}
	for k := range n {
		for i := range n {
			for j := range n {
				dist[i][j] = min(dist[i][j], dist[i][k]+dist[k][j])
			}
		}
	}
	best := far
	for i := range n {
		best = min(best, dist[i][i])
	}
	if best == far {
		return 0
	}
	return best
}

func leads(edges [][]edge, from, to int) bool {
	for _, e := range edges[from] {
		if e.to == to {
			return true
		}
	}
	return false
}
