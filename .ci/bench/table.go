package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
)

// line is one of the table.
type line struct{ row, says, writ, against, ratio, budget, verdict string }

func print(w io.Writer, lines []line) error {
	slices.SortStableFunc(lines, func(a, b line) int { return cmp.Compare(number(a.row), number(b.row)) })
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\twhat\twrit\tagainst\tratio, median (min–max), pairs\tbudget\t")
	for _, l := range lines {
		fmt.Fprintln(t, strings.Join([]string{l.row, l.says, strings.TrimSpace(l.writ), l.against, l.ratio, l.budget, l.verdict}, "\t"))
	}
	return t.Flush()
}

func number(row string) int {
	n, _ := strconv.Atoi(strings.TrimPrefix(row, "P"))
	return n
}

func show(v float64, what string) string {
	switch {
	case what == rss:
		return fmt.Sprintf("%.0f MiB", v)
	case what == perStep:
		return fmt.Sprintf("%.0f B", v)
	case v < 1e-3:
		return fmt.Sprintf("%.1f µs", v*1e6)
	case v < 1:
		return fmt.Sprintf("%.1f ms", v*1e3)
	}
	return fmt.Sprintf("%.2f s", v)
}

func times(v float64) string {
	if v >= 20 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.2f", v)
}
