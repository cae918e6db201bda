package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite the expected outputs in the scripts")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"writ": heldMain})
}

func TestScripts(t *testing.T)     { scripts(t, "testdata") }
func TestStepScripts(t *testing.T) { scripts(t, "testdata/steps") }

// scripts runs what a user could type: the real binary, real HTTP, a real disk.
func scripts(t *testing.T, dir string) {
	plans, err := filepath.Abs("../../plans")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: dir, UpdateScripts: *update, RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("PLANS", plans)
			env.Setenv("NO_COLOR", "1")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"cloud": cloudCommand, "exits": exitsCommand},
	})
}

// exitsCommand runs writ and holds its exit code to the first argument.
func exitsCommand(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := err.(*exec.ExitError)
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit %d, want %d", got, want)
	}
}

// cloudCommand drives a sandbox that stands alone:
//
//	cloud start [SEED] [FLAG…]  serve it; $SANDBOX is its address, $MPC that of MPC, …
//	cloud region REGION       let the services of that region be the sandbox's
//	cloud get PATH            print the answer
//	cloud put|post PATH BODY  send a file's content, or the text itself
//	cloud delete PATH
//	cloud writes N            the request log holds N calls that are no reads
//	cloud changes N           … N that changed something
//	cloud is FILE             the state is that of the file
//	cloud held OPERATION      wait until a call of that name is being held back
func cloudCommand(ts *testscript.TestScript, _ bool, args []string) {
	at := ts.Getenv("SANDBOX")
	switch args[0] {
	case "start":
		startCloud(ts, args[1:])
	case "region":
		for _, service := range services {
			name := "HUAWEICLOUD_SDK_REGION_" + service + "_" + strings.ReplaceAll(args[1], "-", "_")
			ts.Setenv(strings.ToUpper(name), ts.Getenv(strings.ToUpper(service)))
		}
	case "get", "delete":
		ts.Stdout().Write(ask(ts, strings.ToUpper(args[0]), at+args[1], ""))
	case "put", "post":
		ask(ts, strings.ToUpper(args[0]), at+args[1], content(ts, args[2]))
	case "writes":
		countCalls(ts, args[1], "writes", func(r call) bool { return r.Method != http.MethodGet && r.Method != http.MethodHead })
	case "changes":
		countCalls(ts, args[1], "changes", func(r call) bool { return r.Changed })
	case "is":
		sameState(ts, content(ts, args[1]))
	case "held":
		waitHeld(ts, args[1])
	default:
		ts.Fatalf("cloud %s: no such command", args[0])
	}
}

func startCloud(ts *testscript.TestScript, seed []string) {
	args := []string{"sandbox"}
	if len(seed) > 0 && !strings.HasPrefix(seed[0], "-") {
		args, seed = append(args, "--seed", ts.MkAbs(seed[0])), seed[1:]
	}
	args = append(args, seed...)
	path, err := exec.LookPath("writ")
	ts.Check(err)
	cmd := exec.Command(path, args...)
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	ts.Check(cmd.Start())
	ts.Defer(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		ts.Fatalf("the sandbox did not start: %s", complaints.String())
	}
	ts.Setenv("SANDBOX", strings.TrimSpace(line))
	var at struct {
		Endpoints  map[string]string
		UserName   string `json:"user_name"`
		Password   string
		DomainName string `json:"domain_name"`
	}
	ts.Check(json.Unmarshal(ask(ts, http.MethodGet, ts.Getenv("SANDBOX")+"/-/endpoints", ""), &at))
	ts.Setenv("USER_NAME", at.UserName)
	ts.Setenv("PASSWORD", at.Password)
	ts.Setenv("DOMAIN_NAME", at.DomainName)
	for service, url := range at.Endpoints {
		ts.Setenv(strings.ToUpper(service), url)
	}
}

func content(ts *testscript.TestScript, arg string) string {
	if strings.HasPrefix(arg, "{") {
		return arg
	}
	return ts.ReadFile(arg)
}

func ask(ts *testscript.TestScript, method, url, body string) []byte {
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	ts.Check(err)
	resp, err := http.DefaultClient.Do(req)
	ts.Check(err)
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	ts.Check(err)
	if resp.StatusCode >= 300 {
		ts.Fatalf("%s %s: %s: %s", method, url, resp.Status, raw)
	}
	return raw
}

// call is what the sandbox's log tells of a request.
type call struct {
	Service, Operation, Method string
	Status                     int
	Changed                    bool
}

func calls(ts *testscript.TestScript) []call {
	var log struct{ Requests []call }
	ts.Check(json.Unmarshal(ask(ts, http.MethodGet, ts.Getenv("SANDBOX")+"/-/requests", ""), &log))
	return log.Requests
}

func countCalls(ts *testscript.TestScript, want, what string, is func(call) bool) {
	var found []string
	for _, c := range calls(ts) {
		if is(c) {
			found = append(found, fmt.Sprintf("%s %s %d", c.Method, c.Operation, c.Status))
		}
	}
	if strconv.Itoa(len(found)) != want {
		ts.Fatalf("%d %s, want %s:\n%s", len(found), what, want, strings.Join(found, "\n"))
	}
}

// sameState compares the cloud with a document, after the sandbox itself has read that document.
func sameState(ts *testscript.TestScript, want string) {
	got := ask(ts, http.MethodGet, ts.Getenv("SANDBOX")+"/-/state", "")
	canonical := ask(ts, http.MethodPut, ts.Getenv("SANDBOX")+"/-/state", want)
	ask(ts, http.MethodPut, ts.Getenv("SANDBOX")+"/-/state", string(got))
	a, b := plainState(ts, got), plainState(ts, canonical)
	if !reflect.DeepEqual(a, b) {
		ts.Fatalf("the cloud is\n%s\nand should be\n%s", got, canonical)
	}
}

// plainState takes never configured and switched off as the same: no call can tell them apart.
func plainState(ts *testscript.TestScript, raw []byte) any {
	var cloud struct {
		Projects map[string]struct {
			Region    string
			DBSS      any
			MPC       map[string]any
			ModelArts any
			DLI       map[string]any
		}
		IAM any
	}
	ts.Check(json.Unmarshal(raw, &cloud))
	for _, p := range cloud.Projects {
		if p.MPC["agency"] == nil {
			p.MPC["agency"] = "CANCELED"
		}
		if agency, ok := p.DLI["agency"].(map[string]any); ok && len(agency["roles"].([]any)) == 0 {
			p.DLI["agency"] = nil
		}
	}
	return cloud
}

func waitHeld(ts *testscript.TestScript, operation string) {
	for range 1000 {
		for _, c := range calls(ts) {
			if c.Operation == operation && c.Status == 0 {
				return
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	ts.Fatalf("no call of %s is held", operation)
}

func TestMainIsTheOnlyWayOut(t *testing.T) {
	for _, file := range sources(t, ".") {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"os.Exit", "os.Stdout", "os.Args"} {
			if filepath.Base(file) != "main.go" && bytes.Contains(src, []byte(word)) {
				t.Errorf("%s uses %s", file, word)
			}
		}
	}
}
