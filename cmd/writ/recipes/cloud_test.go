package recipes

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// emulated is a sandbox that stands for the real cloud: jobs sign in to it with keys and find it by the SDK's variables.
type emulated struct {
	t       *testing.T
	url     string
	environ []string // where its services are
	keys    map[string]string
}

func startCloud(t *testing.T, writ string) *emulated {
	t.Helper()
	cmd := exec.Command(writ, "sandbox", "--region", "cn-north-4")
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	c := &emulated{t: t, url: strings.TrimSpace(line)}
	c.set(strings.ReplaceAll(c.state(), "cn-north-7", "cn-north-4"))
	var at struct {
		AccessKey string `json:"access_key"`
		SecretKey string `json:"secret_key"`
		Endpoints map[string]string
	}
	require.NoError(t, json.Unmarshal(c.ask(http.MethodGet, "/-/endpoints", ""), &at))
	for service, url := range at.Endpoints {
		c.environ = append(c.environ, "HUAWEICLOUD_SDK_REGION_"+strings.ToUpper(service)+"_CN_NORTH_4="+url)
	}
	c.keys = map[string]string{"HUAWEICLOUD_SDK_AK": at.AccessKey, "HUAWEICLOUD_SDK_SK": at.SecretKey}
	return c
}

func (c *emulated) state() string     { return string(c.ask(http.MethodGet, "/-/state", "")) }
func (c *emulated) set(state string)  { c.ask(http.MethodPut, "/-/state", state) }
func (c *emulated) fault(rule string) { c.ask(http.MethodPost, "/-/faults", rule) }
func (c *emulated) heal()             { c.ask(http.MethodDelete, "/-/faults", "") }

func (c *emulated) ask(method, path, body string) []byte {
	req, err := http.NewRequest(method, c.url+path, strings.NewReader(body))
	require.NoError(c.t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(c.t, err)
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	require.NoError(c.t, err)
	require.Less(c.t, resp.StatusCode, 300, string(raw))
	return raw
}

type request struct {
	Operation string
	Status    int
	Changed   bool
}

func (c *emulated) requests() []request {
	var log struct{ Requests []request }
	require.NoError(c.t, json.Unmarshal(c.ask(http.MethodGet, "/-/requests", ""), &log))
	return log.Requests
}

// changes counts the calls that changed something since it was last asked.
func (c *emulated) changes() int {
	n := 0
	for _, r := range c.requests() {
		if r.Changed {
			n++
		}
	}
	c.ask(http.MethodDelete, "/-/requests", "")
	return n
}

// waitHeld waits until a call of that name is being held back.
func (c *emulated) waitHeld(operation string) {
	require.Eventually(c.t, func() bool {
		for _, r := range c.requests() {
			if r.Operation == operation && r.Status == 0 {
				return true
			}
		}
		return false
	}, 30*time.Second, 10*time.Millisecond, "no call of %s is held", operation)
}
