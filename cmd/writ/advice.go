package main

import (
	"errors"

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
