package expr

import (
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTemplatesKeepTheTypeOfALoneExpression(t *testing.T) {
	for text, want := range map[string]string{
		`plain`:                                 "text",
		``:                                      "text",
		`${{ inputs.n }}`:                       "integer",
		" ${{ inputs.on }}\n":                   "boolean",
		`a ${{ inputs.n }}`:                     "text",
		`${{ inputs.n }}${{ inputs.x }}`:        "text",
		`${{ inputs.x > inputs.n }}`:            "boolean",
		`${{ steps.buckets.outputs.obs_list }}`: "list of object",
		`${{ steps.buckets.outputs.obs_list.filter(b, b.size > 1).map(b, b.bucket_name) }}`: "list of text",
		`${{ inputs.names.map(n, [n]) }}`:        "list of list of text",
		`${{ inputs.tags }}`:                     "map of text",
		`${{ vars.whatever.deep }}`:              "any",
		`${{ steps.?mpc.outputs.operate_type }}`: "text",
		`${{ [] }}`:                              "list",
		`${{ null }}`:                            "null",
		`${{ {"a": 1, "b": {"c": "x"}} }}`:       "object",
		`${{ {"a": 1}.map(k, k) }}`:              "list of text",
	} {
		require.Equal(t, want, compiled(t, world(t), text).Type().String(), text)
	}
}

func TestLiteralObjectsKeepTheirFields(t *testing.T) {
	got := compiled(t, world(t), `${{ {"a": 1, "b": {"c": "x"}} }}`).Type()
	want := Object("", map[string]Type{"a": Int, "b": Object("", map[string]Type{"c": Text})})
	require.Equal(t, want, got)
}

func TestFaultsHavePlacesAndWords(t *testing.T) {
	for _, c := range []struct{ source, at, rule, message string }{
		{`inputs.prefx`, `prefx`, RuleUnknownName, `no field "prefx" here`},
		{"inputs.\n  prefx", `prefx`, RuleUnknownName, `no field "prefx" here`},
		{`"é" + inputs.nn`, `nn`, RuleUnknownName, `no field "nn" here`},
		{"inputs.`my-x`", "`my-x`", RuleUnknownName, `no field "my-x" here`},
		{`has(inputs.prefx)`, `prefx`, RuleUnknownName, `no field "prefx" here`},
		{`steps.x.outputs.?ix.orValue("")`, `ix`, RuleUnknownName, `no field "ix" here`},
		{`steps.buckets.outputs.obs_list.map(b, b.nam)`, `nam`, RuleUnknownName, `no field "nam" here`},
		{`inpts.n`, `inpts`, RuleUnknownName, `unknown name "inpts"`},
		{`Foo{}`, `Foo`, RuleUnknownName, `unknown type "Foo"`},
		{`foo(1)`, `foo`, RuleUnknownName, `unknown function "foo"`},
		{`inputs.prefix.startsWit("x")`, `startsWit`, RuleUnknownName, `unknown function "startsWit"`},
		{`inputs.prefix.foo`, `foo`, RuleType, `text has no fields`},
		{`inputs.n + inputs.prefix`, `+`, RuleType, `+ does not work on integer and text`},
		{`inputs.n == "a"`, `==`, RuleType, `== does not work on integer and text`},
		{`-inputs.prefix`, `-`, RuleType, `- does not work on text`},
		{`1 in 2`, `in`, RuleType, `in does not work on integer and integer`},
		{`inputs.prefix.startsWith(1)`, `startsWith`, RuleType, `startsWith does not work on text with integer`},
		{`size(1)`, `size`, RuleType, `size does not work on integer`},
		{`inputs.n && true`, `inputs.n`, RuleType, `a boolean is due here, not an integer`},
		{`inputs.n ? 1 : 2`, `inputs.n`, RuleType, `the condition must be a boolean, not an integer`},
		{`inputs.on ? 1 : "a"`, `?`, RuleType, `both outcomes of ? : must have one type, not integer and text`},
		{`inputs.n.map(x, x)`, `inputs.n`, RuleType, `a list or map is due here, not an integer`},
		{`inputs.names.filter(x, x)`, `x`, RuleType, `the condition must be a boolean, not text`},
		{`inputs["prefix"]`, `[`, RuleType, `an object has fields; write .prefix instead of an index`},
		{`inputs.names["a"]`, `[`, RuleType, `a list of text has no elements by text`},
		{`steps.?x.outputs.id + "a"`, `+`, RuleType, `+ does not work on optional text and text`},
		{`[1]`, `[1]`, RuleType, `a list of integer cannot stand inside text`},
		{`b"abc"`, `b"abc"`, RuleType, `a byte string cannot stand inside text`},
		{`1 +`, ``, RuleSyntax, `the expression ends too early`},
		{`'abc`, `'`, RuleSyntax, `the text that begins here has no closing quote`},
		{`a b`, `b`, RuleSyntax, `b is not expected here`},
		{`x.map(1, 2)`, `1`, RuleSyntax, `argument is not an identifier`},
		{``, ``, RuleSyntax, `the expression is empty`},
		{strings.Repeat("1", 5000), strings.Repeat("1", 5000), RuleTooLong, `the expression has 5000 bytes; at most 4096 are allowed`},
	} {
		text := "ü ${{ " + c.source + " }} tail"
		template, faults := world(t).Compile(text)
		require.Nil(t, template, c.source)
		require.Len(t, faults, 1, c.source)
		f := faults[0]
		require.Equal(t, []string{c.at, c.rule, c.message}, []string{text[f.Offset:f.End], f.Rule, f.Message}, c.source)
		if c.source != `Foo{}` && f.Rule == RuleUnknownName {
			require.NotEmpty(t, f.Near)
			require.Equal(t, strings.Trim(c.at, "`"), f.Word)
		}
	}
}

func TestAllFaultsOfATemplateAreReported(t *testing.T) {
	_, faults := world(t).Compile(`${{ inputs.a + inputs.b }} ${{ c }} ${{`)
	var words []string
	for _, f := range faults {
		words = append(words, f.Rule+" "+f.Word)
	}
	require.Equal(t, []string{
		RuleUnknownName + " a", RuleUnknownName + " b", RuleUnknownName + " c", RuleUnclosed + " ",
	}, words)
}

func TestNearNamesWhatExistsThere(t *testing.T) {
	_, faults := world(t).Compile(`${{ steps.buckets.outputs.obs_list.map(b, b.nam) }}`)
	require.Equal(t, []string{"bucket_name", "location", "my-tag", "size"}, faults[0].Near)
	_, faults = world(t).Compile(`${{ input.n }}`)
	require.Equal(t, []string{"inputs", "steps", "target", "vars"}, faults[0].Near)
}

func TestADashInANameIsExplained(t *testing.T) {
	_, faults := world(t).Compile(`${{ steps.list-all.outputs.x }}`)
	require.Equal(t, `no field "list" here; list-all is read as a subtraction`, faults[0].Message)
}

func TestEnvironmentsRefuseWhatCannotBeRead(t *testing.T) {
	_, err := NewEnv(map[string]Type{"a-b": Text})
	require.EqualError(t, err, `"a-b" cannot name a variable`)
	_, err = NewEnv(map[string]Type{"a": Object("x", map[string]Type{"a": Int}), "b": ListOf(Object("x", nil))})
	require.EqualError(t, err, `two different object types are called "x"`)
}

func TestWithAddsAndReplacesVariables(t *testing.T) {
	env, err := world(t).With(map[string]Type{"each": Object("each", map[string]Type{"key": Text, "value": bucket()})})
	require.NoError(t, err)
	require.True(t, compiled(t, env, `${{ each.value.size }}`).Type().IsInt())
	require.True(t, compiled(t, env, `${{ inputs.n }}`).Type().IsInt())
	env, err = env.With(map[string]Type{"each": Int})
	require.NoError(t, err)
	require.True(t, compiled(t, env, `${{ each }}`).Type().IsInt())
	_, faults := world(t).Compile(`${{ each }}`)
	require.Len(t, faults, 1)
}

func TestNoExpressionMeansNoCEL(t *testing.T) {
	env := world(t)
	env.cel = nil
	require.True(t, compiled(t, env, "plain").Type().IsText())
}

func TestReadsAreExactAndListedOnce(t *testing.T) {
	read := func(offset int, path string) Read { return Read{Path: strings.Split(path, "."), Offset: offset} }
	optional := func(offset int, path string) Read {
		r := read(offset, path)
		r.Optional = true
		return r
	}
	for _, c := range []struct {
		text string
		want []Read
	}{
		{`plain`, nil},
		{`${{ steps.buckets.outputs.obs_list }}`, []Read{read(4, "steps.buckets.outputs.obs_list")}},
		{`é${{ inputs.n }}${{ inputs.n }}`, []Read{read(6, "inputs.n")}},
		{`${{ inputs.n + size(inputs) }}`, []Read{read(4, "inputs")}},
		{`${{ steps.x.outputs.list[0] }}`, []Read{read(4, "steps.x.outputs.list")}},
		{`${{ inputs.tags["k"] }}`, []Read{read(4, "inputs.tags.k")}},
		{`${{ inputs.tags[target.region] }}`, []Read{read(4, "inputs.tags"), read(16, "target.region")}},
		{`${{ inputs.names.map(inputs, inputs) }}`, []Read{read(4, "inputs.names")}},
		{`${{ inputs.names.filter(n, n == inputs.prefix) }}`, []Read{read(4, "inputs.names"), read(32, "inputs.prefix")}},
		{`${{ steps.?mpc.outputs.operate_type.orValue("") }}`, []Read{optional(4, "steps.mpc.outputs.operate_type")}},
		{`${{ steps.mpc.?outputs.operate_type.orValue("") }}`, []Read{optional(4, "steps.mpc.outputs.operate_type")}},
		{`${{ steps.mpc.outputs.?operate_type.orValue("") }}`, []Read{read(4, "steps.mpc.outputs.operate_type")}},
		{`${{ has(steps.mpc.outputs) }}`, []Read{optional(8, "steps.mpc.outputs")}},
		{`${{ has(steps.mpc) ? steps.mpc.outputs.operate_type : "" }}`, []Read{read(8, "steps.mpc")}},
	} {
		got := []Read(nil)
		if strings.Contains(c.text, "size(inputs)") {
			env, err := NewEnv(map[string]Type{"inputs": MapOf(Int)})
			require.NoError(t, err)
			got = compiled(t, env, c.text).Reads()
		} else {
			got = compiled(t, world(t), c.text).Reads()
		}
		require.Equal(t, c.want, got, c.text)
	}
}

func TestCompilingIsSafeFromManyGoroutines(t *testing.T) {
	env := world(t)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			_, faults := env.Compile(`${{ inputs.names.filter(n, n == inputs.prefix) }} ${{ inputs.x }}`)
			if len(faults) != 1 {
				t.Error(faults)
			}
		})
	}
	all.Wait()
}

