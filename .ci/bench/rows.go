package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
)

// contests are all that is measured, each with the budgets that its readings are held to.
func (b *bench) contests() []contest {
	return slices.Concat(
		b.starts(), b.validates(), b.growths(), b.incumbents(), b.noOps(), b.httpFlat(), b.httpLate(), b.disks(), b.scripts(), b.ways(),
	)
}

func (b *bench) starts() []contest {
	hello := contender{name: "hello world", measure: func(ctx context.Context, _ *cloud) (reading, error) { return b.floor(ctx, "hello") }}
	ten, theirs := "writ validate", "terraform validate"
	return []contest{
		{
			name: "start", rounds: b.size(21, 7), contenders: []contender{hello, b.version()},
			judges: []judge{ratio{row: "P1", says: "writ version", of: point{"writ version", wall}, against: point{hello.name, wall}, limit: 3}},
		},
		{
			name: "start against terraform", rounds: b.size(11, 5),
			contenders: []contender{
				b.version(), b.terraform("terraform", "version", blocks, fanOut, 10),
				b.validate(ten, grants, fanOut, 10), b.terraform("terraform", "validate", blocks, fanOut, 10),
			},
			judges: []judge{
				ratio{row: "P1", says: "writ version", of: point{"writ version", wall}, against: point{"terraform version", wall}, limit: 0.25},
				ratio{row: "P1", says: "validate, 10 steps", of: point{ten, wall}, against: point{theirs, wall}, limit: 0.5},
			},
		},
	}
}

func (b *bench) validates() []contest {
	n := b.size(10_000, 2_000)
	var all []contest
	for _, c := range []struct{ form, shape string }{{long, layered}, {grants, layered}, {grants, fanOut}, {grants, chain}} {
		what := fmt.Sprintf("validate, %s %s steps, %s", count(n), map[string]string{long: "long", grants: "short"}[c.form], c.shape)
		all = append(all, contest{
			name: what, rounds: b.size(7, 3),
			contenders: []contender{b.validate("writ", c.form, c.shape, n), b.nodes("yaml.v3 to nodes", c.form, c.shape, n)},
			judges:     []judge{ratio{row: "P2", says: what, of: point{"writ", wall}, against: point{"yaml.v3 to nodes", wall}, limit: 2}},
		})
	}
	return all
}

// growths measure the same work in three sizes.
func (b *bench) growths() []contest {
	var all []contest
	for _, shape := range shapes {
		sizes := b.sizes(1_000)
		all = append(all, b.growth("validate", shape, sizes, func(name string, n int) contender { return b.validate(name, grants, shape, n) }))
		previews := b.growth("preview", shape, sizes, func(name string, n int) contender { return b.preview(name, shape, n) })
		previews.buckets = 1
		last, before := count(sizes[2])+" steps", count(sizes[1])+" steps"
		previews.judges = append(previews.judges,
			ratio{row: "P4", says: "preview, ten times as many, " + shape, of: point{last, wall}, against: point{before, wall}, limit: 12},
			ceiling{row: "P11", says: "preview, peak, " + last + ", " + shape, of: point{last, rss}, limit: 1024},
		)
		all = append(all, previews)
		if shape == chain { // its steps are as many waits for the disk
			sizes = b.sizes(100)
		}
		last = count(sizes[2]) + " steps"
		applies := b.growth("no-op apply", shape, sizes, func(name string, n int) contender { return b.toy(name, "apply", nothing, shape, n) })
		applies.judges = append(applies.judges, ceiling{row: "P11", says: "no-op apply, peak, " + last + ", " + shape, of: point{last, rss}, limit: 1024})
		all = append(all, applies)
	}
	return all
}

func (b *bench) sizes(smallest int) []int {
	first := b.size(smallest, smallest/5)
	return []int{first, 10 * first, 100 * first}
}

func (b *bench) growth(verb, shape string, sizes []int, of func(name string, n int) contender) contest {
	g := growth{row: "P4", sizes: map[string]int{}, start: "writ version"}
	c := contest{name: verb + " in three sizes, " + shape, rounds: b.size(3, 1)}
	if verb == "validate" {
		g.row, g.limit = "P2", 1.1
	}
	for _, n := range sizes {
		name := count(n) + " steps"
		g.sizes[name] = n
		c.contenders = append(c.contenders, of(name, n))
	}
	g.says = fmt.Sprintf("%s, %s to %s, %s", verb, count(sizes[0]), count(sizes[2]), shape)
	c.contenders = append(c.contenders, b.version())
	c.judges = []judge{g}
	return c
}

