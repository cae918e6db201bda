package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
)

// command is writ itself, told to do something that needs no cloud.
func (b *bench) command(name string, argv ...string) contender {
	return contender{name: name, measure: func(ctx context.Context, _ *cloud) (reading, error) {
		r, _, err := b.run(ctx, process{argv: append([]string{b.writ}, argv...)})
		return r, err
	}}
}

func (b *bench) version() contender { return b.command("writ version", "version") }

func (b *bench) validate(name, form, shape string, n int) contender {
	return contender{name: name, measure: func(ctx context.Context, c *cloud) (reading, error) {
		file, err := b.plan(form, shape, n)
		if err != nil {
			return nil, err
		}
		return b.command(name, "validate", file).measure(ctx, c)
	}}
}

// nodes is the floor of everything that reads a plan.
func (b *bench) nodes(name, form, shape string, n int) contender {
	return contender{name: name, measure: func(ctx context.Context, _ *cloud) (reading, error) {
		file, err := b.plan(form, shape, n)
		if err != nil {
			return nil, err
		}
		return b.floor(ctx, "nodes", file)
	}}
}

func (b *bench) preview(name, shape string, n int) contender {
	return contender{name: name, measure: func(ctx context.Context, c *cloud) (reading, error) {
		return b.onCloud(ctx, c, "preview", shape, n)
	}}
}

// apply applies a plan on the cloud, one signed call a step. It previews it first, to tell what the calls alone cost.
func (b *bench) apply(name string, n, parallelism int) contender {
	return each(n, contender{name: name, measure: func(ctx context.Context, c *cloud) (reading, error) {
		before, err := b.onCloud(ctx, c, "preview", fanOut, n)
		if err != nil {
			return nil, err
		}
		r, err := b.onCloud(ctx, c, "apply", fanOut, n, "--yes", "--parallelism", strconv.Itoa(parallelism))
		if err == nil {
			r[cpuOfCalls] = r[cpu] - before[cpu]
		}
		return r, err
	}})
}

// cpuOfCalls is the processor's time without what a preview takes.
const cpuOfCalls = "cpu of calls"

func (b *bench) onCloud(ctx context.Context, c *cloud, verb, shape string, n int, more ...string) (reading, error) {
	file, err := b.plan(grants, shape, n)
	if err != nil {
		return nil, err
	}
	runs, done := b.folder()
	defer done()
	argv := append([]string{b.writ, verb, file, "--sandbox=" + c.url, "--runs", runs}, more...)
	r, _, err := b.run(ctx, process{argv: argv})
	if err == nil && verb == "apply" {
		r[execution], err = b.lasted(ctx, runs)
	}
	return r, err
}

// folder is where one measurement keeps its run, and how that is taken away.
func (b *bench) folder() (string, func()) {
	b.folders++
	dir := b.at(fmt.Sprintf("runs-%d", b.folders))
	return dir, func() { _ = os.RemoveAll(dir) }
}

// lasted is the time from a run's first record to its last. Another process reads the journal: this one must stay small,
// since a child's peak of memory is never less than what its parent has.
func (b *bench) lasted(ctx context.Context, runs string) (float64, error) {
	r, err := b.floor(ctx, "disk", "-what", "span", "-at", runs)
	return r[execution], err
}

// bare makes the calls that writ would make, with so many durable records each.
func (b *bench) bare(name string, n, at, records int) contender {
	return each(n, contender{name: name, measure: func(ctx context.Context, c *cloud) (reading, error) {
		r, err := b.floor(ctx, "calls", "-sandbox", c.url, "-n", strconv.Itoa(n), "-c", strconv.Itoa(at),
			"-records", strconv.Itoa(records), "-log", b.at("log"))
		if err == nil {
			r[cpuOfCalls] = r[cpu]
		}
		return r, err
	}})
}

// toy does something with the engine and kinds that call nothing.
func (b *bench) toy(name, do, form, shape string, n int) contender {
	return contender{name: name, measure: func(ctx context.Context, _ *cloud) (reading, error) {
		runs, done := b.folder()
		defer done()
		return b.play(ctx, do, runs, form, shape, n)
	}}
}

func (b *bench) play(ctx context.Context, do, runs, form, shape string, n int, more ...string) (reading, error) {
	file, err := b.plan(form, shape, n)
	if err != nil {
		return nil, err
	}
	return b.floor(ctx, "toy", append([]string{"-do", do, "-plan", file, "-runs", runs}, more...)...)
}
