package plan

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSyntaxFaultsAreToldWhereTheyAre(t *testing.T) {
	good := "version: 1\nname: a\nvars:\n  list:\n    - [a,\n       b]\n  text: >-\n    one\n    two\n"
	for bad, after := range map[string]int{
		"  broken: [a, b\n  more: 1\n":     1,
		"  broken: {a: b\n  more: 1\n":     1,
		"  broken: \"a\n  more: 1\n":       1,
		"  broken: 'a\n  more: 1\n":        1,
		"  broken: a: b\n  more: 1\n":      1,
		"  fine: 1\n   broken: 2\n":        2,
		"  fine: 1\n broken: 2\n":          2,
		"  fine: 1\n  broken\n  more: 1\n": 2,
		"  fine: 1\n  - broken\n":          2,
		"  broken: a b] }\n  more: @x\n":   2,
		"  broken: %x\n":                   1,
		"  broken: `x\n":                   1,
		"  fine: 1\n\tbroken: 2\n":         2,
		"  broken: *nothing\n":             1,
	} {
		for _, tail := range []string{"", "steps:\n  - {id: a, uses: toy.list}\n", manySteps(500)} {
			start := time.Now()
			_, found := Load("p.yaml", []byte(good+bad+tail), toyKinds())
			require.Less(t, time.Since(start), 2*time.Second)
			require.Len(t, found, 1, bad)
			require.Equal(t, strings.Count(good, "\n")+after, found[0].Line, "%s%s", bad, told(found))
		}
	}
}

func manySteps(n int) string {
	var b strings.Builder
	b.WriteString("steps:\n")
	for i := range n {
		fmt.Fprintf(&b, "  - id: s%d\n    uses: toy.switch\n    with:\n      operate_type: CREATED\n      bucket: abc\n", i)
	}
	return b.String()
}
