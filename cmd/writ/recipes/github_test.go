package recipes

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
)

// workflow is what github.yaml says, as far as a run of it depends on that.
type workflow struct {
	Env         map[string]string
	Permissions map[string]string
	Jobs        yaml.Node // in the order of the file
}

type githubJob struct {
	If          string
	Needs       string
	Environment string
	Concurrency map[string]string
	Permissions map[string]string
	Env         map[string]string
	Outputs     map[string]string
	Steps       []githubStep
}

type githubStep struct {
	ID, Name, If, Uses, Run string
	Env, With               map[string]string
}

func readWorkflow(t *testing.T) (workflow, []string, map[string]githubJob) {
	t.Helper()
	var w workflow
	require.NoError(t, yaml.Unmarshal(read(t, "github.yaml"), &w))
	var order []string
	jobs := map[string]githubJob{}
	require.NoError(t, w.Jobs.Decode(&jobs))
	for i := 0; i < len(w.Jobs.Content); i += 2 {
		order = append(order, w.Jobs.Content[i].Value)
	}
	return w, order, jobs
}

func read(t *testing.T, recipe string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(root, "plans", "ci", recipe))
	require.NoError(t, err)
	return raw
}

// github plays GitHub Actions.
func github(t *testing.T, s *service) func(event string) []job {
	w, order, all := readWorkflow(t)
	script(t, filepath.Join(s.tools, "gh"), `for filter; do :; done
case "$*" in *"actions/artifacts?name=writ-runs&"*) ;; *) exit 1;; esac
[ -n "$GH_TOKEN" ] && [ -d '`+s.store+`/writ-runs' ] || exit 0
echo '{"artifacts": [
  {"expired": false, "workflow_run": {"id": 7, "head_branch": "evil"}}, {"expired": true, "workflow_run": {"id": 8, "head_branch": "main"}},
  {"expired": false, "workflow_run": {"id": 42, "head_branch": "main"}}, {"expired": false, "workflow_run": {"id": 41, "head_branch": "main"}}]}' |
  jq -r "$filter"`)
	need(t, "jq")
	s.known["github.token"], s.known["github.repository"] = "token", "me/plans"
	return func(event string) (jobs []job) {
		s.known["github.event_name"] = map[string]string{"pull": "pull_request", "repair": "workflow_dispatch"}[event]
		if event == "push" || event == "schedule" {
			s.known["github.event_name"] = event
		}
		s.known["github.event.pull_request.head.repo.full_name"] = ""
		if event == "pull" {
			s.known["github.event.pull_request.head.repo.full_name"] = "me/plans"
		}
		for _, name := range order {
			if s.either(all[name].If) {
				jobs = append(jobs, all[name].job(s, name, w.Env))
			}
		}
		return jobs
	}
}

// either works out the conditions of jobs: a == 'b' || c == d.
func (s *service) either(condition string) bool {
	return slices.ContainsFunc(strings.Split(condition, " || "), func(term string) bool {
		a, b, ok := strings.Cut(term, " == ")
		require.True(s.t, ok, "if: %s", condition)
		if literal, isLiteral := strings.CutPrefix(b, "'"); isLiteral {
			return s.known[a] == strings.TrimSuffix(literal, "'")
		}
		return s.known[a] == s.known[b]
	})
}

func (g githubJob) job(s *service, name string, env map[string]string) job {
	j := job{name: name, env: map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "me/plans"}, after: func(s *service, _ string) {
		for output, value := range g.Outputs {
			s.said["needs."+name+".outputs."+output] = s.fill(value)
		}
	}}
	for k, v := range env {
		j.env[k] = v
	}
	for _, st := range g.Steps {
		action, _, _ := strings.Cut(st.Uses, "@")
		paths := strings.Fields(st.With["path"])
		switch action {
		case "":
			j.steps = append(j.steps, step{id: st.ID, when: st.If, shell: []string{"bash", "-e"}, script: st.Run, env: st.Env})
		case "actions/checkout":
			j.steps = append(j.steps, step{shell: []string{"sh"}, script: "test -f plan.yaml"})
		case "actions/upload-artifact":
			j.steps = append(j.steps, step{when: st.If, put: st.With["name"], paths: paths, flat: true, hidden: st.With["include-hidden-files"] == "true"})
		case "actions/download-artifact":
			if run := st.With["run-id"]; run != "" {
				require.NotEmpty(s.t, st.With["github-token"])
			}
			j.steps = append(j.steps, step{when: st.If, get: st.With["name"], into: st.With["path"]})
		default:
			s.t.Fatalf("github.yaml uses %s", st.Uses)
		}
	}
	return j
}

func script(t *testing.T, file, body string) {
	t.Helper()
	require.NoError(t, os.WriteFile(file, []byte("#!/bin/sh\n"+body+"\n"), 0o755))
}
