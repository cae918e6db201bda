package graph

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestOrderFollowsParentsAndThenTheNumbers(t *testing.T) {
	require.Equal(t, []int{0, 2, 1, 3, 4}, New([][]int{{}, {2}, {}, {0, 1}, {3}}).Order())
	require.Equal(t, []int{0, 1, 2, 3}, New(make([][]int, 4)).Order())
	require.Equal(t, []int{2, 1, 0}, New([][]int{{1}, {2}, {}}).Order())
	require.Empty(t, New(nil).Order())
	require.Equal(t, []int{2}, New([][]int{{1}, {0}, {}}).Order(), "a cycle is left out")
}

func TestNewDropsWhatIsNoEdge(t *testing.T) {
	g := New([][]int{{}, {0, 0, 7, -1, 0}})
	require.Equal(t, 2, g.Len())
	require.Equal(t, []int{0}, g.Parents(1))
	require.Equal(t, []int{1}, g.Children(0))
	require.Empty(t, g.Children(1))
}

func TestWavesGroupByTheLongestWay(t *testing.T) {
	require.Equal(t, [][]int{{0, 1}, {2}, {3, 4}}, New([][]int{{}, {}, {0}, {0, 2}, {1, 2}}).Waves())
	require.Empty(t, New(nil).Waves())
}

func TestCycleBeginsAtItsLowestNode(t *testing.T) {
	require.Equal(t, []int{1, 2}, New([][]int{{}, {2}, {1, 0}, {2}}).Cycle())
	require.Equal(t, []int{1}, New([][]int{{3}, {1}, {0}, {2}}).Cycle(), "a step that follows itself is the shortest")
	require.Equal(t, []int{0, 1, 2}, New([][]int{{2}, {0}, {1}}).Cycle())
	require.Nil(t, New([][]int{{}, {0}, {0, 1}}).Cycle())
}

func TestReducedDrawsNoEdgeThatAnotherWayShows(t *testing.T) {
	require.Equal(t, [][]int{nil, {0}, {1}, {2}}, New([][]int{{}, {0}, {0, 1}, {0, 1, 2}}).Reduced())
}

// graphs draws any graph of up to eight nodes; acyclic ones have edges from lower to higher numbers only, in a
// shuffled naming.
func graphs(acyclic bool) *rapid.Generator[[][]int] {
	return rapid.Custom(func(rt *rapid.T) [][]int {
		n := rapid.IntRange(0, 8).Draw(rt, "nodes")
		place := make([]int, n)
		for i := range place {
			place[i] = i
		}
		if n > 0 {
			place = rapid.Permutation(place).Draw(rt, "names")
		}
		parents := make([][]int, n)
		density := rapid.IntRange(0, 4).Draw(rt, "density")
		for child := range n {
			for parent := range n {
				if (!acyclic || parent < child) && rapid.IntRange(0, 9).Draw(rt, "edge") < density {
					parents[place[child]] = append(parents[place[child]], place[parent])
				}
			}
		}
		return parents
	})
}

// closure answers, by Warshall's way, whether a path of at least one edge leads from i down to j.
func closure(g *Graph) [][]bool {
	reach := make([][]bool, g.Len())
	for i := range reach {
		reach[i] = make([]bool, g.Len())
		for _, c := range g.Children(i) {
			reach[i][c] = true
		}
	}
	for k := range reach {
		for i := range reach {
			for j := range reach {
				reach[i][j] = reach[i][j] || reach[i][k] && reach[k][j]
			}
		}
	}
	return reach
}

func TestOrderIsTheLeastTopologicalOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		g := New(graphs(true).Draw(rt, "graph"))
		done := map[int]bool{}
		var want []int
		for len(want) < g.Len() {
			for node := range g.Len() {
				if !done[node] && !slices.ContainsFunc(g.Parents(node), func(p int) bool { return !done[p] }) {
					want, done[node] = append(want, node), true
					break
				}
			}
		}
		require.ElementsMatch(rt, want, g.Order())
		require.Equal(rt, append([]int{}, want...), g.Order())
	})
}

