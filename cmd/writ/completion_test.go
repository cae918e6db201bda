package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// harness completes a line as bash does, with the two functions of the package bash-completion that the script asks of
// it.
const harness = `
_get_comp_words_by_ref() { words=("${COMP_WORDS[@]}"); cword=$COMP_CWORD; cur=${words[cword]}; prev=${words[cword-1]}; }
_init_completion() { _get_comp_words_by_ref; }
__ltrimcolonparts() { :; }
__ltrim_colon_completions() { :; }
_filedir() { local ext=$1 f; for f in "$cur"*; do [[ $f =~ \.($ext)$ ]] && COMPREPLY+=("$f"); done; }
compopt() { :; }
source <(writ completion bash)
complete -p writ >/dev/null || exit 1
read -ra COMP_WORDS <<<"$1"
[[ $1 == *" " ]] && COMP_WORDS+=("")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMP_LINE=$1 COMP_POINT=${#1} COMP_TYPE=9
__start_writ
printf '%s\n' "${COMPREPLY[@]}"
`

func TestBashCompletes(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("NOT TESTED: bash is not installed")
	}
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "plan.yaml"), nil, 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "notes.txt"), nil, 0o600))
	_, err = exec.LookPath("writ")
	require.NoError(t, err, "testscript puts it there")
	for line, want := range map[string]string{
		"writ pre":                           "preview",
		"writ preview ":                      "plan.yaml",
		"writ explain mpc.b":                 "mpc.bucket_authorization",
		"writ explain mpc.agency.w":          "mpc.agency.with",
		"writ explain mpc.agency.with.":      "mpc.agency.with.operate_type",
		"writ explain plan.steps.on":         "plan.steps.on_failure",
		"writ show l":                        "last",
		"writ init --from b":                 "bootstrap",
		"writ completion f":                  "fish",
		"writ preview plan.yaml --cloud otc": "otc",
		"writ fmt --ch":                      "--check",
	} {
		cmd := exec.Command(bash, "--norc", "-c", harness, "bash", line)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, string(out))
		word, _, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
		require.Equal(t, want, word, "%s: %s", line, out)
	}
}

func TestEveryShellGetsAScript(t *testing.T) {
	require.Len(t, completers, len(shells))
	for _, shell := range shells {
		exit, out, _ := writ("completion", shell)
		require.Zero(t, exit)
		require.Contains(t, out, "writ")
	}
}
