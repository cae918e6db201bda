package expr

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTemplatesComeToPlainValues(t *testing.T) {
	for text, want := range map[string]any{
		`plain`:           "plain",
		`${{ inputs.n }}`: int64(3),
		`${{ inputs.n }} ${{ inputs.x }} ${{ inputs.on }} ${{ 2e6 }} ${{ 1e30 }}`: "3 1.5 true 2000000 1e+30",
		`${{ inputs.x > inputs.n }}`: false,
		`${{ inputs.any }}`:          nil,
		`${{ 5u }}`:                  int64(5),
		`${{ {"a": [1, null]} }}`:    map[string]any{"a": []any{int64(1), nil}},
		`${{ inputs.tags }}`:         map[string]any{"k": "v"},
		`${{ steps.buckets.outputs.obs_list.filter(b, b.location == target.region && b.bucket_name.startsWith(inputs.prefix)).map(b, b.bucket_name) }}`: []any{"p-1"},
		"${{ steps.buckets.outputs.obs_list[0].`my-tag` }}":                       "t",
		`${{ steps.buckets.outputs.obs_list.map(b, b.?size.orValue(9)) }}`:        []any{int64(9), int64(9), int64(9)},
		"${{ steps.buckets.outputs.obs_list.filter(b, has(b.`my-tag`)).size() }}": int64(1),
		`${{ steps.mpc.?outputs.operate_type.orValue("none") }}`:                  "none",
		`${{ steps.?mpc.outputs.operate_type.orValue("none") }}`:                  "none",
		`${{ steps.?mpc.?outputs.?operate_type.hasValue() }}`:                     false,
		`${{ steps.x.?outputs.id.orValue("none") }}`:                              "7",
		`${{ has(steps.mpc) }}`:                                                   false,
		`${{ steps.?x.outputs.id }}`:                                              "7",
		`${{ ["b", "a", "b"].distinct().sort().join(",") }}`:                      "a,b",
	} {
		require.Equal(t, want, result(t, text, Scope{Vars: known()}), text)
	}
}

func TestUnknownPartsAreWaitedFor(t *testing.T) {
	unknown := [][]string{
		{"steps", "x", "outputs", "id"}, {"steps", "x", "outputs", "n"},
		{"steps", "x", "outputs", "list"}, {"steps", "x", "outputs", "rows"},
	}
	for _, c := range []struct{ text, typ, from, residual string }{
		{`eu-${{ steps.x.outputs.id }}-${{ inputs.n }}-ml`, "text", "steps.x.outputs.id", `eu-<steps.x.outputs.id>-3-ml`},
		{`${{ steps.x.outputs.id }}${{ steps.x.outputs.n + inputs.n }}`, "text", "steps.x.outputs.id steps.x.outputs.n", `<steps.x.outputs.id><steps.x.outputs.n + 3>`},
		{`${{ steps.x.outputs.rows.filter(r, r.size > inputs.n).map(r, r.bucket_name) }}`, "list of text", "steps.x.outputs.rows", `steps.x.outputs.rows.filter(r, r.size > inputs.n).map(r, r.bucket_name)`},
		{`${{ inputs.names.filter(n, n == steps.x.outputs.id) }}`, "list of text", "steps.x.outputs.id", `["a", "b"].filter(n, n == steps.x.outputs.id)`},
		{`${{ inputs.tags[steps.x.outputs.id] }}`, "text", "steps.x.outputs.id", `{"k": "v"}[steps.x.outputs.id]`},
		{`${{ [steps.x.outputs][0].id }}`, "text", "steps.x.outputs", `[steps.x.outputs][0].id`},
		{`${{ steps.x.?outputs.id.orValue("") }}`, "text", "steps.x.outputs.id", `steps.?x.?outputs.id.orValue("")`},
		{`${{ has(steps.x.outputs.id) }}`, "boolean", "steps.x.outputs.id", `has(steps.x.outputs.id)`},
		{`${{ inputs.on ? steps.x.outputs.id : "n" }}`, "text", "steps.x.outputs.id", `steps.x.outputs.id`},
		{`${{ steps.x.outputs.n > 1 || inputs.any }}`, "boolean", "steps.x.outputs.n", `steps.x.outputs.n > 1`},
	} {
		got, ok := result(t, c.text, Scope{Vars: known(), Unknown: unknown}).(Unknown)
		require.True(t, ok, c.text)
		require.Equal(t, c.residual, got.Residual)
		require.Equal(t, []string{c.typ, c.from}, []string{got.Type.String(), strings.Join(got.From, " ")}, c.text)
	}
}

