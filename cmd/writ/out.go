package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// checkOut refuses a name for a file to be written at which something else stands than an earlier one of its sort.
func checkOut(file, sort string, is func(head []byte) bool) error {
	info, err := os.Lstat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return wrong("--out: %s", err)
	case !info.Mode().IsRegular():
		return wrong("--out %s: that is no file", file)
	case info.Size() > 0 && !begins(file, is):
		return wrong("--out %s: that holds something else than %s; name another file", file, sort)
	}
	return nil
}

func begins(file string, is func([]byte) bool) bool {
	f, err := os.Open(file)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 64)
	n, _ := f.Read(head)
	return is(head[:n])
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
