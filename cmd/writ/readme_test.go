package main

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/engine"
	"writ/engine/plan"
	"writ/steps"
)

const readme = "../../README.md"

// TestREADMEsTablesAreMadeFromTheCode compares, and with -update rewrites, what stands between the markers.
func TestREADMEsTablesAreMadeFromTheCode(t *testing.T) {
	text, err := os.ReadFile(readme)
	require.NoError(t, err)
	made := string(text)
	for _, block := range []struct{ name, content string }{
		{"kinds", kindsTable()}, {"exits", exitsTable()}, {"preview", previewBlock(t)},
	} {
		marked := regexp.MustCompile(`(?s)<!-- ` + block.name + ` -->\n.*?<!-- end -->`)
		require.Regexp(t, marked, made)
		made = marked.ReplaceAllLiteralString(made, "<!-- "+block.name+" -->\n"+block.content+"<!-- end -->")
	}
	if *update {
		require.NoError(t, os.WriteFile(readme, []byte(made), 0o644))
		return
	}
	require.Equal(t, made, string(text), "run: go test ./cmd/writ -update")
}

// TestEditorsGetWhatWritSchemaPrints holds the file that plans name in their first line.
func TestEditorsGetWhatWritSchemaPrints(t *testing.T) {
	const file = "../../schemas/plan.json"
	made := string(plan.Schema(steps.Kinds(nil)))
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(made), 0o644))
	}
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, made, string(text), "run: go test ./cmd/writ -update")
}

func kindsTable() string {
	var b strings.Builder
	b.WriteString("| Kind | Effect | What it is for |\n|---|---|---|\n")
	for _, k := range steps.Kinds(nil) {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", k.Name, k.Effect, k.Summary)
	}
	return b.String()
}

func exitsTable() string {
	var b strings.Builder
	b.WriteString("| Exit | Meaning |\n|---|---|\n")
	for _, e := range engine.Exits {
		fmt.Fprintf(&b, "| %d | %s |\n", e.Code, e.Meaning)
	}
	return b.String()
}

// previewBlock is what the command above it in the README prints.
func previewBlock(t *testing.T) string {
	var out, complaints bytes.Buffer
	a := &app{stdin: strings.NewReader(""), stdout: &out, stderr: &complaints, environ: []string{"NO_COLOR=1"}, stop: make(chan struct{})}
	exit := a.main([]string{"preview", "../../plans/bootstrap.yaml", "--sandbox", "--runs", t.TempDir()})
	require.Equal(t, engine.ExitDone, exit, complaints.String())
	return "```text\n" + out.String() + "```\n"
}

func TestEveryPathThatREADMENamesExists(t *testing.T) {
	text, err := os.ReadFile(readme)
	require.NoError(t, err)
	paths := regexp.MustCompile("(?:`|\\()((?:cmd|engine|steps|schemas|plans|LICENSE|CHANGELOG|\\.ci)[\\w./-]*)(?:`|\\))").FindAllStringSubmatch(string(text), -1)
	require.Greater(t, len(paths), 20)
	for _, m := range paths {
		_, err := os.Stat("../../" + m[1])
		require.NoError(t, err)
	}
}