func TestWhatDoesNotDependOnTheUnknownIsKnown(t *testing.T) {
	s := Scope{Vars: known(), Unknown: [][]string{{"steps", "x"}, {"inputs", "names"}}}
	for text, want := range map[string]any{
		`${{ false && steps.x.outputs.n > 1 }}`:                false,
		`${{ steps.x.outputs.n > 1 || true }}`:                 true,
		`${{ inputs.on ? inputs.n : steps.x.outputs.n }}`:      int64(3),
		`${{ steps.buckets.outputs.obs_list[0].bucket_name }}`: "p-1",
		`${{ [1].map(steps, steps + 1) }}`:                     []any{int64(2)},
	} {
		require.Equal(t, want, result(t, text, s), text)
	}
}

func TestUnknownVariablesNeedNoValue(t *testing.T) {
	got := result(t, `${{ steps.x.outputs.id }}`, Scope{Unknown: [][]string{{"steps"}}})
	require.Equal(t, []string{"steps"}, got.(Unknown).From)
	got = result(t, `${{ steps.x.outputs.list[0] }}`, Scope{Unknown: [][]string{{"steps", "x", "outputs", "list", "0"}}})
	require.Equal(t, []string{"steps.x.outputs.list"}, got.(Unknown).From)
}

func TestResidualsDoNotSpellOutLongValues(t *testing.T) {
	text := `${{ lists.range(1000).filter(n, n == steps.x.outputs.n) }}`
	got := result(t, text, Scope{Vars: known(), Unknown: [][]string{{"steps", "x"}}})
	require.Equal(t, `lists.range(1000).filter(n, n == steps.x.outputs.n)`, got.(Unknown).Residual)
}

func TestErrorsHavePlacesAndWords(t *testing.T) {
	for _, c := range []struct{ text, at, message string }{
		{`${{ steps.mpc.outputs.operate_type }}`, `mpc`, `there is no "mpc" here`},
		{`${{ steps.?mpc.outputs.operate_type }}`, `steps.?mpc.outputs.operate_type`, `there is no value here; add .orValue(…) to say what to take instead`},
		{`${{ steps.buckets.outputs.obs_list.map(b, b.size) }}`, `size`, `there is no "size" here`},
		{`${{ inputs.tags.zz }}`, `zz`, `no such key: zz`},
		{`${{ inputs.names[5] }}`, `[`, `index out of bounds: 5`},
		{`é ${{ inputs.n / 0 }}`, `/`, `division by zero`},
		{`${{ inputs.any + 1 }}`, `+`, `a value here has another type than the expression needs`},
		{`x ${{ inputs.any }}`, `inputs.any`, `null cannot stand inside text`},
		{`${{ b"a" }}`, `b"a"`, `a byte string is no value for a plan; make it text with string()`},
		{`${{ duration("1s") }}`, `duration("1s")`, `a duration is no value for a plan; make it text with string()`},
		{`${{ {1: 2} }}`, `{1: 2}`, `the keys of a map must be text, not int`},
		{`${{ 1.0 / 0.0 }}`, `1.0 / 0.0`, `the result is not a finite number`},
	} {
		_, err := compiled(t, world(t), c.text).Eval(context.Background(), Scope{Vars: known()})
		var failed *EvalError
		require.ErrorAs(t, err, &failed, c.text)
		require.Equal(t, []string{c.at, c.message}, []string{c.text[failed.Offset:failed.End], failed.Message})
	}
}

func TestVariablesWithoutValueAreNamed(t *testing.T) {
	_, err := compiled(t, world(t), `${{ inputs.n }}`).Eval(context.Background(), Scope{})
	require.EqualError(t, err, "inputs has no value here")
}

func TestRunawayExpressionsAreRefusedQuickly(t *testing.T) {
	for name, source := range map[string]string{
		"six nested maps":       nested(6, "lists.range(100)", "0"),
		"doubled lists":         `[[0]]` + strings.Repeat(`.map(a, a + a)`, 40),
		"doubled trees":         `[[0]]` + strings.Repeat(`.map(a, [a, a])`, 40),
		"compared trees":        `[[0]]` + strings.Repeat(`.map(a, [a, a])`, 40) + `.map(a, a == a)`,
		"doubled text":          `["aaaaaaaa"]` + strings.Repeat(`.map(a, a + a)`, 40),
		"replaced text":         `["aaaaaaaa"]` + strings.Repeat(`.map(a, a.replace("a", a))`, 20),
		"a long list, distinct": `[lists.range(9000)].map(l, (l + l).distinct())`,
		"a large pattern":       `["((a{100}){100}"].map(p, "a".matches(p + "){10}"))`,
		"precise numbers":       `["%.100000000f"].map(f, f.format([1.0]))`,
		"square search":         `lists.range(9000).filter(x, x in lists.range(9000))`,
		"a long range":          `lists.range(1000000000)`,
	} {
		template := compiled(t, world(t), "${{ "+source+" }}")
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // for what would not end at all
		_, err := template.Eval(ctx, Scope{Vars: known()})
		require.Error(t, err, name)
		require.NoError(t, ctx.Err(), name)
		cancel()
	}
}

