package engine

import (
	"cmp"
	"encoding/json"
	"slices"

	"writ/engine/journal"
	"writ/engine/step"
)

// evidence is what finished runs on the same target journaled of kinds that no call can read, by kind.
type evidence map[string]*sayings

// sayings are the parts of earlier runs that made something of one kind, by the objects that they touched.
type sayings struct {
	by    step.Index[*saying]
	count int
}

// saying is what a run says that it made.
type saying struct {
	place int // oldest first
	state json.RawMessage
	run   string
}

// known is what stands, by all that was said of it.
type known struct {
	state json.RawMessage
	run   string // the newest run that adds to it
}

// gather reads the evidence out of a target's earlier runs, oldest first.
func gather(history []*journal.Run, kinds step.Kinds) evidence {
	all := evidence{}
	for _, run := range history {
		if run.Mode != journal.Over {
			continue
		}
		for _, n := range run.Nodes {
			kind, ok := kinds.Find(n.Uses)
			if !ok || kind.Readable() {
				continue
			}
			for _, p := range n.Parts {
				if p.Acted {
					all.add(kind.Name, p, run.Open.Run)
				}
			}
		}
	}
	return all
}

func (e evidence) add(kind string, p *journal.Progress, run string) {
	s := e[kind]
	if s == nil {
		s = &sayings{}
		e[kind] = s
	}
	said := &saying{place: s.count, state: p.Goal, run: run}
	s.count++
	for _, object := range p.Objects {
		s.by.Add(object, said)
	}
}

// of is what is known of the objects that a step touches. What else stands is no concern of the step.
func (e evidence) of(kind string, objects []string) known {
	s := e[kind]
	if s == nil {
		return known{}
	}
	return sum(s.about(objects))
}

// about lists what was said of some of the objects, oldest first.
func (s *sayings) about(objects []string) []*saying {
	var all []*saying
	for _, object := range objects {
		all = slices.AppendSeq(all, s.by.Overlapping(object))
	}
	slices.SortFunc(all, func(a, b *saying) int { return cmp.Compare(a.place, b.place) })
	return slices.Compact(all)
}

func sum(said []*saying) known {
	var all step.Union
	k := known{}
	for _, one := range said {
		if all.Add(one.state) {
			k.run = one.run
		}
	}
	if len(said) > 0 {
		k.state = all.State()
	}
	return k
}
