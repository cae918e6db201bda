package journal

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"
)

// Lock keeps every other run of this folder off a target. The kernel holds it for as long as the process lives, so
// there is no stale lock, nothing to time out and nothing to steal. The file is never removed: after that, two
// processes could each hold a lock on a file of that name.
type Lock struct {
	folder *Folder
	name   string
	unlock func() error
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
	if err := f.makeDir("locks"); err != nil {
		return nil, err
	}
	l := &Lock{folder: f, name: "locks/" + safeName(target)}
	var err error
	if l.unlock, err = f.disk.Lock(l.name + ".lock"); errors.Is(err, ErrLocked) {
		return nil, l.heldError(target)
	}
	if err != nil {
		return nil, disk("lock", f.at(l.name+".lock"), err)
	}
	// On a full disk these details are missed; the lock holds without them.
	_ = l.tell(holder{Run: run, PID: who.PID, Host: who.Host, Since: f.Now().UTC()})
	return l, nil
}

// Held reports whether a process holds the lock of a target. It leaves no trace.
func (f *Folder) Held(target string) bool {
	return f.disk.Locked("locks/" + safeName(target) + ".lock")
}

// Unlock lets the next one have the target.
func (l *Lock) Unlock() error {
	_ = l.folder.disk.Remove(l.name + ".json")
	return disk("unlock", l.folder.at(l.name+".lock"), l.unlock())
}

func (l *Lock) tell(h holder) error {
	data, err := json.Marshal(h)
	if err != nil {
		return err
	}
	d, unborn := l.folder.disk, l.name+".json.new"
	if err := d.Remove(unborn); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	created, err := d.Create(unborn)
	if err != nil {
		return err
	}
	_, err = created.WriteAt(append(data, '\n'), 0)
	if err := errors.Join(err, created.Close()); err != nil {
		return err
	}
	return d.Rename(unborn, l.name+".json")
}

func (l *Lock) heldError(target string) error {
	var h holder
	if data, err := l.folder.readFile(l.name + ".json"); err == nil {
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
