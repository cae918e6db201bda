package plan

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"writ/engine/diag"
)

func decodeText(t require.TestingT, text string) *Value {
	f := &faults{src: newSource("t.yaml", []byte(text))}
	v := f.decode()
	require.Empty(t, told(f.sorted()), text)
	return v
}

func TestScalarsAreReadAsTheirSchemaAsks(t *testing.T) {
	for _, c := range []struct {
		schema, text string
		want         any
	}{
		{`{"type": "string"}`, "00000000000000000000000000000e12", "00000000000000000000000000000e12"},
		{`{"type": "string"}`, "12345678901234567890123456789012", "12345678901234567890123456789012"},
		{`{"type": "string"}`, "010", "010"},
		{`{"type": "string"}`, "2024-01-01", "2024-01-01"},
		{`{"type": "string"}`, "no", "no"},
		{`{"type": "string"}`, "true", "true"},
		{`{"type": "string"}`, "null", nil},
		{`{"type": "string"}`, "~", nil},
		{`{"type": "string"}`, "", nil},
		{`{"type": "string"}`, `"null"`, "null"},
		{`{"type": "string"}`, `''`, ""},
		{`{"enum": ["1", "2"]}`, "1", "1"},
		{`{"type": "boolean"}`, "true", true},
		{`{"type": "boolean"}`, "True", "True"},
		{`{"type": "boolean"}`, "yes", "yes"},
		{`{"type": "boolean"}`, `"true"`, "true"},
		{`{"type": "integer"}`, "-12", int64(-12)},
		{`{"type": "integer"}`, "012", "012"},
		{`{"type": "integer"}`, "1_000", "1_000"},
		{`{"type": "integer"}`, "0x1f", "0x1f"},
		{`{"type": "integer"}`, "9223372036854775807", int64(9223372036854775807)},
		{`{"type": "integer"}`, "9223372036854775808", "9223372036854775808"},
		{`{"type": "number"}`, "1.50", 1.5},
		{`{"type": "number"}`, "1e3", "1e3"},
		{`{"type": "number"}`, ".5", ".5"},
		{`{"type": "number"}`, ".inf", ".inf"},
		{`{"type": ["string", "null"]}`, "null", nil},
		{`{"type": ["string", "integer"]}`, "12", int64(12)},
		{`{"type": ["string", "integer"]}`, "1234567890123456", "1234567890123456"},
		{`{}`, "123456789012345", int64(123456789012345)},
		{`{}`, "1234567890123456", "1234567890123456"},
		{`{}`, "0777", "0777"},
		{`{}`, "1e3", "1e3"},
		{`{}`, "2.5", 2.5},
		{`{}`, "off", "off"},
		{`{}`, "false", false},
		{`{}`, "2024-01-01", "2024-01-01"},
		{`{"type": "integer"}`, "${{ 1 }}", "${{ 1 }}"},
	} {
		var schema map[string]any
		require.NoError(t, json.Unmarshal([]byte(c.schema), &schema))
		v := decodeText(t, "a: "+c.text+"\n").get("a")
		v.direct(newShape(nil, "t", schema))
		require.Equal(t, c.want, v.value(), "%s as %s", c.text, c.schema)
	}
}

// trees draws JSON-like values as the decoder makes them.
func trees() *rapid.Generator[any] {
	text := rapid.StringMatching(`[a-zA-Z0-9 _:#'"\\\[\]{},&*!|>%@.$~éß中-]{0,12}`)
	leaf := rapid.OneOf(
		rapid.Map(text, func(s string) any { return s }),
		rapid.Map(rapid.Int64Range(-1e14, 1e14), func(n int64) any { return n }),
		rapid.Map(rapid.Bool(), func(b bool) any { return b }),
		rapid.Just[any](nil),
	)
	var tree func(depth int) *rapid.Generator[any]
	tree = func(depth int) *rapid.Generator[any] {
		if depth == 0 {
			return leaf
		}
		return rapid.OneOf(leaf,
			rapid.Map(rapid.SliceOfN(tree(depth-1), 0, 4), func(l []any) any { return append([]any{}, l...) }),
			rapid.Map(rapid.MapOfN(rapid.StringMatching(`[a-z][a-z0-9_]{0,6}`), tree(depth-1), 0, 4), func(m map[string]any) any { return m }),
		)
	}
	return tree(4)
}

// blockYAML writes a tree as YAML in block style, texts quoted.
func blockYAML(b *strings.Builder, v any, indent int) {
	pad := strings.Repeat("  ", indent)
	switch v := v.(type) {
	case map[string]any:
		if len(v) == 0 {
			b.WriteString(" {}\n")
			return
		}
		b.WriteString("\n")
		for k, e := range v {
			fmt.Fprintf(b, "%s%q:", pad, k)
			blockYAML(b, e, indent+1)
		}
	case []any:
		if len(v) == 0 {
			b.WriteString(" []\n")
			return
		}
		b.WriteString("\n")
		for _, e := range v {
			b.WriteString(pad + "-")
			blockYAML(b, e, indent+1)
		}
	case string:
		b.WriteString(" '" + strings.ReplaceAll(v, "'", "''") + "'\n")
	default:
		raw, _ := json.Marshal(v)
		b.WriteString(" " + string(raw) + "\n")
	}
}

