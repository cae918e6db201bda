package view

import (
	"fmt"
	"strings"
	"time"

	"charm.land/lipgloss/v2"

	"writ/engine/journal"
)

// Live shows on a block what is under way, and prints only what ended or surprises. Clean keeps secrets out.
func (p *Progress) Live(block *Block, clean func(string) string) {
	p.block, p.clean = block, clean
}

// Begin looks after what takes long, until the function that it answers is called: then the block is gone.
func (p *Progress) Begin() (end func()) {
	p.mu.Lock()
	p.drawn = time.Now()
	p.mu.Unlock()
	over, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(calm)
		defer tick.Stop()
		for {
			select {
			case <-over:
				return
			case now := <-tick.C:
				p.tick(now)
			}
		}
	}()
	return func() {
		close(over)
		<-done
		p.block.Close()
	}
}

// tick draws the block when something changed or a second passed. Without one it prints a line now and then of what
// has been under way for long.
func (p *Progress) tick(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case !p.block.shows():
		if now.Sub(p.drawn) >= time.Second {
			p.drawn = now
			p.remind(now)
		}
	case p.changed || now.Sub(p.drawn) >= time.Second:
		p.changed, p.drawn = false, now
		width, height := p.block.size()
		p.block.Draw(p.rows(min(width, maxWidth)-1, height-2, now))
	}
}

// reminders come every ten seconds in the first minute of a step, then every minute.
func (p *Progress) remind(now time.Time) {
	if p.began.IsZero() {
		return
	}
	active, later := p.survey(p.taken())
	if p.said > maxRoutine && now.Sub(p.summed) >= sumEvery {
		p.summed = now
		p.s.Line("%s", styleFaint.Render(p.footer(active, later, now)))
	}
	for _, w := range active {
		since, told := p.begun(w.part.Address), p.told[w.part.Address]
		gap := 10 * time.Second
		if now.Sub(since) > time.Minute {
			gap = time.Minute
		}
		if now.Sub(latest(since, told)) >= gap {
			p.told[w.part.Address] = now
			p.line(styleFaint.Render("…"), Clean(w.part.Address), p.doing(w, now)+" ("+howLong(now.Sub(since).Round(time.Second))+")")
		}
	}
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// sumEvery is how often a run that no longer tells of every step says how far it is.
const sumEvery = 10 * time.Second

// maxRows is how many rows a block has at most, its last one included.
const maxRows = 12

// rows are the block: what is under way, what is to come as far as there is room, and how far the run is.
func (p *Progress) rows(width, height int, now time.Time) []string {
	limit := min(height, maxRows)
	switch {
	case limit < 1:
		return nil
	case p.began.IsZero():
		return []string{styleFaint.Render("  … looking at what stands")}
	}
	taken := p.taken()
	active, later := p.survey(taken)
	kept, more := len(active)+later.count, 0
	if room := limit - 1; kept > room {
		kept, more = max(0, room-1), kept-max(0, room-1)
	}
	items := p.items(active, later, taken, now, kept)
	wide := 0
	for _, it := range items {
		wide = max(wide, min(lipgloss.Width(it.name), width/3))
	}
	var rows []string
	for _, it := range items {
		rows = append(rows, it.row(wide, width))
	}
	if more > 0 && limit > 1 {
		rows = append(rows, styleFaint.Render(fmt.Sprintf("    and %d more", more)))
	}
	return append(rows, cut(p.footer(active, later, now), width))
}

// item is a row of the block.
type item struct {
	sign, name, took, doing string
	faint                   bool
}

func (it item) row(wide, width int) string {
	name := pad(cut(it.name, wide), wide)
	doing := cut(it.doing, max(1, width-4-wide-2-6-2))
	if it.faint {
		return styleFaint.Render("  " + it.sign + " " + name + "          " + doing)
	}
	return "  " + signed(it.sign) + " " + name + "  " + strings.Repeat(" ", max(0, 6-len(it.took))) + it.took + "  " + doing
}

func signed(sign string) string {
	if sign == "?" {
		return styleWarn.Render(sign)
	}
	return styleFaint.Render(sign)
}

// items lists what is under way before what is to come, as far as there is room.
func (p *Progress) items(active []work, later ahead, taken map[string]string, now time.Time, room int) []item {
	var items []item
	for _, w := range active[:min(room, len(active))] {
		sign := "…"
		if w.troubled() {
			sign = "?"
		}
		took := howLong(now.Sub(p.begun(w.part.Address)).Truncate(time.Second))
		items = append(items, item{sign: sign, name: p.clean(Clean(w.part.Address)), took: took, doing: p.clean(Clean(p.doing(w, now)))})
	}
	for _, c := range later.first[:min(max(0, room-len(active)), len(later.first))] {
		items = append(items, item{sign: "·", name: p.clean(Clean(c.name())), doing: p.clean(Clean(p.why(c, taken))), faint: true})
	}
	return items
}

// footer says how far the run is.
func (p *Progress) footer(active []work, later ahead, now time.Time) string {
	done, rest, words := 0, len(active)+later.count, "done"
	for _, n := range p.run.Nodes {
		for _, part := range n.Parts {
			if p.run.Rollback {
				done += one(goesBack(n, part) && wentBack(part))
			} else {
				done += one(part.Finished())
			}
		}
	}
	if p.run.Rollback {
		words = "put back"
	}
	took := howLong(max(0, now.Sub(p.began)).Truncate(time.Second))
	return fmt.Sprintf("  %d of %s %s, %d under way, %s in all", done, count(done+rest, "step"), words, len(active), took)
}

func one(is bool) int {
	if is {
		return 1
	}
	return 0
}

// wentBack reports whether nothing more is sent to undo an instance.
func wentBack(p *journal.Progress) bool {
	return p.Undo.Phase == journal.UndoFinished || p.Undo.Phase == journal.UndoFailed || p.Undo.Phase == journal.UndoLeft
}

// goesBack reports whether there may be something to undo of an instance.
func goesBack(n *journal.Node, p *journal.Progress) bool { return p.MayAct && n.NoUndo() == "" }
