package expr

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// told replaces each Unknown by its type and what is left of it.
func told(v any) any {
	switch v := v.(type) {
	case Unknown:
		if v.Pieces == nil {
			return "<" + v.Type.String() + ": " + v.Residual + ">"
		}
		return map[string]any{"pieces": told(v.Pieces)}
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = told(v[i])
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for k := range v {
			out[k] = told(v[k])
		}
		return out
	}
	return v
}

func TestWhatIsKnownOfAnUnknownValueIsThere(t *testing.T) {
	s := Scope{Vars: known(), Unknown: [][]string{
		{"steps", "x", "outputs", "id"}, {"steps", "x", "outputs", "list"}, {"steps", "mpc"},
	}}
	id, status := "<text: steps.x.outputs.id>", "<text: steps.mpc.outputs.operate_type>"
	pieces := func(p ...any) any { return map[string]any{"pieces": p} }
	for text, want := range map[string]any{
		`${{ [inputs.prefix, steps.x.outputs.id] }}`:                                                                                       []any{"p-", id},
		`${{ [steps.x.outputs.id, inputs.prefix] }}`:                                                                                       []any{id, "p-"},
		`${{ inputs.names + [steps.x.outputs.id] + inputs.names }}`:                                                                        []any{"a", "b", id, "a", "b"},
		`${{ {"n": inputs.n, "of": [steps.x.outputs.id]} }}`:                                                                               map[string]any{"n": int64(3), "of": []any{id}},
		`${{ inputs.prefix + steps.x.outputs.id + "-" + inputs.names[0] }}`:                                                                pieces("p-", id, "-a"),
		`eu-${{ inputs.prefix + steps.x.outputs.id }}-${{ inputs.n }}`:                                                                     pieces("eu-p-", id, "-3"),
		`${{ steps.x.outputs.id }}${{ steps.mpc.outputs.operate_type }}`:                                                                   pieces(id, status),
		`${{ inputs.on ? ["a", steps.x.outputs.id] : [] }}`:                                                                                []any{"a", id},
		`${{ inputs.names.map(n, n + steps.x.outputs.id) }}`:                                                                               []any{pieces("a", id), pieces("b", id)},
		`${{ steps.buckets.outputs.obs_list.filter(b, b.location == "eu-de").map(b, {"name": b.bucket_name, "id": steps.x.outputs.id}) }}`: []any{map[string]any{"name": "p-3", "id": id}},
		`${{ [["a", "b"].map(n, [n, steps.x.outputs.id])[0][0]] }}`:                                                                        []any{`<text: ["a", "b"].map(n, [n, steps.x.outputs.id])[0][0]>`},
		`${{ inputs.names.map(inputs, inputs + steps.x.outputs.id) }}`:                                                                     []any{pieces("a", id), pieces("b", id)},
		`${{ steps.x.outputs }}`:                                                                                                           map[string]any{"id": id, "n": int64(4), "list": "<list of text: steps.x.outputs.list>"},
		`${{ inputs.names.filter(n, n == steps.x.outputs.id) }}`:                                                                           `<list of text: ["a", "b"].filter(n, n == steps.x.outputs.id)>`,
		`${{ inputs.names + steps.x.outputs.list }}`:                                                                                       `<list of text: ["a", "b"] + steps.x.outputs.list>`,
		`${{ steps.mpc.outputs.operate_type == "" ? ["a"] : ["b"] }}`:                                                                      `<list of text: (steps.mpc.outputs.operate_type == "") ? ["a"] : ["b"]>`,
	} {
		require.Equal(t, want, told(result(t, text, s)), text)
	}
}

func TestPartsSayWhatTheyWaitFor(t *testing.T) {
	s := Scope{Vars: known(), Unknown: [][]string{{"steps", "x"}, {"steps", "mpc"}}}
	got := result(t, `${{ [steps.x.outputs.id, steps.mpc.outputs.operate_type + steps.x.outputs.id] }}`, s).([]any)
	require.Equal(t, []string{"steps.x"}, got[0].(Unknown).From)
	require.Equal(t, []string{"steps.mpc", "steps.x"}, got[1].(Unknown).From)
}

func TestWorkingOutPartsIsBounded(t *testing.T) {
	s := Scope{Vars: known(), Unknown: [][]string{{"steps", "x"}}}
	for name, source := range map[string]string{
		"many turns":   `lists.range(9000).map(n, steps.x.outputs.id)`,
		"nested turns": `lists.range(20).map(a, lists.range(20).map(b, lists.range(20).map(c, steps.x.outputs.id)))`,
		"a long sum":   `"a"` + strings.Repeat(` + "a"`, 90) + ` + steps.x.outputs.id`,
		"a deep list":  strings.Repeat("[", 40) + "steps.x.outputs.id" + strings.Repeat("]", 40),
	} {
		template := compiled(t, world(t), "${{ "+source+" }}")
		start := time.Now()
		_, err := template.Eval(context.Background(), s)
		require.NoError(t, err, name)
		require.Less(t, time.Since(start), 5*time.Second, name)
	}
}
