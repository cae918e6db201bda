package simdisk

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"writ/engine/journal"
)

// class says what a caller can tell of an error.
func class(err error) string {
	var unsafe *journal.UnsafeError
	switch {
	case err == nil:
		return "fine"
	case errors.Is(err, fs.ErrNotExist):
		return "missing"
	case errors.Is(err, journal.ErrLocked):
		return "locked"
	case errors.As(err, &unsafe):
		return "unsafe"
	}
	return "failed" // among them what is there already, and a directory that is not empty
}

// twin is the same disk twice, once of this machine.
type twin struct {
	sim   *Disk
	real  journal.Disk
	files [][2]journal.DiskFile
	locks [][2]func() error
}

// do makes the same call of both, and compares.
func do[T any](r *rapid.T, w *twin, call func(d journal.Disk) (T, error)) ([2]T, bool) {
	a, errA := call(w.sim)
	b, errB := call(w.real)
	require.Equal(r, class(errB), class(errA), "%v; %v", errB, errA)
	return [2]T{a, b}, errA == nil
}

func (w *twin) check(r *rapid.T, call func(d journal.Disk) error) {
	do(r, w, func(d journal.Disk) (struct{}, error) { return struct{}{}, call(d) })
}

// checkFile makes the same call of the same file of both.
func (w *twin) checkFile(r *rapid.T, call func(f journal.DiskFile) (any, error)) {
	if len(w.files) == 0 {
		r.Skip("no file is open")
	}
	pair := rapid.SampledFrom(w.files).Draw(r, "file")
	a, errA := call(pair[0])
	b, errB := call(pair[1])
	require.Equal(r, class(errB), class(errA), "%v; %v", errB, errA)
	require.Equal(r, b, a)
}