func TestRunawayResidualsAreNotPrinted(t *testing.T) {
	for _, grow := range []string{`.map(a, [a, a])`, `.map(a, a + a)`} {
		text := `${{ [[0]]` + strings.Repeat(grow, 12) + `.filter(a, steps.x.outputs.id == "") }}`
		got := result(t, text, Scope{Vars: known(), Unknown: [][]string{{"steps", "x"}}})
		require.Less(t, len(got.(Unknown).Residual), 5000)
	}
}

func nested(depth int, over, inner string) string {
	for i := range depth {
		inner = fmt.Sprintf("%s.map(v%d, %s)", over, i, inner)
	}
	return inner
}

func TestDeepAndWideDataIsNotRunaway(t *testing.T) {
	deep := any("x")
	for range 50 {
		deep = map[string]any{"a": deep}
	}
	wide := make([]any, 20_000)
	for i := range wide {
		wide[i] = int64(i)
	}
	vars := known()
	vars["vars"] = map[string]any{"deep": deep, "wide": wide}
	require.Equal(t, deep, result(t, `${{ vars.deep }}`, Scope{Vars: vars}))
	require.Equal(t, int64(20_000), result(t, `${{ size(vars.wide) }}`, Scope{Vars: vars}))
}

func TestLongTextIsRefused(t *testing.T) {
	vars := known()
	vars["vars"] = map[string]any{"text": strings.Repeat("x", 40_000)}
	for _, text := range []string{`${{ vars.text + vars.text }}`, `${{ vars.text }}${{ vars.text }}`, `${{ [vars.text + vars.text] }}`} {
		_, err := compiled(t, world(t), text).Eval(context.Background(), Scope{Vars: vars})
		require.EqualError(t, err, "the text has more than 65536 bytes")
	}
}

func TestEvaluationEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := compiled(t, world(t), `${{ lists.range(1000).map(x, x) }}`).Eval(ctx, Scope{Vars: known()})
	require.ErrorIs(t, err, context.Canceled)
}

func TestEvaluationIsSafeFromManyGoroutines(t *testing.T) {
	env := world(t)
	template := compiled(t, env, `a ${{ inputs.names.filter(n, n == steps.x.outputs.id).join(",") }}`)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			child, err := env.With(map[string]Type{"each": Text})
			if _, faults := child.Compile(`${{ each + inputs.prefix }}`); err != nil || len(faults) > 0 {
				t.Error(err, faults)
			}
			value, err := template.Eval(context.Background(), Scope{Vars: known(), Unknown: [][]string{{"steps", "x"}}})
			if u, isUnknown := value.(Unknown); err != nil || !isUnknown || u.From[0] != "steps.x" {
				t.Error(value, err)
			}
		})
	}
	all.Wait()
}

func BenchmarkEval(b *testing.B) {
	rows := make([]any, 1000)
	for i := range rows {
		rows[i] = map[string]any{"bucket_name": fmt.Sprintf("p-%d", i), "location": "eu-de", "size": int64(i)}
	}
	vars := known()
	vars["steps"] = map[string]any{"x": map[string]any{"outputs": map[string]any{"rows": rows, "id": "7", "n": int64(1)}}}
	for _, c := range []struct {
		name, text string
		unknown    [][]string
	}{
		{"condition", `${{ target.region == "eu-de" }}`, nil},
		{"text", `a-${{ inputs.prefix }}-b`, nil},
		{"filter 1000", `${{ steps.x.outputs.rows.filter(r, r.size > 5).map(r, r.bucket_name) }}`, nil},
		{"unknown", `${{ inputs.prefix + steps.x.outputs.id }}`, [][]string{{"steps", "x", "outputs"}}},
	} {
		template := compiled(b, world(b), c.text)
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				_, _ = template.Eval(context.Background(), Scope{Vars: vars, Unknown: c.unknown})
			}
		})
	}
}

func TestMapsAreGoneThroughInTheOrderOfTheirKeys(t *testing.T) {
	data := map[string]any{}
	var want []any
	for i := range 20 {
		key := string(rune('a' + i))
		data[key] = map[string]any{"name": key}
		want = append(want, key+key)
	}
	env, err := NewEnv(map[string]Type{"data": MapOf(Any), "nested": ListOf(MapOf(Any))})
	require.NoError(t, err)
	for _, text := range []string{"${{ data.map(k, k + data[k].name) }}", "${{ nested[0].map(k, k + nested[0][k].name) }}"} {
		template, faults := env.Compile(text)
		require.Empty(t, faults)
		for range 10 {
			got, err := template.Eval(t.Context(), Scope{Vars: map[string]any{"data": data, "nested": []any{data}}})
			require.NoError(t, err)
			require.Equal(t, want, got)
		}
	}
}
