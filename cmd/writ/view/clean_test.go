package view

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestALineGivesNoOrders(t *testing.T) {
	for text, want := range map[string]string{
		"::error::x":                   ":\u2009:error::x",
		"  ::add-mask::x\n":            "  :\u2009:add-mask::x\n",
		"a\n\t\u00a0::set-output::":    "a\n\t\u00a0:\u2009:set-output::",
		"\x1b[1;31m::error::\x1b[m":    "\x1b[1;31m:\u2009:error::\x1b[m",
		"\r::error::":                  "\r:\u2009:error::",
		":::":                          ":\u2009::",
		": :: a::b":                    ": :: a::b",
		"apply grant[\"a::b\"]\n  x::": "apply grant[\"a::b\"]\n  x::",
	} {
		for size := 1; size < 4; size++ {
			var out bytes.Buffer
			w := CalmLines(&out)
			for rest := []rune(text); len(rest) > 0; rest = rest[min(size, len(rest)):] {
				fmt.Fprint(w, string(rest[:min(size, len(rest))]))
			}
			require.Equal(t, want, out.String())
		}
	}
}

func TestJSONSaysTheSameWithoutOrders(t *testing.T) {
	for _, text := range []string{"\x1b[31m\u009b31m\x7f", "\u202eabc\u200b\u2028\U000e0041", "##[group]##vso[x]##teamcity[y]", "\xff", "plain ü 漢"} {
		raw, err := json.Marshal(map[string]string{text: text})
		require.NoError(t, err)
		calm := cleanJSON(raw)
		requireCalm(t, calm)
		require.JSONEq(t, string(raw), calm)
	}
}

// requireCalm holds an output to what a terminal and a CI system may be given.
func requireCalm(t *testing.T, out string) {
	t.Helper()
	for _, line := range strings.Split(out, "\n") {
		require.False(t, strings.ContainsFunc(line, hostile), "%q", line)
		require.False(t, strings.HasPrefix(strings.TrimSpace(line), "::"), "%q", line)
		for _, marker := range []string{"##[", "##vso[", "##teamcity["} {
			require.NotContains(t, line, marker)
		}
	}
}
