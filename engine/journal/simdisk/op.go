package simdisk

import (
	"errors"
	"fmt"
	"io/fs"
)

// Kind is a kind of call.
type Kind string

// The calls of a journal.Disk and its files.
const (
	MakeDir   Kind = "mkdir"
	Create    Kind = "create"
	Open      Kind = "open"
	Stat      Kind = "stat"
	List      Kind = "list"
	Rename    Kind = "rename"
	Remove    Kind = "remove"
	RemoveAll Kind = "remove all"
	SyncDir   Kind = "sync directory"
	Free      Kind = "free"
	Lock      Kind = "lock"
	Locked    Kind = "locked"
	Unlock    Kind = "unlock"
	Write     Kind = "write"
	Read      Kind = "read"
	Sync      Kind = "sync"
	Truncate  Kind = "truncate"
	Allocate  Kind = "allocate"
	Size      Kind = "size"
	Close     Kind = "close"
)

// Changes reports a call that leaves something else on the disk, or makes something durable.
func (k Kind) Changes() bool {
	switch k {
	case Open, Stat, List, Free, Locked, Unlock, Read, Size, Close:
		return false
	}
	return true
}

// Op is a call that is about to happen.
type Op struct {
	N    int // from 1
	Kind Kind
	Name string // as it is now, from the folder on
	To   string // of a Rename
	Size int64  // of a Write, a Truncate, an Allocate
}

func (o Op) String() string {
	switch o.Kind {
	case Rename:
		return fmt.Sprintf("%d: rename %s to %s", o.N, o.Name, o.To)
	case Write, Truncate, Allocate:
		return fmt.Sprintf("%d: %s %s, %d bytes", o.N, o.Kind, o.Name, o.Size)
	}
	return fmt.Sprintf("%d: %s %s", o.N, o.Kind, o.Name)
}

// Short is a Write that ends after n bytes; with a nil error it says so by its count alone. Any other error ends a
// Write after half of its bytes.
func Short(n int, err error) error { return &shortError{n, err} }

type shortError struct {
	n   int
	err error
}

func (e *shortError) Error() string { return fmt.Sprintf("short write of %d bytes: %v", e.n, e.err) }
func (e *shortError) Unwrap() error { return e.err }

// Forget is a Sync that fails and after which the system takes what was to be synced for clean: it can be read until the
// power is cut, and no later Sync writes it. After any other error a later Sync does.
func Forget(err error) error { return &forgetError{err} }

type forgetError struct{ err error }

func (e *forgetError) Error() string { return e.err.Error() + ", and what was written is lost" }
func (e *forgetError) Unwrap() error { return e.err }

var errDead = errors.New("the process is dead")

// call counts a call and asks whether it may happen.
func (p *Process) call(op Op) error {
	d := p.disk
	d.mu.Lock()
	dead := p.dead
	if !dead {
		d.calls++
		d.counts[op.Kind]++
		op.N = d.calls
	}
	d.mu.Unlock()
	switch {
	case dead:
		return failed(op.Kind, op.Name, errDead)
	case d.OnCall == nil:
		return nil
	}
	if err := d.OnCall(op); err != nil {
		return failed(op.Kind, op.Name, err)
	}
	return nil
}

func failed(kind Kind, name string, err error) error {
	return &fs.PathError{Op: string(kind), Path: name, Err: err}
}
