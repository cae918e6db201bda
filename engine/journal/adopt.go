package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"
)

// adopt refuses a folder that is not writ's, and closes one that stood open. In one that did not, nobody else can
// reach what is inside.
func (d *osDisk) adopt(top fs.FileInfo) error {
	names, err := listDir(d.root)
	if err != nil {
		return disk("list", d.path, err)
	}
	own := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !isOwn(name) })
	if len(own) == 0 && len(names) > 0 {
		return &UnsafeError{d.path, fmt.Sprintf("is not writ's: it holds %q and no runs; name an empty folder, or one that is not there yet", slices.Min(names))}
	}
	if !isWide(top) {
		return nil
	}
	if len(own) == len(names) {
		own = append(own, ".") // who else comes by here is none of a folder's business that is not writ's alone
	}
	return d.tightenAll(own)
}

// isOwn reports the name, from the folder on, of what writ puts there. Nothing else is ever closed to others.
func isOwn(name string) bool {
	top, below, nested := strings.Cut(name, "/")
	first, _, _ := strings.Cut(below, "/")
	switch {
	case !nested:
		return top == "runs" || top == "locks" || isSandbox(top)
	case top == "runs":
		return isRun(strings.TrimPrefix(first, ".new-"))
	}
	return top == "locks" && isLock(below)
}

func isLock(name string) bool {
	return strings.HasSuffix(name, ".lock") || strings.HasSuffix(strings.TrimSuffix(name, ".new"), ".json")
}

// isSandbox reports the state of the sandbox, which lies beside the runs, or one of its side files.
func isSandbox(name string) bool {
	side, ok := strings.CutPrefix(name, "sandbox.json")
	return ok && (side == "" || side == ".lock" || side == ".log" || side[0] == '.' && strings.HasSuffix(side, ".tmp"))
}

// tightenAll closes what has one of these names, and tells of it.
func (d *osDisk) tightenAll(names []string) error {
	n := 0
	for _, name := range names {
		closed, err := d.tighten(name)
		if errors.Is(err, syscall.EROFS) {
			d.notice("%s is open to other users, and on a disk that cannot be written", d.path)
			return nil
		}
		if err != nil {
			return disk("close to others", d.at(name), err)
		}
		n += closed
	}
	if n > 0 {
		d.notice("%s was open to other users; %d of its files and folders now are not", d.path, n)
	}
	return nil
}

// tighten closes what has that name, and what is writ's below it, and answers how many of them were open. What is
// missing by now is another process's affair; what is somebody else's, or leads elsewhere, is refused when it is used.
func (d *osDisk) tighten(name string) (int, error) {
	info, err := d.root.Lstat(name)
	if err != nil || !isOurs(info) {
		return 0, unlessMissing(err)
	}
	n := 0
	if isWide(info) {
		if err := d.root.Chmod(name, info.Mode().Perm()&0o700); err != nil {
			return 0, unlessMissing(err)
		}
		n++
	}
	if !info.IsDir() || name == "." {
		return n, nil
	}
	below, err := d.tightenBelow(name)
	return n + below, err
}

func (d *osDisk) tightenBelow(name string) (int, error) {
	entries, err := fs.ReadDir(d.root.FS(), name)
	if err != nil {
		return 0, unlessMissing(err)
	}
	n := 0
	for _, entry := range entries {
		inside := path.Join(name, entry.Name())
		if !isOwn(inside) {
			continue
		}
		closed, err := d.tighten(inside)
		if err != nil {
			return n, err
		}
		n += closed
	}
	return n, nil
}

func unlessMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// isOurs reports a folder or a file that belongs to us and has no second name, by which others may have good reason
// to read it.
func isOurs(info fs.FileInfo) bool {
	st := info.Sys().(*syscall.Stat_t)
	return int(st.Uid) == os.Geteuid() && (info.IsDir() || info.Mode().IsRegular() && st.Nlink == 1)
}

func isWide(info fs.FileInfo) bool { return info.Mode().Perm()&0o077 != 0 }
