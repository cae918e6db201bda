package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"
	"github.com/stretchr/testify/require"

	"writ/steps/sandbox"
)

// hostile is a name as only somebody with bad intentions chooses it.
const hostile = "x\n::error::y \x1b[31m##[group]z %0A::add-mask::q | `a` ``` [l](http://e.example) <script>alert(1)</script> @octocat ]]> \u202e &amp; \x00 </details>"

const hostilePlan = `version: 1
name: hostile
steps:
  - id: buckets
    uses: dbss.obs_buckets
  - id: mpc
    uses: mpc.agency
    name: "| ::error::n @octocat <b> ` + "`c`" + `"
    with: {operate_type: CREATED}
  - id: roles
    uses: dli.agency
    needs: [mpc]
    with: {roles: [obs_adm]}
outputs:
  all: ${{ steps.buckets.outputs.obs_list }}
`

const doubtPlan = `version: 1
name: doubt
steps:
  - id: dli
    uses: dli.obs_authorization
    irreversible: accept
    with: {obs_buckets: ["1202"]}
`

// reportEnds are ways in which a command can end, each with what makes it end so.
var reportEnds = []struct {
	name, plan string
	args       []string
	fault      map[string]any
}{
	{name: "preview", plan: hostilePlan, args: []string{"preview"}},
	{name: "done", plan: onePlanText, args: []string{"apply", "--yes"}},
	{name: "rolled back", plan: hostilePlan, args: []string{"apply", "--yes"}, fault: map[string]any{
		"service": "dli", "operation": "CreateDliAgency", "do": "body", "status": 400, "body": `{"error_code": "DLI.0001", "error_msg": ` + quote(hostile) + `}`}},
	{name: "left over", plan: hostilePlan, args: []string{"apply", "--yes", "--on-failure", "stop"}, fault: map[string]any{
		"service": "dli", "operation": "CreateDliAgency", "do": "status", "status": 403, "error_code": "DLI.0003"}},
	{name: "doubt", plan: doubtPlan, args: []string{"apply", "--yes"}, fault: map[string]any{
		"service": "dli", "operation": "RegisterBucket", "when": "after", "do": "reset"}},
	{name: "faults", plan: "version: 1\nname: \"| [a](b) ::error::\"\nsteps:\n  - {id: mpc, uses: \"@octocat ```\"}\n  - {id: Mpc, uses: mpc.agancy}\n", args: []string{"apply", "--yes"}},
	{name: "refused", plan: onePlanText, args: []string{"apply"}},
}

func quote(text string) string {
	raw, _ := json.Marshal(text)
	return string(raw)
}

// TestReportsAreWhatTheirFormatsAsk makes every report of every end, and holds each to the rules of its format.
func TestReportsAreWhatTheirFormatsAsk(t *testing.T) {
	for _, end := range reportEnds {
		t.Run(end.name, func(t *testing.T) {
			dir := reportsOf(t, end.plan, end.args, end.fault)
			read := func(name string) string {
				raw, err := os.ReadFile(filepath.Join(dir, name))
				require.NoError(t, err)
				require.NotContains(t, string(raw), "\x1b")
				require.NotContains(t, string(raw), "\u202e")
				return string(raw)
			}
			checkSARIF(t, read("sarif"))
			checkJUnit(t, filepath.Join(dir, "junit"))
			checkMarkdown(t, read("markdown"))
			checkGitHub(t, read("github"))
			require.Empty(t, faultOfOutput([]byte(read("json"))))
			require.NotContains(t, read("html"), "<script")
			require.NotEmpty(t, read("text"))
		})
	}
}

// reportsOf carries out a command on a sandbox of its own, and answers the folder with its reports.
func reportsOf(t *testing.T, plan string, args []string, fault map[string]any) string {
	dir := t.TempDir()
	t.Chdir(dir)
	seed := `{"projects": {"0123456789abcdef0123456789abcdef": {"region": "cn-north-7", "dbss": {"obs_buckets": [{"bucket_name": ` + quote(hostile) + `, "location": "cn-north-7"}]}}}}`
	server, err := sandbox.New(sandbox.Options{Region: "cn-north-7", Seed: []byte(seed)})
	require.NoError(t, err)
	require.NoError(t, server.Start())
	t.Cleanup(func() { _ = server.Close() })
	if fault != nil {
		raw, err := json.Marshal(fault)
		require.NoError(t, err)
		answer, err := http.Post(server.ControlURL()+"/-/faults", "application/json", bytes.NewReader(raw))
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, answer.StatusCode)
		require.NoError(t, answer.Body.Close())
	}
	require.NoError(t, os.WriteFile("plan.yaml", []byte(plan), 0o600))
	args = append(args, "plan.yaml", "--sandbox="+server.ControlURL())
	for _, format := range showFormats {
		args = append(args, "--report", format+"="+format)
	}
	_, out, complaints := writ(args...)
	for _, format := range showFormats {
		require.FileExists(t, format, "%s\n%s", out, complaints)
	}
	return dir
}

