package torture

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// TestKilledAtRandom kills a run at a random moment, and what goes on with it too, up to three times.
func TestKilledAtRandom(t *testing.T) {
	t.Parallel()
	c, refs := newTally(t), &references{}
	atOnce(8, *kills, func(i int) { // they mostly wait
		chance := rand.New(rand.NewPCG(uint64(*seed), uint64(i)))
		plan := []string{granting, onboarding, refused}[chance.IntN(3)]
		if chance.IntN(*agencies) == 0 {
			plan += trusting
		}
		kinds := clouds()
		cloud := kinds[chance.IntN(len(kinds))]
		ref := refs.of(t, plan, cloud)
		w := newWorld(t, fmt.Sprintf("world %d of seed %d", i, *seed), plan, cloud)
		defer w.close()
		c.add(w, w.torment(ref, chance)...)
	})
}

// torment starts a run, kills it and what goes on with it, and judges the end.
func (w *world) torment(ref *reference, chance *rand.Rand) []string {
	width := fmt.Sprintf("--parallelism=%d", []int{1, 2, 4, 10}[chance.IntN(4)])
	alive := w.hunt(w.apply(width), ref.requests, ref, chance)
	way := []string{"resume", "rollback"}[chance.IntN(2)]
	for range chance.IntN(4) {
		if alive != nil {
			break
		}
		if state, _ := w.last(); state == "" || state == "done" && way == "resume" || state == "rolled_back" {
			break
		}
		requests := ref.requests
		if way == "rollback" {
			requests = ref.back
		}
		w.recoveries++
		alive = w.hunt([]string{way, "last"}, requests, ref, chance)
		if alive == nil && chance.IntN(4) == 0 {
			way = "rollback"
		}
	}
	w.observe(nil)
	exit, wrong := w.finish(way, alive)
	w.later.Wait()
	return append(wrong, w.judge(ref, exit)...)
}

// finish brings the world to an end, whatever is left to do.
func (w *world) finish(way string, alive *process) (exit int, wrong []string) {
	state, err := w.last()
	switch {
	case err != nil:
		return 0, []string{"wrong: " + err.Error()}
	case state == "": // killed before the run began: it is as if it had never been
		exit, _ = w.writ(w.apply()...)
		return exit, nil
	case (state == "done" && way == "resume" || state == "rolled_back" || state == "residue") && alive != nil:
		return alive.exit(), nil
	case state == "done" && way == "resume":
		return 0, nil
	case state == "rolled_back":
		return 0, nil
	}
	return w.settle(way)
}

// hunt starts a command and kills it at a random moment. It answers the process when it came to its end before.
func (w *world) hunt(args []string, requests int, ref *reference, chance *rand.Rand) *process {
	var p *process
	ready := make(chan struct{})
	switch dice := chance.IntN(20); {
	case dice < 13:
		at, when, what := 1+chance.IntN(requests), phase(chance.IntN(3)), w.destiny(chance)
		pause := time.Duration(chance.IntN(3000)) * time.Microsecond
		w.tell("%s: to be killed when request %d of %d %s (%+v)", args[0], at, requests, when, what)
		w.observe(func(n int, now phase) fate {
			if n != at || now != when {
				return fate{}
			}
			<-ready
			if now == answered {
				time.Sleep(pause)
			}
			p.kill()
			return what
		})
		p = w.start(args...)
		close(ready)
	case dice < 17:
		_, from := w.journal()
		size := from + 1 + chance.Int64N(ref.journal)
		w.tell("%s: to be killed when the journal has %d bytes", args[0], size)
		p = w.start(args...)
		w.killWhen(p, func() bool { _, now := w.journal(); return now >= size })
	default:
		after := time.Duration(chance.IntN(400)) * time.Millisecond
		w.tell("%s: to be killed after %s", args[0], after)
		p = w.start(args...)
		begun := time.Now()
		w.killWhen(p, func() bool { return time.Since(begun) > after })
	}
	exit := w.end(p)
	w.observe(nil)
	if exit != 128+9 {
		return p
	}
	w.deaths++
	return nil
}

// destiny is what becomes of the request at whose arrival the sender died.
func (w *world) destiny(chance *rand.Rand) fate {
	switch chance.IntN(3) {
	case 0:
		return fate{drop: true}
	case 1:
		w.late++
		return fate{late: time.Duration(1+chance.IntN(500)) * time.Millisecond}
	}
	return fate{}
}

func (w *world) killWhen(p *process, is func() bool) {
	for p.running() {
		if is() {
			p.kill()
			return
		}
		time.Sleep(2 * time.Millisecond)
	}
}
