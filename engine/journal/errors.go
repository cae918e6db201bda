package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"time"
)

// DamagedError means that what is on the disk is not what was written, and not what a crash leaves behind. Nothing is
// repaired: a person decides.
type DamagedError struct {
	Run    string
	Offset int64 // where in the journal
	Record int   // which record, from 1; 0 when none is to blame, and the reason says what is
	Reason string
	Err    error // what is behind it, if anything
}

func (e *DamagedError) Error() string {
	reason := e.Reason
	if e.Record > 0 {
		reason = fmt.Sprintf("the journal is damaged at byte %d, record %d: %s", e.Offset, e.Record, reason)
	}
	return fmt.Sprintf("run %s: %s; nothing is repaired by guessing; restore the folder from a copy, or move runs/%s away once the cloud was looked at",
		e.Run, reason, e.Run)
}

func (e *DamagedError) Unwrap() error { return e.Err }

// NewerError means that a newer writ wrote the journal. It is left untouched.
type NewerError struct {
	Run  string
	What string // what this writ does not know
}

func (e *NewerError) Error() string {
	return fmt.Sprintf("run %s: the journal needs a newer writ: %s", e.Run, e.What)
}

// PoisonedError means that an append or a sync failed. What the file holds after that is not known, so the journal
// takes nothing more, and no new call may be sent.
type PoisonedError struct{ Err error }

func (e *PoisonedError) Error() string { return "the journal takes no more records: " + e.Err.Error() }

func (e *PoisonedError) Unwrap() error { return e.Err }

// DiskError means that the disk, or the right to use it, is wanting.
type DiskError struct {
	Op     string
	Path   string
	Needed int64 // bytes, when space is what is missing
	Free   int64
	Err    error
}

func (e *DiskError) Error() string {
	if e.Needed == 0 {
		return fmt.Sprintf("%s %s: %v", e.Op, e.Path, e.Err)
	}
	return fmt.Sprintf("%s %s: needs %d KiB for apply and rollback, %d KiB free", e.Op, e.Path, kib(e.Needed), e.Free>>10)
}

func (e *DiskError) Unwrap() error { return e.Err }

func kib(bytes int64) int64 {
	if bytes > 1<<62 {
		return bytes >> 10
	}
	return (bytes + 1023) >> 10
}

// UnsafeError means that somebody else could have written, or could swap, what writ is about to trust.
type UnsafeError struct {
	Path   string
	Reason string
}

func (e *UnsafeError) Error() string { return e.Path + " " + e.Reason }

// HeldError means that the target is locked. What it tells of the holder is what the holder left beside the lock;
// it is empty when that could not be read.
type HeldError struct {
	Target string
	Run    string
	PID    int
	Host   string
	Since  time.Time
}

func (e *HeldError) Error() string {
	if e.Run == "" {
		return e.Target + " is held by another process"
	}
	return fmt.Sprintf("%s is held by run %s: process %d on %s, since %s",
		e.Target, e.Run, e.PID, e.Host, e.Since.Format(time.RFC3339))
}

// disk says what was being done to which file. An error that says so already, or that is nil, stays as it is.
func disk(op, path string, err error) error {
	var known *DiskError
	var unsafe *UnsafeError
	if err == nil || errors.As(err, &known) || errors.As(err, &unsafe) {
		return err
	}
	var file *fs.PathError
	if errors.As(err, &file) {
		err = file.Err // its path may be the one that the file had before it got its name
	}
	return &DiskError{Op: op, Path: path, Err: err}
}
