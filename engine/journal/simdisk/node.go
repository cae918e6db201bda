package simdisk

import (
	"maps"
	"path"
	"slices"
	"strings"
)

// mark tells whose a node is: two disks share what neither has changed since they were one.
type mark struct{ _ byte }

// node is a directory or a file: what can be seen of it, and what of that a power cut leaves.
type node struct {
	owner *mark
	up    int // the directory that it is in
	name  string
	dir   bool

	names     map[string]int // of a directory
	safeNames map[string]int // those that are durable
	changes   []change       // what was done to these since
	ownsNames bool           // that map is nobody else's

	data []byte // of a file, but for the zeros behind it
	safe []byte // what is durable
	low  int    // how much of safe was never written to nor cut off since
	gone []span // what a failed sync lost

	zeros, safeZeros int64 // how many the file has behind data, and behind safe: it was made that long

	alloc, safeAlloc int64 // where the space that was set aside ends
}

// change is something that was done to the names of a directory: from was added, or removed, or, if there is a to,
// renamed.
type change struct {
	from, to string
	node     int
	added    bool
}

type span struct{ from, to int }

// own answers a node to be changed.
func (d *Disk) own(i int) *node {
	n := d.nodes[i]
	if n.owner == d.mark {
		return n
	}
	mine := *n
	mine.owner, mine.ownsNames = d.mark, false
	mine.data, mine.changes, mine.gone = slices.Clip(n.data), slices.Clip(n.changes), slices.Clip(n.gone)
	d.nodes[i] = &mine
	return &mine
}

// find answers the node of that name, or -1. The error is that of a way that leads through a file.
func (d *Disk) find(name string) (int, error) {
	at := 0
	if name == "." {
		return at, nil
	}
	for part := range strings.SplitSeq(name, "/") {
		if !d.nodes[at].dir {
			return -1, errNotDir
		}
		next, ok := d.nodes[at].names[part]
		if !ok {
			return -1, nil
		}
		at = next
	}
	return at, nil
}

// parent answers the directory that a name stands in, or would.
func (d *Disk) parent(name string) (int, error) {
	at, err := d.find(path.Dir(name))
	switch {
	case err != nil:
		return -1, err
	case at < 0:
		return -1, errMissing
	case !d.nodes[at].dir:
		return -1, errNotDir
	}
	return at, nil
}

// pathOf is the name of a node as it is now.
func (d *Disk) pathOf(at int) string {
	name := d.nodes[at].name
	for at = d.nodes[at].up; at != 0; at = d.nodes[at].up {
		name = d.nodes[at].name + "/" + name
	}
	return name
}

func (d *Disk) add(dir int, name string, n *node) int {
	at := len(d.nodes)
	n.owner, n.up, n.name = d.mark, dir, name
	d.nodes = append(d.nodes, n)
	d.own(dir).note(change{from: name, node: at, added: true})
	return at
}

// note makes a change to the names of a directory.
func (n *node) note(c change) {
	if !n.ownsNames {
		n.names, n.ownsNames = maps.Clone(n.names), true
	}
	if n.names == nil {
		n.names = map[string]int{}
	}
	c.make(n.names)
	n.changes = append(n.changes, c)
}

// make makes a change, if the names are such that it can be made.
func (c change) make(names map[string]int) {
	at, had := names[c.from]
	switch {
	case c.added:
		names[c.from] = c.node
	case !had || at != c.node:
	case c.to == "":
		delete(names, c.from)
	default:
		delete(names, c.from)
		names[c.to] = c.node
	}
}

// size is how long a file is.
func (n *node) size() int64 { return int64(len(n.data)) + n.zeros }

const block = 4 << 10

// blocks is how many bytes of the disk a file takes.
func (n *node) blocks() int64 {
	return (max(int64(len(n.data)), n.alloc) + block - 1) / block * block
}

// used is how many bytes of the disk all files take.
func (d *Disk) used(dir int) int64 {
	var sum int64
	for _, at := range d.nodes[dir].names {
		sum += d.nodes[at].blocks()
		if d.nodes[at].dir {
			sum += d.used(at)
		}
	}
	return sum
}

// room is up to which size a file can grow.
func (d *Disk) room(n *node) int64 {
	if d.Size == 0 {
		return 1 << 50
	}
	return n.blocks() + max(0, d.Size-d.used(0))/block*block
}