func TestItIsLikeTheRealDisk(t *testing.T) {
	n := 0
	names := rapid.SampledFrom([]string{"a", "b", "c", "a/a", "a/b", "b/a", "b/b", "a/a/a", "a/a/b"})
	rapid.Check(t, func(r *rapid.T) {
		n++
		folder, err := journal.OpenFolder(filepath.Join(t.TempDir(), strconv.Itoa(n)))
		require.NoError(r, err)
		defer func() { _ = folder.Close() }()
		w := &twin{sim: New(), real: folder.Disk()}
		defer w.closeAll(r)
		open := func(pair [2]journal.DiskFile, fine bool) {
			if fine {
				w.files = append(w.files, pair)
			}
		}
		r.Repeat(map[string]func(*rapid.T){
			"": func(r *rapid.T) { w.compare(r, ".") },
			"mkdir": func(r *rapid.T) {
				name := names.Draw(r, "name")
				w.check(r, func(d journal.Disk) error { return d.MakeDir(name) })
			},
			"create": func(r *rapid.T) {
				name := names.Draw(r, "name")
				open(do(r, w, func(d journal.Disk) (journal.DiskFile, error) { return d.Create(name) }))
			},
			"open": func(r *rapid.T) {
				name, write := names.Draw(r, "name"), rapid.Bool().Draw(r, "write")
				open(do(r, w, func(d journal.Disk) (journal.DiskFile, error) { return d.Open(name, write) }))
			},
			"rename": func(r *rapid.T) {
				from, to := names.Draw(r, "from"), names.Draw(r, "to")
				w.check(r, func(d journal.Disk) error { return d.Rename(from, to) })
			},
			"remove": func(r *rapid.T) {
				name := names.Draw(r, "name")
				w.check(r, func(d journal.Disk) error { return d.Remove(name) })
			},
			"remove all": func(r *rapid.T) {
				name := names.Draw(r, "name")
				w.check(r, func(d journal.Disk) error { return d.RemoveAll(name) })
			},
			"sync directory": func(r *rapid.T) {
				name := names.Draw(r, "name")
				w.check(r, func(d journal.Disk) error { return d.SyncDir(name) })
			},
			"stat": func(r *rapid.T) {
				name := names.Draw(r, "name")
				w.check(r, func(d journal.Disk) error { _, err := d.Stat(name); return err })
			},
			"lock": func(r *rapid.T) {
				if len(w.locks) > 1 {
					r.Skip("the real disk takes its time to say that a lock is held")
				}
				lock := rapid.SampledFrom([]string{"1.lock", "2.lock", "3.lock", "4.lock"}).Draw(r, "name") // nobody removes one
				pair, fine := do(r, w, func(d journal.Disk) (func() error, error) { return d.Lock(lock) })
				require.Equal(r, w.real.Locked(lock), w.sim.Locked(lock))
				if fine {
					w.locks = append(w.locks, pair)
				}
			},
			"unlock": func(r *rapid.T) {
				if len(w.locks) == 0 {
					r.Skip("nothing is locked")
				}
				pair := w.locks[len(w.locks)-1]
				w.locks = w.locks[:len(w.locks)-1]
				require.NoError(r, errors.Join(pair[0](), pair[1]()))
			},
			"write": func(r *rapid.T) {
				data := rapid.SliceOfN(rapid.Byte(), 1, 9000).Draw(r, "data")
				part := rapid.OneOf(rapid.Just(100), rapid.IntRange(0, 100)).Draw(r, "percent")
				w.checkFile(r, func(f journal.DiskFile) (any, error) {
					size, _, err := f.Size()
					if err != nil {
						return 0, err
					}
					return f.WriteAt(data, size*int64(part)/100)
				})
			},
			"truncate": func(r *rapid.T) {
				part := rapid.IntRange(0, 150).Draw(r, "percent")
				w.checkFile(r, func(f journal.DiskFile) (any, error) {
					size, _, err := f.Size()
					if err != nil {
						return 0, err
					}
					return size, f.Truncate(size * int64(part) / 100)
				})
			},
			"allocate": func(r *rapid.T) {
				more := rapid.Int64Range(1, 99000).Draw(r, "more")
				w.checkFile(r, func(f journal.DiskFile) (any, error) {
					end, _, err := f.Size()
					if err != nil {
						return 0, err
					}
					err = f.Allocate(end, more)
					_, space, _ := f.Size()
					return err != nil || space >= end+more, err
				})
			},
			"sync": func(r *rapid.T) {
				w.checkFile(r, func(f journal.DiskFile) (any, error) { return nil, f.Sync() })
			},
			"read": func(r *rapid.T) {
				w.checkFile(r, func(f journal.DiskFile) (any, error) { data, err := f.ReadAll(); return string(data), err })
			},
			"close": func(r *rapid.T) {
				w.checkFile(r, func(f journal.DiskFile) (any, error) { return nil, f.Close() })
			},
		})
	})
}

// compare asks that both hold the same below a directory.
func (w *twin) compare(r *rapid.T, dir string) {
	pair, fine := do(r, w, func(d journal.Disk) ([]string, error) {
		names, err := d.List(dir)
		slices.Sort(names)
		return names, err
	})
	if !fine {
		return
	}
	require.Equal(r, append([]string{}, pair[1]...), append([]string{}, pair[0]...))
	for _, name := range pair[0] {
		name = filepath.Join(dir, name)
		open, fine := do(r, w, func(d journal.Disk) (journal.DiskFile, error) { return d.Open(name, false) })
		if !fine {
			w.compare(r, name)
			continue
		}
		want, err := open[1].ReadAll()
		require.NoError(r, err)
		got, err := open[0].ReadAll()
		require.NoError(r, err)
		require.Equal(r, string(want), string(got))
		require.NoError(r, errors.Join(open[0].Close(), open[1].Close()))
	}
}

func (w *twin) closeAll(r *rapid.T) {
	for _, pair := range w.files {
		_, _ = pair[0].Close(), pair[1].Close()
	}
	for _, pair := range w.locks {
		require.NoError(r, errors.Join(pair[0](), pair[1]()))
	}
}
