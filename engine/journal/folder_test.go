package journal

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestModesDoNotDependOnTheUmask(t *testing.T) {
	for _, umask := range []int{0o000, 0o077, 0o277, 0o777} {
		dir := t.TempDir()
		old := syscall.Umask(umask)
		f, err := OpenFolder(filepath.Join(dir, "a/b/.writ"))
		require.NoError(t, err)
		f.spoil(withoutAllocate(syscall.ENOTSUP))
		j, err := f.Create(runID(1), 100)
		require.NoError(t, err)
		_, err = j.PutBlob([]byte("x"))
		require.NoError(t, err)
		_, err = j.file.WriteAt([]byte("torn"), j.size)
		require.NoError(t, err)
		require.NoError(t, j.Close())
		j, err = f.reopen(runID(1))
		require.NoError(t, err)
		require.NoError(t, j.Close())
		l, err := f.Lock(target, runID(1), Process{})
		require.NoError(t, err)
		syscall.Umask(old)
		require.Empty(t, f.Notices())
		require.Equal(t, 13, checkModes(t, filepath.Join(dir, "a")))
		require.NoError(t, l.Unlock())
		require.NoError(t, f.Close())
	}
}

// checkModes asks that nothing under path is open to others, and counts.
func checkModes(t *testing.T, path string) int {
	t.Helper()
	n := 0
	require.NoError(t, filepath.Walk(path, func(name string, info fs.FileInfo, err error) error {
		require.NoError(t, err)
		want := fs.FileMode(0o600)
		if info.IsDir() {
			want = 0o700
		}
		require.Equal(t, want, info.Mode().Perm(), name)
		n++
		return nil
	}))
	return n
}

func TestAFolderThatStoodOpenIsClosed(t *testing.T) {
	f := newFolder(t)
	write(t, f, runID(1), sample()...)
	for _, name := range []string{".", "runs", runDir(runID(1))} {
		require.NoError(t, os.Chmod(f.at(name), 0o755))
	}
	require.NoError(t, os.Chmod(journalPath(f, runID(1)), 0o644))
	again, err := OpenFolder(f.path)
	require.NoError(t, err)
	notices := again.Notices()
	require.Len(t, notices, 1)
	require.Contains(t, notices[0], "4 of its files and folders")
	require.Empty(t, again.Notices())
	checkModes(t, f.path)

	require.NoError(t, os.Chmod(journalPath(f, runID(1)), 0o644))
	j, err := again.reopen(runID(1))
	require.NoError(t, err)
	require.NoError(t, j.Close())
	require.Len(t, again.Notices(), 1)
	checkModes(t, f.path)
}

func TestAFolderOfOthersIsLeftAlone(t *testing.T) {
	dir := t.TempDir()
	wide := modes(t, dir, "notes.txt", "src/", "src/main.go")
	var unsafe *UnsafeError
	_, err := OpenFolder(dir)
	require.ErrorAs(t, err, &unsafe)
	require.EqualError(t, err, dir+` is not writ's: it holds "notes.txt" and no runs; name an empty folder, or one that is not there yet`)
	require.Equal(t, wide, modes(t, dir))

	_, err = OpenFolder("")
	require.EqualError(t, err, "no folder is named")
}

