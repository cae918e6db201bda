package journal

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/gofrs/flock"
)

// osDisk is the disk of this machine, from a folder on. It trusts nothing that others could have made: each directory
// on the way to a name, and what has it, must be ours, of the right type, and no symbolic link.
type osDisk struct {
	path   string // absolute
	root   *os.Root
	notice func(format string, args ...any)
}

func (d *osDisk) at(name string) string { return filepath.Join(d.path, name) }

func (d *osDisk) Close() error { return d.root.Close() }

// openDir goes to a directory, one step at a time.
func (d *osDisk) openDir(name string) (*os.Root, error) {
	dir, err := d.root.OpenRoot(".")
	if err != nil {
		return nil, disk("open", d.path, err)
	}
	at := d.path
	for part := range strings.SplitSeq(path.Clean(name), "/") {
		if part == "." {
			continue
		}
		at = filepath.Join(at, part)
		next, err := stepInto(dir, part, at)
		_ = dir.Close()
		if err != nil {
			return nil, err
		}
		dir = next
	}
	return dir, nil
}

// stepInto opens a directory, and refuses one that is a symbolic link or somebody else's.
func stepInto(dir *os.Root, name, at string) (*os.Root, error) {
	info, err := dir.Lstat(name)
	if err != nil {
		return nil, disk("open", at, err)
	}
	if err := checkOwn(at, info, fs.ModeDir); err != nil {
		return nil, err
	}
	return openRoot(dir.OpenRoot, name, at, info)
}

// openRoot opens a directory and makes sure that it is the one that was looked at.
func openRoot(open func(string) (*os.Root, error), name, at string, before fs.FileInfo) (*os.Root, error) {
	root, err := open(name)
	if err != nil {
		return nil, disk("open", at, err)
	}
	after, err := root.Stat(".")
	if err != nil || !os.SameFile(before, after) {
		_ = root.Close()
		return nil, &UnsafeError{at, "was swapped while it was opened"}
	}
	return root, nil
}

// within does something in the directory that a name stands in.
func (d *osDisk) within(name string, do func(dir *os.Root, base string) error) error {
	dir, err := d.openDir(path.Dir(name))
	if err != nil {
		return err
	}
	defer func() { _ = dir.Close() }()
	return do(dir, path.Base(name))
}

func (d *osDisk) MakeDir(name string) error {
	return d.within(name, func(dir *os.Root, base string) error {
		if err := dir.Mkdir(base, 0o700); err != nil {
			return err
		}
		return dir.Chmod(base, 0o700) // whatever the umask is
	})
}

func (d *osDisk) Create(name string) (DiskFile, error) {
	var created *os.File
	err := d.within(name, func(dir *os.Root, base string) (err error) {
		created, err = createFile(dir, base)
		return err
	})
	if err != nil {
		return nil, err
	}
	return osFile{created}, nil
}

// createFile makes a file that must not be there; a symbolic link of that name is not followed, as O_EXCL asks.
func createFile(dir *os.Root, name string) (*os.File, error) {
	opened, err := dir.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_RDWR|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	if err := opened.Chmod(0o600); err != nil { // whatever the umask is
		_ = opened.Close()
		return nil, err
	}
	return opened, nil
}

func (d *osDisk) Open(name string, write bool) (DiskFile, error) {
	flag := os.O_RDONLY
	if write {
		flag = os.O_RDWR
	}
	opened, err := d.open(name, flag)
	if err != nil {
		return nil, err
	}
	return osFile{opened}, nil
}

func (d *osDisk) open(name string, flag int) (opened *os.File, err error) {
	err = d.within(name, func(dir *os.Root, base string) (err error) {
		opened, err = d.openFile(dir, base, d.at(name), flag)
		return err
	})
	return opened, err
}

// openFile opens a file that is there. A symbolic link, a device or somebody else's file is refused. So is, for
// writing, one with a second name: we would write to something that we do not see.
func (d *osDisk) openFile(dir *os.Root, name, at string, flag int) (*os.File, error) {
	before, err := dir.Lstat(name)
	if err != nil {
		return nil, disk("open", at, err)
	}
	if err := checkOwn(at, before, 0); err != nil {
		return nil, err
	}
	write := flag != os.O_RDONLY
	if write && before.Sys().(*syscall.Stat_t).Nlink > 1 {
		return nil, &UnsafeError{at, "has a second name (a hard link)"}
	}
	opened, err := dir.OpenFile(name, flag, 0)
	if err != nil {
		return nil, disk("open", at, err)
	}
	err = sameFile(at, before, opened)
	if err == nil && write && isWide(before) {
		d.notice("%s was open to other users and now is not", at)
		err = disk("close to others", at, opened.Chmod(0o600))
	}
	if err != nil {
		_ = opened.Close()
		return nil, err
	}
	return opened, nil
}

