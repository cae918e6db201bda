package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Folder is a runs folder: runs/<run>/journal with its side files, and locks/. It is safe for concurrent use.
type Folder struct {
	path string // absolute
	root *os.Root

	mu      sync.Mutex
	notices []string

	// The seams: what a journal writes to, how space is set aside, and the clock.
	wrap     func(*os.File) file
	allocate func(f *os.File, offset, size int64) error
	now      func() time.Time
}

// OpenFolder opens the runs folder at path, and makes it, open to nobody else, when it is missing. It answers an
// *UnsafeError for a folder that others own or could write to or swap, or that holds other things and nothing of
// writ's, and a *DiskError when the disk is at fault. When the folder stood open to readers, as one unpacked from an
// archive does, what is writ's in it is closed, with a notice; so is the folder, unless it holds other things, too.
func OpenFolder(path string) (*Folder, error) {
	if path == "" { // which would be the folder that we stand in
		return nil, errors.New("no folder is named")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, disk("find", path, err)
	}
	if err := makeFolder(path); err != nil {
		return nil, err
	}
	before, err := os.Lstat(path)
	if err != nil {
		return nil, disk("look at", path, err)
	}
	if err := checkFolder(path, before); err != nil {
		return nil, err
	}
	root, err := openRoot(os.OpenRoot, path, before)
	if err != nil {
		return nil, err
	}
	f := &Folder{
		path: path, root: root,
		wrap: func(f *os.File) file { return f }, allocate: allocate, now: time.Now,
	}
	if err := f.adopt(before); err != nil {
		_ = root.Close()
		return nil, err
	}
	f.noticeNetwork()
	return f, nil
}

// Close lets go of the folder. Journals and locks stay as they are.
func (f *Folder) Close() error { return f.root.Close() }

// Path is where the folder is.
func (f *Folder) Path() string { return f.path }

// Notices is what a person should know of the folder, once: it answers what came up since it was last asked.
func (f *Folder) Notices() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	notices := f.notices
	f.notices = nil
	return notices
}

func (f *Folder) notice(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.notices = append(f.notices, fmt.Sprintf(format, args...))
}

// Runs answers the ids of all runs, oldest first.
func (f *Folder) Runs() ([]string, error) {
	dir, err := f.openDir("runs")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = dir.Close() }()
	names, err := listDir(dir)
	if err != nil {
		return nil, disk("list", f.at("runs"), err)
	}
	names = slices.DeleteFunc(names, func(name string) bool { return !isRun(name) })
	slices.Sort(names) // a ULID begins with its time
	return names, nil
}

func listDir(dir *os.Root) ([]string, error) {
	opened, err := dir.Open(".")
	if err != nil {
		return nil, err
	}
	defer func() { _ = opened.Close() }()
	return opened.Readdirnames(-1)
}

// isRun reports a lower-case ULID. Nothing else becomes a path.
func isRun(id string) bool {
	return len(id) == 26 && id[0] <= '7' && strings.Trim(id, "0123456789abcdefghjkmnpqrstvwxyz") == ""
}

func checkRun(id string) error {
	if !isRun(id) {
		return fmt.Errorf("run %q: not a run's id: a ULID in lower case is", id)
	}
	return nil
}

func (f *Folder) at(name string) string { return filepath.Join(f.path, name) }

func runDir(run string) string { return "runs/" + run }

// makeFolder makes path and what is missing above it, durably.
func makeFolder(path string) error {
	if _, err := os.Lstat(path); err == nil {
		return nil
	}
	parent := filepath.Dir(path)
	if parent != path {
		if err := makeFolder(parent); err != nil {
			return err
		}
	}
	if err := os.Mkdir(path, 0o700); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return nil
		}
		return disk("make", path, err)
	}
	if err := os.Chmod(path, 0o700); err != nil { // whatever the umask is
		return disk("make", path, err)
	}
	return disk("sync", parent, syncDir(os.Open(parent)))
}

// checkFolder refuses a folder whose content somebody else could have made or could swap under us.
func checkFolder(path string, info fs.FileInfo) error {
	if info.Mode()&fs.ModeSymlink != 0 {
		return &UnsafeError{path, "is a symbolic link; name the folder it leads to"}
	}
	if err := checkOwn(path, info, fs.ModeDir); err != nil {
		return err
	}
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return disk("find", path, err)
	}
	for ; ; real = filepath.Dir(real) {
		info, err := os.Lstat(real)
		if err != nil {
			return disk("look at", real, err)
		}
		if writableByOthers(info) {
			return &UnsafeError{real, "can be written by others; run chmod go-w on it, or choose another folder for runs"}
		}
		if real == filepath.Dir(real) {
			return nil
		}
	}
}

