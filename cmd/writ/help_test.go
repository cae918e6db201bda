package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestHelpFitsEightyColumns(t *testing.T) {
	commands := []string{""}
	for _, cmd := range new(app).root().Commands() {
		commands = append(commands, cmd.Name())
	}
	for _, command := range commands {
		_, out, _ := writ(append(strings.Fields(command), "--help")...)
		require.Contains(t, out, "Usage:")
		for _, line := range strings.Split(out, "\n") {
			require.LessOrEqual(t, len([]rune(line)), 80, line)
		}
	}
}
