package journal

import (
	"errors"
	"io"
)

// Disk is what a Folder stands on, and all that it asks of it. Names are relative to the folder, slashes between their
// parts; "." is the folder. What is missing is fs.ErrNotExist, what is there already fs.ErrExist, a full disk
// syscall.ENOSPC. Nothing is durable before it is synced: the bytes of a file by its Sync, a name by the SyncDir of the
// directory that it stands in. A Disk may be used from several goroutines.
type Disk interface {
	// MakeDir makes a directory, open to nobody else, in one that is there.
	MakeDir(name string) error
	// Create makes a file, open to nobody else.
	Create(name string) (DiskFile, error)
	// Open opens a file that is there, to be written as well or only to be read. It answers an *UnsafeError for what
	// somebody else could have put there.
	Open(name string, write bool) (DiskFile, error)
	// Stat answers the size of what has that name, wherever it leads.
	Stat(name string) (int64, error)
	List(dir string) ([]string, error)
	// Rename is done or not done, never half. What had the new name loses it.
	Rename(from, to string) error
	Remove(name string) error
	// RemoveAll removes a directory and all that is in it; that it is missing is no error.
	RemoveAll(name string) error
	SyncDir(name string) error
	// Free is how many bytes nobody uses yet.
	Free() (int64, error)
	// Lock makes the file of that name if need be, and holds its lock until it is let go of or the process ends. It
	// answers ErrLocked, after a moment at most, when somebody holds it.
	Lock(name string) (unlock func() error, err error)
	// Locked reports whether somebody holds the lock. It leaves no trace.
	Locked(name string) bool
	// Close lets go of the disk, and of nothing that was opened.
	Close() error
}

// DiskFile is an open file of a Disk.
type DiskFile interface {
	// WriteAt writes in place, or on behind the end. What stands there already is written to the disk once more by the
	// next Sync, whatever became of an earlier one.
	io.WriterAt
	io.ReaderAt
	// ReadAll answers the whole file, which the caller must not change.
	ReadAll() ([]byte, error)
	Sync() error
	// Truncate makes the file shorter, and gives back what it holds beyond its new end; or longer, by zeros.
	Truncate(size int64) error
	// Allocate sets space aside behind offset without making the file longer. It answers errors.ErrUnsupported where
	// that cannot be done.
	Allocate(offset, size int64) error
	// Size answers how long the file is, and how many bytes of the disk it has: more when it was given space, and fewer
	// when there is a hole in it.
	Size() (size, space int64, err error)
	Close() error
}

// ErrLocked means that another process, or another part of this one, holds a lock.
var ErrLocked = errors.New("locked")
