package recipes

import (
	"bytes"
	"cmp"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// step is one thing that a job does, in the order of its recipe.
type step struct {
	id, when string            // its name, and its condition
	shell    []string          // how to run the script
	script   string            // what it runs; "" when it moves files
	env      map[string]string // of the step alone
	put, get string            // the artifact, stash or cache that it fills, or takes files from
	paths    []string          // what it puts there; all that it gets
	into     string            // where it puts what it gets
	flat     bool              // a lone folder becomes the root of what is put there
	hidden   bool              // names that begin with a dot are put there too
	optional bool              // nothing may be there
}

// job is one machine's work. Its outputs are handed on once its steps are through.
type job struct {
	name  string
	env   map[string]string
	steps []step
	after func(s *service, dir string)
}

// service is a CI service as far as the recipes need one: a machine for every job, empty but for the checkout, and a
// store that outlives them. What a recipe does not list, no other job sees.
type service struct {
	t        *testing.T
	cloud    *emulated
	checkout map[string]string            // the files of the repository
	tools    string                       // a folder of programs that the service's machines have
	store    string                       // a folder for each artifact
	said     map[string]string            // what jobs hand on: needs.preview.outputs.digest
	known    map[string]string            // what the service knows: vars.X, secrets.X, inputs.x
	started  func(job *exec.Cmd, s *step) // when a step's process runs
	output   bytes.Buffer                 // of the last job
}

// do runs a job and answers how the first of its steps that failed did.
func (s *service) do(j job) (exit int) {
	dir := s.t.TempDir()
	for name, content := range s.checkout {
		require.NoError(s.t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644))
	}
	s.output.Reset()
	maps.DeleteFunc(s.said, func(name, _ string) bool { return strings.HasPrefix(name, "steps.") })
	env := map[string]string{}
	maps.Copy(env, j.env)
	for _, st := range j.steps {
		if exit != 0 && st.when != "always()" || !s.holds(st.when) {
			continue
		}
		switch {
		case st.put != "":
			s.upload(dir, st)
		case st.get != "":
			s.download(dir, st)
		default:
			exit = cmp.Or(exit, s.run(dir, env, st))
		}
	}
	if j.after != nil && exit == 0 {
		j.after(s, dir)
	}
	return exit
}

// holds works out the conditions that the recipes have: always(), and that a step said something.
func (s *service) holds(when string) bool {
	m := unequal.FindStringSubmatch(when)
	require.True(s.t, m != nil || when == "" || when == "always()", "if: %s", when)
	return m == nil || s.said[m[1]] != ""
}

var unequal = regexp.MustCompile(`^(\S+) != ''$`)

// run carries out a script as its service would: a process whose environment is the job's, and nothing of ours.
func (s *service) run(dir string, env map[string]string, st step) int {
	home := filepath.Join(dir, "..", filepath.Base(dir)+"-home")
	require.NoError(s.t, os.MkdirAll(home, 0o700))
	script := filepath.Join(home, "script.sh")
	require.NoError(s.t, os.WriteFile(script, []byte(st.script), 0o600))
	cmd := exec.Command(st.shell[0], append(st.shell[1:], script)...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &s.output, &s.output
	cmd.Env = append([]string{"CI=true", "HOME=" + home, "NO_COLOR=1"}, s.cloud.environ...)
	path := s.tools + ":" + os.Getenv("PATH")
	for _, from := range []map[string]string{env, st.env} {
		for name, value := range from {
			if value = s.fill(value); name == "PATH" {
				path = value + ":" + path
			} else {
				cmd.Env = append(cmd.Env, name+"="+value)
			}
		}
	}
	files := map[string]string{}
	for _, name := range []string{"GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STEP_SUMMARY"} {
		files[name] = filepath.Join(home, name)
		cmd.Env = append(cmd.Env, name+"="+files[name])
	}
	cmd.Env = append(cmd.Env, "PATH="+path, "RUNNER_TEMP="+home)
	s.output.WriteString("$ " + strings.TrimSpace(st.script) + "\n")
	require.NoError(s.t, cmd.Start())
	if s.started != nil {
		s.started(cmd, &st)
	}
	_ = cmd.Wait()
	s.listen(files, env, st.id)
	if status := cmd.ProcessState.Sys().(syscall.WaitStatus); status.Signaled() {
		return 128 + int(status.Signal())
	}
	return cmd.ProcessState.ExitCode()
}

// listen takes what a step said to later ones.
func (s *service) listen(files, env map[string]string, id string) {
	for _, line := range lines(files["GITHUB_OUTPUT"]) {
		name, value, _ := strings.Cut(line, "=")
		s.said["steps."+id+".outputs."+name] = value
	}
	if added := lines(files["GITHUB_PATH"]); len(added) > 0 {
		env["PATH"] = strings.Join(added, ":")
	}
	for _, line := range lines(files["GITHUB_STEP_SUMMARY"]) {
		s.said["summary"] += line + "\n"
	}
	for _, f := range files {
		_ = os.Remove(f)
	}
}

func lines(file string) []string {
	raw, err := os.ReadFile(file)
	if err != nil || len(raw) == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(raw), "\n"), "\n")
}

var expression = regexp.MustCompile(`\$\{\{ (.*?) \}\}`)

// fill replaces ${{ name }}; a name that the service would not know fails the test.
func (s *service) fill(text string) string {
	return expression.ReplaceAllStringFunc(text, func(e string) string {
		name := expression.FindStringSubmatch(e)[1]
		if value, ok := s.said[name]; ok {
			return value
		}
		value, ok := s.known[name]
		require.True(s.t, ok, "the recipe uses %s, which nothing sets", e)
		return value
	})
}

// upload keeps what a recipe lists as artifacts are kept: in place of what had the name, files alone, and open to all.
func (s *service) upload(dir string, st step) {
	fresh := s.t.TempDir()
	n := 0
	for _, pattern := range st.paths {
		name := strings.TrimSuffix(strings.TrimSuffix(pattern, "**"), "/")
		to := filepath.Join(fresh, name)
		if st.flat && len(st.paths) == 1 && strings.HasSuffix(pattern, "/") {
			to = fresh
		}
		if st.hidden || !strings.HasPrefix(name, ".") {
			n += s.copy(filepath.Join(dir, name), to)
		}
	}
	if n == 0 {
		require.True(s.t, st.optional || st.when == "always()", "%s: nothing of %s is there", st.put, st.paths)
		return
	}
	require.NoError(s.t, os.RemoveAll(filepath.Join(s.store, st.put)))
	s.copy(fresh, filepath.Join(s.store, st.put))
}

func (s *service) download(dir string, st step) {
	from := filepath.Join(s.store, st.get)
	if _, err := os.Stat(from); err != nil {
		require.True(s.t, st.optional, "there is no %s", st.get)
		return
	}
	s.copy(from, filepath.Join(dir, st.into))
}

// copy answers how many files it copied.
func (s *service) copy(from, to string) (n int) {
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(from, path)
		at := filepath.Join(to, rel)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			return err
		}
		n++
		return os.WriteFile(at, raw, 0o644)
	})
	require.True(s.t, err == nil || os.IsNotExist(err), "%v", err)
	return n
}
