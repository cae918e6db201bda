// Package schemas holds the JSON Schemas that editors and writ itself read: language.json for plans, one for each kind,
// writtest.json for plan tests, output.json for what commands print as JSON, and plan.json, the document that editors take. That one is made of language and kinds,
// as writ schema prints it: after a change run go test ./cmd/writ -update. The package knows nothing of what they
// describe.
package schemas

import (
	"embed"
	"fmt"
	"strings"
)

//go:embed language.json writtest.json output.json *.*.json
var files embed.FS

const (
	ext      = ".json"
	language = "language"
	test     = "writtest"
	output   = "output"
)

// Kind is the schema document of the kind of that name. It panics for a name that has none, which is a mistake in
// writ's own source. The answer is the caller's to keep and change.
func Kind(name string) []byte {
	if name == language || name == test || name == output {
		panic("schemas: " + name + " is no kind")
	}
	return read(name)
}

// Language is the schema of plans, before the kinds are composed into it.
func Language() []byte { return read(language) }

// Test is the schema of plan tests.
func Test() []byte { return read(test) }

// Output is the schema of the JSON lines that commands print.
func Output() []byte { return read(output) }

// Names lists the kinds that have a schema, in order.
func Names() []string {
	entries, err := files.ReadDir(".")
	if err != nil {
		panic(fmt.Sprintf("schemas: %v", err))
	}
	var names []string
	for _, e := range entries {
		if name := strings.TrimSuffix(e.Name(), ext); name != language && name != test && name != output {
			names = append(names, name)
		}
	}
	return names
}

func read(name string) []byte {
	raw, err := files.ReadFile(name + ext)
	if err != nil {
		panic(fmt.Sprintf("schemas: %v", err))
	}
	return raw
}
