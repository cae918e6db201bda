package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"writ/engine/diag"
	"writ/engine/journal"
)

// advice is what to do about an error that does not say so itself.
func advice(err error) string {
	var (
		held *journal.HeldError
		disk *journal.DiskError
	)
	switch {
	case errors.As(err, &held):
		return "\nwait until it is over, or end it with Ctrl-C where it runs; writ runs lists the runs"
	case errors.As(err, &disk) && disk.Needed > 0:
		return "\nmake room there, or keep the runs elsewhere with --runs FOLDER"
	case errors.As(err, &disk):
		return "\nif that cannot be mended, keep the runs elsewhere with --runs FOLDER"
	}
	return ""
}

// noPlan is the error for a plan that cannot be read. Of one that is not there it says which was perhaps meant, or how
// to begin one.
func noPlan(file string, err error) error {
	if !errors.Is(err, fs.ErrNotExist) {
		return wrong("%s", err)
	}
	said := ""
	if near := nearPlan(file); near != "" {
		said = "; did you mean " + typed(near) + "?"
	}
	if ext := filepath.Ext(file); ext == ".yaml" || ext == ".yml" {
		said += "\nto begin a plan there:\n    writ init " + typed(file)
	}
	return wrong("%s%s", err, said)
}

// nearPlan finds a plan with a like name: in the same folder, else in this one, else where plans are often kept.
func nearPlan(file string) string {
	for _, dir := range []string{filepath.Dir(file), ".", "plans"} {
		var names []string
		entries, _ := os.ReadDir(dir)
		for _, e := range entries {
			if ext := filepath.Ext(e.Name()); ext == ".yaml" || ext == ".yml" || ext == ".json" {
				names = append(names, e.Name())
			}
		}
		if near := diag.Nearest(filepath.Base(file), names); near != "" {
			return filepath.Join(dir, near)
		}
	}
	return ""
}

// typed is a file's name as a shell takes it for one word, and writ for no flag.
func typed(file string) string {
	if strings.HasPrefix(file, "-") && file != stdinName {
		file = "./" + file
	}
	return word(file)
}

// word is text as a shell takes it for one word.
func word(text string) string {
	const safe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:@%+=,"
	if text != "" && strings.Trim(text, safe) == "" {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
