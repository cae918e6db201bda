package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"writ/engine"
	"writ/engine/plan"
	"writ/steps"
)

const readme = "../../README.md"

var (
	fenced   = regexp.MustCompile("(?ms)^```(\\w*)\n(.*?)^```$")
	marked   = regexp.MustCompile(`(?ms)^<!-- (.*?) -->\n(.*?)^<!-- end -->$`)
	isPath   = regexp.MustCompile(`^(\.ci|cmd|engine|plans|schemas|steps)(/|$)`)
	isName   = regexp.MustCompile(`^[A-Za-z]+$`)
	codeSpan = regexp.MustCompile("`([^`\n]+)`")
)

func readREADME(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(readme)
	require.NoError(t, err)
	return string(text)
}

// TestREADME runs what README tells people to type, line after line, and holds every block in it: those of commands to
// their exits, those of text to what their command printed, plans to the language, tables to the code. What it does not
// know, fails. With -update it rewrites what stands between markers.
func TestREADME(t *testing.T) {
	text := readREADME(t)
	said := runREADME(t, commandsOf(text))
	made := marked.ReplaceAllStringFunc(text, func(block string) string {
		m := marked.FindStringSubmatch(block)
		content := m[2]
		switch name := m[1]; name {
		case "kinds":
			content = kindsTable()
		case "exits":
			content = exitsTable()
		case "torture": // figures of a run that takes too long for a test
			require.NotContains(t, content, "```")
		default:
			printed, ran := said[name]
			require.True(t, ran, "README shows what %q prints, and no block runs it", name)
			content = "```text\n" + printed + "```\n"
		}
		if !*update {
			require.Equal(t, content, m[2], "run: go test ./cmd/writ -run TestREADME -update")
		}
		return "<!-- " + m[1] + " -->\n" + content + "<!-- end -->"
	})
	if *update {
		require.NoError(t, os.WriteFile(readme, []byte(made), 0o644))
	}
}

// commandsOf lists the lines of the blocks of commands.
func commandsOf(text string) []string {
	var lines []string
	for _, block := range fenced.FindAllStringSubmatch(text, -1) {
		if block[1] == "sh" {
			lines = append(lines, strings.FieldsFunc(block[2], func(r rune) bool { return r == '\n' })...)
		}
	}
	return lines
}

func TestREADMEHasOnlyBlocksThatAreHeld(t *testing.T) {
	text := readREADME(t)
	blocks := fenced.FindAllStringSubmatch(text, -1)
	require.Equal(t, strings.Count(text, "```"), 2*len(blocks), "a fence that is not at the beginning of its line")
	require.Empty(t, regexp.MustCompile(`(?m)^~~~|\n\n(\t|    )`).FindString(fenced.ReplaceAllString(text, "")), "a block without a language")
	for _, block := range blocks {
		switch block[1] {
		case "sh", "yaml":
			// Typed by TestREADME, or carried out by the next test.
		case "text":
			made := slices.ContainsFunc(marked.FindAllString(text, -1), func(made string) bool { return strings.Contains(made, block[0]) })
			require.True(t, made, "no command is named before this block:\n%s", block[0])
		default:
			t.Errorf("nothing holds a block of %q", block[1])
		}
	}
	require.Equal(t, strings.Count(text, "<!--"), 2*len(marked.FindAllString(text, -1)), "a comment that is no marker")
	tables := regexp.MustCompile(`(?m)^\|.*\n\|[-|]+\|$`).FindAllString(text, -1)
	require.Len(t, tables, 3, "that of traps, and those that are made from the code")
}

func TestREADMEsPlansAreValidAndDoWhatTheySay(t *testing.T) {
	n := 0
	for _, block := range fenced.FindAllStringSubmatch(readREADME(t), -1) {
		if block[1] == "yaml" {
			n++
			dir := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(dir, "plan.yaml"), []byte(block[2]), 0o600))
			shell(t, dir, "writ validate plan.yaml && writ preview plan.yaml --sandbox | grep '^+ '", "")
			shell(t, dir, "writ apply plan.yaml --sandbox --yes", "")
		}
	}
	require.NotZero(t, n)
}

