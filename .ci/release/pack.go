package main

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"os"
	"time"
)

// entry is a file of an archive.
type entry struct {
	name, from string
	mode       int64
}

// pack writes a tar.gz of files that belong to nobody in particular and are all of one time.
func pack(file string, at time.Time, entries []entry) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	zip := gzip.NewWriter(f)
	archive := tar.NewWriter(zip)
	for _, e := range entries {
		if err == nil {
			err = add(archive, e, at)
		}
	}
	return errors.Join(err, archive.Close(), zip.Close(), f.Close())
}

func add(archive *tar.Writer, e entry, at time.Time) error {
	raw, err := os.ReadFile(e.from)
	if err != nil {
		return err
	}
	head := &tar.Header{Name: e.name, Mode: e.mode, Size: int64(len(raw)), ModTime: at, Format: tar.FormatUSTAR}
	if err := archive.WriteHeader(head); err != nil {
		return err
	}
	_, err = archive.Write(raw)
	return err
}
