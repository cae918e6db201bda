package view

import (
	"fmt"
	"strings"
	"time"

	"writ/engine/journal"
	"writ/engine/step"
)

// work is an instance that something is being done about.
type work struct {
	node *journal.Node
	part *journal.Progress
	back bool // its undo
}

// ahead is what has not begun: how much, and the first of it, which is all that a block has room for.
type ahead struct {
	first []coming
	count int
}

// coming is a step, or an instance, that has not begun.
type coming struct {
	node *journal.Node
	part *journal.Progress // nil for a step that is not evaluated
}

func (a *ahead) add(n *journal.Node, part *journal.Progress) {
	if a.count++; len(a.first) < maxRows {
		a.first = append(a.first, coming{n, part})
	}
}

// survey tells what is under way, that is what calls and waits are about, from what is to come. Writes stand before reads:
// for them a person waits.
func (p *Progress) survey(taken map[string]string) (active []work, later ahead) {
	var reads []work
	most := p.run.Open.Options.Parallelism
	waiting := 0
	for _, n := range p.run.Nodes {
		if !n.Evaluated && !p.run.Rollback {
			later.add(n, nil)
		}
		for _, part := range n.Parts {
			w := work{node: n, part: part, back: p.run.Rollback}
			switch {
			case w.idle():
			case w.back && part.Undo.Phase == journal.UndoNone:
				later.add(n, part)
			case w.back || part.Phase != journal.PhaseReady && part.Phase != journal.PhaseObserved:
				active = append(active, w)
			case heldBack(n, part) || blocker(taken, part) != "":
				later.add(n, part)
			case most > 0 && len(reads) >= most+maxRows:
				waiting++
			default:
				reads = append(reads, w)
			}
		}
	}
	room := len(reads)
	if most > 0 {
		room = min(room, max(0, most-len(active)))
	}
	for _, w := range reads[room:] {
		later.add(w.node, w.part)
	}
	later.count += waiting
	return append(active, reads[:room]...), later
}

// heldBack reports whether an instance waits because no call takes back what it does.
func heldBack(n *journal.Node, part *journal.Progress) bool {
	return n.Effect == step.Irreversible && part.Attempt == 0
}

func (c coming) name() string {
	if c.part == nil {
		return c.node.ID
	}
	return c.part.Address
}

// why says what something waits for.
func (p *Progress) why(c coming, taken map[string]string) string {
	switch {
	case c.part == nil:
		return p.waitsFor(c.node)
	case p.run.Rollback:
	case heldBack(c.node, c.part):
		return "held back: it cannot be undone"
	case blocker(taken, c.part) != "":
		return "waits for " + blocker(taken, c.part) + ", which touches the same object"
	}
	return "waits for its turn"
}

// taken says by which instance at work an object is held.
func (p *Progress) taken() map[string]string {
	taken := map[string]string{}
	for _, n := range p.run.Nodes {
		for _, part := range n.Parts {
			if part.Began > 0 && !part.Finished() {
				for _, object := range part.Objects {
					taken[object] = part.Address
				}
			}
		}
	}
	return taken
}

// blocker names the instance that is at work on an object of this one.
func blocker(taken map[string]string, part *journal.Progress) string {
	for _, object := range part.Objects {
		if other := taken[object]; other != part.Address {
			return other
		}
	}
	return ""
}

// idle reports whether nothing more is done about an instance.
func (w work) idle() bool {
	if w.back {
		return !goesBack(w.node, w.part) || wentBack(w.part)
	}
	return w.part.Finished()
}

// waitsFor names the steps that a step follows and that are not done.
func (p *Progress) waitsFor(n *journal.Node) string {
	var names []string
	open := 0
	for _, parent := range n.Parents {
		if p.run.Nodes[parent].Finished() {
			continue
		}
		if open++; open <= 3 {
			names = append(names, p.run.Nodes[parent].ID)
		}
	}
	switch {
	case open == 0:
		return "waits for its turn"
	case open > 3:
		names = append(names[:2], fmt.Sprintf("%d more", open-2))
	}
	return "waits for " + strings.Join(names, ", ")
}

func (w work) troubled() bool {
	if w.back {
		return w.part.Undo.Phase == journal.UndoBackoff || w.part.Undo.Phase == journal.UndoStalled
	}
	switch w.part.Phase {
	case journal.PhaseDoubt, journal.PhaseBackoff, journal.PhaseStalled, journal.PhaseStuck:
		return true
	}
	return false
}

// doing says what is being done about an instance, and what that waits for.
func (p *Progress) doing(w work, now time.Time) string {
	part, passed := w.part, now.Sub(p.heard(w.part.Address))
	if w.back {
		return undoing(w, passed)
	}
	switch part.Phase {
	case journal.PhaseReady:
		return "reading"
	case journal.PhaseObserved:
		return "about to be applied"
	case journal.PhaseIntended:
		return attempt("applying", part.Attempt) + answerDue(w.node, passed)
	case journal.PhaseAnswered:
		return "answered; reading back what stands" + settling(part, passed)
	case journal.PhaseDoubt:
		return "no clear answer; looking whether it took effect" + settling(part, passed)
	case journal.PhaseBackoff:
		return nextAttempt(part.Error, part.Wait-passed)
	case journal.PhaseWaiting:
		return awaiting(w.node, part.Until.Sub(now))
	}
	return part.Why
}

func undoing(w work, passed time.Duration) string {
	u := w.part.Undo
	switch u.Phase {
	case journal.UndoIntended:
		return attempt("undoing", u.Attempt) + answerDue(w.node, passed)
	case journal.UndoAnswered:
		return "answered; reading back what stands" + settling(w.part, passed)
	case journal.UndoBackoff:
		return nextAttempt(u.Error, u.Wait-passed)
	}
	return u.Why
}

// silence is how long an answer may take before it is worth a word.
const silence = 3 * time.Second

func answerDue(n *journal.Node, passed time.Duration) string {
	if n.Timeout == 0 || passed < silence {
		return ""
	}
	return "; no answer yet, " + left(n.Timeout-passed) + " left"
}

func settling(p *journal.Progress, passed time.Duration) string {
	if p.Doubt.Settle == 0 || passed < silence {
		return ""
	}
	return ", " + left(p.Doubt.Settle-passed) + " left"
}

func awaiting(n *journal.Node, rest time.Duration) string {
	if n.WaitEvery == 0 || n.WaitFor == 0 || rest <= 0 {
		return "looking for its effect"
	}
	return "waiting for its effect, " + left(rest) + " left, looks every " + left(n.WaitEvery)
}

// nextAttempt says why something is tried again, and when.
func nextAttempt(err *step.Error, wait time.Duration) string {
	why := "it did not act"
	if err != nil {
		why = string(err.Class)
	}
	if wait < time.Second {
		return why + "; next attempt now"
	}
	return why + "; next attempt in " + left(wait)
}

// left is a time to come, in whole seconds, or minutes when there are many.
func left(d time.Duration) string {
	if d >= 10*time.Minute {
		return strings.TrimSuffix(howLong(d.Truncate(time.Minute)), "00s")
	}
	return howLong(max(0, d).Round(time.Second))
}

// howLong is a length of time as a person says it: 12ms, 2.3s, 48s, 1m05s, 2h10m.
func howLong(d time.Duration) string {
	switch {
	case d < time.Second && d%time.Second != 0:
		return d.Round(time.Millisecond).String()
	case d < 10*time.Second && d%time.Second != 0:
		return d.Round(100 * time.Millisecond).String()
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
}
