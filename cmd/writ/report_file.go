package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// sameFile reports whether two names are of one file, which need not be there.
func sameFile(a, b string) bool {
	was, errA := os.Stat(a)
	is, errB := os.Stat(b)
	if errA == nil && errB == nil {
		return os.SameFile(was, is)
	}
	pathA, errA := filepath.Abs(a)
	pathB, errB := filepath.Abs(b)
	return errA == nil && errB == nil && pathA == pathB
}

// checkWritable finds out whether a file can be put there later, by putting one beside it.
func checkWritable(file string) error {
	info, err := os.Stat(file)
	switch {
	case err == nil && info.IsDir():
		return errors.New("that is a folder")
	case err == nil && !info.Mode().IsRegular():
		return nil // a device, a pipe: it is written as it is
	}
	f, err := beside(target(file))
	if err != nil {
		return cannotWrite(err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// cannotWrite says why a folder takes no file, without the name of the one that was tried.
func cannotWrite(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return fmt.Errorf("the folder %s takes no file: %w", filepath.Dir(at.Path), at.Err)
	}
	return err
}

// target is the file that a name leads to: a link stays one.
func target(file string) string {
	if to, err := filepath.EvalSymlinks(file); err == nil {
		return to
	}
	return file
}

// beside makes a file in the same folder, of the mode that the umask leaves of one that anybody may read. Its name cannot
// be foreseen and is not taken, so that nobody who can write to the folder leads it elsewhere by a link.
func beside(file string) (*os.File, error) {
	name := filepath.Join(filepath.Dir(file), ".writ-report-"+rand.Text())
	return os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
}

// placeOpenly puts a file there, whole or not at all, for those to read who can read the folder: what it holds is
// redacted.
func placeOpenly(file string, raw []byte) error {
	file = target(file)
	if info, err := os.Stat(file); err == nil && !info.Mode().IsRegular() {
		f, err := os.OpenFile(file, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		_, err = f.Write(raw)
		return errors.Join(err, f.Close())
	}
	f, err := beside(file)
	if err != nil {
		return err
	}
	_, err = f.Write(raw)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
