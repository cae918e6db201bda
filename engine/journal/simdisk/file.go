package simdisk

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"slices"
	"syscall"
)

// file is a file that a process has open.
type file struct {
	p      *Process
	node   int
	write  bool
	closed bool
}

// do makes a call that is about the file's bytes.
func (f *file) do(op Op, act func(d *Disk) error) error {
	d := f.p.disk
	if d.OnCall != nil {
		d.mu.Lock()
		op.Name = d.pathOf(f.node)
		d.mu.Unlock()
	}
	if f.closed {
		return failed(op.Kind, op.Name, fs.ErrClosed)
	}
	if err := f.p.call(op); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := act(d); err != nil {
		return failed(op.Kind, op.Name, err)
	}
	return nil
}

func (f *file) WriteAt(data []byte, offset int64) (n int, err error) {
	if !f.write {
		return 0, failed(Write, "", syscall.EBADF)
	}
	err = f.do(Op{Kind: Write, Size: int64(len(data))}, func(d *Disk) error {
		n, err = d.writeAt(f.node, data, offset)
		return err
	})
	if err == nil || n > 0 || errors.Is(err, fs.ErrClosed) || errors.Is(err, errDead) {
		return n, err
	}
	return f.partly(data, offset, err)
}

// partly is a write that fails, as far as it gets.
func (f *file) partly(data []byte, offset int64, err error) (int, error) {
	part := len(data) / 2
	var short *shortError
	if errors.As(err, &short) {
		part = min(short.n, len(data))
		if short.err == nil {
			err = nil
		}
	}
	d := f.p.disk
	d.mu.Lock()
	defer d.mu.Unlock()
	n, full := d.writeAt(f.node, data[:part], offset)
	if err == nil {
		err = full
	}
	return n, err
}

// writeAt writes as much as the disk has room for.
func (d *Disk) writeAt(at int, data []byte, offset int64) (int, error) {
	n := d.own(at)
	if offset < 0 || offset > n.size() {
		return 0, syscall.EINVAL // nobody leaves a gap
	}
	fits := int(min(int64(len(data)), max(0, d.room(n)-offset)))
	n.put(data[:fits], int(offset))
	if fits < len(data) {
		return fits, syscall.ENOSPC
	}
	return fits, nil
}

// put writes to a file that is its disk's own; its bytes may still be those of others.
func (n *node) put(data []byte, offset int) {
	size, end := n.size(), offset+len(data)
	if gap := offset - len(n.data); gap > 0 {
		n.data = append(n.data, make([]byte, gap)...)
	}
	over := min(end, len(n.data)) - offset // bytes that something else stood in
	if !bytes.Equal(n.data[offset:offset+over], data[:over]) {
		n.data, n.low = slices.Clone(n.data), min(n.low, offset)
		copy(n.data[offset:], data)
	}
	n.again(span{offset, offset + over})
	n.data = append(n.data, data[over:]...)
	n.zeros = max(0, size-int64(len(n.data)))
}

// again takes what a failed sync lost for written once more, and so for something that the next one writes.
func (n *node) again(written span) {
	var gone []span
	for _, s := range n.gone {
		from, to := max(s.from, written.from), min(s.to, written.to)
		if from >= to {
			gone = append(gone, s)
			continue
		}
		n.low = min(n.low, from)
		for _, rest := range []span{{s.from, from}, {to, s.to}} {
			if rest.from < rest.to {
				gone = append(gone, rest)
			}
		}
	}
	n.gone = gone
}

func (f *file) ReadAll() (data []byte, err error) {
	err = f.do(Op{Kind: Read}, func(d *Disk) error {
		n := d.nodes[f.node]
		data = append(slices.Clip(n.data), make([]byte, n.zeros)...)
		return nil
	})
	return data, err
}

func (f *file) ReadAt(data []byte, offset int64) (n int, err error) {
	err = f.do(Op{Kind: Read}, func(d *Disk) error {
		at := d.nodes[f.node]
		if offset >= at.size() {
			return nil
		}
		n = int(min(int64(len(data)), at.size()-offset))
		clear(data[:n])
		copy(data[:n], at.data[min(offset, int64(len(at.data))):])
		return nil
	})
	if err == nil && n < len(data) {
		err = io.EOF
	}
	return n, err
}

func (f *file) Sync() error {
	err := f.do(Op{Kind: Sync}, func(d *Disk) error {
		if n := d.nodes[f.node]; n.isDirty() {
			n = d.own(f.node)
			n.safe, n.low, n.safeZeros, n.safeAlloc = n.rest(), len(n.data), n.zeros, n.alloc
		}
		return nil
	})
	var forget *forgetError
	if errors.As(err, &forget) {
		f.p.disk.lose(f.node)
	}
	return err
}

// lose takes what is not durable for clean.
func (d *Disk) lose(at int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := d.own(at)
	if from := max(n.low, n.lastGone()); from < len(n.data) {
		n.gone = append(n.gone, span{from, len(n.data)})
	}
}

func (n *node) lastGone() int {
	if len(n.gone) == 0 {
		return 0
	}
	return n.gone[len(n.gone)-1].to
}

func (n *node) isDirty() bool {
	return n.low != len(n.safe) || n.low != len(n.data) || n.zeros != n.safeZeros || n.alloc != n.safeAlloc
}

// rest is what a file would be had all of it arrived but what a failed sync lost.
func (n *node) rest() []byte {
	if len(n.gone) == 0 {
		return slices.Clip(n.data)
	}
	data := slices.Clone(n.data)
	for _, s := range n.gone {
		clear(data[s.from:s.to])
	}
	return data
}

func (f *file) Truncate(size int64) error {
	return f.do(Op{Kind: Truncate, Size: size}, func(d *Disk) error {
		n := d.own(f.node)
		if !f.write || size < 0 {
			return syscall.EINVAL
		}
		if more := size - n.size(); more > 0 {
			n.zeros += more
			return nil
		}
		end := int(min(size, int64(len(n.data))))
		n.zeros = size - int64(end)
		n.data, n.low, n.alloc = n.data[:end:end], min(n.low, end), 0
		n.gone = slices.DeleteFunc(slices.Clone(n.gone), func(s span) bool { return s.from >= end })
		if n.lastGone() > end {
			n.gone[len(n.gone)-1].to = end
		}
		return nil
	})
}

func (f *file) Allocate(offset, size int64) error {
	return f.do(Op{Kind: Allocate, Size: size}, func(d *Disk) error {
		n := d.own(f.node)
		switch end := offset + size; {
		case !f.write || offset < 0 || size <= 0:
			return syscall.EINVAL
		case end > d.room(n):
			return syscall.ENOSPC
		default:
			n.alloc = max(n.alloc, end)
		}
		return nil
	})
}

func (f *file) Size() (size, space int64, err error) {
	err = f.do(Op{Kind: Size}, func(d *Disk) error {
		n := d.nodes[f.node]
		size, space = n.size(), n.blocks()
		return nil
	})
	return size, space, err
}

func (f *file) Close() error {
	err := f.do(Op{Kind: Close}, func(*Disk) error { return nil })
	if !errors.Is(err, errDead) {
		f.closed = true
	}
	return err
}
