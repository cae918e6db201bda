package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"
	"github.com/stretchr/testify/require"

	"writ/schemas"
)

// heldMain is the program as scripts run it. What it prints as JSON is held to schemas/output.json: a line that is not as
// documented makes it end with 99.
func heldMain() {
	if !slices.ContainsFunc(os.Args, func(arg string) bool { return strings.Contains(arg, "json") }) || slices.Contains(os.Args, "sandbox") {
		main()
		return
	}
	stdout := os.Stdout
	r, w, err := os.Pipe()
	if err != nil {
		panic(err)
	}
	var printed bytes.Buffer
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(io.MultiWriter(stdout, &printed), r)
	}()
	os.Stdout = w
	exit := run()
	_ = w.Close()
	<-done
	if fault := faultOfOutput(printed.Bytes()); fault != "" {
		fmt.Fprintln(os.Stderr, "schemas/output.json:", fault)
		os.Exit(99)
	}
	for _, arg := range os.Args {
		_, file, ok := strings.Cut(arg, "json=")
		raw, err := os.ReadFile(file)
		if !ok || err != nil {
			continue
		}
		if fault := faultOfOutput(raw); fault != "" {
			fmt.Fprintln(os.Stderr, "schemas/output.json:", file, fault)
			os.Exit(99)
		}
	}
	os.Exit(int(exit))
}

// faultOfOutput says what of a stream of JSON lines is not as documented. Other output is not looked at.
func faultOfOutput(printed []byte) string {
	lines := bytes.Split(bytes.TrimSpace(printed), []byte("\n"))
	var head struct {
		V      int
		Format string
	}
	if json.Unmarshal(lines[0], &head) != nil || head.V == 0 {
		return ""
	}
	stream := head.Format
	if stream == "" {
		stream = runStream
	}
	schema, err := outputSchema(stream)
	if err != nil {
		return err.Error()
	}
	for i, line := range lines {
		var value any
		d := json.NewDecoder(bytes.NewReader(line))
		d.UseNumber()
		if err := d.Decode(&value); err != nil {
			return fmt.Sprintf("line %d is no JSON: %s", i+1, line)
		}
		if err := schema.Validate(value); err != nil {
			return fmt.Sprintf("line %d of %s: %#v\n%s", i+1, stream, err, line)
		}
	}
	return ""
}

func outputSchema(stream string) (*jsonschema.Schema, error) {
	c := jsonschema.NewCompiler()
	if err := c.AddResource("writ://output", bytes.NewReader(schemas.Output())); err != nil {
		return nil, err
	}
	return c.Compile("writ://output#/definitions/" + url.PathEscape(stream))
}

func TestJSONOutputThatIsNotDocumentedIsFound(t *testing.T) {
	require.Empty(t, faultOfOutput([]byte(`{"format":"writ version","v":1}`+"\n"+`{"version":"1"}`)))
	for _, wrong := range []string{
		`{"version":"1","more":1}`, `{"version":1}`, `{"error":{"exit":3}}`, `no JSON`, `{"v":2,"format":"writ version"}`,
	} {
		require.NotEmpty(t, faultOfOutput([]byte(`{"format":"writ version","v":1}`+"\n"+wrong)), wrong)
	}
	require.NotEmpty(t, faultOfOutput([]byte(`{"format":"writ nothing","v":1}`)))
}
