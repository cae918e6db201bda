package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// contest measures contenders in turn, so that whatever else the machine does meets all of them alike.
type contest struct {
	name       string
	contenders []contender
	judges     []judge
	rounds     int
	buckets    int           // starts a sandbox with so many; 0 starts none
	delay      time.Duration // of the sandbox's answers
}

// contender is something to be measured. The cloud is nil where the contest has none.
type contender struct {
	name    string
	absent  string // why it cannot be measured here
	measure func(ctx context.Context, c *cloud) (reading, error)
}

// judge says what readings come to.
type judge interface {
	about() string    // the budget's number
	needs() []string  // the contenders it looks at
	line(*tally) line // for the table
}

// tally has the readings of a contest by contender, one a round, and why some have none.
type tally struct {
	readings map[string][]reading
	faults   map[string]string
}

// values are the readings of one contender and metric.
func (t *tally) values(p point) []float64 {
	var all []float64
	for _, r := range t.readings[p.who] {
		all = append(all, r[p.what])
	}
	return all
}

// patience is how long one contest may take before it makes do with fewer rounds.
func (b *bench) patience() time.Duration {
	if b.quick {
		return 8 * time.Second
	}
	return 70 * time.Second
}

// brief is a round that costs nothing to repeat: the first of those only warms up.
const brief = time.Second

// hold measures what the chosen judges need and answers their lines.
func (b *bench) hold(ctx context.Context, c contest) []line {
	judges := slices.DeleteFunc(slices.Clone(c.judges), func(j judge) bool { return !b.wants(j.about()) })
	if len(judges) == 0 {
		return nil
	}
	t := &tally{readings: map[string][]reading{}, faults: map[string]string{}}
	err := error(nil)
	if b.late() {
		err = errors.New("no time was left")
	} else {
		err = b.rounds(ctx, c, needed(c, judges), t)
	}
	if err != nil {
		for _, contender := range c.contenders {
			t.faults[contender.name] = err.Error()
		}
	}
	lines := make([]line, len(judges))
	for i, j := range judges {
		lines[i] = j.line(t)
	}
	return lines
}

func needed(c contest, judges []judge) []contender {
	return slices.DeleteFunc(slices.Clone(c.contenders), func(c contender) bool {
		return !slices.ContainsFunc(judges, func(j judge) bool { return slices.Contains(j.needs(), c.name) })
	})
}

func (b *bench) rounds(ctx context.Context, c contest, contenders []contender, t *tally) error {
	var at *cloud
	if c.buckets > 0 {
		var err error
		if at, err = b.start(ctx, c.buckets, c.delay); err != nil {
			return err
		}
		defer at.stop()
	}
	began := time.Now()
	for round := range c.rounds {
		b.tell("%s: round %d of %d", c.name, round+1, c.rounds)
		before := time.Now()
		b.round(ctx, contenders, at, t)
		if took := time.Since(before); round == 0 && c.rounds > 1 && took < brief {
			clear(t.readings)
			b.round(ctx, contenders, at, t)
		}
		slices.Reverse(contenders)
		if ctx.Err() != nil {
			return errors.New("stopped")
		}
		if time.Since(began)+time.Since(before) > b.patience() || b.late() {
			break
		}
	}
	return nil
}

func (b *bench) round(ctx context.Context, contenders []contender, at *cloud, t *tally) {
	for _, c := range contenders {
		b.turn(ctx, c, at, t)
	}
}

// turn measures one contender. Who failed once does not run again.
func (b *bench) turn(ctx context.Context, c contender, at *cloud, t *tally) {
	if c.absent != "" {
		t.faults[c.name] = c.absent
	}
	if t.faults[c.name] != "" {
		return
	}
	r, err := c.measure(ctx, at)
	if err != nil {
		t.faults[c.name] = fmt.Sprintf("%s: %v", c.name, err)
		return
	}
	t.readings[c.name] = append(t.readings[c.name], r)
}
