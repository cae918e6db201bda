package view

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/engine/diag"
)

// faulty is a report of so many faults, with a long word in each.
func faulty(n int) *Report {
	r := &Report{File: "plan.yaml", Exit: 3}
	for i := range n {
		r.Faults = append(r.Faults, diag.Diagnostic{File: "plan.yaml", Line: i + 1, Col: 1, Severity: diag.Error, Rule: "limit", Message: strings.Repeat("x", 200)})
	}
	return r
}

func TestMarkdownIsCutWholeAndSaysSo(t *testing.T) {
	for _, limit := range []int{1 << 10, 5000, 1 << 16} {
		var b bytes.Buffer
		require.NoError(t, MarkdownWithin(&b, faulty(1000), limit))
		require.LessOrEqual(t, b.Len(), limit)
		require.True(t, strings.HasSuffix(b.String(), cutNote))
		for _, line := range strings.Split(b.String(), "\n") {
			if strings.HasPrefix(line, "- ") {
				require.True(t, strings.HasSuffix(line, "(`limit`)"), line)
			}
		}
	}
	var b bytes.Buffer
	require.NoError(t, Markdown(&b, faulty(3)))
	require.NotContains(t, b.String(), "left out")
}

func TestGitHubGetsTenAnnotationsOfALevel(t *testing.T) {
	for n, more := range map[int]string{10: "", 11: "and 2 more", 500: "and 491 more"} {
		var b bytes.Buffer
		require.NoError(t, GitHub(&b, faulty(n)))
		require.Equal(t, 10, strings.Count(b.String(), "::error "), b.String())
		require.Contains(t, b.String(), more)
	}
}

func TestGitHubMasksEachLineOfASecret(t *testing.T) {
	require.Equal(t, "::add-mask::first%25line\n::add-mask::second line\n", GitHubMask("first%line\r\nshort\nsecond line"))
	require.Empty(t, GitHubMask("12345"))
}

func TestForeignTextIsCodeInMarkdown(t *testing.T) {
	for text, want := range map[string]string{
		"changed, undone (3ms)": "changed, undone (3ms)",
		"@octocat":              "`@octocat`",
		"a|b":                   "`a|b`",
		"a`b":                   "``a`b``",
		"`a":                    "`` `a ``",
		"<b>":                   "`<b>`",
		"www.example.com":       "`www.example.com`",
		":smile: #1":            "`:smile: #1`",
		"  ":                    "  ",
	} {
		require.Equal(t, want, plain(text), fmt.Sprintf("%q", text))
	}
	require.Equal(t, `a\|b`, tableCell("a|b"))
}

func TestCommandsOfAnErrorKeepTheirLines(t *testing.T) {
	for text, want := range map[string]struct {
		prose    []string
		commands []Command
	}{
		"it went wrong": {prose: []string{"it went wrong"}},
		"t is held; go on with\n    writ resume r\nor put it back with\n    writ rollback r": {
			[]string{"t is held"}, []Command{{"go on", "writ resume r"}, {"put it back", "writ rollback r"}},
		},
		"compare it with\n    writ drift r": {[]string{"compare it with"}, []Command{{"compare it", "writ drift r"}}},
	} {
		prose, commands := partsOf(text)
		require.Equal(t, want.prose, prose, text)
		require.Equal(t, want.commands, commands, text)
	}
}

func TestScannersGetNamesFromTheCheckout(t *testing.T) {
	r := &Report{Here: "/src/sub", Root: "/src"}
	for file, want := range map[string]string{
		"plan.yaml": "sub/plan.yaml", "../plan.yaml": "plan.yaml", "/src/plan.yaml": "plan.yaml", "/etc/plan.yaml": "/etc/plan.yaml",
		"../../plan.yaml": "../../plan.yaml", "-": "-", "": "",
	} {
		require.Equal(t, want, r.fromRoot(file), file)
	}
}