// incumbents are the previews that Terraform is slowest at.
func (b *bench) incumbents() []contest {
	var all []contest
	n := b.size(1_000, 300)
	for _, shape := range []string{chain, layered} {
		all = append(all, contest{
			name: "preview, " + shape, rounds: 5, buckets: 1,
			contenders: []contender{b.preview("writ", shape, n), b.terraform("terraform", "plan", blocks, shape, n)},
			judges: []judge{ratio{
				row: "P3", says: fmt.Sprintf("preview, %s, %s", count(n), shape), of: point{"writ", wall}, against: point{"terraform plan", wall},
				limit: map[string]float64{chain: 50, layered: 30}[shape], timesAhead: true,
			}},
		})
	}
	n = b.size(10_000, 1_000)
	for _, form := range []string{blocks, counted} {
		says := fmt.Sprintf("%s, fan-out, against %s", count(n), form)
		theirs := "terraform plan"
		share := map[string]float64{blocks: 0.25, counted: 0.5}[form]
		all = append(all, contest{
			name: "preview, fan-out, " + form, rounds: 5, buckets: n,
			contenders: []contender{
				b.preview("writ", fanOut, n), b.apply("writ apply", n, 64), b.terraform("terraform", "plan", form, fanOut, n),
			},
			judges: []judge{
				ratio{
					row: "P3", says: "preview, " + says, of: point{"writ", wall}, against: point{theirs, wall},
					limit: map[string]float64{blocks: 20, counted: 8}[form], timesAhead: true,
				},
				ratio{row: "P11", says: "preview, peak, " + says, of: point{"writ", rss}, against: point{theirs, rss}, limit: share},
				ratio{row: "P11", says: "apply, peak, " + says, of: point{"writ apply", rss}, against: point{theirs, rss}, limit: share},
			},
		})
	}
	return all
}

// noOps apply plans whose steps do nothing.
func (b *bench) noOps() []contest {
	few, many := b.size(1_000, 200), b.size(10_000, 1_000)
	ahead := func(n int, who string, limit float64) judge {
		return ratio{row: "P5", says: "no-op apply, fan-out, " + count(n), of: point{"writ", wall}, against: point{who, wall}, limit: limit, timesAhead: true}
	}
	all := []contest{{
		name: "heap", rounds: 3, contenders: []contender{b.toy("writ", "load", nothing, layered, many)},
		judges: []judge{ceiling{row: "P11", says: "live heap after load, a step, layered, " + count(many), of: point{"writ", perStep}, limit: 2048}},
	}}
	for _, peer := range []struct {
		contender
		n     int
		limit float64
	}{
		{b.terraform("terraform", "apply", blocks, fanOut, few), few, 50}, {b.terraform("tofu", "apply", blocks, fanOut, few), few, 8},
		{b.gnuMake(fanOut, many), many, 5}, {b.ninja(fanOut, many), many, 5},
	} {
		all = append(all, contest{
			name: "no-op apply against " + peer.name, rounds: 5,
			contenders: []contender{b.toy("writ", "apply", nothing, fanOut, peer.n), peer.contender},
			judges:     []judge{ahead(peer.n, peer.name, peer.limit)},
		})
	}
	n := b.size(2_000, 500)
	return append(all, contest{
		name: "chain", rounds: 7,
		contenders: []contender{b.toy("writ", "apply", nothing, chain, n), b.disk("append and fdatasync", "append", "-n", strconv.Itoa(n))},
		judges: []judge{ratio{
			row: "P8", says: "no-op apply, chain, " + count(n), of: point{"writ", execution}, against: point{"append and fdatasync", execution}, limit: 1.2,
		}},
	})
}

// perStep is the heap that one step of a loaded plan takes up, as toy calls it.
const perStep = "heap per step"

const (
	bareCalls  = "bare client"
	withRecord = "client + journal"
	withIntent = "client + journal + intent"
)

func (b *bench) clients(n, at int) []contender {
	return []contender{b.bare(bareCalls, n, at, 0), b.bare(withRecord, n, at, 1), b.bare(withIntent, n, at, 2), b.apply("writ", n, at)}
}

