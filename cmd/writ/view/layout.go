package view

import (
	"cmp"
	"slices"

	"writ/engine/graph"
)

// The measures of a picture, in pixels.
const (
	boxWidth, boxHeight = 192, 68
	gapAcross           = 32 // between layers
	gapWithin           = 18 // between the boxes of a layer
	jointHeight         = 10
	margin              = 10
	relaxRounds         = 12
)

// layout says where the boxes of a plan's steps stand: in layers by the longest path that leads to each, from left to
// right, and where the edges pass between them. Steps without any edge stand in a block of their own below.
type layout struct {
	parents, waves [][]int
	up, down       [][]int // of each vertex, its neighbours in the layers beside it
	layers         [][]int // vertices from top to bottom: steps by their number, behind these the joints of long edges
	depth          []int
	x, y           []int // of each vertex, its left edge and its middle
	width, height  int
}

// newLayout lays out steps, each with those that it directly follows. Of equal steps the earlier one stands higher.
func newLayout(parents, waves [][]int) *layout {
	l := inLayers(parents, waves)
	l.untangle()
	l.place()
	l.placeLone()
	return l
}

// inLayers is a layout whose layers are in the order of the plan.
func inLayers(parents, waves [][]int) *layout {
	n := len(parents)
	l := &layout{parents: parents, waves: waves, up: make([][]int, n), down: make([][]int, n), depth: make([]int, n)}
	g := graph.New(parents)
	for depth, wave := range waves {
		l.layers = append(l.layers, nil)
		for _, v := range wave {
			l.depth[v] = depth
			if len(g.Parents(v))+len(g.Children(v)) > 0 {
				l.layers[depth] = append(l.layers[depth], v)
			}
		}
	}
	joints := map[[2]int]int{}
	for v := range n {
		for _, p := range g.Parents(v) {
			l.connect(p, v, joints)
		}
	}
	return l
}

// connect leads an edge from layer to layer. Edges that leave one step share their joints.
func (l *layout) connect(from, to int, joints map[[2]int]int) {
	at := from
	for depth := l.depth[from] + 1; depth < l.depth[to]; depth++ {
		joint, ok := joints[[2]int{from, depth}]
		if !ok {
			joint = len(l.up)
			joints[[2]int{from, depth}] = joint
			l.up, l.down, l.depth = append(l.up, nil), append(l.down, nil), append(l.depth, depth)
			l.layers[depth] = append(l.layers[depth], joint)
			l.link(at, joint)
		}
		at = joint
	}
	l.link(at, to)
}

func (l *layout) link(a, b int) {
	l.down[a], l.up[b] = append(l.down[a], b), append(l.up[b], a)
}

func (l *layout) isStep(v int) bool { return v < len(l.parents) }

// untangle orders the layers by sweeps: each vertex goes where its neighbours are on average. What had the fewest
// crossings is kept.
func (l *layout) untangle() {
	best, fewest := copied(l.layers), l.crossings()
	for round := 0; round < 4 && fewest > 0; round++ {
		for i := 1; i < len(l.layers); i++ {
			l.sweep(i, i-1, l.up)
		}
		for i := len(l.layers) - 2; i >= 0; i-- {
			l.sweep(i, i+1, l.down)
		}
		if n := l.crossings(); n < fewest {
			best, fewest = copied(l.layers), n
		}
	}
	l.layers = best
}

func copied(layers [][]int) [][]int {
	out := make([][]int, len(layers))
	for i, layer := range layers {
		out[i] = slices.Clone(layer)
	}
	return out
}

// sweep orders a layer by the places of its neighbours in another.
func (l *layout) sweep(layer, by int, neighbours [][]int) {
	there, here := places(l.layers[by]), places(l.layers[layer])
	weight := map[int]float64{}
	for _, v := range l.layers[layer] {
		weight[v] = float64(here[v])
		if near := neighbours[v]; len(near) > 0 {
			sum := 0
			for _, u := range near {
				sum += there[u]
			}
			weight[v] = float64(sum) / float64(len(near))
		}
	}
	slices.SortStableFunc(l.layers[layer], func(a, b int) int { return cmp.Compare(weight[a], weight[b]) })
}

func places(layer []int) map[int]int {
	at := make(map[int]int, len(layer))
	for i, v := range layer {
		at[v] = i
	}
	return at
}

