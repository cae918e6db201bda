package cloud_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"writ/engine/step"
	"writ/steps/cloud"
)

// code is a row of testdata/codes.tsv.
type code struct {
	service string
	status  int
	code    string
	class   step.Class
}

func codes(t *testing.T) []code {
	t.Helper()
	raw, err := os.ReadFile("testdata/codes.tsv")
	require.NoError(t, err)
	var all []code
	for line := range strings.Lines(string(raw)) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		if strings.HasPrefix(line, "#") {
			continue
		}
		require.GreaterOrEqual(t, len(f), 4, line)
		status, err := strconv.Atoi(f[1])
		require.NoError(t, err, line)
		all = append(all, code{f[0], status, f[2], step.Class(f[3])})
	}
	return all
}

// envelope is the failure in the form that the service's pages document.
func (c code) envelope() (contentType, body string) {
	const words = "words of the service"
	form := map[string]any{"error_code": c.code, "error_msg": words}
	switch number, err := strconv.Atoi(c.code); {
	case c.service == "obs":
		return "application/xml", fmt.Sprintf("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"+
			"<Error>\n<Code>%s</Code>\n<Message>%s</Message>\n<RequestId>r1</RequestId>\n<HostId>h</HostId>\n</Error>", c.code, words)
	case c.service == "gateway":
		form["request_id"] = "r1"
	case c.service == "dbss":
		form["encoded_authorization_message"], form["details"] = nil, []any{}
	case err == nil: // IAM's older calls
		form = map[string]any{"error": map[string]any{"code": number, "message": words, "title": "Title"}}
	}
	raw, _ := json.Marshal(form)
	return "application/json", string(raw)
}

func (c code) answer(w http.ResponseWriter, _ *http.Request) {
	contentType, body := c.envelope()
	w.Header().Set("Content-Type", contentType)
	if c.service != "gateway" {
		w.Header().Set("X-Request-Id", "r1")
	}
	w.WriteHeader(c.status)
	fmt.Fprint(w, body)
}

// calls sends the calls that meet the code: a write and a read, for OBS the one read that there is.
func (c code) calls(t *testing.T) map[string]error {
	t.Helper()
	client := func() *cloud.Client { return serve(t, c.answer) }
	if c.service == "obs" {
		_, err := client().Buckets(t.Context(), "")
		return map[string]error{http.MethodGet: err}
	}
	failed := map[string]error{}
	for _, method := range []string{http.MethodPost, http.MethodGet} {
		call := cloud.Call{Service: c.service, Operation: "Op", Method: method, Path: "/v1/{project_id}/things"}
		if c.service == "gateway" {
			call.Service = "mpc"
		}
		failed[method] = client().Call(t.Context(), call)
	}
	return failed
}

func TestEveryDocumentedCodeHasItsClass(t *testing.T) {
	for _, c := range codes(t) {
		t.Run(fmt.Sprint(c.service, " ", c.status, " ", c.code), func(t *testing.T) {
			for method, err := range c.calls(t) {
				require.Error(t, err, method)
				want := c.class
				if want == step.UnknownOutcome && method == http.MethodGet {
					want = step.Unavailable
				}
				e := step.ErrorOf(err)
				assert.Equal(t, want, e.Class, "%s: %v", method, err)
				assert.Equal(t, c.status, e.Status)
				assert.Equal(t, "words of the service", e.Message)
				assert.Equal(t, "r1", e.RequestID)
				if strconv.Itoa(c.status) != c.code {
					assert.Equal(t, c.code, e.Code)
				}
			}
		})
	}
}

// A rule that no documented code meets has no reason to be there.
func TestEveryRuleHasACode(t *testing.T) {
	used := map[string]bool{}
	for _, c := range codes(t) {
		name := c.code
		if strconv.Itoa(c.status) == name {
			name = ""
		}
		used[cloud.RuleFor(c.status, name)] = true
	}
	for _, rule := range cloud.Rules() {
		assert.True(t, used[rule], "no row of codes.tsv is decided by the rule %q", rule)
	}
}

func TestNoCodeStandsTwice(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range codes(t) {
		key := fmt.Sprint(c.service, c.status, c.code)
		assert.False(t, seen[key], key)
		seen[key] = true
	}
}
