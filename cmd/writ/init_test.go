package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/engine"
)

// begunWith is what writ writes after these answers.
func begunWith(t *testing.T, answers string) (plan, said string, exit engine.Exit) {
	t.Helper()
	var out, complaints bytes.Buffer
	file := filepath.Join(t.TempDir(), "plan.yaml")
	a := &app{
		stdin: strings.NewReader(answers), stdout: &out, stderr: &complaints, environ: []string{"NO_COLOR=1"},
		terminal: true, stop: make(chan struct{}),
	}
	exit = a.main([]string{"init", file})
	raw, _ := os.ReadFile(file)
	return string(raw), out.String() + complaints.String(), exit
}

func TestInitAsksThreeQuestions(t *testing.T) {
	plan, said, exit := begunWith(t, "bootstrap\ncn-north-4\nmedia-\n")
	require.Equal(t, engine.ExitDone, exit, said)
	require.Contains(t, said, "which example [bootstrap]: ")
	require.Contains(t, plan, "target:\n  region: cn-north-4\n")
	require.Contains(t, plan, `default: "media-"`)

	plain, said, exit := begunWith(t, "\n\n\n")
	require.Equal(t, engine.ExitDone, exit, said)
	require.NotContains(t, plain, "target:\n")
	require.Contains(t, plain, `default: "aosblueprints-"`)

	for _, s := range starts {
		plan, said, exit := begunWith(t, s.name+"\n\nsome-\"thing\n")
		require.Equal(t, engine.ExitDone, exit, said)
		require.Contains(t, plan, `default: "some-\"thing"`)
	}
}

func TestInitRefusesAnswersThatMakeNoPlan(t *testing.T) {
	for answers, says := range map[string]string{
		"bootstrp\n":     "did you mean bootstrap?",
		"dli\nEu De\n\n": "target.region must be a region's name",
		"dli\n\n" + strings.Repeat("x", 65) + "\n": "at most 64",
	} {
		plan, said, exit := begunWith(t, answers)
		require.Equal(t, engine.ExitWrong, exit)
		require.Contains(t, said, says)
		require.Empty(t, plan)
	}
}
