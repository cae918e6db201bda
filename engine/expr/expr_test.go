package expr

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

// world is an Env as a small plan would have it.
func world(t testing.TB) *Env {
	t.Helper()
	env, err := NewEnv(map[string]Type{
		"inputs": Object("inputs", map[string]Type{
			"prefix": Text, "n": Int, "x": Number, "on": Bool, "names": ListOf(Text),
			"any": Any, "tags": MapOf(Text),
		}),
		"target": Object("target", map[string]Type{"region": Text}),
		"vars":   MapOf(Any),
		"steps": Object("steps", map[string]Type{
			"buckets": step("buckets", map[string]Type{"obs_list": ListOf(bucket())}),
			"mpc":     step("mpc", map[string]Type{"operate_type": Text}),
			"x":       step("x", map[string]Type{"id": Text, "n": Int, "list": ListOf(Text), "rows": ListOf(bucket())}),
		}),
	})
	require.NoError(t, err)
	return env
}

func step(id string, outputs map[string]Type) Type {
	return Object("steps/"+id, map[string]Type{"outputs": Object("steps/"+id+"/outputs", outputs)})
}

func bucket() Type {
	return Object("bucket", map[string]Type{"bucket_name": Text, "location": Text, "size": Int, "my-tag": Text})
}

// known is what the world holds after buckets and x ran; mpc was skipped.
func known() map[string]any {
	return map[string]any{
		"inputs": map[string]any{
			"prefix": "p-", "n": int64(3), "x": 1.5, "on": true, "names": []any{"a", "b"},
			"any": nil, "tags": map[string]any{"k": "v"},
		},
		"target": map[string]any{"region": "cn-north-7"},
		"vars":   map[string]any{},
		"steps": map[string]any{
			"buckets": map[string]any{"outputs": map[string]any{"obs_list": []any{
				map[string]any{"bucket_name": "p-1", "location": "cn-north-7", "my-tag": "t"},
				map[string]any{"bucket_name": "q-2", "location": "cn-north-7"},
				map[string]any{"bucket_name": "p-3", "location": "eu-de"},
			}}},
			"x": map[string]any{"outputs": map[string]any{"id": "7", "n": int64(4), "list": []any{"q"}}},
		},
	}
}

func compiled(t testing.TB, env *Env, text string) *Template {
	t.Helper()
	template, faults := env.Compile(text)
	require.Empty(t, faults, text)
	return template
}

func result(t testing.TB, text string, s Scope) any {
	t.Helper()
	value, err := compiled(t, world(t), text).Eval(context.Background(), s)
	require.NoError(t, err, text)
	return value
}
