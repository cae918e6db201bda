package recipes

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The parts of the Jenkinsfile that do something, in the order in which they stand. It is no Groovy that is read here:
// what looks otherwise than these is not seen, so the test counts what it finds.
var (
	stageMark  = regexp.MustCompile(`(?m)^    stage\('(\w+)'\) \{$`)
	credential = regexp.MustCompile(`string\(credentialsId: '[\w-]+', variable: '(\w+)'\)`)
	variable   = regexp.MustCompile(`(?m)^    (\w+) = '(.*)'$`)
	action     = regexp.MustCompile(`(?s)sh '''(.*?)'''` + // 1
		`|sh '([^'\n]*)'` + // 2
		`|env\.(\w+) = sh\(returnStdout: true, script: '(.*?)'\)\.trim\(\)` + // 3, 4
		`|un(stash) '(\w+)'` + // 5, 6
		`|stash name: '(\w+)', includes: '(.*?)'` + // 7, 8
		`|copyArtifacts .*?filter: '(.*?)'(, optional: true)?` + // 9, 10
		`|archiveArtifacts artifacts: '(.*?)'`) // 11
)

// jenkins plays Jenkins. Archived artifacts are those of the last build that has some.
func jenkins(t *testing.T, s *service) func(event string) []job {
	text := string(read(t, "Jenkinsfile"))
	env := map[string]string{"RUN": "last", "ASSUME": ""}
	for _, m := range variable.FindAllStringSubmatch(text, -1) {
		env[m[1]] = m[2]
	}
	require.Contains(t, env, "PLAN")
	stages := map[string]string{}
	marks := stageMark.FindAllStringSubmatchIndex(text, -1)
	for i, m := range marks {
		end := len(text)
		if i+1 < len(marks) {
			end = marks[i+1][0]
		}
		stages[text[m[2]:m[3]]] = text[m[0]:end]
	}
	raw, err := filepath.Glob(filepath.Join(s.tools, "*"))
	require.NoError(t, err)
	require.NotEmpty(t, raw, "agents have writ")
	s.said["env.DIGEST"] = ""
	return func(event string) (jobs []job) {
		for _, name := range map[string][]string{"pull": {"try", "preview"}, "push": {"preview", "apply"}, "schedule": {"drift"}, "repair": {"repair"}}[event] {
			jobs = append(jobs, stage(s, name, stages[name], env))
		}
		return jobs
	}
}

func stage(s *service, name, text string, env map[string]string) job {
	j := job{name: name, env: map[string]string{"ACTION": s.known["inputs.action"], "DIGEST": "${{ env.DIGEST }}"}}
	for k, v := range env {
		j.env[k] = v
	}
	for _, m := range credential.FindAllStringSubmatch(text, -1) {
		j.env[m[1]] = s.known["secrets."+m[1]]
	}
	shell := []string{"sh", "-xe"}
	for _, m := range action.FindAllStringSubmatch(text, -1) {
		switch {
		case m[1] != "" || m[2] != "":
			j.steps = append(j.steps, step{shell: shell, script: m[1] + m[2]})
		case m[3] != "":
			j.steps = append(j.steps, step{id: m[3], shell: shell, script: `out=$(` + m[4] + `); echo "said=$out" >>"$GITHUB_OUTPUT"`})
			j.after = func(s *service, _ string) { s.said["env."+m[3]] = s.said["steps."+m[3]+".outputs.said"] }
		case m[5] != "":
			j.steps = append(j.steps, step{get: m[6]})
		case m[7] != "":
			j.steps = append(j.steps, step{put: m[7], paths: strings.Split(m[8], ", "), hidden: true})
		case m[9] != "":
			j.steps = append(j.steps, step{get: "archive", optional: m[10] != ""})
		case m[11] != "":
			j.steps = append(j.steps, step{when: "always()", put: "archive", paths: strings.Split(m[11], ", "), hidden: true})
		}
	}
	require.NotEmpty(s.t, j.steps, "stage %s", name)
	return j
}
