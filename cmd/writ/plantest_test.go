package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"writ/cmd/writ/trial"
)

// TestEveryShippedPlanHasATest; the script plantest.txtar runs them.
func TestEveryShippedPlanHasATest(t *testing.T) {
	plans, err := filepath.Glob("../../plans/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, plans)
	for _, file := range plans {
		name := filepath.Join("../../plans/tests", strings.TrimSuffix(filepath.Base(file), ".yaml")+testExt)
		src, err := os.ReadFile(name)
		require.NoError(t, err, "%s has no test", file)
		suite, faults := trial.DecodeSuite(name, src)
		require.Empty(t, faults)
		assert.Equal(t, file, suite.PlanFile())
	}
}
