package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
)

// These examples do not end by themselves, or need an account, a run in doubt, or another's file.
var notRun = regexp.MustCompile(`--auth |writ sandbox|127\.0\.0\.1|--assume|--region|agreed\.json|01jd3m8q|rehearse|writ resume|sha256|drift`)

// TestExamplesOfHelpRun runs the examples of each command, in a folder that has the plans and a run to speak of.
func TestExamplesOfHelpRun(t *testing.T) {
	ran := 0
	for _, cmd := range new(app).root().Commands() {
		if cmd.IsAvailableCommand() && cmd.Name() != "help" {
			ran += runExamples(t, cmd)
		}
	}
	require.Greater(t, ran, 25)
}

func runExamples(t *testing.T, cmd *cobra.Command) int {
	require.NotEmpty(t, cmd.Example, "%s has no example", cmd.Name())
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(filepath.Join(dir, "plans"), os.DirFS("../../plans")))
	require.NoError(t, os.CopyFS(filepath.Join(dir, "schemas"), os.DirFS("../../schemas")))
	plan, err := os.ReadFile("../../plans/bootstrap.yaml")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "plan.yaml"), plan, 0o600))
	if cmd.Name() == "init" {
		require.NoError(t, os.Remove(filepath.Join(dir, "plan.yaml")))
	}
	shell(t, dir, "writ apply plans/dli-custom-agency.yaml --sandbox --yes", "")
	ran := 0
	for _, line := range strings.Split(cmd.Example, "\n") {
		if line = strings.TrimSpace(line); line != "" && !notRun.MatchString(line) {
			shell(t, dir, line, "y\n")
			ran++
		}
	}
	return ran
}

// shell runs a line as a person would, whose answers are these. Without a terminal the answer is --yes.
func shell(t *testing.T, dir, line, answers string) {
	if strings.HasPrefix(line, "writ apply") && !strings.Contains(line, "--yes") {
		line += " --yes"
	}
	cmd := exec.Command("sh", "-ec", line)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "NO_COLOR=1")
	if !strings.Contains(line, "<") {
		cmd.Stdin = strings.NewReader(answers)
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	require.NoError(t, cmd.Run(), "%s\n%s", line, out.String())
}
