// Package simdisk is a disk in memory for tests: it knows of every byte and every name whether it is durable, so that
// the power can be cut at any call, in any of the ways in which disks lose what was not synced. It knows files and
// directories, and nothing of journals.
//
// A Disk can be forked for the price of a few pointers, so that a run is made once and broken at each of its calls.
// Nothing in it depends on anything but the calls and the seed that it is given.
package simdisk

import (
	"maps"
	"sync"

	"writ/engine/journal"
)

// Disk is a disk, and the first process that uses it.
type Disk struct {
	*Process

	// OnCall, if any, is asked before each call, which then does not happen if it answers an error: ENOSPC, EIO, or
	// those of Short and Forget. It may panic, which is a crash at that point. It may look at the disk and fork it.
	OnCall func(Op) error
	// Size is how many bytes the disk has; without end at 0.
	Size int64

	mu     sync.Mutex
	nodes  []*node // the first is the top directory
	mark   *mark
	locks  map[string]*Process
	counts map[Kind]int
	calls  int
}

// Process is what one process sees of a disk. It is a journal.Disk.
type Process struct {
	disk *Disk
	dead bool
}

var _ journal.Disk = (*Process)(nil)

// New makes an empty disk.
func New() *Disk {
	d := blank()
	d.nodes = []*node{{owner: d.mark, dir: true}}
	return d
}

func blank() *Disk {
	d := &Disk{mark: new(mark), locks: map[string]*Process{}, counts: map[Kind]int{}}
	d.Process = d.Start()
	return d
}

// Start begins another process on the disk.
func (d *Disk) Start() *Process { return &Process{disk: d} }

// Die ends a process, however that comes about: its locks are free, and what it had open takes no more calls. All
// that it wrote is there; what it did not sync is as much in danger as before.
func (p *Process) Die() {
	d := p.disk
	d.mu.Lock()
	defer d.mu.Unlock()
	p.dead = true
	maps.DeleteFunc(d.locks, func(_ string, holder *Process) bool { return holder == p })
}

// Clone answers a disk that is in the same state and goes its own way from here. No process uses it: its locks are
// free, nothing is open, and it has no OnCall.
func (d *Disk) Clone() *Disk {
	d.mu.Lock()
	defer d.mu.Unlock()
	clone := blank()
	clone.Size = d.Size
	clone.nodes = append(make([]*node, 0, len(d.nodes)+4), d.nodes...)
	d.mark = new(mark) // what both have, neither may change any more
	return clone
}

// Calls is how many calls there were.
func (d *Disk) Calls() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.calls
}

// Counts is how many calls of each kind there were.
func (d *Disk) Counts() map[Kind]int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return maps.Clone(d.counts)
}
