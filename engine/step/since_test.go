package step

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSinceTellsWhatBecameOfEachField(t *testing.T) {
	for name, tc := range map[string]struct {
		before, wrote, live string
		want                map[string]Fate
	}{
		"nothing":                  {`{"a":"1"}`, `{"a":"1"}`, `{"a":"1"}`, nil},
		"as it was left":           {`{"a":"1"}`, `{"a":"2"}`, `{"a":"2"}`, map[string]Fate{"a": Kept}},
		"back":                     {`{"a":"1"}`, `{"a":"2"}`, `{"a":"1"}`, map[string]Fate{"a": Back}},
		"something else":           {`{"a":"1"}`, `{"a":"2"}`, `{"a":"3"}`, map[string]Fate{"a": Changed}},
		"changed where none was":   {`{"a":"1"}`, `{"a":"1"}`, `{"a":"3"}`, map[string]Fate{"a": Changed}},
		"each field for itself":    {`{"a":"1","b":"1"}`, `{"a":"2","b":"2"}`, `{"a":"2","b":"1","c":"3"}`, map[string]Fate{"a": Kept, "b": Back, "c": Added}},
		"a set, as it was left":    {`{"s":["a"]}`, `{"s":["a","b"]}`, `{"s":["b","a"]}`, map[string]Fate{"s": Kept}},
		"a set in another order":   {`{"s":["a","b"]}`, `{"s":["a","b"]}`, `{"s":["b","a"]}`, nil},
		"a set, back":              {`{"s":["a"]}`, `{"s":["a","b"]}`, `{"s":["a"]}`, map[string]Fate{"s": Back}},
		"a set, and more":          {`{"s":["a"]}`, `{"s":["a","b"]}`, `{"s":["a","b","c"]}`, map[string]Fate{"s": Added}},
		"a set, less and more":     {`{"s":["a"]}`, `{"s":["a","b"]}`, `{"s":["a","c"]}`, map[string]Fate{"s": Changed}},
		"a set, less":              {`{"s":["a","b"]}`, `{"s":["a","b"]}`, `{"s":["a"]}`, map[string]Fate{"s": Changed}},
		"a set, old ones again":    {`{"s":["a","b"]}`, `{"s":["c"]}`, `{"s":["a","c"]}`, map[string]Fate{"s": Changed}},
		"a set where none was":     {`{}`, `{"s":null}`, `{"s":["c"]}`, map[string]Fate{"s": Added}},
		"a row beside it":          {`{"rows":{}}`, `{"rows":{"u":{"v":"1"}}}`, `{"rows":{"u":{"v":"1"},"w":{"v":"2"}}}`, map[string]Fate{"rows.u": Kept, "rows.w": Added}},
		"a row where none was":     {`{"rows":null}`, `{"rows":{}}`, `{"rows":{"w":{"v":"2"}}}`, map[string]Fate{"rows.w": Added}},
		"a row gone again":         {`{"rows":{}}`, `{"rows":{"u":{"v":"1"}}}`, `{"rows":{}}`, map[string]Fate{"rows.u": Back}},
		"others' row gone":         {`{"rows":{"w":{"v":"2"}}}`, `{"rows":{"w":{"v":"2"}}}`, `{"rows":{}}`, map[string]Fate{"rows.w": Changed}},
		"one field of a row":       {`{"rows":{}}`, `{"rows":{"u":{"v":"1","t":"x"}}}`, `{"rows":{"u":{"v":"3","t":"x"}}}`, map[string]Fate{"rows.u.t": Kept, "rows.u.v": Changed}},
		"a removed row is back":    {`{"rows":{"u":{"v":"1"}}}`, `{"rows":{}}`, `{"rows":{"u":{"v":"1"}}}`, map[string]Fate{"rows.u": Back}},
		"a removed row, otherwise": {`{"rows":{"u":{"v":"1"}}}`, `{"rows":{}}`, `{"rows":{"u":{"v":"3"}}}`, map[string]Fate{"rows.u": Changed}},
		"a state that was null":    {`null`, `{"a":"1"}`, `{"a":"1","b":"2"}`, map[string]Fate{"a": Kept, "b": Added}},
		"a state that is null":     {`{"a":"1"}`, `{"a":"2"}`, `null`, map[string]Fate{"a": Changed}},
		"another type":             {`{"a":"1"}`, `{"a":{"b":"2"}}`, `{"a":["c"]}`, map[string]Fate{"a": Changed}},
		"no object at all":         {`"1"`, `"2"`, `"3"`, map[string]Fate{"": Changed}},
	} {
		t.Run(name, func(t *testing.T) {
			var got map[string]Fate
			for _, m := range Since(json.RawMessage(tc.before), json.RawMessage(tc.wrote), json.RawMessage(tc.live)) {
				if got == nil {
					got = map[string]Fate{}
				}
				got[m.Path] = m.Fate
			}
			require.Equal(t, tc.want, got)
		})
	}
}

func TestSinceKeepsTheThreeValues(t *testing.T) {
	require.Equal(t, []Moved{
		{Path: "a", Before: json.RawMessage(`"1"`), Wrote: json.RawMessage(`"2"`), Live: json.RawMessage(`"3"`), Fate: Changed},
		{Path: "b", Live: json.RawMessage(`{"c":"4"}`), Fate: Added},
	}, Since(json.RawMessage(`{"a":"1"}`), json.RawMessage(`{"a":"2"}`), json.RawMessage(`{"a":"3","b":{"c":"4"}}`)))
}

func TestWithin(t *testing.T) {
	for _, pair := range [][2]string{{"rows.u", "rows.u.v"}, {"rows.u", "rows.u"}, {"", "rows"}, {"rows.u", "rows"}} {
		require.True(t, Within(pair[0], pair[1]), pair)
	}
	for _, pair := range [][2]string{{"rows.u", "rows.ux"}, {"rows.u", "rows.w"}} {
		require.False(t, Within(pair[0], pair[1]), pair)
	}
}