// TestREADMEBeginsWithOneScreen holds the part above the first heading to what a person sees without scrolling far.
func TestREADMEBeginsWithOneScreen(t *testing.T) {
	text := readREADME(t)
	first, _, _ := strings.Cut(text, "\n## ")
	require.LessOrEqual(t, strings.Count(first, "\n"), 62)
	for _, line := range strings.Split(text, "\n") {
		if !strings.HasPrefix(line, "|") {
			require.LessOrEqual(t, utf8.RuneCountInString(line), 80, line)
		}
	}
	require.NotRegexp(t, `/(tmp|root|home|work)/`, text)
}

// TestWhatREADMENamesExists looks for the files, headings, commands and flags that stand in the prose.
func TestWhatREADMENamesExists(t *testing.T) {
	text := readREADME(t)
	prose := fenced.ReplaceAllString(text, "")
	headings := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^## (.*)$`).FindAllStringSubmatch(text, -1) {
		headings["#"+strings.ReplaceAll(regexp.MustCompile("[^a-z -]").ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-")] = true
	}
	for _, m := range regexp.MustCompile(`\]\(([^)]*)\)`).FindAllStringSubmatch(prose, -1) {
		switch to := m[1]; {
		case strings.HasPrefix(to, "#"):
			require.Contains(t, headings, to)
		case !strings.Contains(to, "://"):
			require.FileExists(t, "../../"+to)
		}
	}
	flags, verbs := commandWords()
	for _, m := range codeSpan.FindAllStringSubmatch(prose, -1) {
		word := m[1]
		if isPath.MatchString(word) {
			_, err := os.Stat("../../" + word)
			require.NoError(t, err)
		}
		if verb, is := strings.CutPrefix(word, "writ "); is {
			require.Contains(t, verbs, strings.Fields(verb)[0])
		}
		if target, is := strings.CutPrefix(word, "make "); is {
			require.Contains(t, makeTargets(t), target)
		}
		for _, flag := range regexp.MustCompile(`--([a-z-]+)`).FindAllStringSubmatch(word, -1) {
			require.Contains(t, flags, flag[1])
		}
	}
}

func commandWords() (flags, verbs map[string]bool) {
	flags, verbs = map[string]bool{}, map[string]bool{}
	root := new(app).root()
	for _, cmd := range append([]*cobra.Command{root}, root.Commands()...) {
		verbs[cmd.Name()] = true
		cmd.Flags().VisitAll(func(f *pflag.Flag) { flags[f.Name] = true })
		cmd.PersistentFlags().VisitAll(func(f *pflag.Flag) { flags[f.Name] = true })
	}
	return flags, verbs
}

func makeTargets(t *testing.T) []string {
	text, err := os.ReadFile("../../Makefile")
	require.NoError(t, err)
	var targets []string
	for _, m := range regexp.MustCompile(`(?m)^([a-z]+):( |$)`).FindAllStringSubmatch(string(text), -1) {
		targets = append(targets, m[1])
	}
	return targets
}

// TestTheJourneyNamesWhatIsThere looks for each name of the journey in the files that its paragraph names.
func TestTheJourneyNamesWhatIsThere(t *testing.T) {
	_, journey, found := strings.Cut(readREADME(t), "## The code, along one `writ apply`\n")
	require.True(t, found)
	names := 0
	for _, item := range regexp.MustCompile(`(?m)^(\d+\. |\n)`).Split(journey, -1) {
		declared, files := map[string]bool{}, 0
		var spoken []string
		for _, m := range codeSpan.FindAllStringSubmatch(item, -1) {
			switch word := m[1]; {
			case isPath.MatchString(word) && strings.HasSuffix(word, ".go"):
				declare(t, declared, "../../"+word)
				files++
			case isName.MatchString(word):
				spoken = append(spoken, word)
			}
		}
		for _, name := range spoken {
			require.Contains(t, declared, name, "of %d files in: %s", files, item)
		}
		names += len(spoken)
	}
	require.Greater(t, names, 20)
}

func declare(t *testing.T, into map[string]bool, file string) {
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	require.NoError(t, err)
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			into[d.Name.Name] = true
		case *ast.GenDecl:
			for _, s := range d.Specs {
				if named, ok := s.(*ast.TypeSpec); ok {
					into[named.Name.Name] = true
				}
			}
		}
	}
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
