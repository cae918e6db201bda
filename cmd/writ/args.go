package main

import (
	"math"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"writ/engine/diag"
)

// What commands take, in our words: cobra's own speak of arg(s).
var (
	noArgs   = takes(0, 0, "", "")
	onePlan  = takes(1, 1, "plan", "a plan, or - for standard input")
	plans    = takes(1, math.MaxInt, "plan", "at least one plan")
	oneRun   = takes(1, 1, "run", "a run; writ runs lists them")
	maybeOne = takes(0, 1, "kind", "")
)

// takes asks for some arguments. Thing is one of them; needs is said when one is missing.
func takes(least, most int, thing, needs string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		help := "; see: " + cmd.CommandPath() + " --help"
		switch {
		case len(args) < least:
			return wrong("%s needs %s%s", cmd.Name(), needs, help)
		case len(args) > most && most == 0:
			return wrong("%s takes no arguments, got %d%s", cmd.Name(), len(args), help)
		case len(args) > most && slices.ContainsFunc(args, isAddress):
			return wrong("%s takes one %s; an address goes as --sandbox=URL%s", cmd.Name(), thing, help)
		case len(args) > most:
			return wrong("%s takes one %s, got %d%s", cmd.Name(), thing, len(args), help)
		}
		return nil
	}
}

func isAddress(arg string) bool { return strings.HasPrefix(arg, "http://") }

// aCommand refuses a word that is no command.
func aCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var known []string
	for _, c := range cmd.Commands() {
		known = append(known, c.Name())
	}
	if near := diag.Nearest(args[0], known); near != "" {
		return wrong("no command %s; did you mean %s?", args[0], near)
	}
	return wrong("no command %s; see: writ --help", args[0])
}
