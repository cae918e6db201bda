package sandbox

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"sync"
)

// store keeps one cloud, in memory or in a file that several processes share. Everything between reading and writing
// happens under one lock; with a file, also under a lock on the side file.
type store struct {
	mu     sync.Mutex
	region string
	cloud  *cloud
	file   *stateFile // nil: in memory only
}

// openStore loads the file's cloud, or begins one from seed, or from nothing.
func openStore(file, region string, seed []byte) (*store, error) {
	if len(bytes.TrimSpace(seed)) == 0 {
		seed = []byte("{}")
	}
	d, err := decodeDocument(seed, region)
	if err != nil {
		return nil, fmt.Errorf("sandbox: seed: %w", err)
	}
	d.ID = newID()
	st := &store{region: region, cloud: newCloud(d)}
	if file == "" {
		return st, nil
	}
	if err := makePlace(file); err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	st.file = newStateFile(file)
	return st, st.locked(st.begin)
}

// newID is the name of a sandbox that begins.
func newID() string {
	var random [4]byte
	_, _ = rand.Read(random[:]) // never fails
	return hex.EncodeToString(random[:])
}

func (st *store) begin() error {
	if st.file.isThere() {
		return nil // locked has loaded it
	}
	return st.file.write(st.cloud.document().encode())
}

// close leaves the whole cloud in the file, where a person may read it. Where that fails nothing is lost: the log has it.
func (st *store) close() {
	_ = st.locked(func() error {
		if st.file == nil {
			return nil
		}
		defer st.file.forget()
		if st.file.log == nil {
			return nil
		}
		return st.file.write(st.cloud.document().encode())
	})
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
		changes := st.cloud.ledger.changes()
		if keep && len(changes) > 0 {
			err = st.keep(changes)
		}
		if !keep || err != nil {
			st.cloud.ledger.takeBack()
			return err
		}
		st.cloud.ledger.settle()
		changed = len(changes) > 0
		return nil
	})
	return changed, err
}

// replace puts another cloud in the place of the old one. After an error nothing has changed.
func (st *store) replace(f func(old *cloud) *document) error {
	return st.locked(func() error {
		next := f(st.cloud)
		if st.file != nil {
			if err := st.file.write(next.encode()); err != nil {
				return err
			}
		}
		st.cloud = newCloud(next)
		return nil
	})
}

// keep stores what a change made of the cloud: as a line of the log, or with the whole cloud where that costs no more.
func (st *store) keep(changes []change) error {
	switch {
	case st.file == nil:
		return nil
	case st.file.wantsWhole():
		return st.file.write(st.cloud.document().encode())
	}
	return st.file.append(changes)
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
	if st.file == nil {
		return nil
	}
	return st.file.lock()
}

func (st *store) unlockFile() {
	if st.file != nil {
		st.file.unlock()
	}
}

// load takes over what other processes wrote. A file that is gone leaves the cloud as it was read last.
func (st *store) load() error {
	if st.file == nil {
		return nil
	}
	lines, ok := st.file.news()
	if ok {
		return st.replay(lines)
	}
	data, lines, err := st.file.read()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("sandbox: %w", err)
	}
	d, err := decodeDocument(data, st.region)
	if err != nil {
		st.file.forget()
		return fmt.Errorf("sandbox: state file %s: %w", st.file.path, err)
	}
	st.cloud = newCloud(d)
	return st.replay(lines)
}

// replay makes the changes that lines of the log tell of.
func (st *store) replay(lines []byte) error {
	for line := range bytes.Lines(lines) {
		if err := st.cloud.replay(line); err != nil {
			st.file.forget()
			return fmt.Errorf("sandbox: log %s: %w", st.file.logPath(), err)
		}
	}
	return nil
}

func (c *cloud) replay(line []byte) error {
	var changes []change
	if err := json.Unmarshal(line, &changes); err != nil {
		return err
	}
	for _, ch := range changes {
		slot, ok := c.ledger.slots[ch.Place]
		if !ok {
			return fmt.Errorf("no place is called %q", ch.Place)
		}
		if err := slot.write(ch.Key, ch.Now); err != nil {
			return fmt.Errorf("%s: %w", ch.Place, err)
		}
	}
	return nil
}