func TestYAMLAndJSONOfOneTreeAreRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := trees().Draw(t, "tree")
		var raw bytes.Buffer
		e := json.NewEncoder(&raw)
		e.SetEscapeHTML(false)
		e.SetIndent("", rapid.SampledFrom([]string{"", "  "}).Draw(t, "indent"))
		require.NoError(t, e.Encode(map[string]any{"v": want}))
		var block strings.Builder
		block.WriteString("v:")
		blockYAML(&block, want, 1)
		for _, text := range []string{raw.String(), block.String()} {
			v := decodeText(t, text)
			v.direct(nil)
			require.Equal(t, map[string]any{"v": want}, v.tree(), text)
		}
	})
}

func TestTooLargeFilesAreRefusedBeforeTheyAreParsed(t *testing.T) {
	for _, src := range [][]byte{
		bytes.Repeat([]byte("a"), MaxFile+1),
		bytes.Repeat([]byte("- a\n"), maxNodes+1),
		append([]byte("a: "), bytes.Repeat([]byte("["), 5_000_001)...),
	} {
		start := time.Now()
		p, found := Load("big.yaml", src, nil)
		require.Nil(t, p)
		require.Equal(t, ruleLimit, found[0].Rule)
		require.Less(t, time.Since(start), 2*time.Second)
	}
}

func TestHostileFilesEndSoon(t *testing.T) {
	for name, src := range map[string]string{
		"nested brackets":  "a: " + strings.Repeat("[", 100_000),
		"nested mappings":  strings.Repeat("{a: ", 9_000),
		"control":          strings.Repeat("\u202e", 1_000_000),
		"one long line":    "[" + strings.Repeat("! é,", 100_000) + "]",
		"keys":             "{" + strings.Repeat("a: 1,", 100_000) + "}",
		"nothing":          "",
		"comment":          "# nothing\n",
		"marker":           "---\n",
		"end":              "...\n",
		"quote":            "a: \"" + strings.Repeat("x\n", 50_000),
		"question":         "? ? ? ?",
		"many bad steps":   "version: 1\nsteps:\n" + strings.Repeat("  - {id: a, uses: b, x: 1}\n", 5_000),
		"unclosed at once": "[",
	} {
		start := time.Now()
		p, found := Load("hostile.yaml", []byte(src), toyKinds())
		require.Nil(t, p, name)
		require.NotEmpty(t, found, name)
		require.LessOrEqual(t, len(found), maxFaults+1, name)
		require.Less(t, time.Since(start), 10*time.Second, name)
	}
}

func TestTenFaultsAreToldAtOnce(t *testing.T) {
	src, err := os.ReadFile("testdata/ten.yaml")
	require.NoError(t, err)
	_, found := Load("ten.yaml", src, toyKinds())
	require.Len(t, found, 10, told(found))
	rules := map[string]bool{}
	for _, d := range found {
		rules[d.Rule] = true
	}
	require.Len(t, rules, 10, told(found))
}

// inside reports that a diagnostic's place is in the file.
func inside(t *testing.T, src *source, d diag.Diagnostic) {
	if d.Line == 0 {
		return
	}
	require.LessOrEqual(t, d.Line, len(src.lines), told([]diag.Diagnostic{d}))
	raw, _, _ := strings.Cut(string(src.text[src.lines[d.Line-1]:]), "\n")
	width := len([]rune(raw))
	require.LessOrEqual(t, 1, d.Col)
	require.LessOrEqual(t, d.Col, width+2, told([]diag.Diagnostic{d}))
	require.LessOrEqual(t, d.EndCol, width+1+1, told([]diag.Diagnostic{d}))
}

func seeds(f *testing.F) {
	for _, pattern := range []string{"testdata/faults/*.yaml", "testdata/ok/*.yaml"} {
		paths, err := filepath.Glob(pattern)
		require.NoError(f, err)
		for _, path := range paths {
			src, err := os.ReadFile(path)
			require.NoError(f, err)
			if len(src) < 10_000 {
				f.Add(src)
			}
		}
	}
}

func FuzzLoad(f *testing.F) {
	seeds(f)
	kinds := toyKinds()
	f.Fuzz(func(t *testing.T, src []byte) {
		p, found := Load("fuzz.yaml", src, kinds)
		require.Equal(t, p == nil, diag.HasErrors(found))
		s := newSource("fuzz.yaml", src)
		for _, d := range found {
			require.NotEmpty(t, d.Message)
			require.NotContains(t, d.Message, "#/")
			inside(t, s, d)
			diag.Excerpt(d)
		}
	})
}

func FuzzDecode(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, src []byte) {
		x := &faults{src: newSource("fuzz.yaml", src)}
		v := x.decode()
		if v == nil || len(x.list) > 0 {
			require.NotEmpty(t, x.list)
			return
		}
		v.direct(nil)
		raw, err := json.Marshal(v.tree())
		require.NoError(t, err)
		again := &faults{src: newSource("again.json", raw)}
		w := again.decode()
		require.Empty(t, told(again.sorted()))
		w.direct(nil)
		twice, err := json.Marshal(w.tree())
		require.NoError(t, err)
		require.Equal(t, string(raw), string(twice)) // JSON has one zero, whole or not
	})
}
