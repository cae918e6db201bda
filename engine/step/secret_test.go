package step_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"writ/engine/step"
)

// printed holds a secret in all the places in which printing may come across it.
type printed struct {
	Open    step.Secret
	closed  step.Secret
	Pointer *step.Secret
	List    []step.Secret
	Keys    map[step.Secret]string
	values  map[string]step.Secret
	Any     any
	deep    struct{ deeper struct{ s step.Secret } }
}

func TestNoVerbPrintsASecret(t *testing.T) {
	const text = "hunter2-hunter2"
	s := step.Hide(text)
	v := printed{
		Open: s, closed: s, Pointer: &s, List: []step.Secret{s}, Keys: map[step.Secret]string{s: "x"},
		values: map[string]step.Secret{"x": s}, Any: s,
	}
	v.deep.deeper.s = s
	var out bytes.Buffer
	for _, verb := range []string{"v", "+v", "#v", "s", "q", "+q", "#q", "x", "X", "# x", "d", "b", "c", "U", "t", "e", "T", "z"} {
		for _, value := range []any{s, &s, v, &v, []any{v}, fmt.Errorf("wrapped: %v", s)} {
			fmt.Fprintf(&out, "%"+verb+"\n", value)
		}
		require.Contains(t, []string{"(secret)", "step.Secret"}, fmt.Sprintf("%"+verb, s))
	}
	fmt.Fprint(&out, s, v, s.String(), s.GoString())
	for _, h := range []slog.Handler{slog.NewJSONHandler(&out, nil), slog.NewTextHandler(&out, nil)} {
		slog.New(h).Info("m", "s", s, "v", v, "p", &v)
	}
	for _, marshal := range []func(any) ([]byte, error){json.Marshal, xmlOf, yaml.Marshal} {
		raw, err := marshal(document{s})
		require.NoError(t, err)
		require.Contains(t, string(raw), "(secret)")
		out.Write(raw)
	}
	for _, form := range []string{text, hex.EncodeToString([]byte(text)), fmt.Sprintf("%X", text), fmt.Sprintf("%d", []byte(text)), "hunter"} {
		require.NotContains(t, out.String(), form)
	}
}

type document struct{ A step.Secret }

func xmlOf(v any) ([]byte, error) { return xml.Marshal(v) }

func TestSecretsAreTakenFromTextAndCompared(t *testing.T) {
	var got struct {
		A, B step.Secret
		C    step.Secret `json:"c,omitzero"`
	}
	require.NoError(t, json.Unmarshal([]byte(`{"A":"a-text","B":""}`), &got))
	require.Equal(t, "a-text", got.A.Reveal())
	require.True(t, got.A == step.Hide("a-text"))
	require.True(t, got.B.IsZero())
	require.Empty(t, got.B.Reveal())
	raw, err := json.Marshal(got)
	require.NoError(t, err)
	require.Equal(t, `{"A":"(secret)","B":"(secret)"}`, string(raw))
}
