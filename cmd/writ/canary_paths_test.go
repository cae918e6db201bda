package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/steps/steptest"
)

// echoFaults answer with every form of secrets that a command knows, a few at a time: a message is cut before it is long.
func (b *birdcage) echoFaults(known ...string) []string {
	var faults []string
	quote := func(text string) string { raw, _ := json.Marshal(text); return string(raw) }
	for _, what := range known {
		secret := b.secrets[what]
		echoes := steptest.Echoes(secret)
		var all []string
		for _, form := range slices.Sorted(maps.Keys(echoes)) {
			all = append(all, echoes[form].Text)
		}
		for some := range slices.Chunk(all, 5) {
			text := strings.Join(some, " ")
			faults = append(faults, `"do":"body","status":400,"body":`+fmt.Sprintf(`{"error_code":%s,"error_msg":%s}`, quote(some[0]), quote(text)))
		}
		cut := strings.Repeat("x", 480) + secret
		faults = append(faults,
			`"do":"body","status":403,"content_type":"text/html","body":`+quote("<html>"+secret+"</html>"),
			`"do":"body","status":500,"content_type":"`+strings.ReplaceAll(strings.ReplaceAll(secret, `"`, ""), `\`, "")+`","body":`+quote(secret),
			`"do":"body","status":400,"body":`+fmt.Sprintf(`{"error":{"code":%s,"message":%s}}`, quote(cut[400:]), quote(cut)),
			`"do":"body","status":200,"body":`+fmt.Sprintf(`{"result":%s,"error_code":%s}`, quote(secret), quote(secret)),
		)
	}
	return faults
}

// plainFaults are all other ways in which a call goes wrong.
var plainFaults = []string{
	`"do":"reset"`, `"do":"reset","when":"after"`, `"do":"stall","seconds":3`, `"do":"stall","seconds":3,"when":"after"`, `"do":"truncate","when":"after"`,
	`"do":"status","status":400`, `"do":"status","status":401`, `"do":"status","status":403`, `"do":"status","status":404`,
	`"do":"status","status":409`, `"do":"status","status":429`, `"do":"status","status":500`, `"do":"status","status":503`,
	`"do":"body","status":502,"content_type":"text/html","body":"<html><script>alert(1)</script></html>"`, `"do":"body","status":200,"body":"garbage"`,
}

// writes are the plan's, and those of its undo, each by its place among the calls of its operation.
var canaryWrites = []string{
	`"service":"mpc","operation":"CreateAgenciesTask"`, `"service":"dli","operation":"CreateDliAgency"`,
	`"service":"modelarts","operation":"CreateAuthorization"`, `"service":"mpc","operation":"UpdateBucketAuthorized"`,
	`"service":"mpc","operation":"CreateAgenciesTask","nth":2`, `"service":"dli","operation":"CreateDliAgency","nth":2`,
	`"service":"modelarts","operation":"DeleteAuthorizations"`,
}

var allPaths = flag.Bool("paths", false, "look for secrets on every failure path, and not on a quarter of them")

// TestNoSecretGetsOut goes down every failure path that can be reached from outside, and looks for every secret, in
// every form, in all that is left behind.
func TestNoSecretGetsOut(t *testing.T) {
	stride := 4
	if *allPaths {
		stride = 1
	}
	const shards = 8 // most of the time is waiting
	count := &counts{exits: map[int]int{}}
	t.Cleanup(func() {
		row(t, fmt.Sprintf("secrets: paths\t%d\t0 found\t%d artefacts searched", count.paths, count.artefacts))
		t.Logf("%d paths, %d commands, %d artefacts, %d searches for a form in one; exits of failing calls: %v",
			count.paths, count.commands, count.artefacts, count.searches, count.exits)
	})
	for shard := range shards {
		t.Run(fmt.Sprint(shard), func(t *testing.T) {
			t.Parallel()
			b := newBirdcage(t, count)
			state, n := b.control("GET", "/-/state", ""), 0
			b.paths(func(name string, environ []string, do func(*scene)) {
				if n++; n%shards != shard || n/shards%stride != 0 {
					return
				}
				t.Run(fmt.Sprint(n, " ", name), func(t *testing.T) {
					b.t = t
					b.control("DELETE", "/-/faults", "")
					b.control("PUT", "/-/state", state)
					count.add(&counts{paths: 1})
					do(b.scene(t, environ))
				})
			})
		})
	}
}

type path func(name string, environ []string, do func(*scene))

func (b *birdcage) paths(path path) {
	signed := []struct {
		environ []string
		knows   []string
	}{
		{b.signer, []string{"secret key", "input"}},
		{b.user, []string{"password", "input"}},
		{[]string{"HW_AUTH_TOKEN=" + b.secrets["token"]}, []string{"token", "input"}},
		{b.temporarily(), []string{"temporary key", "security token", "input"}},
	}
	outputs := [][]string{nil, {"-v"}, {"--format", "json"}}
	for i, fault := range plainFaults {
		for j, call := range canaryWrites {
			path(call, signed[(i+j)%len(signed)].environ, func(s *scene) { s.fails(call, fault, outputs[(i+j)%3]...) })
		}
	}
	for _, as := range signed {
		for i, fault := range b.echoFaults(as.knows...) {
			call := canaryWrites[i%len(canaryWrites)]
			path("echo, "+call, as.environ, func(s *scene) { s.fails(call, fault+`,"times":-1`, outputs[i%3]...) })
		}
	}
	b.otherPaths(path)
}

var applyCanary = []string{"apply", "plan.yaml", "--yes", "--input", "key=env:KEY"}

// fails lets a call go wrong, and shows the run in every way there is.
func (s *scene) fails(call, fault string, more ...string) {
	if strings.Contains(call, "nth") || strings.Contains(call, "DeleteAuthorizations") { // of the way back
		s.control("POST", "/-/faults", `{`+canaryWrites[3]+`,"do":"status","status":400}`)
	}
	s.control("POST", "/-/faults", `{`+call+`,`+fault+`}`)
	require.NoError(s.t, os.MkdirAll(filepath.Join(s.dir, "out"), 0o700))
	for _, format := range append([]string{"github"}, reportFormats...) {
		more = append(slices.Clip(more), "--report", format+"="+filepath.Join("out", "report."+format))
	}
	exit, printed := s.run(0, slices.Concat(applyCanary, more)...)
	require.NotContains(s.t, []int{3, 70}, exit, printed)
	s.counts.add(&counts{exits: map[int]int{exit: 1}})
	s.views()
}

// temporarily signs with the temporary key.
func (b *birdcage) temporarily() []string {
	return []string{
		"HUAWEICLOUD_SDK_AK=" + b.temporary, "HUAWEICLOUD_SDK_SK=" + b.secrets["temporary key"],
		"HUAWEICLOUD_SDK_SECURITY_TOKEN=" + b.secrets["security token"],
	}
}

// views shows the last run in every way there is.
func (s *scene) views() {
	for _, format := range reportFormats {
		s.run(0, "show", "last", "--format", format)
	}
	s.run(0, "runs")
}

var reportFormats = []string{"text", "json", "markdown", "junit", "html", "sarif"}

// otherPaths are those beside a failing write: crashes, a bad disk, wrong words, previews, rehearsals, reports.
func (b *birdcage) otherPaths(path path) {
	apply := applyCanary
	input := []string{"--input", "key=env:KEY"}
	for i, call := range canaryWrites[:4] {
		for _, then := range [][]string{{"resume", "last"}, {"rollback", "last"}} {
			path("killed, "+then[0], [][]string{b.signer, b.user}[i%2], func(s *scene) {
				s.control("POST", "/-/faults", `{`+call+`,"do":"stall","seconds":2,"when":"after"}`)
				s.run(600*time.Millisecond, apply...)
				s.run(0, then...)
				s.views()
			})
		}
	}
	path("secrets in what is read", b.signer, func(s *scene) {
		row := fmt.Sprintf(`{"auth":[{"user_id":"u1","user_name":%q,"type":"credential","content":"AK","secret_key":%q}],"total_count":1}`, b.secrets["secret key"], b.secrets["row"])
		s.control("POST", "/-/faults", `{"service":"modelarts","operation":"GetAuthorizations","times":-1,"do":"body","body":`+row+`}`)
		s.run(0, apply...)
		s.views()
	})
	path("a changed secret", b.signer, func(s *scene) {
		s.control("POST", "/-/faults", `{`+canaryWrites[2]+`,"do":"status","status":401,"times":-1}`)
		s.run(0, apply...)
		s.environ = append(s.environ, "KEY="+b.secrets["wrong password"])
		s.run(0, "resume", "last")
	})
	path("a wrong password", append(slices.Clone(b.user), "HW_USER_PASSWORD="+b.secrets["wrong password"]), func(s *scene) {
		s.environ = append(s.environ, "HOME="+filepath.Join(s.dir, "out", "home"))
		s.run(0, "auth", "--region", "cn-north-7")
		exit, printed := s.run(0, apply...)
		require.Equal(s.t, 8, exit, printed)
		s.run(0, apply...)
	})
	path("a wrong secret key", append(slices.Clone(b.signer), "HUAWEICLOUD_SDK_SK="+b.secrets["wrong password"]), func(s *scene) {
		s.run(0, apply...)
		s.run(0, "auth", "-v")
	})
	path("an expected plan", b.user, func(s *scene) {
		s.run(0, append([]string{"preview", "plan.yaml", "-v", "--out", filepath.Join(s.dir, "out", "p.json")}, input...)...)
		require.NoError(s.t, os.MkdirAll(filepath.Join(s.dir, "out"), 0o700))
		exit, printed := s.run(0, append([]string{"preview", "plan.yaml", "--out", "out/p.json"}, input...)...)
		require.Zero(s.t, exit, printed)
		s.control("POST", "/-/faults", `{`+canaryWrites[3]+`,"do":"status","status":400}`)
		s.run(0, "apply", "out/p.json", "--yes")
		s.run(0, append([]string{"preview", "plan.yaml", "--format", "json"}, input...)...)
		s.run(0, append([]string{"drift", "last"}, input...)...)
		s.run(0, append([]string{"permissions", "plan.yaml"}, input...)...)
	})
	path("a rehearsal", b.signer, func(s *scene) {
		s.run(0, append([]string{"rehearse", "plan.yaml"}, input...)...)
		s.run(0, "rehearse", "plan.yaml", "--sandbox", "--input", "key=env:KEY")
	})
	path("wrong words", b.signer, func(s *scene) {
		s.run(0, "validate", "bad.yaml")
		s.run(0, "apply", "bad.yaml", "--yes", "--input", "key=env:KEY")
		s.run(0, "apply", "plan.yaml", "--yes", "--input", "key=env:NOTHING")
		s.run(0, "apply", "plan.yaml", "--yes", "--input", "nokey=env:KEY")
	})
	path("the embedded sandbox", nil, func(s *scene) { s.run(0, slices.Concat(apply, []string{"--sandbox"})...) })
	path("a folder that cannot be written", b.signer, func(s *scene) {
		require.NoError(s.t, os.MkdirAll(s.runs, 0o500))
		s.run(0, apply...)
		require.NoError(s.t, os.Chmod(s.runs, 0o700))
	})
	path("reports", b.signer, func(s *scene) {
		if _, help := s.run(0, "apply", "--help"); !strings.Contains(help, "--report") {
			s.t.Skip("no reports")
		}
		dir := filepath.Join(s.dir, "out", "reports")
		require.NoError(s.t, os.MkdirAll(dir, 0o700))
		args := slices.Clone(apply)
		for _, format := range append(reportFormats, "github") {
			args = append(args, "--report", format+"="+filepath.Join(dir, format))
		}
		s.control("POST", "/-/faults", `{`+canaryWrites[2]+`,"times":-1,`+b.echoFaults("input")[0]+`}`)
		s.run(0, args...)
	})
}

// row adds a row to the table that WRIT_TABLE names, unless something was found.
func row(t *testing.T, text string) {
	t.Helper()
	name := os.Getenv("WRIT_TABLE")
	if name == "" || t.Failed() {
		return
	}
	file, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	require.NoError(t, err)
	defer file.Close()
	_, err = fmt.Fprintln(file, text)
	require.NoError(t, err)
}
