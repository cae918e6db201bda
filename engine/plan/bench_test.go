package plan

import (
	"fmt"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"writ/engine/diag"
	"writ/engine/step"
)

// bigPlan has n steps of eleven lines: three needs, an if, five arguments and a retry in flow style.
func bigPlan(n int) []byte {
	var b strings.Builder
	b.WriteString("version: 1\nname: big\ninputs:\n  on: {type: boolean, default: true}\nsteps:\n")
	for i := range n {
		fmt.Fprintf(&b, "  - id: step_%d\n    uses: toy.plain\n", i)
		if i >= 3 {
			fmt.Fprintf(&b, "    needs: [step_%d, step_%d, step_%d]\n", i-1, i-2, i-3)
		}
		b.WriteString("    if: ${{ inputs.on && target.region == 'eu-de' }}\n    retry: {max: 3, backoff: 2s}\n")
		fmt.Fprintf(&b, "    with:\n      size: %d\n      ratio: 0.5\n      on: true\n      maybe: text number %d\n      tags: {owner: someone}\n", 2+2*(i%4), i)
	}
	return []byte(b.String())
}

// toyPlain is of the form that most kinds have: a mapping with known keys.
func toyPlain() step.Kind {
	return define("toy.plain", `{"definitions": {
		"input": {"type": "object", "additionalProperties": false, "required": ["size"], "properties": {
			"size": {"type": "integer", "minimum": 1, "maximum": 10},
			"ratio": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
			"on": {"type": "boolean"},
			"maybe": {"type": "string", "pattern": "^[a-z0-9 ]+$"},
			"tags": {"type": "object", "additionalProperties": {"type": "string"}}}},
		"output": {"type": "object"}
	}}`, step.Reversible, nil)
}

func BenchmarkLoad(b *testing.B) {
	for _, n := range []int{10, 1_000, 10_000} {
		src := bigPlan(n)
		kinds := step.Kinds{toyPlain()}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				if _, found := Load("big.yaml", src, kinds); diag.HasErrors(found) {
					b.Fatal(told(found[:1]))
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/step")
		})
		b.Run(fmt.Sprintf("%d/yaml", n), func(b *testing.B) {
			for b.Loop() {
				var node yaml.Node
				_ = yaml.Unmarshal(src, &node)
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/step")
		})
	}
}
