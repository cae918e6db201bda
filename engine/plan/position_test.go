package plan

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Wherever a character of the value stands in the file, the file has the same character.
func TestEveryByteOfAScalarIsFound(t *testing.T) {
	for name, text := range map[string]string{
		"plain":             "a: one two\n",
		"plain lines":       "a: one\n  two   \n\n\n  three\n",
		"single":            "a: 'it''s  one\n  two\n\n  three'\n",
		"double":            "a: \"one \\\"two\\\" \\u00e9\\x41 \\\n    three\n\n  four\\tfive\"\n",
		"literal":           "a: |\n  one\n    two\n\n  three\n",
		"literal strip":     "a: |-\n    one\n    two\n",
		"literal keep":      "a: |+\n  one\n\n\nb: 1\n",
		"literal digit":     "a: |2\n    one\n  two\n",
		"literal first":     "a: |\n\n\n  one\n",
		"folded":            "a: >\n  one\n  two\n\n  three\n\n\n  four\n",
		"folded deeper":     "a: >-\n  one\n    two\n    three\n  four\n\n    five\n\n  six\n",
		"folded first deep": "a: >\n\n    one\n  \n    two\n",
		"wide":              "a: 'é中 x'\n",
		"crlf literal":      "a: |\r\n  one\r\n  two\r\n",
		"crlf folded":       "a: >\r\n  one\r\n  two\r\n\r\n  three\r\n",
		"crlf plain":        "a: one\r\n  two\r\n",
		"comment after":     "a: | # comment\n  one\n",
		"in a list":         "a:\n  - >-\n    one\n    two\n  - three\n",
		"flow":              "{a: [one two, 'three']}\n",
	} {
		root := decodeText(t, text)
		root.eachScalar(func(v *Value) { requireFound(t, v, name) })
	}
}

func requireFound(t require.TestingT, v *Value, name string) {
	at, known := v.offsets()
	require.True(t, known, "%s: %q", name, v.text)
	require.Len(t, at, len(v.text)+1)
	for i := range len(v.text) {
		c := v.text[i]
		if c == ' ' || c == '\n' || v.src.text[at[i]] == '\\' || c >= 0x80 {
			continue
		}
		require.Equal(t, string(c), string(v.src.text[at[i]]), "%s: byte %d of %q", name, i, v.text)
	}
}

func TestEveryByteOfARandomScalarIsFound(t *testing.T) {
	word := rapid.StringMatching(`[a-zA-Z0-9é中.$={}()]{1,6}`)
	rapid.Check(t, func(t *rapid.T) {
		header := rapid.SampledFrom([]string{"|", ">", "|-", ">-", "|+", ">+", "", "'", `"`}).Draw(t, "header")
		lines := rapid.SliceOfN(word, 1, 8).Draw(t, "lines")
		var b strings.Builder
		end := "\n"
		switch header {
		case "'", `"`:
			b.WriteString("a: " + header + "x")
			end = header + "\n"
		case "":
			b.WriteString("a: x")
		default:
			b.WriteString("a: " + header + "\n   x")
		}
		for _, line := range lines {
			b.WriteString(strings.Repeat("\n", rapid.IntRange(1, 3).Draw(t, "breaks")))
			deeper := rapid.SampledFrom([]int{0, 0, 0, 1, 3}).Draw(t, "deeper")
			b.WriteString("   " + strings.Repeat(" ", deeper) + line)
		}
		b.WriteString(end)
		f := &faults{src: newSource("t.yaml", []byte(b.String()))}
		root := f.decode()
		if len(f.list) > 0 {
			t.Skip("not YAML")
		}
		if v := root.get("a"); v != nil && v.kind == scalar {
			requireFound(t, v, b.String())
		}
	})
}
