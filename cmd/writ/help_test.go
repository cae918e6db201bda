package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestHelpFitsEightyColumns(t *testing.T) {
	for _, command := range []string{
		"", "validate", "preview", "apply", "rollback", "resume", "runs", "show", "graph", "explain", "schema", "test", "sandbox", "version", "completion", "permissions",
	} {
		_, out, _ := writ(append(strings.Fields(command), "--help")...)
		require.Contains(t, out, "Usage:")
		for _, line := range strings.Split(out, "\n") {
			require.LessOrEqual(t, len([]rune(line)), 80, line)
		}
	}
}
