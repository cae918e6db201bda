package recipes

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/textproto"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// editor speaks the language server protocol, as an editor does that has one folder open.
type editor struct {
	t      *testing.T
	to     io.Writer
	from   *bufio.Reader
	calls  int
	files  int
	faults map[string][]fault // by file
}

type fault struct {
	Message string
	Range   struct{ Start place }
}

type place struct {
	Line      int `json:"line"`
	Character int `json:"character"`
}

type message struct {
	ID     *int            `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  json.RawMessage `json:"error"`
}

func openEditor(t *testing.T, server *exec.Cmd) *editor {
	t.Helper()
	to, err := server.StdinPipe()
	require.NoError(t, err)
	from, err := server.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, server.Start())
	t.Cleanup(func() { _ = server.Process.Kill(); _ = server.Wait() })
	e := &editor{t: t, to: to, from: bufio.NewReader(from), faults: map[string][]fault{}}
	e.call("initialize", map[string]any{
		"processId": nil, "rootUri": "file:///plans",
		"capabilities": map[string]any{
			"workspace": map[string]any{"configuration": true},
			"textDocument": map[string]any{"hover": map[string]any{"contentFormat": []string{"markdown"}},
				"completion": map[string]any{"completionItem": map[string]any{"snippetSupport": true}}},
		},
	}, nil)
	e.send(map[string]any{"method": "initialized", "params": map[string]any{}})
	return e
}

// open opens a file, and answers where | stood in it.
func (e *editor) open(text string) map[string]any {
	before, after, _ := strings.Cut(text, "|")
	e.files++
	uri := fmt.Sprintf("file:///plans/%d.yaml", e.files)
	e.send(map[string]any{"method": "textDocument/didOpen", "params": map[string]any{
		"textDocument": map[string]any{"uri": uri, "languageId": "yaml", "version": 1, "text": before + after},
	}})
	return map[string]any{
		"textDocument": map[string]any{"uri": uri},
		"position":     place{strings.Count(before, "\n"), len(before) - strings.LastIndex(before, "\n") - 1},
	}
}

func (e *editor) send(m map[string]any) {
	m["jsonrpc"] = "2.0"
	raw, err := json.Marshal(m)
	require.NoError(e.t, err)
	_, err = fmt.Fprintf(e.to, "Content-Length: %d\r\n\r\n%s", len(raw), raw)
	require.NoError(e.t, err)
}

// call waits for the answer, and answers meanwhile what the server asks.
func (e *editor) call(method string, params, result any) {
	e.calls++
	e.send(map[string]any{"id": e.calls, "method": method, "params": params})
	for {
		m := e.receive()
		if m.Method == "" && m.ID != nil && *m.ID == e.calls {
			require.Empty(e.t, m.Error, method)
			if result != nil {
				require.NoError(e.t, json.Unmarshal(m.Result, result), "%s", m.Result)
			}
			return
		}
	}
}

func (e *editor) receive() message {
	head, err := textproto.NewReader(e.from).ReadMIMEHeader()
	require.NoError(e.t, err)
	n, err := strconv.Atoi(head.Get("Content-Length"))
	require.NoError(e.t, err)
	raw := make([]byte, n)
	_, err = io.ReadFull(e.from, raw)
	require.NoError(e.t, err)
	var m message
	require.NoError(e.t, json.Unmarshal(raw, &m))
	switch {
	case m.Method == "workspace/configuration":
		e.send(map[string]any{"id": *m.ID, "result": e.settings(m.Params)})
	case m.Method == "textDocument/publishDiagnostics":
		var found struct {
			URI         string
			Diagnostics []fault
		}
		require.NoError(e.t, json.Unmarshal(m.Params, &found))
		e.faults[found.URI] = append([]fault{}, found.Diagnostics...)
	case m.Method != "" && m.ID != nil:
		e.send(map[string]any{"id": *m.ID, "result": nil})
	}
	return m
}

// settings leave everything as it is, but for the list of schemas on the Internet.
func (e *editor) settings(params json.RawMessage) []any {
	var asked struct{ Items []struct{ Section string } }
	require.NoError(e.t, json.Unmarshal(params, &asked))
	out := make([]any, len(asked.Items))
	for i, item := range asked.Items {
		if item.Section == "yaml" {
			out[i] = map[string]any{"hover": true, "completion": true, "validate": true, "schemaStore": map[string]any{"enable": false}}
		}
	}
	return out
}

func (e *editor) complete(text string) []string {
	var list struct{ Items []struct{ Label string } }
	e.call("textDocument/completion", e.open(text), &list)
	var labels []string
	for _, item := range list.Items {
		labels = append(labels, item.Label)
	}
	return labels
}

func (e *editor) hover(text string) string {
	var hover struct{ Contents struct{ Value string } }
	e.call("textDocument/hover", e.open(text), &hover)
	return hover.Contents.Value
}

func (e *editor) faultsOf(text string) []fault {
	uri := e.open(text)["textDocument"].(map[string]any)["uri"].(string)
	for {
		if found, ok := e.faults[uri]; ok {
			return found
		}
		e.receive()
	}
}