func (b *bench) httpFlat() []contest {
	n := b.size(20_000, 2_000)
	says := fmt.Sprintf("calls, 0 ms, C=64, %s steps", count(n))
	return []contest{{
		name: says, rounds: b.size(7, 3), buckets: n, contenders: b.clients(n, 64),
		judges: []judge{
			ratio{row: "P6", says: says, of: point{"writ", execution}, against: point{withIntent, execution}, limit: 1.25},
			ratio{row: "P6", says: says, of: point{"writ", execution}, against: point{withRecord, execution}},
			ratio{row: "P6", says: says, of: point{"writ", execution}, against: point{bareCalls, execution}},
			ratio{row: "P10", says: "CPU, " + says, of: point{"writ", cpuEach}, against: point{withIntent, cpuEach}, limit: 2},
			ratio{row: "P10", says: "CPU less a preview's, " + says, of: point{"writ", cpuOfCalls}, against: point{withIntent, cpuOfCalls}, limit: 2},
		},
	}}
}

func (b *bench) httpLate() []contest {
	var all []contest
	for _, c := range []struct {
		delay time.Duration
		at, n int
		bare  float64 // what is allowed against the bare client; 0: only told
	}{
		{5 * time.Millisecond, 1, 200, 0}, {5 * time.Millisecond, 10, 2_000, 0}, {5 * time.Millisecond, 64, 8_000, 1.6},
		{50 * time.Millisecond, 1, 30, 1.1}, {50 * time.Millisecond, 10, 300, 1.1}, {50 * time.Millisecond, 64, 2_000, 1.1},
	} {
		n := b.size(c.n, max(c.n/5, 10))
		says := fmt.Sprintf("calls, %d ms, C=%d, %s steps", c.delay.Milliseconds(), c.at, count(n))
		all = append(all, contest{
			name: says, rounds: b.size(5, 3), buckets: n, delay: c.delay, contenders: b.clients(n, c.at),
			judges: []judge{
				ratio{row: "P7", says: says, of: point{"writ", execution}, against: point{bareCalls, execution}, limit: c.bare},
				ratio{row: "P7", says: says, of: point{"writ", execution}, against: point{withIntent, execution}, limit: 1.1},
			},
		})
	}
	return all
}

// disk measures how fast records become durable, in a file or folder that is new each time.
func (b *bench) disk(name, what string, more ...string) contender {
	return contender{name: name, measure: func(ctx context.Context, _ *cloud) (reading, error) {
		at, done := b.folder()
		defer done()
		return b.floor(ctx, "disk", append([]string{"-what", what, "-at", at}, more...)...)
	}}
}

func (b *bench) disks() []contest {
	var all []contest
	for _, waiters := range []int{1, 10, 64} {
		says := fmt.Sprintf("one record, %d waiting", waiters)
		with := []string{"-waiters", strconv.Itoa(waiters), "-for", (time.Duration(b.size(1000, 300)) * time.Millisecond).String()}
		all = append(all, contest{
			name: says, rounds: 7, contenders: []contender{b.disk("writ", "journal", with...), b.disk("group commit", "group", with...)},
			judges: []judge{ratio{row: "P9", says: says, of: point{"writ", execution}, against: point{"group commit", execution}, limit: 1 / 0.8}},
		})
	}
	return append(all, b.replay())
}

// recordsPerStep is how many records a step of the toy cloud leaves.
const recordsPerStep = 5

// replay reads back a journal of many records, of a run that is made once.
func (b *bench) replay() contest {
	records := b.size(100_000, 10_000)
	n := records / recordsPerStep
	runs := ""
	reads := contender{name: "writ", measure: func(ctx context.Context, _ *cloud) (reading, error) {
		if runs == "" {
			folder, _ := b.folder()
			if _, err := b.play(ctx, "apply", folder, nothing, fanOut, n); err != nil {
				return nil, err
			}
			runs = folder
		}
		return b.floor(ctx, "disk", "-what", "replay", "-at", runs)
	}}
	asMany, own := "nodes of as many long steps", "nodes of the run's own plan"
	return contest{
		name: "replay", rounds: 5, contenders: []contender{reads, b.nodes(asMany, long, layered, records), b.nodes(own, nothing, fanOut, n)},
		judges: []judge{
			ratio{row: "P9", says: "replay, " + count(records) + " records", of: point{"writ", wall}, against: point{asMany, wall}, limit: 0.5},
			ratio{row: "P9", says: "replay, " + count(records) + " records", of: point{"writ", wall}, against: point{own, wall}},
		},
	}
}

