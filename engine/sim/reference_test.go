package sim

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// reference is a plan of twelve steps with two diamonds and all operation classes: a secret, a step that is satisfied, two that
// change the same object, one that restores a former value, one that nothing can restore, and one that nothing can read.
const reference = `version: 1
inputs:
  secret: {type: string, sensitive: true}
defaults: {retry: {max: 3, backoff: 1s}}
steps:
  - {id: list, uses: toy.list, with: {names: [a, other]}}
  - {id: same, uses: toy.cell, with: {name: same, value: same}}
  - {id: a, uses: toy.cell, with: {name: a, value: "${{ steps.list.outputs.values[0] + '-new' }}"}}
  - {id: b, uses: toy.cell, with: {name: b, value: "${{ steps.a.outputs.value }}", secret: "${{ inputs.secret }}"}}
  - {id: s, uses: toy.set, with: {name: s, members: [m]}, needs: [a]}
  - {id: rows, uses: toy.rows, with: {names: [r1, r2, r3], value: v}, needs: [b, s]}
  - {id: mk, uses: toy.make, with: {name: mk}}
  - {id: c1, uses: toy.cell, with: {name: c1, value: "${{ steps.mk.outputs.id }}"}}
  - {id: c2, uses: toy.cell, with: {name: c2, value: x}, needs: [mk]}
  - {id: more, uses: toy.set, with: {name: s, members: [n]}, needs: [c1, c2, s]}
  - {id: gone, uses: toy.cell, with: {name: gone, value: y}, irreversible: accept}
  - {id: grant, uses: toy.grant, with: {buckets: [k]}, irreversible: accept}
`

func referenceCase(t testing.TB, parallelism int) *Case {
	c, err := NewToyCase(reference, map[string]string{
		"same": "same", "a": "old", "other": "theirs", "s": "l", "r1": "one", "r3": "three", "c2": "was", "gone": "!kept",
	}, parallelism)
	require.NoError(t, err)
	c.OneWay = map[string]string{"gone": "gone=y", "grant": "granted/k=yes"}
	c.FailsAt = "apply gone"
	c.OnceOnly = map[string]string{"mk": "mk=", "gone": "gone=y"}
	return c
}
