package plan

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/engine/diag"
)

var update = flag.Bool("update", false, "rewrite testdata/faults/*.out")

// told is what a fixture's .out holds: every fault, its rule, its line, its related places.
func told(found []diag.Diagnostic) string {
	var b strings.Builder
	for _, d := range found {
		b.WriteString(d.String() + " [" + d.Rule + "]\n" + diag.Excerpt(d))
		for _, r := range d.Related {
			b.WriteString("  " + r.String() + "\n")
		}
	}
	return b.String()
}

// faultsOf loads a fixture. Faults of given inputs show when they are resolved.
func faultsOf(t *testing.T, path string) []diag.Diagnostic {
	src, err := os.ReadFile(path)
	require.NoError(t, err)
	p, found := Load(filepath.Base(path), src, toyKinds())
	require.Equal(t, p == nil, diag.HasErrors(found))
	if strings.HasSuffix(path, ruleInputValue+".yaml") {
		_, found = p.ResolveInputs(map[string]any{"agency": "modelarts", "cuont": int64(1)})
	}
	return found
}

func TestEveryFaultIsToldAsItsFixtureSays(t *testing.T) {
	paths, err := filepath.Glob("testdata/faults/*.yaml")
	require.NoError(t, err)
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".yaml"), func(t *testing.T) {
			got := told(faultsOf(t, path))
			out := strings.TrimSuffix(path, ".yaml") + ".out"
			if *update {
				require.NoError(t, os.WriteFile(out, []byte(got), 0o644))
			}
			want, err := os.ReadFile(out)
			require.NoError(t, err)
			require.Equal(t, string(want), got)
		})
	}
}

func TestEveryRuleHasAPairOfFixtures(t *testing.T) {
	for _, r := range Rules() {
		out, err := os.ReadFile("testdata/faults/" + r.ID + ".out")
		require.NoError(t, err)
		require.Contains(t, string(out), "["+r.ID+"]")
		require.Equal(t, severityOf(r.ID), r.Severity, r.ID)
	}
	paths, err := filepath.Glob("testdata/faults/*")
	require.NoError(t, err)
	require.Len(t, paths, 2*len(Rules()))
}

func TestGoodPlansLoad(t *testing.T) {
	paths, err := filepath.Glob("testdata/ok/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		src, err := os.ReadFile(path)
		require.NoError(t, err)
		p, found := Load(path, src, toyKinds())
		require.Empty(t, told(found), path)
		require.NotNil(t, p)
	}
}
