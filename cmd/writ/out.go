package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"writ/engine"
)

// checkOut refuses a name for a saved preview at which something else stands than an earlier one.
func checkOut(file string) error {
	info, err := os.Lstat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return wrong("--out: %s", err)
	case !info.Mode().IsRegular():
		return wrong("--out %s: that is no file", file)
	case info.Size() > 0 && !isSavedAt(file):
		return wrong("--out %s: that holds something else than a saved preview; name another file", file)
	}
	return nil
}

func isSavedAt(file string) bool {
	f, err := os.Open(file)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 64)
	n, _ := f.Read(head)
	return engine.IsSaved(head[:n])
}

// place puts a file there, whole or not at all, and for nobody else to read.
func place(file string, raw []byte) error {
	dir, err := os.Open(filepath.Dir(file))
	if err != nil {
		return err
	}
	defer dir.Close()
	f, err := os.CreateTemp(dir.Name(), ".writ-*") // of mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(raw)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return dir.Sync()
}
