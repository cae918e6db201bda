package recipes

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// recipes are the files of plans/ci, and who plays the service that they are for.
var recipes = map[string]func(*testing.T, *service) func(event string) []job{
	"github": github, "gitlab": gitlab, "jenkins": jenkins,
}

// each runs a test for every recipe, on a cloud and a store of its own.
func each(t *testing.T, test func(t *testing.T, s *service, jobs func(event string) []job)) {
	need(t, "curl")
	folder, sum := archive(t)
	for name, play := range recipes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tools := t.TempDir()
			bin := unpack(t, tools)
			s := &service{t: t, cloud: startCloud(t, bin), tools: tools, store: t.TempDir(), said: map[string]string{}}
			s.known = map[string]string{"vars.WRIT_RELEASE": "file://" + folder, "vars.WRIT_SHA256": sum, "inputs.action": "resume", "inputs.run": "last", "inputs.assume": "", "env.DIGEST": ""}
			for key, value := range s.cloud.keys {
				s.known["secrets."+key] = value
			}
			plan, err := os.ReadFile(filepath.Join(root, "plans", "bootstrap.yaml"))
			require.NoError(t, err)
			s.checkout = map[string]string{"plan.yaml": string(plan)}
			jobs := play(t, s)
			if name != "jenkins" { // its agents have writ; the others install it
				require.NoError(t, os.Rename(bin, filepath.Join(t.TempDir(), "writ")))
			}
			test(t, s, jobs)
		})
	}
}

func TestAPullRequestIsTriedAndPreviewed(t *testing.T) {
	each(t, func(t *testing.T, s *service, jobs func(string) []job) {
		all := jobs("pull")
		require.Equal(t, []string{"try", "preview"}, []string{all[0].name, all[1].name})
		keys := s.known
		s.known = map[string]string{"vars.WRIT_RELEASE": keys["vars.WRIT_RELEASE"], "vars.WRIT_SHA256": keys["vars.WRIT_SHA256"]}
		delete(all[0].env, "HUAWEICLOUD_SDK_AK")
		delete(all[0].env, "HUAWEICLOUD_SDK_SK")
		require.Zero(t, s.do(all[0]), &s.output)
		require.Empty(t, s.cloud.requests(), "the sandbox of a job is its own")
		require.Contains(t, s.output.String(), "done: run")
		s.known = keys
		require.Zero(t, s.do(all[1]), &s.output)
		require.Zero(t, s.cloud.changes())
		if all[1].env["GITHUB_ACTIONS"] != "" {
			require.Contains(t, s.said["summary"], "mpc.agency")
		}
	})
}

func TestAPushAppliesWhatWasPreviewedOnceAndDriftIsSeen(t *testing.T) {
	each(t, func(t *testing.T, s *service, jobs func(string) []job) {
		require.Len(t, jobs("push"), 2)
		plan := s.checkout
		for range 2 {
			s.checkout = plan
			require.Zero(t, s.do(jobs("push")[0]), &s.output)
			s.checkout = nil // the saved preview is all that apply gets
			require.Zero(t, s.do(jobs("push")[1]), &s.output)
		}
		require.Contains(t, s.output.String(), "nothing to do")
		require.Equal(t, 3, s.cloud.changes(), "no call reads DLI's grant; the first run's journal, in the artifact, is the evidence")

		require.Zero(t, s.do(jobs("schedule")[0]), &s.output)
		s.cloud.set(strings.Replace(s.cloud.state(), `"agency": "CREATED"`, `"agency": "CANCELED"`, 1))
		require.Equal(t, 2, s.do(jobs("schedule")[0]), &s.output)
		require.Contains(t, s.output.String(), "operate_type")
	})
}

func TestOnlyWhatWasAgreedIsApplied(t *testing.T) {
	each(t, func(t *testing.T, s *service, jobs func(string) []job) {
		require.Zero(t, s.do(jobs("push")[0]), &s.output)
		found, err := filepath.Glob(filepath.Join(s.store, "*", "agreed.json"))
		require.NoError(t, err)
		require.Len(t, found, 1)
		agreed, err := os.ReadFile(found[0])
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(found[0], append(agreed, ' '), 0o644))
		require.Equal(t, 7, s.do(jobs("push")[1]), &s.output)
		require.Contains(t, s.output.String(), "--expect")

		require.NoError(t, os.WriteFile(found[0], agreed, 0o644))
		s.cloud.set(strings.Replace(s.cloud.state(), `"agency": "CANCELED"`, `"agency": "CREATED"`, 1))
		require.Equal(t, 7, s.do(jobs("push")[1]), &s.output)
		require.Contains(t, s.output.String(), "CANCELED → CREATED")
		require.Zero(t, s.cloud.changes())
	})
}