func FuzzCompile(f *testing.F) {
	for _, seed := range []string{
		`${{ inputs.n }}`, `a ${{ "}}" }} ${{`, `${{ steps.mpc.?outputs.operate_type.orValue("x") }}`,
		`${{ steps.buckets.outputs.obs_list.filter(b, b.size > 1).map(b, b.bucket_nam) }}`,
		"${{ inputs.\n é.x // }} \n }}", `${{ {"a": {"b": [1, 'x', r"\"]}} }}`, `${{ has(x.y) && !z ? -1 : [?inputs.?q] }}`,
		`${{ Foo{a: 1} }}`, "${{ `x` }}", `${{ a.b.c(d) }}`, `${{ optional.of(1).optMap(x, x.y) }}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		first, faults := world(t).Compile(text)
		env := world(t)
		_, again := env.Compile(text)
		_, cached := env.Compile(text)
		require.Equal(t, faults, again)
		require.Equal(t, faults, cached)
		require.Equal(t, len(faults) == 0, first != nil)
		for _, fault := range faults {
			require.True(t, 0 <= fault.Offset && fault.Offset <= fault.End && fault.End <= len(text), "%v", fault)
			require.NotEmpty(t, fault.Message)
		}
		if first != nil {
			for _, r := range first.Reads() {
				require.True(t, r.Offset < len(text))
			}
			_, _ = first.Eval(t.Context(), Scope{Vars: known()})
			_, _ = first.Eval(t.Context(), Scope{Vars: known(), Unknown: [][]string{{"inputs", "n"}, {"steps", "x"}}})
		}
	})
}

func BenchmarkCompileNew(b *testing.B) {
	env := world(b)
	compiled(b, env, `${{ 1 }}`)
	for b.Loop() {
		fresh, _ := env.With(nil)
		compiled(b, fresh, `${{ target.region == "eu-de" }}`)
	}
}

func BenchmarkCompileKnown(b *testing.B) {
	env := world(b)
	for b.Loop() {
		compiled(b, env, `${{ target.region == "eu-de" }}`)
	}
}

func BenchmarkNewEnv(b *testing.B) {
	for b.Loop() {
		world(b)
	}
}
