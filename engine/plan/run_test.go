package plan

import (
	"context"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/engine/diag"
	"writ/engine/expr"
	"writ/engine/step"
)

func everything(t *testing.T) *Plan {
	src, err := os.ReadFile("testdata/ok/everything.yaml")
	require.NoError(t, err)
	p, found := Load("everything.yaml", src, toyKinds())
	require.Empty(t, told(found))
	return p
}

func TestPlanHoldsWhatTheFileSays(t *testing.T) {
	p := everything(t)
	require.Equal(t, String{"everything", diag.Pos{Line: 4, Col: 7}}, p.Name)
	require.Equal(t, "00000000000000000000000000000012", p.Target.ProjectID.Value)
	require.Equal(t, Defaults{Retry: Retry{5, 500 * time.Millisecond}, Timeout: 2 * time.Minute, OnFailure: "stop", Order: "file"}, p.Defaults)

	list := stepOf(p, "list")
	require.Equal(t, Retry{5, 500 * time.Millisecond}, list.Retry)
	require.Equal(t, "stop", list.OnFailure)
	require.Equal(t, "auto", list.Rollback)
	require.Equal(t, 2*time.Minute, list.Timeout)

	sw := stepOf(p, "switch")
	require.Equal(t, []int{list.Index}, sw.Parents)
	require.Equal(t, []int{list.Index}, sw.Hard)
	require.Equal(t, Retry{0, 500 * time.Millisecond}, sw.Retry)
	require.Equal(t, &Wait{Every: 5 * time.Second, For: 10 * time.Minute}, sw.Wait)

	row := stepOf(p, "row")
	require.Equal(t, []int{list.Index, 2}, row.Parents)
	require.Empty(t, row.Hard, "steps.?list is read optionally")
	require.Equal(t, DefaultWaitFor, row.Wait.For)
}

func TestValuesAreWorkedOut(t *testing.T) {
	p := everything(t)
	ctx := context.Background()
	vars := map[string]any{"target": map[string]any{"region": "cn-north-4"}, "inputs": map[string]any{"prefix": "b", "count": int64(3)}}
	got, unknown, err := p.Vars[0].Value.Eval(ctx, expr.Scope{Vars: vars})
	require.NoError(t, err)
	require.Empty(t, unknown)
	require.Equal(t, "b-cn-north-4", got)

	data, plain := p.Vars[2].Value.Literal()
	require.True(t, plain)
	require.Equal(t, map[string]any{"list": []any{int64(1), "two", 3.5, true, nil}, "id": "00000000000000000000000000000e12"}, data)

	got, unknown, err = p.Outputs[1].Value.Eval(ctx, expr.Scope{Unknown: [][]string{{"steps"}}})
	require.NoError(t, err)
	require.Equal(t, []string{"[0]"}, unknown)
	require.IsType(t, expr.Unknown{}, got.([]any)[0])
	require.Equal(t, "plain", got.([]any)[1])
}

func TestEvalErrorsHaveAPlaceInTheFile(t *testing.T) {
	src := "version: 1\nsteps:\n  - id: a\n    uses: toy.list\n    with:\n      owner_id: >-\n        x\n        ${{ ['a'][1] }}\n"
	p, found := Load("p.yaml", []byte(src), toyKinds())
	require.Empty(t, told(found))
	_, _, err := p.Steps[0].With.Eval(context.Background(), expr.Scope{})
	var failed *EvalError
	require.ErrorAs(t, err, &failed)
	require.Equal(t, "owner_id", failed.Path)
	require.Equal(t, 8, failed.At.Line)
	require.GreaterOrEqual(t, failed.At.Col, 13)
}

func TestResolvedArgumentsAreCheckedOnceMore(t *testing.T) {
	src := `version: 1
inputs:
  who: {type: string}
  key: {type: string, sensitive: true}
steps:
  - id: row
    uses: toy.row
    with: {user_id: "${{ inputs.who }}", type: credential, secret_key: "${{ inputs.key }}"}
  - id: all
    uses: toy.row
    with: {user_id: all, type: credential, secret_key: "${{ inputs.key }}"}
`
	p, found := Load("p.yaml", []byte(src), toyKinds())
	require.Empty(t, told(found))
	args := func(who, key string) map[string]any {
		return map[string]any{"user_id": who, "type": "credential", "secret_key": key}
	}
	row, all := p.Steps[0], p.Steps[1]
	require.Empty(t, row.Check(args("someone", "12345678")))
	require.Empty(t, all.Check(args("all", "12345678")))
	require.Equal(t, []string{"user_id became all-users through an expression; that means everybody, so it must stand in the plan as it is"}, row.Check(args("all-users", "12345678")))
	require.Equal(t, []string{"user_id became empty through an expression"}, row.Check(args(" ", "12345678")))
	short := row.Check(args("someone", "hunter2"))
	require.Len(t, short, 1)
	require.NotContains(t, short[0], "hunter2")
	require.Equal(t, []string{"type must be agency or credential, not \"none\""}, row.Check(map[string]any{"user_id": "x", "type": "none", "secret_key": "12345678"}))
	require.Equal(t, []string{`step "row" needs user_id`}, row.Check(map[string]any{"type": "credential", "secret_key": "12345678"}))
}