// two is a plan of which everything can be put back.
const two = `version: 1
name: two
steps:
  - id: mpc
    uses: mpc.agency
    with: {operate_type: CREATED}
  - id: modelarts
    uses: modelarts.authorization
    needs: [mpc]
    with: {user_id: all-users, content: modelarts_agency}
`

func TestACancelledApplyIsResumedFromItsArtifact(t *testing.T) {
	each(t, func(t *testing.T, s *service, jobs func(string) []job) {
		s.checkout = map[string]string{"plan.yaml": two}
		require.Zero(t, s.do(jobs("push")[0]), &s.output)
		s.cloud.fault(`{"service":"mpc","operation":"CreateAgenciesTask","when":"after","do":"delay","seconds":1}`)
		require.Equal(t, 9, s.doInterrupted(jobs("push")[1], syscall.SIGINT), &s.output)
		s.cloud.heal()
		require.Equal(t, 1, s.cloud.changes())
		require.Zero(t, s.do(jobs("repair")[0]), &s.output)
		require.Contains(t, s.output.String(), "done: run")
		require.Equal(t, 1, s.cloud.changes())
	})
}

func TestAKilledApplyKeepsOthersOutAndIsRolledBackFromItsArtifact(t *testing.T) {
	each(t, func(t *testing.T, s *service, jobs func(string) []job) {
		s.checkout = map[string]string{"plan.yaml": two}
		before := s.cloud.state()
		require.Zero(t, s.do(jobs("push")[0]), &s.output)
		s.cloud.fault(`{"service":"mpc","operation":"CreateAgenciesTask","when":"after","do":"stall"}`)
		require.Equal(t, 137, s.doInterrupted(jobs("push")[1], syscall.SIGKILL), &s.output)
		s.cloud.heal()
		require.NotEqual(t, before, s.cloud.state())
		require.Equal(t, 6, s.do(jobs("push")[1]), &s.output)
		s.known["inputs.action"] = "rollback"
		require.Zero(t, s.do(jobs("repair")[0]), &s.output)
		require.Contains(t, s.output.String(), "rolled back")
		require.JSONEq(t, before, s.cloud.state())
	})
}

// doInterrupted signals the first process of the step that applies, and only that, while the cloud withholds an answer.
func (s *service) doInterrupted(j job, signal syscall.Signal) int {
	s.started = func(cmd *exec.Cmd, st *step) {
		if strings.Contains(st.script, "writ apply") {
			s.cloud.waitHeld("CreateAgenciesTask")
			_ = cmd.Process.Signal(signal)
		}
	}
	defer func() { s.started = nil }()
	return s.do(j)
}

// What the recipes promise and no run of them shows.

func TestRecipesAreCareful(t *testing.T) {
	for name := range map[string]bool{"github.yaml": true, "gitlab.yaml": true, "Jenkinsfile": true} {
		text := string(read(t, name))
		for _, line := range regexp.MustCompile(`(?m)^.*\bwrit (apply|resume|rollback|drift|"\$).*$`).FindAllString(text, -1) {
			if !strings.HasPrefix(strings.TrimLeft(line, " "), "#") && !strings.HasPrefix(strings.TrimLeft(line, " "), "//") {
				require.Contains(t, line, "exec writ", name)
			}
		}
		require.NotRegexp(t, `run:[^\n]*\$\{\{`, text, "%s: an expression in a script is a hole", name)
		require.NotContains(t, text, "HUAWEICLOUD_SDK_SK=", name)
	}
	w, _, jobs := readWorkflow(t)
	require.Equal(t, map[string]string{"contents": "read"}, w.Permissions)
	for name, j := range jobs {
		for _, st := range j.Steps {
			if st.Uses != "" {
				require.Regexp(t, `@[0-9a-f]{40}$`, st.Uses)
			}
			if strings.Contains(st.Run, "writ apply agreed") || strings.Contains(st.Run, `writ "$ACTION"`) {
				require.Equal(t, "production", j.Environment, name)
				require.Equal(t, "writ-production", j.Concurrency["group"], name)
			}
		}
	}
	for _, name := range []string{"apply", "repair"} {
		require.Equal(t, "writ-production", readPipeline(t).jobs[name].ResourceGroup)
	}
}