// The published schema of SARIF 2.1.0, as OASIS has it.
func checkSARIF(t *testing.T, text string) {
	schema, err := jsonschema.Compile(publishedAt("sarif-schema-2.1.0.json"))
	require.NoError(t, err)
	var value any
	require.NoError(t, json.Unmarshal([]byte(text), &value))
	require.NoError(t, schema.Validate(value), text)
	require.NotContains(t, text, "](")
}

// The schema that Jenkins' xUnit plugin takes JUnit's reports by.
func checkJUnit(t *testing.T, file string) {
	xmllint, err := exec.LookPath("xmllint")
	if err != nil && os.Getenv("CI") != "true" {
		t.Log("xmllint is not installed: JUnit's reports are NOT held to their schema; see the Debian package libxml2-utils")
		return
	}
	require.NoError(t, err)
	out, err := exec.Command(xmllint, "--nonet", "--noout", "--schema", publishedAt("junit.xsd"), file).CombinedOutput()
	require.NoError(t, err, string(out))
}

// publishedAt is a schema that somebody else published. A test may stand in another folder.
func publishedAt(name string) string {
	_, here, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(here), "testdata", "published", name)
}

var (
	ourHTML = regexp.MustCompile(`</?(details|summary|sub)>|<code>[^<]*</code>`)
	fences  = regexp.MustCompile("(?s)```mermaid\n.*?\n```\n|(?m)^    writ .*$")
	ticks   = regexp.MustCompile("`+")
)

// outsideCode is what of a line of markdown stands outside spans of code: those between equally many backticks.
func outsideCode(line string) string {
	bare := ""
	for {
		open := ticks.FindStringIndex(line)
		if open == nil {
			return bare + line
		}
		fence, rest := line[open[0]:open[1]], line[open[1]:]
		bare += line[:open[0]]
		line = fence + rest // without an end, they are what they are
		end := slices.IndexFunc(ticks.FindAllStringIndex(rest, -1), func(at []int) bool { return at[1]-at[0] == len(fence) })
		if end < 0 {
			return bare + line
		}
		line = rest[ticks.FindAllStringIndex(rest, -1)[end][1]:]
	}
}

// checkMarkdown finds foreign text outside code: there it could be a link, a mention, HTML, or end a table's cell.
func checkMarkdown(t *testing.T, text string) {
	for _, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(line, "| ") && !strings.HasPrefix(line, "| |") {
			require.Equal(t, 5, strings.Count(strings.ReplaceAll(line, `\|`, ""), "|"), line)
		}
	}
	for _, line := range strings.Split(fences.ReplaceAllString(text, ""), "\n") {
		bare := ourHTML.ReplaceAllString(outsideCode(line), "")
		for _, sign := range []string{"<", "@octocat", "](", "`", "http:"} {
			require.NotContains(t, bare, sign, line)
		}
	}
	require.Equal(t, strings.Count(text, "<details><summary>"), strings.Count(text, "\n</details>\n"), text)
}

var workflowCommand = regexp.MustCompile(`^::(group::.*|endgroup::|(error|warning|notice) [^:]*::.*)$`)

// leadsOn is a command that an annotation proposes, on a line of its own.
var leadsOn = regexp.MustCompile(`%0A[^%:]+: writ `)

// checkGitHub finds lines that a runner takes for commands and that are not ours.
func checkGitHub(t *testing.T, text string) {
	for _, line := range strings.Split(text, "\n") {
		require.NotContains(t, line, "##[")
		require.NotContains(t, line, "\r")
		if strings.HasPrefix(strings.TrimSpace(line), "::") {
			require.Regexp(t, workflowCommand, line)
			require.NotContains(t, leadsOn.ReplaceAllString(strings.ReplaceAll(line, "%250A", ""), ""), "%0A")
		} else if line != "" {
			require.True(t, strings.HasPrefix(line, "│ "), line)
		}
	}
	for _, level := range []string{"::error", "::warning", "::notice"} {
		require.LessOrEqual(t, strings.Count(text, "\n"+level+" "), 10)
	}
}
