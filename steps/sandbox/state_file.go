package sandbox

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

// stateFile keeps a cloud on disk: whole in the file, and in a log beside it, "<file>.log", what changed since. The first
// line of the log names the content of the file that it goes with; beside any other the log says nothing, so that a file
// that somebody writes, or that was renamed into place just before a process died, holds by itself. There is a log only
// while a cloud is in use that is too large to be written with every change, and behind a process that died.
//
// A whole cloud is written to a temporary file and renamed. Nothing is synced: it outlives the process, not the machine.
// What reads and writes is called with the lock held, on the side file "<file>.lock".
type stateFile struct {
	path  string
	guard *flock.Flock

	whole *os.File // held open, as the log is, so that no other file can be taken for it
	is    fs.FileInfo
	head  []byte // the first line of the log that goes with it

	log   *os.File // nil: there is none
	logIs fs.FileInfo
	next  int64 // where the log's next line goes; 0: the log goes with another file
	end   int64 // the log's size: behind next is what a process that died had begun to write
}

// How large a cloud may be to be written with every change, and its log to stay in any case.
const (
	wholeMax = 16 << 10
	logMin   = 1 << 20
)

func newStateFile(path string) *stateFile {
	return &stateFile{path: path, guard: flock.New(path + ".lock")}
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

func (f *stateFile) logPath() string { return f.path + ".log" }

func (f *stateFile) lock() error {
	if err := f.guard.Lock(); err != nil {
		return fmt.Errorf("sandbox: lock %s: %w", f.path, err)
	}
	return nil
}

func (f *stateFile) unlock() { _ = f.guard.Unlock() }

// isThere tells whether there is a file, readable or not.
func (f *stateFile) isThere() bool {
	_, err := os.Stat(f.path)
	return !errors.Is(err, fs.ErrNotExist)
}

// wantsWhole tells whether the next change is better written with the whole cloud: it is small, the log has grown as large,
// or there is nothing that a log could go with.
func (f *stateFile) wantsWhole() bool {
	return f.whole == nil || f.is.Size() <= wholeMax || f.next > max(logMin, f.is.Size())
}

// news are the lines that others have added to the log. It is not ok where file or log are others than were read last.
func (f *stateFile) news() (lines []byte, ok bool) {
	if f.whole == nil {
		return nil, false
	}
	info, err := os.Stat(f.path)
	if err != nil || !os.SameFile(info, f.is) || info.Size() != f.is.Size() || !info.ModTime().Equal(f.is.ModTime()) {
		return nil, false
	}
	info, err = os.Stat(f.logPath())
	switch {
	case f.log == nil:
		return nil, errors.Is(err, fs.ErrNotExist)
	case err != nil || !os.SameFile(info, f.logIs) || info.Size() < f.end:
		return nil, false
	case f.next == 0 || info.Size() == f.end:
		return nil, true
	}
	lines, err = f.tail()
	return lines, err == nil
}

// read reads everything anew.
func (f *stateFile) read() (data, lines []byte, err error) {
	f.forget()
	if f.whole, f.is, data, err = readAll(f.path, os.O_RDONLY); err != nil {
		return nil, nil, err
	}
	f.head = headOf(data)
	var log []byte
	f.log, f.logIs, log, err = readAll(f.logPath(), os.O_RDWR)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return data, nil, nil
	case err != nil || !bytes.HasPrefix(log, f.head):
		return data, nil, err
	}
	f.next = int64(len(f.head))
	lines, err = f.tail()
	return data, lines, err
}

func readAll(path string, flag int) (*os.File, fs.FileInfo, []byte, error) {
	file, err := os.OpenFile(path, flag, 0)
	if err != nil {
		return nil, nil, nil, err
	}
	info, err := file.Stat()
	if err == nil {
		var data []byte
		if data, err = io.ReadAll(file); err == nil {
			return file, info, data, nil
		}
	}
	file.Close()
	return nil, nil, nil, err
}

// headOf is the first line of the log that goes with a file of this content.
func headOf(data []byte) []byte {
	sum := sha256.Sum256(data)
	return []byte(`{"since":"sha256:` + hex.EncodeToString(sum[:]) + "\"}\n")
}

// tail reads the whole lines that were not read yet.
func (f *stateFile) tail() ([]byte, error) {
	data, err := io.ReadAll(io.NewSectionReader(f.log, f.next, 1<<62))
	f.end = f.next + int64(len(data))
	lines := data[:bytes.LastIndexByte(data, '\n')+1]
	f.next += int64(len(lines))
	return lines, err
}

// append adds a line to the log.
func (f *stateFile) append(changes []change) error {
	if err := f.writeLine(append(encoded(changes), '\n')); err != nil {
		return fmt.Errorf("sandbox: write log: %w", err)
	}
	return nil
}

func (f *stateFile) writeLine(line []byte) error {
	if f.next == 0 {
		if err := f.beginLog(); err != nil {
			return err
		}
	}
	if f.end > f.next {
		if err := f.log.Truncate(f.next); err != nil {
			return err
		}
	}
	if _, err := f.log.WriteAt(line, f.next); err != nil {
		f.end++ // as far as it is known
		return err
	}
	f.next += int64(len(line))
	f.end = f.next
	return nil
}

// beginLog makes a log that goes with the file, in the place of one that does not.
func (f *stateFile) beginLog() error {
	if f.log != nil {
		f.log.Close()
		f.log = nil
	}
	if err := os.Remove(f.logPath()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	log, err := os.OpenFile(f.logPath(), os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	_, err = log.Write(f.head)
	err = errors.Join(err, log.Chmod(0o600)) // whatever the umask is
	info, errStat := log.Stat()
	if err = errors.Join(err, errStat); err != nil {
		log.Close()
		return err
	}
	f.log, f.logIs, f.next = log, info, int64(len(f.head))
	f.end = f.next
	return nil
}

// write puts a whole cloud in the place of file and log.
func (f *stateFile) write(data []byte) error {
	temp, err := os.CreateTemp(filepath.Dir(f.path), filepath.Base(f.path)+".*.tmp")
	if err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	_, err = temp.Write(data)
	info, errStat := temp.Stat()
	if err = errors.Join(err, errStat, temp.Chmod(0o600)); err == nil { // whatever the umask is
		err = os.Rename(temp.Name(), f.path)
	}
	if err != nil {
		temp.Close()
		_ = os.Remove(temp.Name())
		return fmt.Errorf("sandbox: write state: %w", err)
	}
	f.forget()
	f.whole, f.is, f.head = temp, info, headOf(data)
	_ = os.Remove(f.logPath()) // if it stays, it goes with another file
	return nil
}

// forget makes the next who asks for news read everything.
func (f *stateFile) forget() {
	for _, file := range []*os.File{f.whole, f.log} {
		if file != nil {
			file.Close()
		}
	}
	*f = stateFile{path: f.path, guard: f.guard}
}
