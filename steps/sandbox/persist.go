package sandbox

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/gofrs/flock"
)

// store keeps one cloud, in memory or in a file that several processes share. Everything between reading and writing
// happens under one lock; with a file, also under a lock on the side file "<file>.lock". A change is written to a
// temporary file and renamed, so that the file always holds one whole cloud. It is not synced: it outlives the process,
// not the machine.
type store struct {
	mu     sync.Mutex
	file   string
	guard  *flock.Flock
	region string
	cloud  *cloud
	kept   []byte // the encoding of cloud, to tell a change by and to go back to
	read   []byte // the file's bytes when last read or written
}

// openStore loads the file's cloud, or begins one from seed, or from nothing.
func openStore(file, region string, seed []byte) (*store, error) {
	if len(bytes.TrimSpace(seed)) == 0 {
		seed = []byte("{}")
	}
	c, err := decodeCloud(seed, region)
	if err != nil {
		return nil, fmt.Errorf("sandbox: seed: %w", err)
	}
	c.ID = newID()
	st := &store{region: region, cloud: c, kept: c.encode(), file: file}
	if file == "" {
		return st, nil
	}
	if err := makePlace(file); err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	st.guard = flock.New(file + ".lock")
	return st, st.locked(func() error { return st.begin() })
}

// newID is the name of a sandbox that begins.
func newID() string {
	var random [4]byte
	_, _ = rand.Read(random[:]) // never fails
	return hex.EncodeToString(random[:])
}

// makePlace makes what file needs around it, for us alone: its directory, and the side file that is locked.
func makePlace(file string) error {
	if err := makeDir(filepath.Dir(file)); err != nil {
		return err
	}
	guard := file + ".lock"
	created, err := os.OpenFile(guard, os.O_CREATE|os.O_EXCL|os.O_RDONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return reopenGuard(guard)
	}
	if err != nil {
		return err
	}
	return errors.Join(created.Chmod(0o600), created.Close()) // whatever the umask is
}

// reopenGuard gives back the rights that a umask took from a side file before its maker could.
func reopenGuard(guard string) error {
	info, err := os.Lstat(guard)
	if err != nil || !info.Mode().IsRegular() || info.Mode().Perm()&0o400 != 0 {
		return err
	}
	return os.Chmod(guard, 0o600)
}

// makeDir makes a directory and what is missing above it.
func makeDir(path string) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	if parent := filepath.Dir(path); parent != path {
		if err := makeDir(parent); err != nil {
			return err
		}
	}
	if err := os.Mkdir(path, 0o700); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return nil
		}
		return err
	}
	return os.Chmod(path, 0o700) // whatever the umask is
}

func (st *store) begin() error {
	if _, err := os.Stat(st.file); errors.Is(err, fs.ErrNotExist) {
		return st.write(st.kept)
	}
	return nil // locked has loaded it
}

// view lets f look at the cloud as it now stands. Should the file be unreadable, f sees the last that was read.
func (st *store) view(f func(*cloud)) error {
	st.mu.Lock()
	defer st.mu.Unlock()
	err := st.lockFile()
	if err == nil {
		defer st.unlockFile()
		err = st.load()
	}
	f(st.cloud)
	return err
}

// change lets f change the cloud and stores the outcome; f answers whether it is to be kept. It reports whether the
// cloud is now another. After an error nothing has changed.
func (st *store) change(f func(*cloud) bool) (changed bool, err error) {
	err = st.locked(func() error {
		keep := f(st.cloud)
		st.cloud.canonicalize(st.region)
		data := st.cloud.encode()
		if bytes.Equal(data, st.kept) {
			return nil
		}
		if keep {
			err = st.write(data)
		}
		if !keep || err != nil {
			return errors.Join(err, st.restore())
		}
		st.kept, changed = data, true
		return nil
	})
	return changed, err
}

func (st *store) restore() error {
	c, err := decodeCloud(st.kept, st.region)
	if err == nil {
		st.cloud = c
	}
	return err
}

func (st *store) locked(f func() error) error {
	st.mu.Lock()
	defer st.mu.Unlock()
	if err := st.lockFile(); err != nil {
		return err
	}
	defer st.unlockFile()
	if err := st.load(); err != nil {
		return err
	}
	return f()
}

func (st *store) lockFile() error {
	if st.guard == nil {
		return nil
	}
	if err := st.guard.Lock(); err != nil {
		return fmt.Errorf("sandbox: lock %s: %w", st.file, err)
	}
	return nil
}

func (st *store) unlockFile() {
	if st.guard != nil {
		_ = st.guard.Unlock()
	}
}

// load takes over what another process wrote. It compares bytes, not times: two renames can share a time stamp.
func (st *store) load() error {
	if st.file == "" {
		return nil
	}
	data, err := os.ReadFile(st.file)
	if errors.Is(err, fs.ErrNotExist) || err == nil && bytes.Equal(data, st.read) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	c, err := decodeCloud(data, st.region)
	if err != nil {
		return fmt.Errorf("sandbox: state file %s: %w", st.file, err)
	}
	st.cloud, st.kept, st.read = c, c.encode(), data
	return nil
}

func (st *store) write(data []byte) error {
	if st.file == "" {
		return nil
	}
	temp, err := os.CreateTemp(filepath.Dir(st.file), filepath.Base(st.file)+".*.tmp")
	if err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	_, err = temp.Write(data)
	err = errors.Join(err, temp.Chmod(0o600), temp.Close()) // whatever the umask is
	if err == nil {
		err = os.Rename(temp.Name(), st.file)
	}
	if err != nil {
		_ = os.Remove(temp.Name())
		return fmt.Errorf("sandbox: write state: %w", err)
	}
	st.read = data
	return nil
}