// writableByOthers reports that somebody else may rename or replace what is in a directory. A group with the number
// of its owner is taken for the owner's private group, which most systems give each user.
func writableByOthers(info fs.FileInfo) bool {
	if info.Mode()&fs.ModeSticky != 0 {
		return false
	}
	st := info.Sys().(*syscall.Stat_t)
	return info.Mode()&0o002 != 0 || info.Mode()&0o020 != 0 && st.Gid != st.Uid
}

// checkOwn refuses what is not of the type or not ours.
func checkOwn(path string, info fs.FileInfo, want fs.FileMode) error {
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		return &UnsafeError{path, "is a symbolic link"}
	case info.Mode().Type() != want:
		return &UnsafeError{path, "is of the wrong type: " + info.Mode().String()}
	case int(info.Sys().(*syscall.Stat_t).Uid) != os.Geteuid():
		return &UnsafeError{path, "belongs to another user"}
	}
	return nil
}

// openRoot opens a directory and makes sure that it is the one that was looked at.
func openRoot(open func(string) (*os.Root, error), name string, before fs.FileInfo) (*os.Root, error) {
	root, err := open(name)
	if err != nil {
		return nil, disk("open", name, err)
	}
	after, err := root.Stat(".")
	if err != nil || !os.SameFile(before, after) {
		_ = root.Close()
		return nil, &UnsafeError{name, "was swapped while it was opened"}
	}
	return root, nil
}

// makeDir makes a directory inside the folder, durably, unless it is there.
func (f *Folder) makeDir(parent *os.Root, name string) error {
	err := parent.Mkdir(name, 0o700)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err == nil {
		err = parent.Chmod(name, 0o700) // whatever the umask is
	}
	if err == nil {
		err = syncDir(parent.Open(filepath.Dir(name)))
	}
	return disk("make", filepath.Join(parent.Name(), name), err)
}

// openDir opens a directory inside the folder, and refuses one that is a symbolic link or somebody else's.
func (f *Folder) openDir(name string) (*os.Root, error) {
	info, err := f.root.Lstat(name)
	if err != nil {
		return nil, disk("open", f.at(name), err)
	}
	if err := checkOwn(f.at(name), info, fs.ModeDir); err != nil {
		return nil, err
	}
	return openRoot(f.root.OpenRoot, name, info)
}

func (f *Folder) openRun(run string) (*os.Root, error) {
	if err := checkRun(run); err != nil {
		return nil, err
	}
	return f.openDir(runDir(run))
}

// openFile opens a file that is there. A symbolic link, a device or somebody else's file is refused. So is, for
// writing, one with a second name: we would write to something that we do not see.
func (f *Folder) openFile(dir *os.Root, name string, flag int) (*os.File, error) {
	path := filepath.Join(dir.Name(), name)
	before, err := dir.Lstat(name)
	if err != nil {
		return nil, disk("open", path, err)
	}
	if err := checkOwn(path, before, 0); err != nil {
		return nil, err
	}
	writes := flag&(os.O_WRONLY|os.O_RDWR) != 0
	if writes && before.Sys().(*syscall.Stat_t).Nlink > 1 {
		return nil, &UnsafeError{path, "has a second name (a hard link)"}
	}
	opened, err := dir.OpenFile(name, flag, 0)
	if err != nil {
		return nil, disk("open", path, err)
	}
	err = sameFile(path, before, opened)
	if err == nil && writes && isWide(before) {
		f.notice("%s was open to other users and now is not", path)
		err = disk("close to others", path, opened.Chmod(0o600))
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

// createFile makes a file that must not be there; a symbolic link of that name is not followed, as O_EXCL asks.
func createFile(dir *os.Root, name string) (*os.File, error) {
	opened, err := dir.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_APPEND|os.O_RDWR|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	if err := opened.Chmod(0o600); err != nil { // whatever the umask is
		_ = opened.Close()
		return nil, err
	}
	return opened, nil
}

// syncDir makes the names in a directory durable.
func syncDir(dir *os.File, err error) error {
	if err != nil {
		return err
	}
	err = dir.Sync()
	return errors.Join(err, dir.Close())
}