func TestWavesPutEachNodeRightBehindItsLastParent(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		g := New(graphs(true).Draw(rt, "graph"))
		wave := map[int]int{}
		for depth, nodes := range g.Waves() {
			require.NotEmpty(rt, nodes)
			for _, node := range nodes {
				wave[node] = depth
			}
		}
		require.Len(rt, wave, g.Len())
		for node := range g.Len() {
			want := 0
			for _, p := range g.Parents(node) {
				want = max(want, wave[p]+1)
			}
			require.Equal(rt, want, wave[node])
		}
	})
}

func TestCycleIsAShortestOne(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		g := New(graphs(false).Draw(rt, "graph"))
		got := g.Cycle()
		require.Len(rt, got, shortest(g))
		for i, node := range got {
			require.Contains(rt, g.Children(node), got[(i+1)%len(got)])
			require.GreaterOrEqual(rt, node, got[0])
		}
		require.Equal(rt, len(got) == 0, len(g.Order()) == g.Len())
	})
}

// shortest is the length of a shortest cycle, found by counting steps from every node, or 0.
func shortest(g *Graph) int {
	best := 0
	for start := range g.Len() {
		at := map[int]bool{start: true}
		for length := 1; length <= g.Len(); length++ {
			next := map[int]bool{}
			for node := range at {
				for _, c := range g.Children(node) {
					next[c] = true
				}
			}
			if next[start] && (best == 0 || length < best) {
				best = length
			}
			at = next
		}
	}
	return best
}

func TestReachesFindsAWayWhereverThereIsOne(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		g := New(graphs(true).Draw(rt, "graph"))
		reach, place := closure(g), g.Places()
		for a := range g.Len() {
			for b := range g.Len() {
				require.Equal(rt, a == b || reach[a][b], g.Reaches(a, b, place), "from %d to %d", a, b)
			}
		}
	})
}

// A search from the fork alone, or from the join alone, would look at all that stands between.
func TestReachesIsCheapWhereOneEndIs(t *testing.T) {
	const wide = 1000
	fork := make([][]int, wide+2) // 0 forks to 1 … wide, which join again in the last
	for i := 1; i <= wide; i++ {
		fork[i], fork[wide+1] = []int{0}, append(fork[wide+1], i)
	}
	g := New(fork)
	place := g.Places()
	looked := testing.AllocsPerRun(1, func() {
		require.True(t, g.Reaches(0, wide, place))
		require.True(t, g.Reaches(wide, wide+1, place))
		require.False(t, g.Reaches(1, wide, place))
	})
	require.Less(t, looked, 100.0)
}

func TestReducedReachesTheSameWithTheFewestEdges(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		g := New(graphs(true).Draw(rt, "graph"))
		reduced := New(g.Reduced())
		require.Equal(rt, closure(g), closure(reduced))
		reach := closure(g)
		for node := range g.Len() {
			for _, p := range reduced.Parents(node) {
				between := func(k int) bool { return reach[p][k] && reach[k][node] }
				for k := range g.Len() {
					require.False(rt, between(k), "%d is between %d and %d", k, p, node)
				}
			}
		}
	})
}

const many = 100_000

func TestALongChainIsAsGoodAsAnyGraph(t *testing.T) {
	parents := make([][]int, many)
	for i := 1; i < many; i++ {
		parents[i] = []int{i - 1}
	}
	g := New(parents)
	order := g.Order()
	require.Len(t, order, many)
	require.True(t, slices.IsSorted(order))
	require.Len(t, g.Waves(), many)
	require.Nil(t, g.Cycle())
	require.Equal(t, parents, g.Reduced())

	parents[0] = []int{many - 1}
	require.Len(t, New(parents).Cycle(), many)
}

func TestAWideJoinIsAsGoodAsAnyGraph(t *testing.T) {
	parents := make([][]int, many+1)
	for i := range many {
		parents[many] = append(parents[many], i)
	}
	g := New(parents)
	require.Len(t, g.Order(), many+1)
	require.Len(t, g.Waves(), 2)
	require.Nil(t, g.Cycle())
	require.Len(t, g.Reduced()[many], many)
}

func TestALargeTangleHasItsCycleFound(t *testing.T) {
	parents := make([][]int, many)
	for i := 1; i < many; i++ {
		parents[i] = []int{i - 1, i / 2}
	}
	parents[many/2] = append(parents[many/2], many/2+1)
	require.Equal(t, []int{many / 2, many/2 + 1}, New(parents).Cycle())
}
