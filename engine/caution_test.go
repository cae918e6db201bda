package engine_test

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"writ/engine/step"
	"writ/engine/toy"
)

func TestAPreviewWarnsOfAChangeThatItsKindIsWaryOf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, map[string]string{"a": "1", "b": "2", "c": "3"})
		wary := toy.Cell(b.cloud, "toy.wary")
		wary.Caution = func(in toy.CellIn, before toy.CellState) string {
			if before.Value == "3" {
				return ""
			}
			return "who may change " + before.Value + " to " + in.Value + " may not change it back"
		}
		b.Kinds = append(b.Kinds, step.Define(wary))
		preview := b.preview(`
steps:
  - {id: changed, uses: toy.wary, with: {name: a, value: "2"}}
  - {id: met, uses: toy.wary, with: {name: b, value: "2"}}
  - {id: harmless, uses: toy.wary, with: {name: c, value: "2"}}
  - {id: plain, uses: toy.cell, with: {name: d, value: "2"}}
`)
		require.Equal(t, []string{"who may change 1 to 2 may not change it back"}, preview.Part("changed").Warnings)
		for _, id := range []string{"met", "harmless", "plain"} {
			require.Empty(t, preview.Part(id).Warnings, id)
		}
	})
}
