package recipes

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// yamlServer is what VS Code, Neovim, Emacs and others run for YAML.
const yamlServer = "yaml-language-server@2.0.0"

// TestEditorsCompleteAndExplainPlans asks the server that editors use what it makes of writ schema's output.
func TestEditorsCompleteAndExplainPlans(t *testing.T) {
	t.Parallel()
	e := openEditor(t, installServer(t))
	dir := t.TempDir()
	head := "# yaml-language-server: $schema=" + writeSchema(t, dir) + "\nversion: 1\nname: x\nsteps:\n  - id: a\n    uses: "

	for kind, fields := range kinds(t) {
		offered := e.complete(head + kind + "\n    with:\n      |")
		offered = slices.DeleteFunc(offered, func(label string) bool { return label == kind }) // all that it requires, at once
		require.ElementsMatch(t, fields, offered, "%s: what is offered below with is the kind's", kind)
	}
	require.ElementsMatch(t, []string{"CREATED", "CANCELED"}, e.complete(head+"mpc.agency\n    with:\n      operate_type: |"))
	require.ElementsMatch(t, slices.Collect(maps.Keys(kinds(t))), e.complete(head+"|"))
	require.Subset(t, e.complete(head+"mpc.agency\n    |"), []string{"with", "needs", "if", "for_each", "retry", "wait"})

	require.Contains(t, e.hover(head+"mpc.ag|ency\n"), "MPC's permission to read and write all OBS buckets")
	require.Contains(t, e.hover(head+"mpc.agency\n    with:\n      opera|te_type: CREATED\n"), "CANCELED (one L) takes it away")
	require.Contains(t, e.hover(head+"mpc.agency\n    ne|eds: []\n"), "Steps that come first")

	require.Empty(t, e.faultsOf(head+"mpc.agency\n    with:\n      operate_type: ${{ inputs.mode }}\n"))
	for typo, at := range map[string]place{
		"mpc.agancy\n": {5, 10},
		"mpc.agency\n    with:\n      operate_typ: CREATED\n":       {7, 6},
		"mpc.agency\n    with:\n      operate_type: CREATE\n":       {7, 20},
		"mpc.agency\n    wiht:\n      operate_type: CREATED\n":      {6, 4},
		"dbss.obs_buckets\n    with: {operate_type: CREATED}\n":     {6, 11},
		"dbss.obs_buckets\n    retry: {max: 3, backoff: 2 s}\n":     {6, 29},
		"modelarts.authorization\n    with: {user_id: all-users}\n": {6, 4},
	} {
		places := []place{}
		for _, f := range e.faultsOf(head + typo) {
			places = append(places, f.Range.Start)
		}
		require.Contains(t, places, at, typo)
	}
}

func installServer(t *testing.T) *exec.Cmd {
	npm := need(t, "npm")
	dir := t.TempDir()
	if out, err := exec.Command(npm, "install", "--prefix", dir, "--no-audit", "--no-fund", "--prefer-offline", yamlServer).CombinedOutput(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("npm install %s: %v\n%s", yamlServer, err, out)
		}
		t.Skipf("SKIPPED, NOTHING IS TESTED: npm install %s: %v", yamlServer, err)
	}
	return exec.Command(need(t, "node"), filepath.Join(dir, "node_modules", "yaml-language-server", "bin", "yaml-language-server"), "--stdio")
}

func writeSchema(t *testing.T, dir string) string {
	writ := unpack(t, dir)
	raw, err := exec.Command(writ, "schema").Output()
	require.NoError(t, err)
	file := filepath.Join(dir, "plan.schema.json")
	require.NoError(t, os.WriteFile(file, raw, 0o644))
	return file
}

// kinds are the arguments of every kind, as its own schema has them.
func kinds(t *testing.T) map[string][]string {
	files, err := filepath.Glob(filepath.Join(root, "schemas", "*.*.json"))
	require.NoError(t, err)
	out := map[string][]string{}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		var doc struct {
			Definitions struct {
				Input struct{ Properties map[string]any }
			}
		}
		require.NoError(t, json.Unmarshal(raw, &doc))
		out[strings.TrimSuffix(filepath.Base(file), ".json")] = slices.Collect(maps.Keys(doc.Definitions.Input.Properties))
	}
	require.NotEmpty(t, out)
	return out
}
