// Command nodes parses a YAML file to nodes and does nothing with them: what any reader of it pays first.
package main

import (
	"fmt"
	"os"

	"gopkg.in/yaml.v3"
)

func main() {
	if err := parse(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "nodes:", err)
		os.Exit(1)
	}
}

func parse(file string) error {
	src, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var root yaml.Node
	return yaml.Unmarshal(src, &root)
}
