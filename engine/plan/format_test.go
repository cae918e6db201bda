package plan

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"writ/engine/diag"
)

func format(t require.TestingT, text string) string {
	out, faults, err := Format("t.yaml", []byte(text))
	require.NoError(t, err, text)
	require.Empty(t, told(faults), text)
	return string(out)
}

// requireFormatted also holds the result to be a canonical form.
func requireFormatted(t require.TestingT, want, text string) {
	require.Equal(t, want, format(t, text))
	require.Equal(t, want, format(t, want), "formatted twice")
}

func TestFormatIsTheCanonicalForm(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"order of keys": {
			"steps:\n  - uses: a\n    id: b\n    irreversible: accept\n    with: {x: 1}\nversion: 1\noutputs: {}\nname: n\n",
			"version: 1\nname: n\nsteps:\n  - id: b\n    uses: a\n    with: {x: 1}\n    irreversible: accept\noutputs: {}\n",
		},
		"keys it does not know come last": {"zeal: 1\nname: n\nversion: 1\n", "version: 1\nname: n\nzeal: 1\n"},
		"two spaces a level": {
			"steps:\n- id: a\n  with:\n      x:\n          - 1\n          -  - 2\n             - 3\n",
			"steps:\n  - id: a\n    with:\n      x:\n        - 1\n        - - 2\n          - 3\n",
		},
		"in brackets what was on one line": {
			"vars:\n  a: { b:  1,c: [ 2,3 ] }\n  d: [\n    1, 2]\n  e: {}\n",
			"vars:\n  a: {b: 1, c: [2, 3]}\n  d:\n    - 1\n    - 2\n  e: {}\n",
		},
		"what is too long in brackets": {
			"vars: {a: [" + strings.Repeat("1234567, ", 12) + "1], b: [x, {y: z}]}\n",
			"vars:\n  a:\n" + strings.Repeat("    - 1234567\n", 12) + "    - 1\n  b: [x, {y: z}]\n",
		},
		"steps are never in brackets": {"steps: [{uses: a, id: b}]\n", "steps:\n  - {id: b, uses: a}\n"},
		"JSON": {
			`{"version": 1, "steps": [{"id": "a", "uses": "b", "with": {"on": true, "x y": [1]}}]}`,
			"version: 1\nsteps:\n  - {id: \"a\", uses: \"b\", with: {\"on\": true, \"x y\": [1]}}\n",
		},
		"pairs in lists, and nothing": {"vars: {a: [b: c, d], e: , f}\n", "vars: {a: [{b: c}, d], e: null, f: null}\n"},
		"columns stay":                {"vars:\n  a:      1\n  long:   2\n  b:    3\n", "vars:\n  a:    1\n  long: 2\n  b: 3\n"},
		"comments in columns stay":    {"vars:\n  a: 1      # x\n  bcd: 2    # y\n  e: 3 # z\n", "vars:\n  a: 1    # x\n  bcd: 2  # y\n  e: 3  # z\n"},
		"at most one empty line":      {"\n\nversion: 1\n\n\n\nsteps:\n\n  - id: a\n\n\n  - id: b\n\n\n", "version: 1\n\nsteps:\n  - id: a\n\n  - id: b\n"},
		"document markers":            {"# head\n---\n# more\nversion: 1\n...\n# foot\n", "# head\n# more\nversion: 1\n# foot\n"},
		"long lines":                  {"name: " + strings.Repeat("long ", 60) + "end\n", "name: " + strings.Repeat("long ", 60) + "end\n"},
		"no line feed at the end":     {"name: x", "name: x\n"},
		"line ends of Windows":        {"name:  x\r\nvars:\r\n    a: |\r\n        b\r\n", "name: x\r\nvars:\r\n  a: |\r\n    b\r\n"},
		"wide characters":             {"vars:\n  名: {k: é} # 前\n  a: \"中\" # b\n", "vars:\n  名: {k: é}  # 前\n  a: \"中\"  # b\n"},
	} {
		t.Run(name, func(t *testing.T) { requireFormatted(t, c.want, c.text) })
	}
}