// What a plan writes may fit several of the forms that a schema excludes from each other, as long as one is an expression.
func TestArgumentsOfOneFormAreCheckedOnceMoreThoughNothingIsWorkedOut(t *testing.T) {
	kind := define("toy.either", `{"definitions": {
		"input": {"type": "object", "oneOf": [{"required": ["id"]}, {"required": ["name"]}], "properties": {"id": {"type": "string"}, "name": {"type": "string"}}},
		"output": {"type": "object"}
	}}`, step.Reversible, nil)
	p, found := Load("p.yaml", []byte("version: 1\nsteps:\n  - {id: a, uses: toy.either, with: {id: x, name: y}}\n"), step.Kinds{kind})
	require.Empty(t, told(found))
	require.Empty(t, p.Steps[0].Check(map[string]any{"id": "x"}))
	require.NotEmpty(t, p.Steps[0].Check(map[string]any{"id": "x", "name": "y"}))
}

// A plan is used from many goroutines.
func TestArgumentsAreCheckedConcurrently(t *testing.T) {
	p := everything(t)
	shapes := stepOf(p, "shapes")
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			require.Empty(t, shapes.Check(map[string]any{"size": int64(2), "on": true, "rules": []any{map[string]any{"port": int64(80)}}}))
			_, found := p.ResolveInputs(map[string]any{"key": "12345678"})
			require.Empty(t, found)
		})
	}
	all.Wait()
}

func TestAnyFileIsDecodedUnderTheSameLimits(t *testing.T) {
	v, found := Decode("c.yaml", []byte("id: 00000000000000000000000000000012\nn: 3\n"))
	require.Empty(t, told(found))
	tree, plain := v.Literal()
	require.True(t, plain)
	require.Equal(t, map[string]any{"id": "00000000000000000000000000000012", "n": int64(3)}, tree)
	_, found = Decode("c.yaml", []byte("a: &x 1\n"))
	require.Len(t, found, 1)
}

func TestInputsAreParsedByTheirType(t *testing.T) {
	p := everything(t)
	inputs := map[string]Input{}
	for _, in := range p.Inputs {
		inputs[in.Name.Value] = in
	}
	for _, c := range []struct {
		name, text string
		want       any
	}{
		{"prefix", "0123", "0123"},
		{"prefix", "${{ x }}", "${{ x }}"},
		{"prefix", "", ""},
		{"count", "6", int64(6)},
		{"ratio", "0.25", 0.25},
		{"loud", "true", true},
		{"names", "[00123, b]", []any{"00123", "b"}},
		{"tags", `{"owner": 7}`, map[string]any{"owner": "7"}},
	} {
		got, err := inputs[c.name].Parse(c.text)
		require.NoError(t, err)
		require.Equal(t, c.want, got, c.text)
	}
	for name, text := range map[string]string{"count": "six", "ratio": "1e3", "loud": "yes", "names": "[a", "tags": "{a: 1, a: 2}"} {
		_, err := inputs[name].Parse(text)
		require.ErrorContains(t, err, name, text)
	}
}

func TestInputsAreResolved(t *testing.T) {
	p := everything(t)
	values, found := p.ResolveInputs(map[string]any{"key": "a secret", "count": int64(6)})
	require.Empty(t, told(found))
	require.Equal(t, "0123456789012345678901234567890e", values["prefix"])
	require.Equal(t, int64(6), values["count"])
	require.Equal(t, []any{"00123", "x"}, values["names"])
	require.Equal(t, map[string]any{"port": int64(80)}, values["row"])

	_, found = p.ResolveInputs(map[string]any{"count": "six"})
	require.True(t, diag.HasErrors(found))
	require.Len(t, found, 2, "count is wrong and key is missing")
}

func TestInputFilesAreDecodedWithCare(t *testing.T) {
	p := everything(t)
	values, found := DecodeInputs("in.yaml", []byte("prefix: 00000000000000000000000000000012\ncount: 6\n"), p.Inputs)
	require.Empty(t, told(found))
	require.Equal(t, map[string]any{"prefix": "00000000000000000000000000000012", "count": int64(6)}, values)
	values, found = DecodeInputs("in.yaml", nil, p.Inputs)
	require.Empty(t, told(found))
	require.Empty(t, values)

	_, found = DecodeInputs("in.yaml", []byte("prefx: a\nkey: hunter22\n"), p.Inputs)
	require.Equal(t, `in.yaml:1:1: the plan has no input "prefx"; did you mean prefix? [unknown-key]
prefx: a
^~~~~
in.yaml:2:1: input "key" is sensitive and must not stand in a file of values; give it as --input key=env:NAME or file:PATH [sensitive-input]
key: (secret)
^~~
`, told(found))
	_, found = DecodeInputs("in.yaml", []byte("- a\n"), p.Inputs)
	require.Len(t, found, 1)
}

// A plan without expressions must not pay for CEL.
func TestExpressionsAreCompiledOnlyWhereThereAreSome(t *testing.T) {
	l := newLoader("p.yaml", []byte("version: 1\nsteps:\n  - {id: a, uses: toy.switch, with: {operate_type: CREATED}}\n"), toyKinds())
	l.load()
	require.Empty(t, told(l.list))
	require.Nil(t, l.scopes)
}

func stepOf(p *Plan, id string) *Step {
	i := slices.IndexFunc(p.Steps, func(s *Step) bool { return s.ID.Value == id })
	return p.Steps[i]
}
