// Package schemas holds the JSON Schemas that editors and writ itself read: one for plans and one for each kind. It
// knows nothing of what they describe.
package schemas

import (
	"embed"
	"fmt"
	"strings"
)

//go:embed *.json
var files embed.FS

const (
	ext  = ".json"
	plan = "plan"
)

// Kind is the schema document of the kind of that name. It panics for a name that has none, which is a mistake in
// writ's own source. The answer is the caller's to keep and change.
func Kind(name string) []byte {
	if name == plan {
		panic("schemas: plan is no kind")
	}
	return read(name)
}

// Plan is the schema of plans, before the kinds are composed into it. It panics when there is none.
func Plan() []byte { return read(plan) }

// Names lists the kinds that have a schema, in order.
func Names() []string {
	entries, err := files.ReadDir(".")
	if err != nil {
		panic(fmt.Sprintf("schemas: %v", err))
	}
	var names []string
	for _, e := range entries {
		if name := strings.TrimSuffix(e.Name(), ext); name != plan {
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