func TestFormatKeepsScalarsAsTheyAreWritten(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"folded": {
			"vars:\n    a: >-\n         ${{ x\n           .y }}\n\n         z\n    b: 1\n",
			"vars:\n  a: >-\n    ${{ x\n      .y }}\n\n    z\n  b: 1\n",
		},
		"literal with blanks": {"vars:\n  a: |\n     x  \n       \n     y\n", "vars:\n  a: |\n    x  \n      \n    y\n"},
		"digit":               {"vars:\n    a: |2\n        x\n      y\n    b: 1\n", "vars:\n  a: |2\n      x\n    y\n  b: 1\n"},
		"keep":                {"vars:\n  a: |+\n     x\n\n\n  b: 1\n", "vars:\n  a: |+\n    x\n\n\n  b: 1\n"},
		"keep and move":       {"steps:\n  - id: a\nname: |+\n  x\n\n", "name: |+\n  x\n\nsteps:\n  - id: a\n"},
		"clip at the end":     {"vars:\n  a: |\n    x", "vars:\n  a: |-\n    x\n"},
		"keep at the end":     {"vars:\n  a: >+\n    x", "vars:\n  a: >-\n    x\n"},
		"empty literal":       {"vars:\n  a: |\n  b: |+\n\n\n  c: 1\n", "vars:\n  a: |\n  b: |+\n\n\n  c: 1\n"},
		"comment on header":   {"vars:\n  a: >-   # c\n    x # no comment\n", "vars:\n  a: >-  # c\n    x # no comment\n"},
		"plain lines":         {"vars:\n  a:\n       one\n         two\n\n       three # c\n", "vars:\n  a: one\n      two\n\n    three  # c\n"},
		"quoted lines":        {"vars:\n  a: \"one # x\n        two \\\n      three\"\n", "vars:\n  a: \"one # x\n      two \\\n    three\"\n"},
		"quotes":              {"vars: {a: 'it''s', b: \"\\\"#\\\\\", c: '', d: \"\"}\n", "vars: {a: 'it''s', b: \"\\\"#\\\\\", c: '', d: \"\"}\n"},
		"in lists":            {"vars:\n  a:\n  - >-\n     x\n     y\n  - |2\n     z\n  - p\n    q\n", "vars:\n  a:\n    - >-\n      x\n      y\n    - |2\n       z\n    - p\n      q\n"},
		"hash in a plain one": {"vars:\n  a: b#c\n", "vars:\n  a: b#c\n"},
		"nothing":             {"vars:\n  a:   # c\n  b:\n  c:\n    -\n    - # d\n    - x\n", "vars:\n  a:  # c\n  b:\n  c:\n    -\n    -  # d\n    - x\n"},
	} {
		t.Run(name, func(t *testing.T) { requireFormatted(t, c.want, c.text) })
	}
}

func TestFormatKeepsComments(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"above everything": {"# modeline\n\n# about\nname: n\n# v\nversion: 1\n", "# modeline\n\n# about\n# v\nversion: 1\nname: n\n"},
		"with their key":   {"version: 1\n\n# the steps\nsteps:  # all\n  - id: a\n# the name\nname: n\n", "version: 1\n# the name\nname: n\n\n# the steps\nsteps:  # all\n  - id: a\n"},
		"between steps": {
			"steps:\n\n- id: a\n  with:\n    x: 1\n    # y: 2\n  # if: true\n\n# two\n\n# of b\n- id: b\n# end\n",
			"steps:\n  - id: a\n    with:\n      x: 1\n      # y: 2\n    # if: true\n\n  # two\n\n  # of b\n  - id: b\n# end\n",
		},
		"after a dash":      {"steps:\n  -   # c\n    # d\n    id: a\n  - id: b # e\n", "steps:\n  # c\n  # d\n  - id: a\n  - id: b  # e\n"},
		"above a moved key": {"steps:\n  # first\n  - uses: u\n    # of id\n    id: a\n", "steps:\n  # first\n  # of id\n  - id: a\n    uses: u\n"},
		"in brackets":       {"vars: {  # a\n  b: 1, # c\n  # d\n  e: [1, # f\n    2]} # g\n", "vars:  # a\n  b: 1  # c\n  # d\n  e:\n    - 1  # f\n    - 2  # g\n"},
		"before a value":    {"vars:\n  a: # c\n    # d\n    x\n", "vars:\n  # c\n  # d\n  a: x\n"},
		"at the end":        {"steps:\n  - id: a\n    with:\n      x: 1\n      # in with\n    # in a\n  # in steps\n# out\n\n# far out", "steps:\n  - id: a\n    with:\n      x: 1\n      # in with\n    # in a\n  # in steps\n# out\n\n# far out\n"},
	} {
		t.Run(name, func(t *testing.T) {
			requireFormatted(t, c.want, c.text)
		})
	}
}

