package main

import (
	"fmt"
	"math"
	"slices"
)

// point is one thing that was measured of one contender.
type point struct{ who, what string }

// ratio compares two points, pair by pair: writ's against a floor, or how much faster writ's is than a peer's.
type ratio struct {
	row, says  string
	of         point // writ's
	against    point
	limit      float64 // 0: no budget, it only tells
	timesAhead bool    // the peer's by writ's, which is to be at least limit
}

func (r ratio) about() string   { return r.row }
func (r ratio) needs() []string { return []string{r.of.who, r.against.who} }

func (r ratio) line(t *tally) line {
	l := line{row: r.row, says: r.says, budget: bound(r.limit, r.timesAhead)}
	for _, who := range r.needs() {
		if why := t.faults[who]; why != "" {
			l.verdict = why
			return l
		}
	}
	of, against := t.values(r.of), t.values(r.against)
	ratios := make([]float64, min(len(of), len(against)))
	for i := range ratios {
		ratios[i] = of[i] / against[i]
		if r.timesAhead {
			ratios[i] = against[i] / of[i]
		}
	}
	l.writ = show(median(of), r.of.what)
	l.against = r.against.who + " " + show(median(against), r.against.what)
	l.ratio = spread(ratios)
	l.verdict = r.verdict(ratios)
	return l
}

func (r ratio) verdict(ratios []float64) string {
	switch {
	case r.limit == 0:
		return "told only"
	case len(ratios) == 1 && r.holds(ratios[0]):
		return "met by the only pair"
	case r.holds(slices.Max(ratios)) && r.holds(slices.Min(ratios)):
		return "met"
	case r.holds(median(ratios)):
		return "met by the median"
	}
	return "not met"
}

func (r ratio) holds(v float64) bool {
	if r.timesAhead {
		return v >= r.limit
	}
	return v <= r.limit
}

// ceiling holds one point to a number.
type ceiling struct {
	row, says string
	of        point
	limit     float64
}

func (c ceiling) about() string   { return c.row }
func (c ceiling) needs() []string { return []string{c.of.who} }

func (c ceiling) line(t *tally) line {
	l := line{row: c.row, says: c.says, budget: "≤ " + show(c.limit, c.of.what)}
	if why := t.faults[c.of.who]; why != "" {
		l.verdict = why
		return l
	}
	of := t.values(c.of)
	l.writ, l.ratio = show(median(of), c.of.what), fmt.Sprintf("%s–%s, n=%d", show(slices.Min(of), c.of.what), show(slices.Max(of), c.of.what), len(of))
	l.verdict = ratio{limit: c.limit}.verdict(of)
	return l
}

// growth fits how a cost grows with the size, once what a start costs is taken off.
type growth struct {
	row, says string
	sizes     map[string]int // by contender
	start     string         // the contender that only starts
	limit     float64        // 0: no budget, it only tells
}

func (g growth) about() string { return g.row }

func (g growth) needs() []string {
	var all []string
	for who := range g.sizes {
		all = append(all, who)
	}
	slices.SortFunc(all, func(a, b string) int { return g.sizes[a] - g.sizes[b] })
	return append(all, g.start)
}

func (g growth) line(t *tally) line {
	l := line{row: g.row, says: g.says, budget: bound(g.limit, false)}
	for _, who := range g.needs() {
		if why := t.faults[who]; why != "" {
			l.verdict = why
			return l
		}
	}
	byWall, byCPU := g.exponent(t, wall), g.exponent(t, cpu)
	l.ratio = fmt.Sprintf("exponent: wall %.2f, CPU %.2f", byWall, byCPU)
	l.verdict = ratio{limit: g.limit}.verdict([]float64{byWall, byCPU})
	for _, who := range g.needs()[:len(g.sizes)] {
		l.writ += " " + show(median(t.values(point{who, wall})), wall)
	}
	return l
}

// exponent is the slope of the least squares line through the logarithms.
func (g growth) exponent(t *tally, what string) float64 {
	base := median(t.values(point{g.start, what}))
	var n, sx, sy, sxx, sxy float64
	for who, size := range g.sizes {
		x, y := math.Log(float64(size)), math.Log(max(1e-6, median(t.values(point{who, what}))-base))
		n, sx, sy, sxx, sxy = n+1, sx+x, sy+y, sxx+x*x, sxy+x*y
	}
	return (n*sxy - sx*sy) / (n*sxx - sx*sx)
}

func median(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	mid := len(sorted) / 2
	if len(sorted)%2 == 0 {
		return (sorted[mid-1] + sorted[mid]) / 2
	}
	return sorted[mid]
}

func spread(ratios []float64) string {
	return fmt.Sprintf("%s (%s–%s), n=%d", times(median(ratios)), times(slices.Min(ratios)), times(slices.Max(ratios)), len(ratios))
}

func bound(limit float64, timesAhead bool) string {
	switch {
	case limit == 0:
		return ""
	case timesAhead:
		return "≥ " + times(limit)
	}
	return "≤ " + times(limit)
}
