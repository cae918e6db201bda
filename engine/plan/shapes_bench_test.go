package plan

import (
	"fmt"
	"strings"
	"testing"

	"writ/engine/diag"
	"writ/engine/step"
)

// shaped is a plan of n short steps that follow none, the one before, three of the hundred before, or, the last, all.
func shaped(shape string, n int) []byte {
	var b strings.Builder
	b.WriteString("version: 1\nname: shaped\nsteps:\n")
	for i := range n {
		fmt.Fprintf(&b, "  - id: s%d\n    uses: toy.plain\n    with: {size: 2}\n", i)
		switch above := i/100*100 - 100; {
		case shape == "chain" && i > 0:
			fmt.Fprintf(&b, "    needs: [s%d]\n", i-1)
		case shape == "layered" && above >= 0:
			fmt.Fprintf(&b, "    needs: [s%d, s%d, s%d]\n", above+i%100, above+(i+1)%100, above+(i+33)%100)
		case shape == "join" && i == n-1:
			b.WriteString("    needs: [s0")
			for p := range n - 2 {
				fmt.Fprintf(&b, ", s%d", p+1)
			}
			b.WriteString("]\n")
		}
	}
	return []byte(b.String())
}

// BenchmarkValidate is all that is checked of a plan offline, by the shape of its graph.
func BenchmarkValidate(b *testing.B) {
	const n = 10_000
	for _, shape := range []string{"fan", "chain", "layered", "join"} {
		src, kinds := shaped(shape, n), step.Kinds{toyPlain()}
		b.Run(shape, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, found := Load("shaped.yaml", src, kinds); diag.HasErrors(found) {
					b.Fatal(told(found[:1]))
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/step")
		})
	}
}