func TestOnlyWhatIsWritsIsClosed(t *testing.T) {
	for name, made := range map[string]struct{ closed, left []string }{
		"empty": {closed: []string{"."}},
		"alone": {closed: []string{
			".", "runs/", "runs/" + runID(1) + "/", "runs/" + runID(1) + "/blobs/", "runs/" + runID(1) + "/blobs/x", "runs/.new-" + runID(2) + "/",
			"locks/", "locks/a.lock", "locks/a.json", "locks/a.json.new", "sandbox.json", "sandbox.json.lock", "sandbox.json.log", "sandbox.json.12.tmp",
		}},
		"among others": {
			closed: []string{"runs/", "runs/" + runID(1) + "/", "runs/" + runID(1) + "/journal", "locks/", "locks/a.lock", "sandbox.json"},
			left:   []string{".", "runs/mine/", "runs/mine/a", "runs/b", "locks/c", "sandbox.json.bak", "src/", "src/runs/", "src/sandbox.json"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			before := modes(t, dir, append(made.closed, made.left...)...)
			f, err := OpenFolder(dir)
			require.NoError(t, err)
			require.Len(t, f.Notices(), 1)
			after := modes(t, dir)
			for _, name := range made.closed {
				require.Equal(t, before[filepath.Clean(name)]&^0o077, after[filepath.Clean(name)], name)
			}
			for _, name := range made.left {
				require.Equal(t, before[filepath.Clean(name)], after[filepath.Clean(name)], name)
			}
			require.NoError(t, f.Close())
			f, err = OpenFolder(dir)
			require.NoError(t, err)
			require.Empty(t, f.Notices())
			require.NoError(t, f.Close())
		})
	}
}

func TestWhatLeadsElsewhereIsNotClosed(t *testing.T) {
	dir := t.TempDir()
	before := modes(t, dir, "src/", "src/"+runID(1)+"/", "locks/", "other")
	require.NoError(t, os.Symlink("src", filepath.Join(dir, "runs")))
	require.NoError(t, os.Link(filepath.Join(dir, "other"), filepath.Join(dir, "locks/a.lock")))
	f, err := OpenFolder(dir)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	after := modes(t, dir)
	for _, name := range []string{".", "src", "src/" + runID(1), "other"} {
		require.Equal(t, before[name], after[name], name)
	}
}

// modes makes files, and folders where the name ends so, that all can read, and answers the modes of all there is.
func modes(t *testing.T, dir string, names ...string) map[string]fs.FileMode {
	t.Helper()
	for _, name := range names {
		path := filepath.Join(dir, name)
		if strings.HasSuffix(name, "/") || name == "." {
			require.NoError(t, firstError(os.MkdirAll(path, 0o755), os.Chmod(path, 0o755)))
			continue
		}
		require.NoError(t, firstError(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, nil, 0o644), os.Chmod(path, 0o644)))
	}
	found := map[string]fs.FileMode{}
	require.NoError(t, filepath.Walk(dir, func(path string, info fs.FileInfo, err error) error {
		require.NoError(t, err)
		name, err := filepath.Rel(dir, path)
		found[name] = info.Mode().Perm()
		return err
	}))
	return found
}

func TestForeignHands(t *testing.T) {
	for name, plant := range map[string]func(t *testing.T, f *Folder) error{
		"folder is a link":      func(t *testing.T, f *Folder) error { return moveAndLink(f.path) },
		"folder is open to all": func(t *testing.T, f *Folder) error { return os.Chmod(f.path, 0o777) },
		"folder can be swapped": func(t *testing.T, f *Folder) error { return os.Chmod(filepath.Dir(f.path), 0o777) },
		"folder is a file": func(t *testing.T, f *Folder) error {
			return firstError(os.RemoveAll(f.path), os.WriteFile(f.path, nil, 0o600))
		},
		"runs is a link":    func(t *testing.T, f *Folder) error { return moveAndLinkHere(f.at("runs")) },
		"run is a link":     func(t *testing.T, f *Folder) error { return moveAndLink(f.at(runDir(runID(1)))) },
		"journal is a link": func(t *testing.T, f *Folder) error { return moveAndLink(journalPath(f, runID(1))) },
		"journal is linked elsewhere": func(t *testing.T, f *Folder) error {
			return os.Link(journalPath(f, runID(1)), filepath.Join(filepath.Dir(f.path), "other"))
		},
		"journal is a pipe": func(t *testing.T, f *Folder) error {
			return firstError(os.Remove(journalPath(f, runID(1))), syscall.Mkfifo(journalPath(f, runID(1)), 0o600))
		},
		"folder is another's":  func(t *testing.T, f *Folder) error { return chown(t, f.path) },
		"run is another's":     func(t *testing.T, f *Folder) error { return chown(t, f.at(runDir(runID(1)))) },
		"journal is another's": func(t *testing.T, f *Folder) error { return chown(t, journalPath(f, runID(1))) },
	} {
		t.Run(name, func(t *testing.T) {
			f := newFolder(t)
			write(t, f, runID(1), sample()...)
			require.NoError(t, plant(t, f))
			var unsafe *UnsafeError
			f, err := OpenFolder(f.path)
			if err == nil {
				_, err = f.reopen(runID(1))
			}
			require.ErrorAs(t, err, &unsafe)
		})
	}
}

