package browser

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/engine/journal"
)

// program builds writ.
func program(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "writ")
	out, err := exec.Command("go", "build", "-o", path, "writ/cmd/writ").CombinedOutput()
	require.NoError(t, err, "%s", out)
	return path
}

// report is a report that writ wrote, and the addresses and words that it has to hold.
type report struct {
	name, file string
	words      []string
}

// scene is a command that writes a report.
type scene struct {
	name, command, plan, seed string
	exit                      int
	words                     []string // that the page says
}

func scenes(t *testing.T) []scene {
	t.Helper()
	const bootstrap = "../../../plans/bootstrap.yaml"
	plan, seed := large(t, 200)
	return []scene{
		{"success", "apply", bootstrap, "", 0, []string{"done", "changed", "Every step is done, but no call can read what dli did"}},
		{"rollback", "apply", "testdata/project.yaml", "testdata/project.json", 4, []string{"Left over", "rows.all-users", "access key of user dave", "undone", "failed"}},
		{"doubt", "apply", "testdata/doubt.yaml", "testdata/doubt.json", 5, []string{"In doubt", "--assume dli=absent", "unknown", "no answer"}},
		{"preview", "preview", bootstrap, "", 0, []string{"preview", "cannot be undone", "nothing was changed"}},
		{"hostile", "apply", "testdata/hostile.yaml", "testdata/hostile.json", 4, []string{"<svg onload=owned()>", "<img src=x onerror=owned()>", `\u{202e}`}},
		{"large", "apply", plan, seed, 0, []string{"200 changed"}},
		{"wrong", "validate", "testdata/wrong.yaml", "", 3, []string{"the plan is wrong", "mpc.agancy"}},
	}
}

// play runs the command of a scene on a sandbox of its own.
func play(t *testing.T, writ string, s scene) report {
	t.Helper()
	dir := t.TempDir()
	r := report{s.name, filepath.Join(dir, "report.html"), s.words}
	args := []string{s.command, s.plan, "--sandbox", "--report", "html=" + r.file}
	if s.command != "validate" {
		args = append(args, "--runs", filepath.Join(dir, "runs"))
	}
	if s.command == "apply" {
		args = append(args, "--yes")
	}
	if s.seed != "" {
		args = append(args, "--sandbox-seed", s.seed)
	}
	cmd := exec.Command(writ, args...)
	out, _ := cmd.CombinedOutput()
	require.Equal(t, s.exit, cmd.ProcessState.ExitCode(), "%s", out)
	require.FileExists(t, r.file)
	if s.command == "apply" {
		r.words = append(r.words, told(t, writ, dir)...)
	}
	r.words = append(r.words, fmt.Sprintf("exit code %d", s.exit))
	return r
}

// told are the addresses and request ids of the journal.
func told(t *testing.T, writ, dir string) (words []string) {
	t.Helper()
	out, err := exec.Command(writ, "show", "last", "--format", "json", "--runs", filepath.Join(dir, "runs")).Output()
	require.NoError(t, err)
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var rec journal.Record
		require.NoError(t, json.Unmarshal(lines.Bytes(), &rec))
		if rec.Step != "" {
			words = append(words, rec.Step)
		}
		for _, c := range rec.Calls {
			words = append(words, c.RequestID)
		}
	}
	require.NotEmpty(t, words)
	return words
}

// large writes a plan with that many steps, in five waves, and the cloud that it is for.
func large(t *testing.T, steps int) (plan, seed string) {
	t.Helper()
	const agencies = 45
	var b, grants, buckets strings.Builder
	b.WriteString("version: 1\nname: large\nsteps:\n")
	for i := range agencies {
		fmt.Fprintf(&b, "  - id: agency_%03d\n    uses: modelarts.agency\n    with: {agency_name_suffix: team%03d}\n", i, i)
		fmt.Fprintf(&b, "  - id: user_%03d\n    uses: modelarts.authorization\n", i)
		fmt.Fprintf(&b, "    with: {user_id: \"%032x\", content: \"${{ steps.agency_%03d.outputs.agency_name }}\"}\n", 0xa00+i, i)
	}
	for i := range steps - 2*agencies - 2 {
		fmt.Fprintf(&b, "  - id: grant_%03d\n    uses: mpc.bucket_authorization\n    needs: [user_%03d]\n", i, i%agencies)
		fmt.Fprintf(&b, "    with: {bucket: bucket-%03d, operation: \"1\"}\n", i)
		fmt.Fprintf(&grants, "grant_%03d, ", i)
		fmt.Fprintf(&buckets, `{"bucket":"bucket-%03d","is_authorized":0,"kms":false},`, i)
	}
	fmt.Fprintf(&b, "  - id: mpc\n    uses: mpc.agency\n    needs: [%s]\n    with: {operate_type: CREATED}\n", strings.TrimSuffix(grants.String(), ", "))
	b.WriteString("  - id: roles\n    uses: dli.agency\n    needs: [mpc]\n    with: {roles: [obs_adm]}\n")
	dir := t.TempDir()
	plan, seed = filepath.Join(dir, "large.yaml"), filepath.Join(dir, "large.json")
	require.NoError(t, os.WriteFile(plan, []byte(b.String()), 0o600))
	cloud := fmt.Sprintf(`{"projects":{"5a9db0c5000000000000000000000001":{"region":"cn-north-7","mpc":{"buckets":[%s]}}}}`, strings.TrimSuffix(buckets.String(), ","))
	require.NoError(t, os.WriteFile(seed, []byte(cloud), 0o600))
	return plan, seed
}
