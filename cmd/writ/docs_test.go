package main

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra/doc"
	"github.com/stretchr/testify/require"

	"writ/cmd/writ/view"
	"writ/steps"
)

var docs = flag.String("docs", "", "write man pages and the reference of kinds to this folder")

// TestDocs makes the pages that make docs puts into dist/: by a test, since writ itself is not to carry what makes
// them. They come from the same descriptions as help and explain.
func TestDocs(t *testing.T) {
	dir := *docs
	if dir == "" {
		dir = t.TempDir()
	}
	man := filepath.Join(dir, "man")
	require.NoError(t, os.MkdirAll(man, 0o755))
	root := new(app).root()
	root.DisableAutoGenTag = true
	root.InitDefaultHelpCmd()
	require.NoError(t, doc.GenManTree(root, &doc.GenManHeader{Title: "WRIT", Section: "1", Source: "writ", Manual: "writ"}, man))
	pages, err := filepath.Glob(filepath.Join(man, "*.1"))
	require.NoError(t, err)
	require.Greater(t, len(pages), len(root.Commands())-2)
	for _, page := range pages {
		requireCleanPage(t, page)
	}
	kinds := kindsReference()
	for _, k := range steps.Kinds(nil) {
		require.Contains(t, kinds, "## "+k.Name+"\n")
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "kinds.md"), []byte(kinds), 0o600))
}

// overstruck is how bold letters come out: twice, with a step back between them.
var overstruck = regexp.MustCompile("(?s).\x08")

// requireCleanPage renders a page with every warning on.
func requireCleanPage(t *testing.T, page string) {
	groff, err := exec.LookPath("groff")
	if err != nil {
		t.Log("NOT TESTED: groff is not installed, so that man pages are not rendered")
		return
	}
	var complaints bytes.Buffer
	cmd := exec.Command(groff, "-Kutf8", "-man", "-ww", "-Tutf8", "-rLL=80n", page)
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	require.NoError(t, err)
	require.Empty(t, complaints.String(), page)
	require.Contains(t, overstruck.ReplaceAllString(string(out), ""), "SYNOPSIS")
}

// kindsReference is what explain says of each kind, in one document.
func kindsReference() string {
	var b bytes.Buffer
	b.WriteString("# The kinds of steps\n\nMade from what `writ explain KIND` shows.\n")
	for _, k := range steps.Kinds(nil) {
		b.WriteString("\n## " + k.Name + "\n\n```text\n")
		view.NewScreen(&b, nil, true, 80, "").Kind(k)
		b.WriteString("```\n")
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}