func sameFile(path string, before fs.FileInfo, opened *os.File) error {
	after, err := opened.Stat()
	if err != nil || !os.SameFile(before, after) {
		return &UnsafeError{path, "was swapped while it was opened"}
	}
	return nil
}

func (d *osDisk) Stat(name string) (size int64, err error) {
	err = d.within(name, func(dir *os.Root, base string) error {
		info, err := dir.Lstat(base)
		if err == nil {
			size = info.Size()
		}
		return err
	})
	return size, err
}

func (d *osDisk) List(name string) ([]string, error) {
	dir, err := d.openDir(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = dir.Close() }()
	return listDir(dir)
}

func listDir(dir *os.Root) ([]string, error) {
	opened, err := dir.Open(".")
	if err != nil {
		return nil, err
	}
	defer func() { _ = opened.Close() }()
	return opened.Readdirnames(-1)
}

// Rename gives a new name in the same directory.
func (d *osDisk) Rename(from, to string) error {
	return d.within(from, func(dir *os.Root, base string) error {
		if path.Dir(from) != path.Dir(to) {
			return &fs.PathError{Op: "rename", Path: from, Err: syscall.EXDEV}
		}
		return dir.Rename(base, path.Base(to))
	})
}

func (d *osDisk) Remove(name string) error {
	return d.within(name, func(dir *os.Root, base string) error { return dir.Remove(base) })
}

func (d *osDisk) RemoveAll(name string) error {
	return unlessMissing(d.within(name, func(dir *os.Root, base string) error { return dir.RemoveAll(base) }))
}

func (d *osDisk) SyncDir(name string) error {
	dir, err := d.openDir(name)
	if err != nil {
		return err
	}
	defer func() { _ = dir.Close() }()
	return syncDir(dir.Open("."))
}

func syncDir(dir *os.File, err error) error {
	if err != nil {
		return err
	}
	err = dir.Sync()
	return errors.Join(err, dir.Close())
}

func (d *osDisk) Free() (int64, error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(d.path, &st); err != nil {
		return 0, err
	}
	return int64(st.Bavail) * int64(st.Bsize), nil
}

func (d *osDisk) Lock(name string) (func() error, error) {
	before, err := d.lockFile(name)
	if err != nil {
		return nil, err
	}
	lock := flock.New(d.at(name), flock.SetFlag(os.O_RDONLY|syscall.O_NOFOLLOW))
	// Somebody who only asks whether the target is held lets go at once: that is worth a moment.
	ctx, cancel := context.WithTimeout(context.Background(), 250*time.Millisecond)
	defer cancel()
	locked, err := lock.TryLockContext(ctx, 20*time.Millisecond)
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return nil, err
	}
	if !locked {
		return nil, ErrLocked
	}
	if after, err := lock.Stat(); err != nil || !os.SameFile(before, after) {
		return nil, errors.Join(&UnsafeError{d.at(name), "was swapped while it was opened"}, lock.Unlock())
	}
	return lock.Unlock, nil
}

// lockFile makes the file that is locked, unless it is there.
func (d *osDisk) lockFile(name string) (info fs.FileInfo, err error) {
	opened, err := d.Create(name)
	if errors.Is(err, fs.ErrExist) {
		opened, err = d.Open(name, true)
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = opened.Close() }()
	return opened.(osFile).Stat()
}

func (d *osDisk) Locked(name string) bool {
	probe := flock.New(d.at(name), flock.SetFlag(os.O_RDONLY|syscall.O_NOFOLLOW))
	free, err := probe.TryRLock()
	if err != nil || !free {
		return err == nil
	}
	_ = probe.Unlock()
	return false
}

// osFile is an open file of this machine.
type osFile struct{ *os.File }

func (f osFile) ReadAll() ([]byte, error) {
	var buf bytes.Buffer
	if info, err := f.Stat(); err == nil {
		buf.Grow(int(info.Size()) + bytes.MinRead)
	}
	_, err := io.Copy(&buf, io.NewSectionReader(f.File, 0, math.MaxInt64))
	return buf.Bytes(), err
}

func (f osFile) Size() (size, space int64, err error) {
	info, err := f.Stat()
	if err != nil {
		return 0, 0, err
	}
	return info.Size(), info.Sys().(*syscall.Stat_t).Blocks * 512, nil
}
