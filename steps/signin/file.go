package signin

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
)

const maxFile = 1 << 20

// file is one that a user keeps credentials in.
type file struct {
	path string
	data []byte
	open bool // to others than its owner
}

// readFile reads a file. Its error is fs.ErrNotExist, or says what is wrong without a word of the content.
func readFile(path string) (file, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return file{}, reason(err)
	case !info.Mode().IsRegular():
		return file{}, errors.New("not a file")
	case info.Size() > maxFile:
		return file{}, errors.New("larger than 1 MiB")
	}
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // lest something else has come into its place
	if err != nil {
		return file{}, reason(err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile))
	return file{path, data, info.Mode()&0o077 != 0}, reason(err)
}

// reason is a file error without its path, which stands beside it anyway.
func reason(err error) error {
	if e := (*fs.PathError)(nil); errors.As(err, &e) {
		return e.Err
	}
	return err
}

// warn notes that others may read the file's secrets.
func (s *set) warn(f file) {
	if f.open {
		s.notes = append(s.notes, fmt.Sprintf("other users may read %s, which holds secrets: chmod 600 it", f.path))
	}
}

// unread is a set whose file could not be used.
func unread(source, path string, err error, named bool) *set {
	s := &set{source: source, where: path}
	switch {
	case !errors.Is(err, fs.ErrNotExist):
		s.missing = "cannot be read: " + err.Error()
	case named:
		s.missing = "no such file"
	default:
		s.absent = "no such file"
	}
	return s
}

// failed is a set of a file that was read, and says nothing that can be used.
func failed(source, path, why string) *set {
	return &set{source: source, where: path, missing: why}
}

var lineNumber = regexp.MustCompile(`\bline (\d+)`)

// misread says that a file is not of its form, by the number of the line if the reader told one: its other words quote
// the file.
func misread(form string, err error) error {
	if m := lineNumber.FindStringSubmatch(err.Error()); m != nil {
		return fmt.Errorf("not a %s, line %s", form, m[1])
	}
	return fmt.Errorf("not a %s", form)
}

// atHome is a path below the user's home, or "" when there is none.
func (o Options) atHome(parts ...string) string {
	if o.Home == "" {
		return ""
	}
	return filepath.Join(append([]string{o.Home}, parts...)...)
}

// fileOf is a file that a variable names, or the one at home that is read without it.
func (o Options) fileOf(variable string, home ...string) (path string, named bool) {
	if path := o.Getenv(variable); path != "" {
		return o.place(path), true
	}
	return o.atHome(home...), false
}

// place makes a path that a user wrote one that can be opened.
func (o Options) place(path string) string {
	if path == "" {
		return ""
	}
	if rest, ok := strings.CutPrefix(path, "~/"); ok && o.Home != "" {
		return filepath.Join(o.Home, rest)
	}
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(o.Dir, path)
}
