package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/steps/steptest"
)

// canaries are secrets by what they are, each unlike anything else.
type canaries map[string]string

// scan looks for them in all that a command left: what it printed, and every file below the folders. It answers what it
// found, and how much it looked through.
func (c canaries) scan(t *testing.T, texts map[string]string, folders ...string) (hits []string, artefacts, forms int) {
	t.Helper()
	all := map[string]string{}
	for name, text := range texts {
		all[name] = text
	}
	for _, folder := range folders {
		_ = filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() {
				raw, err := os.ReadFile(path)
				require.NoError(t, err)
				all[path] = path + "\n" + string(raw)
			}
			return nil
		})
	}
	for what, secret := range c {
		forms += len(steptest.Echoes(secret))
		for name, text := range all {
			// The cache of tokens holds the token, which is what it is for, in a file for nobody else to read.
			if strings.HasPrefix(what, "cached token") && strings.Contains(name, "/writ/tokens/") {
				continue
			}
			for _, form := range steptest.Traces(text, secret) {
				hits = append(hits, fmt.Sprintf("%s, %s, in %s", what, form, name))
			}
		}
	}
	return hits, len(all), forms
}

func TestTheScannerFindsWhatIsPlanted(t *testing.T) {
	const secret = `Pl"ant/ed+Can=ary<0001>`
	c := canaries{"planted": secret}
	for name, echo := range steptest.Echoes(secret) {
		dir := t.TempDir()
		require.NoError(t, os.MkdirAll(filepath.Join(dir, "a", ".b"), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "a", ".b", "c"), []byte("x "+echo.Text+" y"), 0o600))
		hits, artefacts, _ := c.scan(t, nil, dir)
		require.NotEmpty(t, hits, name)
		require.Equal(t, 1, artefacts)
		hits, _, _ = c.scan(t, map[string]string{"stdout": echo.Text})
		require.NotEmpty(t, hits, name)
	}
	hits, _, _ := c.scan(t, map[string]string{"stdout": "nothing"})
	require.Empty(t, hits)
}

// birdcage is a cloud and a user's home, in which every command is looked through once it is over.
type birdcage struct {
	t         *testing.T
	at        string // the sandbox's control address
	dir       string
	environ   []string
	token     string // the last that is kept
	secrets   canaries
	signer    []string // what signs with the access key
	user      []string // what signs in with the password
	temporary string   // the id of the temporary key
	counts    *counts
}

// counts tell how much was done.
type counts struct {
	mu                                   sync.Mutex
	paths, commands, artefacts, searches int
	exits                                map[int]int
}

func (c *counts) add(more *counts) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.paths, c.commands = c.paths+more.paths, c.commands+more.commands
	c.artefacts, c.searches = c.artefacts+more.artefacts, c.searches+more.searches
	for exit, n := range more.exits {
		c.exits[exit] += n
	}
}

func newBirdcage(t *testing.T, count *counts) *birdcage {
	t.Helper()
	writ, err := exec.LookPath("writ")
	require.NoError(t, err)
	sandbox := exec.Command(writ, "sandbox")
	out, err := sandbox.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, sandbox.Start())
	t.Cleanup(func() { _ = sandbox.Process.Kill(); _ = sandbox.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	b := &birdcage{t: t, at: strings.TrimSpace(line), dir: t.TempDir(), counts: count}
	var is struct {
		Endpoints  map[string]string
		AccessKey  string `json:"access_key"`
		SecretKey  string `json:"secret_key"`
		UserName   string `json:"user_name"`
		DomainName string `json:"domain_name"`
		Password   string
		ProjectID  string `json:"project_id"`
	}
	require.NoError(t, json.Unmarshal([]byte(b.control("GET", "/-/endpoints", "")), &is))
	b.secrets = canaries{
		"secret key": is.SecretKey, "password": is.Password, "wrong password": "Wr0ng-Canary/Password+1",
		"input": "cAnArY0input0that0is0long0enough0for0MA1", "row": "RowSecretCanaryOfAnotherUser000000000001",
	}
	b.environ = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + filepath.Join(b.dir, "home"), "NO_COLOR=1", "KEY=" + b.secrets["input"],
	}
	for service, url := range is.Endpoints {
		b.environ = append(b.environ, strings.ToUpper("HUAWEICLOUD_SDK_REGION_"+service+"_cn_north_7")+"="+url)
	}
	for name, text := range map[string]string{"plan.yaml": canaryPlan, "bad.yaml": canaryBadPlan} {
		require.NoError(t, os.WriteFile(filepath.Join(b.dir, name), []byte(text), 0o600))
	}
	b.user = []string{"HW_USER_NAME=" + is.UserName, "HW_DOMAIN_NAME=" + is.DomainName, "HW_USER_PASSWORD=" + is.Password}
	b.signer = []string{"HUAWEICLOUD_SDK_AK=" + is.AccessKey, "HUAWEICLOUD_SDK_SK=" + is.SecretKey}
	b.login(is.UserName, is.DomainName, is.Password, is.ProjectID, is.Endpoints["iam"])
	b.scene(t, b.user).run(0, "auth", "--region", "cn-north-7")
	b.cached()
	return b
}

