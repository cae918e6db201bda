package recipes

import (
	"archive/zip"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
)

type gitlabJob struct {
	Extends       string
	Stage         string
	Environment   string
	ResourceGroup string `yaml:"resource_group"`
	Rules         []struct{ If, When string }
	Needs         []string
	Script        []string
	Artifacts     struct {
		When    string
		Paths   []string
		Reports map[string]string
	}
	Cache struct {
		Key, When, Policy string
		Paths             []string
	}
}

type pipeline struct {
	variables map[string]string
	before    []string
	jobs      map[string]gitlabJob
	order     []string
}

func readPipeline(t *testing.T) pipeline {
	t.Helper()
	var doc struct {
		Stages    []string
		Variables map[string]string
		Default   struct {
			BeforeScript []string `yaml:"before_script"`
		}
		Rest map[string]yaml.Node `yaml:",inline"`
	}
	require.NoError(t, yaml.Unmarshal(read(t, "gitlab.yaml"), &doc))
	delete(doc.Rest, "workflow")
	p := pipeline{variables: doc.Variables, before: doc.Default.BeforeScript, jobs: map[string]gitlabJob{}}
	for name, node := range doc.Rest {
		var j gitlabJob
		require.NoError(t, node.Decode(&j))
		if j.Extends != "" {
			base := doc.Rest[j.Extends]
			require.NoError(t, base.Decode(&j)) // in these recipes neither overrides the other
			require.NoError(t, node.Decode(&j))
		}
		p.jobs[name] = j
	}
	for _, stage := range doc.Stages {
		for name, j := range p.jobs {
			if j.Stage == stage {
				p.order = append(p.order, name)
			}
		}
	}
	return p
}

// gitlab plays GitLab CI. The numbers of its jobs are their names.
func gitlab(t *testing.T, s *service) func(event string) []job {
	need(t, "unzip")
	p := readPipeline(t)
	api := httptest.NewServer(http.HandlerFunc(s.serveArtifacts))
	t.Cleanup(api.Close)
	return func(event string) (jobs []job) {
		known := map[string]string{
			"CI_PIPELINE_SOURCE": map[string]string{"pull": "merge_request_event", "push": "push", "schedule": "schedule", "repair": "web"}[event],
			"CI_API_V4_URL":      api.URL + "/api/v4", "CI_PROJECT_ID": "1", "CI_JOB_TOKEN": "job-token", "GITLAB_CI": "true",
		}
		if event == "repair" {
			known["WRIT_ACTION"], known["WRIT_JOB"] = s.known["inputs.action"], "apply"
		}
		for _, name := range p.order {
			for _, rule := range p.jobs[name].Rules {
				if holdsAll(known, rule.If) {
					jobs = append(jobs, p.job(name, known, s))
					break
				}
			}
		}
		return jobs
	}
}

// holdsAll works out the rules' conditions: $A == "b" && $C.
func holdsAll(known map[string]string, condition string) bool {
	for term := range strings.SplitSeq(condition, " && ") {
		name, want, compared := strings.Cut(strings.TrimPrefix(term, "$"), " == ")
		if is := known[name]; compared && is != strings.Trim(want, `"`) || is == "" {
			return false
		}
	}
	return true
}

func (p pipeline) job(name string, known map[string]string, s *service) job {
	g := p.jobs[name]
	j := job{name: name, env: map[string]string{}}
	for _, from := range []map[string]string{s.variables(), p.variables, known} {
		for k, v := range from {
			j.env[k] = v
		}
	}
	if g.Cache.Key != "" {
		j.steps = append(j.steps, step{get: "cache " + g.Cache.Key, optional: true})
	}
	for _, needed := range g.Needs {
		j.steps = append(j.steps, step{get: "job " + needed})
		for k := range s.said {
			if variable, ok := strings.CutPrefix(k, "dotenv."+needed+"."); ok {
				j.env[variable] = s.said[k]
			}
		}
	}
	j.steps = append(j.steps, step{shell: []string{"bash", "-eo", "pipefail"}, script: strings.Join(append(p.before, g.Script...), "\n")})
	always := map[string]string{"always": "always()"}
	if len(g.Artifacts.Paths) > 0 {
		j.steps = append(j.steps, step{when: always[g.Artifacts.When], put: "job " + name, paths: g.Artifacts.Paths, hidden: true})
	}
	if g.Cache.Key != "" && g.Cache.Policy != "pull" {
		j.steps = append(j.steps, step{when: always[g.Cache.When], put: "cache " + g.Cache.Key, paths: g.Cache.Paths, hidden: true})
	}
	j.after = func(s *service, dir string) {
		for kind, file := range g.Artifacts.Reports {
			require.FileExists(s.t, filepath.Join(dir, file))
			if kind == "dotenv" {
				for _, line := range lines(filepath.Join(dir, file)) {
					k, v, _ := strings.Cut(line, "=")
					s.said["dotenv."+name+"."+k] = v
				}
			}
		}
	}
	return j
}

// variables are those that a person set for the project.
func (s *service) variables() map[string]string {
	out := map[string]string{}
	for k, v := range s.known {
		for _, group := range []string{"vars.", "secrets."} {
			if name, ok := strings.CutPrefix(k, group); ok {
				out[name] = v
			}
		}
	}
	return out
}

// serveArtifacts answers GET /projects/1/jobs/NAME/artifacts as GitLab does: with a zip, by way of a redirect.
func (s *service) serveArtifacts(w http.ResponseWriter, r *http.Request) {
	parts := strings.Split(r.URL.Path, "/")
	if r.Header.Get("JOB-TOKEN") != "job-token" || len(parts) < 7 {
		http.Error(w, "401", http.StatusUnauthorized)
		return
	}
	if r.URL.RawQuery == "" {
		http.Redirect(w, r, r.URL.Path+"?object", http.StatusFound)
		return
	}
	files := zip.NewWriter(w)
	defer files.Close()
	_ = files.AddFS(os.DirFS(filepath.Join(s.store, "job "+parts[6])))
}
