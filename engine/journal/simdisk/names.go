package simdisk

import (
	"errors"
	"io/fs"
	"maps"
	"path"
	"slices"
	"syscall"

	"writ/engine/journal"
)

var (
	errMissing = fs.ErrNotExist
	errNotDir  = &journal.UnsafeError{Path: "what leads there", Reason: "is of the wrong type"}
)

// do makes a call that is about a name: that of something in a directory.
func (p *Process) do(op Op, act func(dir int, base string) error) error {
	if err := p.call(op); err != nil {
		return err
	}
	d := p.disk
	d.mu.Lock()
	defer d.mu.Unlock()
	dir, err := d.parent(op.Name)
	if err == nil {
		err = act(dir, path.Base(op.Name))
	}
	if err != nil {
		return failed(op.Kind, op.Name, err)
	}
	return nil
}

// MakeDir is that of journal.Disk.
func (p *Process) MakeDir(name string) error {
	return p.do(Op{Kind: MakeDir, Name: name}, func(dir int, base string) error {
		if _, had := p.disk.nodes[dir].names[base]; had {
			return fs.ErrExist
		}
		p.disk.add(dir, base, &node{dir: true})
		return nil
	})
}

// Create is that of journal.Disk.
func (p *Process) Create(name string) (journal.DiskFile, error) {
	f := &file{p: p, write: true}
	err := p.do(Op{Kind: Create, Name: name}, func(dir int, base string) error {
		if _, had := p.disk.nodes[dir].names[base]; had {
			return fs.ErrExist
		}
		f.node = p.disk.add(dir, base, &node{})
		return nil
	})
	if err != nil {
		return nil, err
	}
	return f, nil
}

// Open is that of journal.Disk.
func (p *Process) Open(name string, write bool) (journal.DiskFile, error) {
	f := &file{p: p, write: write}
	err := p.do(Op{Kind: Open, Name: name}, func(dir int, base string) error {
		at, had := p.disk.nodes[dir].names[base]
		if !had {
			return errMissing
		}
		if p.disk.nodes[at].dir {
			return &journal.UnsafeError{Path: name, Reason: "is of the wrong type: a directory"}
		}
		f.node = at
		return nil
	})
	if err != nil {
		return nil, err
	}
	return f, nil
}

// Stat is that of journal.Disk.
func (p *Process) Stat(name string) (size int64, err error) {
	err = p.do(Op{Kind: Stat, Name: name}, func(dir int, base string) error {
		at, had := p.disk.nodes[dir].names[base]
		if !had {
			return errMissing
		}
		size = p.disk.nodes[at].size()
		return nil
	})
	return size, err
}

// List is that of journal.Disk. The names are in order.
func (p *Process) List(name string) (names []string, err error) {
	err = p.inDir(Op{Kind: List, Name: name}, func(at int) {
		names = slices.Sorted(maps.Keys(p.disk.nodes[at].names))
	})
	return names, err
}

// SyncDir is that of journal.Disk.
func (p *Process) SyncDir(name string) error {
	return p.inDir(Op{Kind: SyncDir, Name: name}, func(at int) {
		if n := p.disk.nodes[at]; len(n.changes) > 0 {
			n = p.disk.own(at)
			n.safeNames, n.ownsNames, n.changes = n.names, false, nil
		}
	})
}

// inDir makes a call that is about a directory.
func (p *Process) inDir(op Op, act func(at int)) error {
	if err := p.call(op); err != nil {
		return err
	}
	d := p.disk
	d.mu.Lock()
	defer d.mu.Unlock()
	at, err := d.find(op.Name)
	switch {
	case err != nil:
		return failed(op.Kind, op.Name, err)
	case at < 0:
		return failed(op.Kind, op.Name, errMissing)
	case !d.nodes[at].dir:
		return failed(op.Kind, op.Name, errNotDir)
	}
	act(at)
	return nil
}

// Rename is that of journal.Disk, within a directory.
func (p *Process) Rename(from, to string) error {
	return p.do(Op{Kind: Rename, Name: from, To: to}, func(dir int, base string) error {
		d, next := p.disk, path.Base(to)
		at, had := d.nodes[dir].names[base]
		switch {
		case path.Dir(from) != path.Dir(to):
			return syscall.EXDEV
		case !had:
			return errMissing
		}
		if old, had := d.nodes[dir].names[next]; had && d.nodes[old].dir {
			return fs.ErrExist // as os.Root puts it
		} else if had && d.nodes[at].dir {
			return syscall.ENOTDIR
		} else if old == at {
			return nil
		}
		d.own(at).name = next
		d.own(dir).note(change{from: base, to: next, node: at})
		return nil
	})
}

// Remove is that of journal.Disk.
func (p *Process) Remove(name string) error {
	return p.do(Op{Kind: Remove, Name: name}, func(dir int, base string) error {
		at, had := p.disk.nodes[dir].names[base]
		switch {
		case !had:
			return errMissing
		case len(p.disk.nodes[at].names) > 0:
			return syscall.ENOTEMPTY
		}
		p.disk.own(dir).note(change{from: base, node: at})
		return nil
	})
}

// RemoveAll is that of journal.Disk. What is below is removed before.
func (p *Process) RemoveAll(name string) error {
	err := p.do(Op{Kind: RemoveAll, Name: name}, func(dir int, base string) error {
		if at, had := p.disk.nodes[dir].names[base]; had {
			p.disk.removeAll(dir, base, at)
		}
		return nil
	})
	if errors.Is(err, errMissing) {
		return nil
	}
	return err
}

func (d *Disk) removeAll(dir int, base string, at int) {
	for _, name := range slices.Sorted(maps.Keys(d.nodes[at].names)) {
		d.removeAll(at, name, d.nodes[at].names[name])
	}
	d.own(dir).note(change{from: base, node: at})
}

// Free is that of journal.Disk.
func (p *Process) Free() (int64, error) {
	if err := p.call(Op{Kind: Free, Name: "."}); err != nil {
		return 0, err
	}
	d := p.disk
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.room(&node{}), nil
}

// Close is that of journal.Disk.
func (p *Process) Close() error { return p.call(Op{Kind: Close, Name: "."}) }

// Lock is that of journal.Disk, without a moment's patience.
func (p *Process) Lock(name string) (func() error, error) {
	err := p.do(Op{Kind: Lock, Name: name}, func(dir int, base string) error {
		d := p.disk
		if _, had := d.nodes[dir].names[base]; !had {
			d.add(dir, base, &node{})
		}
		if d.locks[name] != nil {
			return journal.ErrLocked
		}
		d.locks[name] = p
		return nil
	})
	if err != nil {
		return nil, err
	}
	return func() error { return p.unlock(name) }, nil
}

func (p *Process) unlock(name string) error {
	err := p.call(Op{Kind: Unlock, Name: name})
	p.disk.mu.Lock()
	defer p.disk.mu.Unlock()
	if p.disk.locks[name] == p {
		delete(p.disk.locks, name)
	}
	return err
}

// Locked is that of journal.Disk.
func (p *Process) Locked(name string) bool {
	if err := p.call(Op{Kind: Locked, Name: name}); err != nil {
		return false
	}
	p.disk.mu.Lock()
	defer p.disk.mu.Unlock()
	return p.disk.locks[name] != nil
}