func TestFormatRefusesWhatCannotBeRead(t *testing.T) {
	for text, want := range map[string]string{
		"a: [1":       "t.yaml:1:1: the YAML cannot be read from here on: did not find expected ',' or ']'",
		"a: &b c":     "t.yaml:1:4: &b is an anchor; plans have none: vars and defaults do their work",
		"a: 1\na: 2":  `t.yaml:2:1: key "a" stands twice; the first is in line 1`,
		"- a":         "t.yaml:1:1: a plan is a mapping that begins with version: 1",
		"":            "t.yaml:1:1: a plan is a mapping that begins with version: 1",
		"a: \x1b[31m": "t.yaml:1:4: the character U+001B is a control character",
	} {
		out, faults, err := Format("t.yaml", []byte(text))
		require.NoError(t, err)
		require.Nil(t, out)
		require.Len(t, faults, 1)
		require.Equal(t, want, faults[0].String())
	}
}

func TestTheOrderOfKeysIsWhole(t *testing.T) {
	root := planDocument()
	for pointer, keys := range map[string][]string{"/properties": planOrder, "/definitions/step/properties": stepOrder} {
		for key := range asMap(lookUp(root, pointer)) {
			require.Contains(t, keys, key)
		}
		require.Len(t, keys, len(asMap(lookUp(root, pointer))))
	}
}

func TestPlansThatAreThereToBeCopiedAreCanonical(t *testing.T) {
	files, err := filepath.Glob("../../plans/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		src, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, string(src), format(t, string(src)), "run: writ fmt plans/*.yaml")
	}
}

// Whatever is read is the same plan afterwards: it holds the same values and has the same faults.
func TestFormattedFixturesMeanTheSame(t *testing.T) {
	files, err := filepath.Glob("testdata/*/*.yaml")
	require.NoError(t, err)
	for _, file := range files {
		src, err := os.ReadFile(file)
		require.NoError(t, err)
		out, _, err := Format(file, src)
		require.NoError(t, err, file)
		if out != nil {
			requireSamePlan(t, src, out)
			require.Equal(t, string(out), format(t, string(out)), file)
		}
	}
}

func requireSamePlan(t require.TestingT, before, after []byte) {
	type meaning struct {
		values any
		rules  []string
	}
	means := func(src []byte) (m meaning) {
		l := newLoader("t.yaml", src, toyKinds())
		l.load()
		m.values = l.root.tree()
		for _, d := range l.sorted() {
			m.rules = append(m.rules, d.Rule)
		}
		slices.Sort(m.rules)
		return m
	}
	require.Equal(t, means(before), means(after))
}

// A valid plan, spread out at random, has one form and stays the plan it is.
func TestRandomPlansHaveOneForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := scribe{t: t}
		s.plan()
		text := s.String()
		_, found := Load("t.yaml", []byte(text), toyKinds())
		require.False(t, diag.HasErrors(found), "%s\n%v", text, found)
		out := format(t, text)
		require.Equal(t, out, format(t, out), "formatted twice:\n%s", text)
		requireSamePlan(t, []byte(text), []byte(out))
		require.Equal(t, s.remarks, strings.Count(out, "# remark"))
	})
}

// scribe writes plans as nobody would.
type scribe struct {
	t *rapid.T
	strings.Builder
	remarks int
}

func (s *scribe) pick(words ...string) string { return rapid.SampledFrom(words).Draw(s.t, "pick") }

func (s *scribe) some(most int) int { return rapid.IntRange(0, most).Draw(s.t, "some") }