// crossings counts the pairs of edges that cross.
func (l *layout) crossings() int {
	total := 0
	for i := 1; i < len(l.layers); i++ {
		at := places(l.layers[i])
		seen := make([]int, len(at)+1) // a Fenwick tree of the ends so far
		edges := 0
		for _, v := range l.layers[i-1] {
			ends := make([]int, len(l.down[v]))
			for k, u := range l.down[v] {
				ends[k] = at[u]
			}
			for _, end := range ends {
				total += edges - upTo(seen, end)
			}
			for _, end := range ends {
				for k := end + 1; k < len(seen); k += k & -k {
					seen[k]++
				}
			}
			edges += len(ends)
		}
	}
	return total
}

// upTo counts what a Fenwick tree holds at places up to end.
func upTo(tree []int, end int) (n int) {
	for k := end + 1; k > 0; k -= k & -k {
		n += tree[k]
	}
	return n
}

// place finds the places: the layers' order stands, and every vertex comes as near to its neighbours as its layer lets
// it.
func (l *layout) place() {
	y := make([]float64, len(l.up))
	for _, layer := range l.layers {
		for i, at := range l.offsets(layer) {
			y[layer[i]] = at
		}
	}
	for round := range relaxRounds {
		for i := range l.layers {
			if round%2 == 1 {
				i = len(l.layers) - 1 - i
			}
			l.relax(l.layers[i], y)
		}
	}
	l.x, l.y = make([]int, len(y)), make([]int, len(y))
	top := 0.0
	for _, layer := range l.layers {
		if len(layer) > 0 {
			top = min(top, y[layer[0]]-float64(l.tall(layer[0]))/2)
		}
	}
	for depth, layer := range l.layers {
		for _, v := range layer {
			l.x[v], l.y[v] = margin+depth*(boxWidth+gapAcross), margin+int(y[v]-top)
			l.width = max(l.width, l.x[v]+boxWidth+margin)
			l.height = max(l.height, l.y[v]+l.tall(v)/2+margin)
		}
	}
}

func (l *layout) tall(v int) int {
	if l.isStep(v) {
		return boxHeight
	}
	return jointHeight
}

// offsets are the middles of a layer's vertices when they stand as close as they may.
func (l *layout) offsets(layer []int) []float64 {
	out, at := make([]float64, len(layer)), 0
	for i, v := range layer {
		out[i] = float64(at) + float64(l.tall(v))/2
		at += l.tall(v) + gapWithin
	}
	return out
}

// relax moves a layer's vertices to the middle of their neighbours, or as near to it as the distances in the layer
// allow: vertices that get into each other's way become a block, which stands where they want to be on average.
func (l *layout) relax(layer []int, y []float64) {
	type block struct {
		sum   float64
		count int
	}
	var blocks []block
	offsets := l.offsets(layer)
	for i, v := range layer {
		b := block{l.wanted(v, y) - offsets[i], 1}
		for len(blocks) > 0 {
			last := blocks[len(blocks)-1]
			if last.sum/float64(last.count) <= b.sum/float64(b.count) {
				break
			}
			b = block{b.sum + last.sum, b.count + last.count}
			blocks = blocks[:len(blocks)-1]
		}
		blocks = append(blocks, b)
	}
	i := 0
	for _, b := range blocks {
		for range b.count {
			y[layer[i]] = b.sum/float64(b.count) + offsets[i]
			i++
		}
	}
}

func (l *layout) wanted(v int, y []float64) float64 {
	near := slices.Concat(l.up[v], l.down[v])
	sum := 0.0
	for _, u := range near {
		sum += y[u]
	}
	return sum / float64(len(near))
}

// placeLone puts the steps without edges below the others, in rows as wide as these, or of four.
func (l *layout) placeLone() {
	columns := max(4, (l.width-2*margin+gapAcross)/(boxWidth+gapAcross))
	top, n := l.height, 0
	if top == 0 {
		top = margin
	}
	for v := range l.parents {
		if len(l.up[v])+len(l.down[v]) > 0 {
			continue
		}
		l.x[v] = margin + n%columns*(boxWidth+gapAcross)
		l.y[v] = top + n/columns*(boxHeight+gapWithin) + boxHeight/2
		l.width = max(l.width, l.x[v]+boxWidth+margin)
		l.height = max(l.height, l.y[v]+boxHeight/2+margin)
		n++
	}
}
