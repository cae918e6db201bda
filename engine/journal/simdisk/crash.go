package simdisk

import (
	"maps"
	"math/rand/v2"
	"slices"
)

// State is what a crash makes of what was not synced.
type State string

// The states. After a Clean crash, which is that of a process and not of the machine, everything is there, and as
// little of it durable as before. After each of the others what there is, is durable. Of the names that were not
// synced, all are as before in Lost, each is as before or as after in Reordered, and in the others the first few
// changes were made and the rest were not.
const (
	Clean     State = "clean"
	Lost      State = "lost"      // only what was synced is there
	Torn      State = "torn"      // of what was not, a first part
	Zeros     State = "zeros"     // all of its length, as zeros
	Reordered State = "reordered" // some blocks of it, and what the others held before
	Garbage   State = "garbage"   // all of its length, as anything; but what was never written to is zeros
)

// States answers them all.
func States() []State { return []State{Clean, Lost, Torn, Zeros, Reordered, Garbage} }

// Crash answers the disk as the next process finds it. The disk itself stays as it is.
func (d *Disk) Crash(s State, chance *rand.Rand) *Disk {
	after := d.Clone()
	if s == Clean {
		return after
	}
	for at, n := range after.nodes {
		if n.dir && len(n.changes) > 0 {
			n = after.own(at)
			n.names, n.ownsNames, n.changes = n.namesAfter(s, chance), false, nil
			n.safeNames = n.names
		}
		if !n.dir && (n.isDirty() || len(n.gone) > 0) {
			n = after.own(at)
			n.crash(s, chance)
		}
	}
	after.rename(0)
	return after
}

// rename tells every node where it is, since a change that was undone told it otherwise.
func (d *Disk) rename(dir int) {
	for name, at := range d.nodes[dir].names {
		if n := d.nodes[at]; n.name != name {
			d.own(at).name = name
		}
		if d.nodes[at].dir {
			d.rename(at)
		}
	}
}

func (n *node) namesAfter(s State, chance *rand.Rand) map[string]int {
	if s == Lost {
		return n.safeNames
	}
	names := maps.Clone(n.safeNames)
	if names == nil {
		names = map[string]int{}
	}
	arrived := chance.IntN(len(n.changes) + 1)
	for i, c := range n.changes {
		if s == Reordered && chance.IntN(2) == 0 || s != Reordered && i >= arrived {
			continue
		}
		c.make(names)
	}
	return names
}

func (n *node) crash(s State, chance *rand.Rand) {
	alloc, size := n.alloc, n.sizeAfter(s, chance)
	switch data := n.rest(); s {
	case Lost:
		n.data, alloc = n.safe, n.safeAlloc
	case Torn:
		n.data = n.torn(data, chance)
	case Zeros:
		n.data = append(slices.Clip(data[:n.low]), make([]byte, len(data)-n.low)...)
	case Reordered:
		n.data = n.reordered(data, chance)
	case Garbage:
		n.data = append(slices.Clip(data[:n.low]), random(len(data)-n.low, chance)...)
	}
	n.data = slices.Clip(n.data) // what follows is the disk's that crashed
	n.zeros = max(0, size-int64(len(n.data)))
	n.safe, n.low, n.safeZeros, n.gone = n.data, len(n.data), n.zeros, nil
	n.alloc, n.safeAlloc = alloc, alloc
}

// sizeAfter is how long a file at least is that was made longer: as long as it is, or as it was when it was synced.
func (n *node) sizeAfter(s State, chance *rand.Rand) int64 {
	safe := int64(len(n.safe)) + n.safeZeros
	switch {
	case n.zeros == 0 && n.safeZeros == 0:
		return 0
	case s == Lost, safe != n.size() && chance.IntN(2) == 0:
		return safe
	}
	return n.size()
}

func (n *node) torn(data []byte, chance *rand.Rand) []byte {
	if n.low < len(n.safe) && chance.IntN(2) == 0 {
		return n.safe // not even the cut arrived
	}
	return data[:n.low+chance.IntN(len(data)-n.low+1)]
}

// reordered leaves of each block what it holds now, or what it held before.
func (n *node) reordered(data []byte, chance *rand.Rand) []byte {
	size, grain := len(data), 512
	if chance.IntN(2) == 0 {
		grain = 4096
	}
	if chance.IntN(2) == 0 {
		size = max(size, len(n.safe))
	}
	after := make([]byte, size)
	copy(after, n.safe)
	copy(after, data[:n.low])
	for from := n.low / grain * grain; from < size; from += grain {
		if chance.IntN(2) == 0 {
			end := min(from+grain, size)
			clear(after[from:end])
			copy(after[from:end], data[min(from, len(data)):])
		}
	}
	return after
}

func random(size int, chance *rand.Rand) []byte {
	data := make([]byte, size)
	for i := range data {
		data[i] = byte(chance.IntN(256))
	}
	return data
}