func moveAndLink(path string) error {
	return firstError(os.Rename(path, path+"-real"), os.Symlink(path+"-real", path))
}

// moveAndLinkHere makes a link that stays within its folder.
func moveAndLinkHere(path string) error {
	return firstError(os.Rename(path, path+"-real"), os.Symlink(filepath.Base(path)+"-real", path))
}

func TestBlobsAreNotReadThroughALink(t *testing.T) {
	f := newFolder(t)
	write(t, f, runID(1), Record{K: Note, At: noon, Why: strings.Repeat("x", 70_000)})
	_, _, err := f.Read(runID(1))
	require.NoError(t, err)
	require.NoError(t, moveAndLinkHere(f.at(runDir(runID(1))+"/blobs")))
	var unsafe *UnsafeError
	_, _, err = f.Read(runID(1))
	require.ErrorAs(t, err, &unsafe)
	j, err := f.Create(runID(2), 0)
	require.NoError(t, err)
	require.NoError(t, os.Symlink("../"+runID(1)+"/blobs-real", f.at(runDir(runID(2))+"/blobs")))
	_, err = j.PutBlob([]byte("x"))
	require.ErrorAs(t, err, &unsafe)
	require.NoError(t, j.Close())
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func chown(t *testing.T, path string) error {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	return os.Chown(path, 12345, 12345)
}

func TestALinkIsNotWrittenThrough(t *testing.T) {
	f := newFolder(t)
	victim := filepath.Join(filepath.Dir(f.path), "victim")
	require.NoError(t, os.WriteFile(victim, []byte("mine"), 0o600))
	require.NoError(t, os.Mkdir(f.at("locks"), 0o700))
	require.NoError(t, os.Symlink(victim, lockPath(f)))
	var unsafe *UnsafeError
	_, err := f.Lock(target, runID(1), Process{})
	require.ErrorAs(t, err, &unsafe)

	j, err := f.Create(runID(1), 0)
	require.NoError(t, err)
	dir := f.at(runDir(runID(1)))
	require.NoError(t, os.Symlink(victim, dir+"/journal.torn-1"))
	_, err = j.file.WriteAt([]byte("torn"), j.size)
	require.NoError(t, err)
	require.NoError(t, j.Close())
	_, err = f.reopen(runID(1))
	require.ErrorAs(t, err, &unsafe)

	require.NoError(t, os.Symlink(filepath.Dir(f.path), f.at("runs/.new-"+runID(2))))
	_, err = f.Create(runID(2), 0)
	require.ErrorAs(t, err, &unsafe)
	data, err := os.ReadFile(victim)
	require.NoError(t, err)
	require.Equal(t, "mine", string(data))
}

func TestAPrivateGroupMayWrite(t *testing.T) {
	dir := t.TempDir()
	info, err := os.Stat(dir)
	require.NoError(t, err)
	if st := info.Sys().(*syscall.Stat_t); st.Gid != st.Uid {
		t.Skip("the group has another number")
	}
	require.NoError(t, os.Chmod(dir, 0o775))
	f, err := OpenFolder(filepath.Join(dir, ".writ"))
	require.NoError(t, err)
	require.NoError(t, f.Close())
}

func TestAMissingRightIsADiskError(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root has every right")
	}
	dir := t.TempDir()
	require.NoError(t, os.Chmod(dir, 0o500))
	_, err := OpenFolder(filepath.Join(dir, ".writ"))
	var failed *DiskError
	require.ErrorAs(t, err, &failed)
	require.True(t, strings.HasPrefix(err.Error(), "make "))
}
