package journal

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Folder is a runs folder: runs/<run>/journal with its side files, and locks/. It is safe for concurrent use.
type Folder struct {
	Now  func() time.Time // the clock that repairs and locks are dated by
	Rand io.Reader        // what tells two journals of one run apart

	path string // absolute
	disk Disk

	mu      sync.Mutex
	notices []string
}

// OpenDisk is OpenFolder for a folder that lies on any disk, which makes its own checks. Path is its name to people.
func OpenDisk(d Disk, path string) (*Folder, error) {
	if path == "" { // which would be the folder that we stand in
		return nil, errors.New("no folder is named")
	}
	return &Folder{Now: time.Now, Rand: rand.Reader, path: path, disk: d}, nil
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
	root, err := openRoot(os.OpenRoot, path, path, before)
	if err != nil {
		return nil, err
	}
	d := &osDisk{path: path, root: root}
	f, err := OpenDisk(d, path)
	if err == nil {
		d.notice = f.notice
		err = d.adopt(before)
	}
	if err != nil {
		_ = root.Close()
		return nil, err
	}
	d.noticeNetwork()
	return f, nil
}

// Close lets go of the folder. Journals and locks stay as they are.
func (f *Folder) Close() error { return f.disk.Close() }

// Disk is what the folder stands on.
func (f *Folder) Disk() Disk { return f.disk }

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
	names, err := f.disk.List("runs")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, disk("list", f.at("runs"), err)
	}
	names = slices.DeleteFunc(names, func(name string) bool { return !isRun(name) })
	slices.Sort(names) // a ULID begins with its time
	return names, nil
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

// find answers fs.ErrNotExist for a run that is not there.
func (f *Folder) find(run string) error {
	if err := checkRun(run); err != nil {
		return err
	}
	_, err := f.disk.Stat(runDir(run))
	return disk("open", f.at(runDir(run)), err)
}

// makeDir makes a directory inside the folder, durably. One that is there may have been made by a process that was
// killed before it could sync it.
func (f *Folder) makeDir(name string) error {
	err := f.disk.MakeDir(name)
	if err == nil || errors.Is(err, fs.ErrExist) {
		err = f.disk.SyncDir(path.Dir(name))
	}
	return disk("make", f.at(name), err)
}

func (f *Folder) readFile(name string) ([]byte, error) {
	opened, err := f.disk.Open(name, false)
	if err != nil {
		return nil, disk("open", f.at(name), err)
	}
	defer func() { _ = opened.Close() }()
	data, err := opened.ReadAll()
	return data, disk("read", f.at(name), err)
}

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
