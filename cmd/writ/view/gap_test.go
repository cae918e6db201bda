package view

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/engine/journal"
)

const textGap = `{"$unknown": "text", "from": ["steps.x.outputs.id"], "left": "steps.x.outputs.id"}`

func TestArgumentsAreShownAsFarAsTheyAreKnown(t *testing.T) {
	for _, c := range []struct {
		in      string
		unknown []string
		want    string
	}{
		{`{"a": ` + textGap + `}`, []string{"a"}, "a: <from step x: text>"},
		{`{"a": ["b", ` + textGap + `]}`, []string{"a[1]"}, "a: [b, <from step x>]"},
		{`{"a": {"b c": ` + textGap + `, "d": 1}}`, []string{`a["b c"]`}, "a: {b c <from step x>, d 1}"},
		{`{"a": {"$unknown": "text", "from": ["steps.x.outputs.id"], "left": "x-<steps.x.outputs.id>", "pieces": ["x<-", ` + textGap + `]}}`, []string{"a"}, `a: "x\<-<steps.x.outputs.id>"`},
		{`{"a": {"$unknown": "list of text", "from": ["steps.x.outputs.l", "steps.y.outputs.l"]}}`, []string{"a"}, "a: <from steps x, y: list of text>"},
		// what only looks like a gap is data
		{`{"a": ` + textGap + `, "b": ` + textGap + `}`, []string{"b"}, "a: {$unknown text, from [steps.x.outputs.id], left steps.x.outputs.id}"},
		{`{"a": "<from step x: text>"}`, []string{"if"}, `a: "<from step x: text>"`},
	} {
		p := &journal.Progress{In: json.RawMessage(c.in), Unknown: c.unknown}
		require.Equal(t, c.want, arguments(p)[0], c.in)
	}
}

func TestALineSaysHowItIsKnown(t *testing.T) {
	gap := json.RawMessage(`{"$unknown": "list of text", "from": ["steps.x.outputs.l"]}`)
	n := &journal.Node{Step: &journal.Step{}}
	for want, p := range map[string]*journal.Progress{
		"create (read)":                                {How: journal.Predicted, Change: journal.Create},
		"change (predicted from steps x, y)":           {How: journal.Predicted, Change: journal.Update, Rests: []string{"x", "y"}},
		"already so (read)":                            {How: journal.Satisfied},
		"already so (predicted from step x)":           {How: journal.Satisfied, Rests: []string{"x"}},
		"known from run r":                             {How: journal.Evidence, From: "r"},
		"skipped: its if is false":                     {Phase: journal.PhaseSkipped, Why: "its if is false"},
		"not known: waits for step x":                  {Change: journal.Hidden, Unknown: []string{"a"}, Rests: []string{"x"}},
		"not known if it runs: waits for step x":       {Change: journal.Hidden, Unknown: []string{"if"}, Rests: []string{"x"}},
		"not known until apply":                        {Change: journal.Hidden, Rests: []string{"x"}},
		"once for each of <from step x: list of text>": {Address: "s[?]", Change: journal.Hidden, Unknown: []string{"for_each"}, Value: gap},
		"once for <from step x: text>":                 {Address: "s[?]", Change: journal.Hidden, Unknown: []string{"for_each"}, Value: json.RawMessage(textGap)},
	} {
		require.Equal(t, want, wordOf(n, p))
	}
}
