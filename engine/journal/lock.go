package journal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/gofrs/flock"
)

// Lock keeps every other run of this folder off a target. The kernel holds it for as long as the process lives, so
// there is no stale lock, nothing to time out and nothing to steal. The file is never removed: after that, two
// processes could each hold a lock on a file of that name.
type Lock struct {
	folder *Folder
	name   string
	flock  *flock.Flock
}

// holder is what the process that holds a lock tells of itself. Nothing is decided by it.
type holder struct {
	Run   string    `json:"run"`
	PID   int       `json:"pid"`
	Host  string    `json:"host"`
	Since time.Time `json:"since"`
}

// Lock takes the lock of a target for a run, at once or not at all: it answers a *HeldError when another process, or
// another part of this one, holds it.
func (f *Folder) Lock(target, run string, who Process) (*Lock, error) {
	if err := f.makeDir(f.root, "locks"); err != nil {
		return nil, err
	}
	l := &Lock{folder: f, name: "locks/" + safeName(target)}
	before, err := f.lockFile(l.name + ".lock")
	if err != nil {
		return nil, err
	}
	path := f.at(l.name + ".lock")
	l.flock = flock.New(path, flock.SetFlag(os.O_RDONLY|syscall.O_NOFOLLOW))
	// Somebody who only asks whether the target is held lets go at once: that is worth a moment.
	ctx, cancel := context.WithTimeout(context.Background(), 250*time.Millisecond)
	defer cancel()
	locked, err := l.flock.TryLockContext(ctx, 20*time.Millisecond)
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return nil, disk("lock", path, err)
	}
	if !locked {
		return nil, l.heldError(target)
	}
	if after, err := l.flock.Stat(); err != nil || !os.SameFile(before, after) {
		return nil, errors.Join(&UnsafeError{path, "was swapped while it was opened"}, l.flock.Unlock())
	}
	// On a full disk these details are missed; the lock holds without them.
	_ = l.tell(holder{Run: run, PID: who.PID, Host: who.Host, Since: f.now().UTC()})
	return l, nil
}

// Held reports whether a process holds the lock of a target. It leaves no trace.
func (f *Folder) Held(target string) bool {
	probe := flock.New(f.at("locks/"+safeName(target)+".lock"), flock.SetFlag(os.O_RDONLY|syscall.O_NOFOLLOW))
	free, err := probe.TryRLock()
	if err != nil || !free {
		return err == nil
	}
	_ = probe.Unlock()
	return false
}

// Unlock lets the next one have the target.
func (l *Lock) Unlock() error {
	_ = l.folder.root.Remove(l.name + ".json")
	return disk("unlock", l.flock.Path(), l.flock.Unlock())
}

// lockFile makes the file that is locked, unless it is there.
func (f *Folder) lockFile(name string) (fs.FileInfo, error) {
	opened, err := createFile(f.root, name)
	if errors.Is(err, fs.ErrExist) {
		opened, err = f.openFile(f.root, name, os.O_RDWR)
	}
	if err != nil {
		return nil, disk("lock", f.at(name), err)
	}
	defer func() { _ = opened.Close() }()
	return opened.Stat()
}

func (l *Lock) tell(h holder) error {
	data, err := json.Marshal(h)
	if err != nil {
		return err
	}
	root, unborn := l.folder.root, l.name+".json.new"
	if err := root.Remove(unborn); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	created, err := createFile(root, unborn)
	if err != nil {
		return err
	}
	_, err = created.Write(append(data, '\n'))
	if err := errors.Join(err, created.Close()); err != nil {
		return err
	}
	return root.Rename(unborn, l.name+".json")
}

func (l *Lock) heldError(target string) error {
	var h holder
	if data, err := l.folder.readFile(l.folder.root, l.name+".json"); err == nil {
		_ = json.Unmarshal(data, &h) // advisory: half of it is better than none
	}
	return &HeldError{Target: target, Run: h.Run, PID: h.PID, Host: h.Host, Since: h.Since}
}

// safeName makes a file's name of a target: what a person recognises, and enough of a digest to tell any two apart.
func safeName(target string) string {
	readable := strings.Map(func(c rune) rune {
		if 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '_' {
			return c
		}
		return '-'
	}, strings.ToLower(target))
	sum := sha256.Sum256([]byte(target))
	return fmt.Sprintf("%.80s-%s", readable, hex.EncodeToString(sum[:8]))
}
