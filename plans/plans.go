// Package plans holds the plans that are there to be copied. It knows nothing of what they say.
package plans

import (
	"embed"
	"fmt"
)

//go:embed *.yaml
var files embed.FS

// Example is the plan of that name. It panics for a name that has none, which is a mistake in writ's own source.
func Example(name string) []byte {
	raw, err := files.ReadFile(name + ".yaml")
	if err != nil {
		panic(fmt.Sprintf("plans: %v", err))
	}
	return raw
}
