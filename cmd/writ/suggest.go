package main

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"writ/engine/diag"
)

// unknown is the error for a word that names nothing: it says which was perhaps meant, or where the words are.
func unknown(thing, word string, known []string, see string) error {
	if near := diag.Nearest(word, known); near != "" {
		return wrong("no %s %s; did you mean %s?", thing, word, near)
	}
	return wrong("no %s %s; see: %s", thing, word, see)
}

// wrongFlag words what is wrong with a flag, and which one may be meant.
func wrongFlag(cmd *cobra.Command, err error) error {
	var named interface {
		error
		GetSpecifiedName() string
	}
	if errors.As(err, &named) && len(named.GetSpecifiedName()) > 1 && cmd.Flag(named.GetSpecifiedName()) == nil {
		return unknown("flag", "--"+named.GetSpecifiedName(), flagsOf(cmd), cmd.CommandPath()+" --help")
	}
	return wrong("%s; see: %s --help", err, cmd.CommandPath())
}

// flagsOf lists a command's flags as they are typed.
func flagsOf(cmd *cobra.Command) (names []string) {
	for _, line := range strings.Split(cmd.LocalFlags().FlagUsages()+cmd.InheritedFlags().FlagUsages(), "\n") {
		if _, flag, ok := strings.Cut(line, "--"); ok {
			name, _, _ := strings.Cut(flag, " ")
			name, _, _ = strings.Cut(name, "[")
			names = append(names, "--"+name)
		}
	}
	return names
}

// wrongFormat is the error for a format that a command does not speak.
func wrongFormat(format string, formats []string) error {
	if near := diag.Nearest(format, formats); near != "" {
		return wrong("unknown format %q; did you mean %s?", format, near)
	}
	return wrong("unknown format %q: say %s", format, strings.Join(formats, ", "))
}

// nearRun is the id that begins as the word was perhaps meant to, or "".
func nearRun(word string, ids []string) string {
	var begins []string
	for _, id := range ids {
		begins = append(begins, id[:min(len(word), len(id))])
	}
	near := diag.Nearest(strings.ToLower(word), begins)
	for i, begin := range begins {
		if near != "" && begin == near {
			return ids[i]
		}
	}
	return ""
}
