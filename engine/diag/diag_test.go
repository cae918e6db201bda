package diag

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNearestIsWhatWasMeant(t *testing.T) {
	known := []string{"mpc.agency", "mpc.bucket_authorization", "dli.agency", "id", "if", "name"}
	for word, want := range map[string]string{
		"mpc.agancy": "mpc.agency",
		"MPC.Agency": "mpc.agency",
		"nmae":       "name",
		"iff":        "if",
		"kubernetes": "",
		"":           "",
		"x":          "",
	} {
		require.Equal(t, want, Nearest(word, known), word)
	}
}

func TestDiagnosticIsOneLine(t *testing.T) {
	d := Diagnostic{File: "plan.yaml", Line: 14, Col: 9, Severity: Error, Message: "no such kind", Suggestion: "did you mean mpc.agency?"}
	require.Equal(t, "plan.yaml:14:9: no such kind; did you mean mpc.agency?", d.String())
	d.Severity = Warning
	require.Equal(t, "plan.yaml:14:9: warning: no such kind; did you mean mpc.agency?", d.String())
	require.Equal(t, "plan.yaml: gone", Diagnostic{File: "plan.yaml", Message: "gone"}.String())
	require.Equal(t, "gone", Diagnostic{Message: "gone"}.String())
}

func TestCaretStandsUnderItsColumn(t *testing.T) {
	for _, c := range []struct {
		text     string
		col, end int
		want     string
	}{
		{"uses: mpc.agancy", 7, 17, "uses: mpc.agancy\n      ^~~~~~~~~~\n"},
		{"\tuses:\tx", 8, 0, "\tuses:\tx\n\t     \t^\n"},
		{"名前: x", 5, 6, "名前: x\n      ^\n"},
		{"a: 名前", 4, 6, "a: 名前\n   ^~~~\n"},
		{"a\x1b[31m", 3, 0, "a?[31m\n  ^\n"},
		{"end", 4, 0, "end\n   ^\n"},
		{"end", 99, 200, "end\n   ^\n"},
	} {
		require.Equal(t, c.want, Excerpt(Diagnostic{Line: 1, Col: c.col, EndCol: c.end, Text: c.text}))
	}
	require.Empty(t, Excerpt(Diagnostic{}))
}

func TestSortIsByPlace(t *testing.T) {
	ds := []Diagnostic{{Line: 2, Col: 1}, {Line: 1, Col: 5}, {Line: 1, Col: 2, Message: "b"}, {Line: 1, Col: 2, Message: "a"}}
	Sort(ds)
	require.Equal(t, []Diagnostic{{Line: 1, Col: 2, Message: "b"}, {Line: 1, Col: 2, Message: "a"}, {Line: 1, Col: 5}, {Line: 2, Col: 1}}, ds)
}