// remark is a comment, or none, and an end of the line.
func (s *scribe) end() {
	if s.some(4) == 0 {
		s.remarks++
		s.WriteString(strings.Repeat(" ", 1+s.some(5)) + "# remark")
	}
	s.WriteString("\n")
	for range s.some(3) {
		switch s.some(4) {
		case 0:
			s.WriteString("\n")
		case 1:
			s.remarks++
			s.WriteString(strings.Repeat(" ", s.some(9)) + "# remark\n")
		}
	}
}

func (s *scribe) plan() {
	s.WriteString(s.pick("", "# yaml-language-server: x\n", "---\n"))
	for _, key := range rapid.Permutation([]string{"version", "name", "vars", "steps", "outputs", "defaults"}).Draw(s.t, "keys") {
		in := strings.Repeat(" ", 1+s.some(4))
		s.WriteString(s.pick(key, `"`+key+`"`, "'"+key+"'") + ":")
		switch key {
		case "version":
			s.WriteString(s.pick(" ", "    ") + "1")
			s.end()
		case "name":
			s.WriteString(s.pick(" a-b", " \"a-b\"", "\n   a-b"))
			s.end()
		case "defaults":
			s.WriteString(" {" + s.pick("retry: {max: 1}", "timeout: 5s ,retry : { }", "order: file,\n   timeout: 2m"))
			s.WriteString("}")
			s.end()
		case "vars", "outputs":
			s.end()
			for i := range 1 + s.some(3) {
				s.WriteString(in + "k" + string(rune('a'+i)) + ":")
				s.value(len(in))
			}
		case "steps":
			s.end()
			for i := range 1 + s.some(3) {
				s.step(strings.Repeat(" ", len(in)-1), string(rune('a'+i)))
			}
		}
	}
}

// value writes any value in any style behind a key that is so far in.
func (s *scribe) value(in int) {
	deep := strings.Repeat(" ", in+1+s.some(4))
	switch s.some(8) {
	case 0:
		s.WriteString(" >-\n" + deep + "${{ 1 +\n" + deep + "    2 }}\n")
		return
	case 1:
		s.WriteString(" |" + s.pick("", "-", "+") + "\n\n" + deep + "one  \n\n" + deep + "  # two\n\n")
		return
	case 2:
		s.WriteString(" [1,\n" + deep + "{a : b} ,'x' ]")
	case 3:
		s.WriteString(" {a: \"b # c\", d: [ ], e: 00012}")
	case 4:
		s.WriteString(" \"one\n" + deep + "two \\\n" + deep + "three\"")
	case 5:
		s.WriteString(" one\n" + deep + "two\n\n" + deep + "   three")
	case 6:
		s.end()
		for range 1 + s.some(2) {
			s.WriteString(deep + "-" + s.pick(" x", "   - y", "", " 'z'", " {}", " k: v\n"+deep+"     "+"\n"+deep+"  l: w"))
			s.end()
		}
		return
	case 7:
		s.end()
		s.WriteString(deep + "deeper:")
		s.value(len(deep))
		return
	default:
		s.WriteString(s.pick(" ", "      ") + s.pick("true", "''", "~", "${{ 1 }}", "a#b", "2024-01-01"))
	}
	s.end()
}

func (s *scribe) step(in, id string) {
	s.WriteString(in + "-")
	keys := []string{"id: " + id, "uses: toy.switch", "with: {operate_type: CREATED,bucket: bucket-" + id + "}", "rollback: none", "timeout:   5s"}
	inner := in + "  "
	for i, text := range rapid.Permutation(keys).Draw(s.t, "step") {
		if i == 0 {
			s.WriteString(" " + text)
		} else {
			s.WriteString(inner + text)
		}
		s.end()
	}
}

func FuzzFormat(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, src []byte) {
		out, found, err := Format("fuzz.yaml", src)
		require.Equal(t, out == nil, diag.HasErrors(found) || err != nil)
		if out == nil {
			return
		}
		before, after := decodeText(t, string(src)), decodeText(t, string(out))
		before.direct(nil)
		after.direct(nil)
		require.Equal(t, before.tree(), after.tree())
		twice, _, err := Format("fuzz.yaml", out)
		require.NoError(t, err)
		require.Equal(t, string(out), string(twice))
	})
}
