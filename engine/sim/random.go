package sim

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"

	"writ/engine/journal/simdisk"
)

// Seeded is a run to which a seed does all that can be done, again and again, and what becomes of it when it is left
// alone at last.
func (c *Case) Seeded(seed uint64) error {
	rng := chance(seed, "")
	w := NewWorld(c.Begin())
	rarely := []int{400, 100, 25}[rng.IntN(3)]
	way := Onward
	for round := range 1 + rng.IntN(4) {
		id, err := c.newest(w)
		if err != nil {
			return err
		}
		if way == Onward && id != "" && rng.IntN(3) == 0 {
			way = Back
		}
		p := c.Process(w, chance(seed, "process", round), anyTrouble(seed, round, rarely), nil)
		if id == "" && way == Back {
			break
		}
		if end := c.goOn(p, id, nil, way); end.Died {
			w = w.Crash(simdisk.States()[rng.IntN(len(simdisk.States()))], chance(seed, "crash", round))
		}
	}
	if rng.IntN(2) == 0 {
		way = Back
	}
	return c.Finish(w, way, chance(seed, "finish"))
}

// chance is what a seed leaves to chance about one thing. Each thing has its own: a disk that is looked at once more changes
// no other, and a seed goes on to mean what it meant.
func chance(seed uint64, about ...any) *rand.Rand {
	h := fnv.New64a()
	_, _ = fmt.Fprint(h, about...)
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

// anyTrouble is death, a stop, or something else that can go wrong, at one in so many events of a round.
func anyTrouble(seed uint64, round, rarely int) Trouble {
	met := map[Event]int{}
	return func(_ int, e Event) Fault {
		met[e]++
		rng := chance(seed, round, e, met[e])
		if rng.IntN(rarely) > 0 {
			return None
		}
		faults := append(slices.Clone(FaultsAt(e)), Death, Stop)
		return faults[rng.IntN(len(faults))]
	}
}

// RandomToyCase makes a plan of toy kinds and a cloud for it.
func RandomToyCase(seed uint64) (*Case, error) {
	rng := rand.New(rand.NewPCG(seed, 3))
	d := &draft{rng: rng, crowd: rand.New(rand.NewPCG(seed, 4)), cells: map[string]string{"other": "theirs"}, oneWay: map[string]string{}, onceOnly: map[string]string{}, last: map[string]string{}}
	d.crowded = d.crowd.IntN(6) == 0
	steps := 2 + rng.IntN(4) // what goes wrong between steps, goes wrong between few
	if rng.IntN(5) == 0 {
		steps = 2 + rng.IntN(10)
	}
	for i := range steps {
		d.step(i)
	}
	c, err := NewToyCase("version: 1\ndefaults: {retry: {max: 3, backoff: 1s}}\nsteps:\n"+d.text.String(), d.cells, 1+rng.IntN(5))
	if err != nil {
		return nil, fmt.Errorf("seed %d: %w\n%s", seed, err, d.text.String())
	}
	c.OneWay, c.OnceOnly = d.oneWay, d.onceOnly
	_, _, err = c.Learn(base(seed))
	return c, err
}

// draft is a plan that is being made.
type draft struct {
	rng              *rand.Rand
	crowd            *rand.Rand // for what some plans have besides: chances of its own, so that the others stay as they are
	crowded          bool       // most steps write one of a few rows, or all of them
	text             strings.Builder
	cells            map[string]string
	oneWay, onceOnly map[string]string
	last             map[string]string // by object: the step that touched it last
}

func (d *draft) step(i int) {
	id := fmt.Sprintf("s%d", i)
	if d.rng.IntN(2) == 0 {
		d.cells[id] = "was"
	}
	with, more, objects := "", "", []string{id}
	uses := d.rng.IntN(9)
	if i == 0 {
		uses = max(uses, 1) // a plan that only looks makes no run
	}
	if d.crowded && uses >= 6 {
		uses = 9
	}
	switch uses {
	case 0:
		with = "toy.list, with: {names: [other]}"
	case 1:
		with = "toy.make, with: {name: " + id + "}"
		delete(d.cells, id)
		d.onceOnly[id] = id + "="
	case 2:
		with, objects = "toy.set, with: {name: shared, members: ["+id+"]}", []string{"shared"}
	case 3:
		with = fmt.Sprintf("toy.rows, with: {names: [%s, %sa, %sb], value: v}", id, id, id)
	case 4:
		with, more, objects = "toy.grant, with: {buckets: ["+id+"]}", ", irreversible: accept", []string{"grants"}
		delete(d.cells, id)
		d.oneWay[id] = "granted/" + id + "=yes"
	case 5:
		with, more = "toy.cell, with: {name: "+id+", value: gone}", ", irreversible: accept"
		d.cells[id] = "!kept"
		d.oneWay[id], d.onceOnly[id] = id+"=gone", id+"=gone"
	case 6:
		with = `toy.cell, for_each: [` + id + `x, ` + id + `y], with: {name: "${{ each.key }}", value: new}`
	case 9:
		objects = [][]string{{"ra"}, {"rb"}, {"rc"}, {"ra", "rb", "rc"}}[d.crowd.IntN(4)]
		with = fmt.Sprintf("toy.rows, with: {names: [%s], value: v%d}", strings.Join(objects, ", "), d.crowd.IntN(3))
	default:
		with = "toy.cell, with: {name: " + id + ", value: new}"
	}
	var needs []string
	for j := range i {
		if d.rng.IntN(3) == 0 {
			needs = append(needs, fmt.Sprintf("s%d", j))
		}
	}
	for _, object := range objects {
		if before := d.last[object]; before != "" && !slices.Contains(needs, before) {
			needs = append(needs, before) // two steps at one object have an order
		}
		d.last[object] = id
	}
	fmt.Fprintf(&d.text, "  - {id: %s, uses: %s%s, needs: [%s]}\n", id, with, more, strings.Join(needs, ", "))
}