// scripts are what people write instead.
func (b *bench) scripts() []contest {
	few, many := b.size(100, 30), b.size(4_000, 500)
	loop, exec := b.loop(few), each(few, b.terraform("terraform", "apply", localExec, fanOut, few))
	all := []contest{{
		name: "processor time of scripts", rounds: 5, buckets: max(few, many), contenders: []contender{b.apply("writ", many, 64), loop, exec},
		judges: []judge{
			ratio{row: "P10", says: "CPU a call", of: point{"writ", cpuEach}, against: point{loop.name, cpuEach}, limit: 60, timesAhead: true},
			ratio{row: "P10", says: "CPU a call, local-exec", of: point{"writ", cpuEach}, against: point{exec.name, cpuEach}, limit: 100, timesAhead: true},
		},
	}}
	for _, c := range []struct {
		delay time.Duration
		n     int
		limit float64
	}{{0, many, 15}, {50 * time.Millisecond, b.size(400, 100), 1.5}} {
		peer := b.xargs(b.size(400, 100))
		says := fmt.Sprintf("a call, %d ms, C=10", c.delay.Milliseconds())
		all = append(all, contest{
			name: "scripts, " + c.delay.String(), rounds: 5, buckets: many, delay: c.delay, contenders: []contender{b.apply("writ", c.n, 10), peer},
			judges: []judge{
				ratio{row: "P13", says: says, of: point{"writ", execEach}, against: point{peer.name, wallEach}, limit: c.limit, timesAhead: true},
				ratio{row: "P13", says: says + ", with load and preview", of: point{"writ", wallEach}, against: point{peer.name, wallEach}, timesAhead: true},
			},
		})
	}
	return all
}

// withReplay is the execution and the reading of the journal that it goes on with.
const withReplay = "with replay"

// ways are the way on after a crash, and the way back.
func (b *bench) ways() []contest {
	n := b.size(10_000, 1_000)
	killed := func(ctx context.Context) (string, func(), error) {
		runs, done := b.folder()
		_, err := b.play(ctx, "apply", runs, nothing, fanOut, n, "-dies", strconv.Itoa(n/2))
		return runs, done, err
	}
	// What a resume has to do: the plan, the other half, and, which the budget forgets, the half that stands in the journal.
	whole := contender{name: "load + half an apply", measure: func(ctx context.Context, c *cloud) (reading, error) {
		r, err := b.toy("", "apply", nothing, fanOut, n).measure(ctx, c)
		if err != nil {
			return nil, err
		}
		runs, done, err := killed(ctx)
		defer done()
		if err != nil {
			return nil, err
		}
		replay, err := b.floor(ctx, "disk", "-what", "replay", "-at", runs)
		r[execution] = r["load"] + r[execution]/2
		r[withReplay] = r[execution] + replay[wall]
		return r, err
	}}
	resumed := contender{name: "writ", measure: func(ctx context.Context, _ *cloud) (reading, error) {
		runs, done, err := killed(ctx)
		defer done()
		if err != nil {
			return nil, err
		}
		return b.play(ctx, "resume", runs, nothing, fanOut, n)
	}}
	back := func(says, of, against string) judge {
		return ratio{row: "P12", says: says, of: point{"apply", of}, against: point{"apply", against}, limit: 1.15}
	}
	return []contest{
		{
			name: "resume", rounds: 5, contenders: []contender{resumed, whole},
			judges: []judge{
				ratio{row: "P12", says: "resume after a kill at half of " + count(n), of: point{"writ", execution}, against: point{whole.name, execution}, limit: 1.1},
				ratio{row: "P12", says: "resume, against that and a replay", of: point{"writ", execution}, against: point{whole.name, withReplay}},
			},
		},
		{
			name: "rollback", rounds: 5, contenders: []contender{b.toy("apply", "both", cells, fanOut, n)},
			judges: []judge{
				back("rollback of "+count(n)+", against preview and apply", "rollback", "apply"),
				back("rollback of "+count(n)+", against the apply alone", "rollback", execution),
			},
		},
	}
}

// known are the numbers of all budgets.
func known(contests []contest) []string {
	rows := map[string]bool{}
	for _, c := range contests {
		for _, j := range c.judges {
			rows[j.about()] = true
		}
	}
	return slices.SortedFunc(maps.Keys(rows), func(x, y string) int { return number(x) - number(y) })
}

// count writes a number as people read it.
func count(n int) string {
	if n >= 1_000 {
		return fmt.Sprintf("%d,%03d", n/1_000, n%1_000)
	}
	return strconv.Itoa(n)
}
