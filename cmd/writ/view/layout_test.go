package view

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"writ/engine/graph"
	"writ/engine/journal"
	"writ/engine/step"
)

// plans draws the parents of some steps, each after the ones before it.
func plans(t *rapid.T) [][]int {
	parents := make([][]int, rapid.IntRange(1, 40).Draw(t, "steps"))
	for i := range parents {
		for p := range i {
			if rapid.IntRange(0, i+2).Draw(t, "edge") == 0 {
				parents[i] = append(parents[i], p)
			}
		}
	}
	return parents
}

func TestLayoutUntangles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := graph.New(plans(t))
		parents, waves := g.Reduced(), g.Waves()
		was, l := inLayers(parents, waves), newLayout(parents, waves)
		require.LessOrEqual(t, l.crossings(), was.crossings())
		require.Equal(t, l, newLayout(parents, waves), "the same plan, another picture")
		for i, a := range l.parents {
			for _, p := range a {
				require.Less(t, l.x[p]+boxWidth, l.x[i], "an edge leads back")
			}
			require.True(t, l.x[i] >= 0 && l.x[i]+boxWidth <= l.width && l.y[i]-boxHeight/2 >= 0 && l.y[i]+boxHeight/2 <= l.height, "outside")
			for k := range i {
				apart := max(l.x[i], l.x[k])-min(l.x[i], l.x[k]) >= boxWidth || max(l.y[i], l.y[k])-min(l.y[i], l.y[k]) >= boxHeight
				require.True(t, apart, "two boxes overlap")
			}
		}
	})
}

func TestCrossingsAreCounted(t *testing.T) {
	// Two chains whose ends are swapped cross once; the layout takes that apart.
	parents := [][]int{{}, {}, {1}, {0}}
	waves := graph.New(parents).Waves()
	require.Equal(t, 1, inLayers(parents, waves).crossings())
	require.Zero(t, newLayout(parents, waves).crossings())
}

func TestLayoutOfALadderIsQuick(t *testing.T) {
	parents := make([][]int, 2000)
	for i := 1; i < len(parents); i++ {
		parents[i] = []int{i - 1, i / 2}
	}
	g := graph.New(parents)
	l := newLayout(g.Reduced(), g.Waves())
	require.Len(t, l.layers, 2000)
}

func TestHostileNamesStayNames(t *testing.T) {
	hostile := "a\"];\n x --> y %% \\\" <img src=x onerror=owned()>#quot;"
	g := Graph{Steps: []journal.Step{{ID: hostile, Uses: hostile, Effect: step.Reads}, {ID: "b", Uses: "c.d"}}, Parents: [][]int{{}, {0}}, Waves: [][]int{{0}, {1}}}
	s, b := screen(80)
	s.GraphDot(g)
	require.Equal(t, 6, strings.Count(b.String(), "\n")-1, b.String())
	require.Contains(t, b.String(), `s0 [label="a\"];  x --> y %% \\\" <img`)
	s, b = screen(80)
	s.GraphMermaid(g)
	require.Equal(t, 4, strings.Count(b.String(), "\n"), b.String())
	require.Contains(t, b.String(), `s0["a#34;#93;#59;  x`)
	require.NotContains(t, b.String(), "<img")
	s, b = screen(80)
	s.GraphSVG(g)
	require.NotContains(t, b.String(), "<img")
	require.NotContains(t, b.String(), "style=")
}

func TestPictureIsDrawn(t *testing.T) {
	s, b := screen(80)
	var steps []journal.Step
	for i, effect := range []step.Effect{step.Reads, step.Reversible, step.Irreversible, step.Reversible, step.Reads} {
		steps = append(steps, journal.Step{ID: fmt.Sprintf("step%d", i), Uses: "mpc.agency", Effect: effect})
	}
	parents := [][]int{{}, {0}, {1}, {0, 2}, {}}
	g := graph.New(parents)
	s.GraphSVG(Graph{Steps: steps, Parents: parents, Waves: g.Waves()})
	golden(t, "graph.svg", b.String())
}