// cached adds the tokens that writ bought and keeps.
func (b *birdcage) cached() {
	files, err := filepath.Glob(filepath.Join(b.dir, "home", ".cache", "writ", "tokens", "*.json"))
	require.NoError(b.t, err)
	for _, file := range files {
		var is struct{ Token string }
		raw, err := os.ReadFile(file)
		require.NoError(b.t, err)
		require.NoError(b.t, json.Unmarshal(raw, &is))
		b.secrets[fmt.Sprint("cached token ", len(b.secrets))], b.token = is.Token, is.Token
	}
	require.NotEmpty(b.t, b.token)
}

const canaryPlan = `version: 1
name: canary
target: {cloud: huaweicloud, region: cn-north-7}
inputs:
  key: {type: string, sensitive: true}
defaults: {retry: {max: 1, backoff: 10ms}, timeout: 2s}
steps:
  - {id: mpc, uses: mpc.agency, with: {operate_type: CREATED}}
  - {id: dli, uses: dli.agency, needs: [mpc], with: {roles: [obs_adm]}}
  - id: key
    uses: modelarts.authorization
    needs: [dli]
    irreversible: accept
    with: {user_id: 00000000000000000000000000000a01, type: credential, content: AKEXAMPLE, secret_key: "${{ inputs.key }}"}
  - {id: last, uses: mpc.bucket_authorization, needs: [key], with: {bucket: "1202", operation: "1"}}
`

// canaryBadPlan has the secret where none may be.
const canaryBadPlan = `version: 1
name: bad
target: {cloud: huaweicloud, region: cn-north-7}
inputs:
  key: {type: string, sensitive: true}
steps:
  - {id: mpc, name: "${{ inputs.key }}", uses: mpc.agency, with: {operate_type: "${{ inputs.key }}"}}
`

func (b *birdcage) control(method, path, body string) string {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.at+path, strings.NewReader(body))
	require.NoError(b.t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(b.t, err)
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	require.NoError(b.t, err)
	require.Less(b.t, resp.StatusCode, 300, "%s %s", body, raw)
	return string(raw)
}

// login buys a token, to know what the sandbox's tokens are, and temporary keys with it.
func (b *birdcage) login(user, domain, password, project, iam string) {
	b.t.Helper()
	body := fmt.Sprintf(`{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":%q,"password":%q,"domain":{"name":%q}}}},"scope":{"project":{"id":%q}}}}`, user, password, domain, project)
	resp, err := http.Post(iam+"/v3/auth/tokens", "application/json", strings.NewReader(body))
	require.NoError(b.t, err)
	defer resp.Body.Close()
	require.Equal(b.t, 201, resp.StatusCode)
	b.secrets["token"] = resp.Header.Get("X-Subject-Token")
	req, err := http.NewRequest(http.MethodPost, iam+"/v3.0/OS-CREDENTIAL/securitytokens", strings.NewReader(`{"auth":{"identity":{"methods":["token"],"token":{"duration_seconds":900}}}}`))
	require.NoError(b.t, err)
	req.Header.Set("X-Auth-Token", b.secrets["token"])
	req.Header.Set("Content-Type", "application/json")
	made, err := http.DefaultClient.Do(req)
	require.NoError(b.t, err)
	defer made.Body.Close()
	var keys struct {
		Credential struct{ Access, Secret, SecurityToken string }
	}
	require.NoError(b.t, json.NewDecoder(made.Body).Decode(&keys))
	b.secrets["temporary key"], b.secrets["security token"] = keys.Credential.Secret, keys.Credential.SecurityToken
	b.temporary = keys.Credential.Access
}

// scene is one path: its commands have a runs folder and an environment of their own.
type scene struct {
	*birdcage
	runs string
}

func (b *birdcage) scene(t *testing.T, environ []string) *scene {
	own := *b
	own.t, own.environ = t, slices.Concat(b.environ, environ)
	runs := strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/" :,`, r) {
			return '_'
		}
		return r
	}, t.Name())
	return &scene{&own, filepath.Join(b.dir, "runs", runs)}
}

// run carries a command out, kills it after a while if asked to, and looks through all that it left.
func (s *scene) run(kill time.Duration, args ...string) (exit int, printed string) {
	s.t.Helper()
	writ, err := exec.LookPath("writ")
	require.NoError(s.t, err)
	ctx, cancel := context.WithTimeout(s.t.Context(), 60*time.Second)
	defer cancel()
	if args[0] != "validate" {
		args = append(args, "--runs", s.runs)
	}
	cmd := exec.CommandContext(ctx, writ, args...)
	cmd.Dir = s.dir
	cmd.Env = s.environ
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	require.NoError(s.t, cmd.Start())
	line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", cmd.Process.Pid))
	if kill > 0 {
		time.AfterFunc(kill, func() { _ = cmd.Process.Kill() })
	}
	_ = cmd.Wait()
	s.look(map[string]string{"stdout": out.String(), "stderr": errs.String(), "arguments": string(line)}, args)
	return cmd.ProcessState.ExitCode(), out.String() + errs.String()
}

func (s *scene) look(texts map[string]string, args []string) {
	s.t.Helper()
	hits, artefacts, forms := s.secrets.scan(s.t, texts, s.runs, filepath.Join(s.dir, "home"), filepath.Join(s.dir, "out"))
	s.counts.add(&counts{commands: 1, artefacts: artefacts, searches: artefacts * forms})
	require.Empty(s.t, hits, "writ %s\n%s%s", strings.Join(args, " "), texts["stdout"], texts["stderr"])
}
