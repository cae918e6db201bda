package torture

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// reference is how a plan ends in a cloud when nothing goes wrong: there, and back again.
type reference struct {
	after       []byte
	requests    int            // of the way there
	back        int            // of the way back
	journal     int64          // bytes, there
	there, both map[string]int // what changed the cloud, and how often
}

// references remembers them; a world is a plan and a cloud.
type references struct {
	mu   sync.Mutex
	know map[string]*reference
}

func (r *references) of(t testing.TB, plan, cloud string) *reference {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.know == nil {
		r.know = map[string]*reference{}
	}
	if r.know[plan+cloud] == nil {
		r.know[plan+cloud] = learn(t, plan, cloud)
	}
	return r.know[plan+cloud]
}

func learn(t testing.TB, plan, cloud string) *reference {
	t.Helper()
	patient := strings.Replace(plan, "timeout: 1s", "timeout: 60s", 1) // whatever else the machine does
	w := newWorld(t, "reference", patient, cloud)
	defer w.close()
	want, turnedBack := 0, strings.HasPrefix(plan, refused)
	if turnedBack {
		want = 1
	}
	exit, out := w.writ(w.apply()...)
	require.Equal(t, want, exit, out)
	_, size := w.journal()
	require.NotZero(t, size, "%s", out)
	ref := &reference{after: w.state(), requests: w.requests(), journal: size, there: w.effects()}
	if turnedBack {
		ref.both, ref.back = ref.there, ref.requests
		require.True(t, same(plain(w.before), plain(ref.after)), "a refused plan puts everything back")
		return ref
	}
	w.observe(nil)
	exit, out = w.writ("rollback", "last")
	require.Contains(t, []int{0, 4}, exit, out)
	ref.back, ref.both = w.requests(), w.effects()
	return ref
}

// effects counts what changed the cloud.
func (w *world) effects() map[string]int {
	count := map[string]int{}
	for _, c := range w.calls() {
		if c.Changed {
			count[c.key()]++
		}
	}
	return count
}

// settle goes on with a run until it says that it is over, as a person would who reads what it says.
func (w *world) settle(way string) (exit int, wrong []string) {
	for range 8 {
		exit, _ = w.writ(way, "last")
		w.recoveries++
		switch state, err := w.last(); {
		case err != nil:
			return exit, []string{"wrong: the journal cannot be read: " + err.Error()}
		case state != "paused" && state != "unknown" && state != "running":
			return exit, nil
		}
	}
	return exit, []string{fmt.Sprintf("wrong: %s never ends, at last with exit %d", way, exit)}
}

// judge holds the end of a world to the oracle: state, exit, journal and effects.
func (w *world) judge(ref *reference, exit int) (wrong []string) {
	state, err := w.last()
	if err != nil {
		return []string{"wrong: " + err.Error()}
	}
	wrong = append(w.judgeExit(state, exit), w.judgeState(ref, state)...)
	if exit, _ := w.writ("show", "last"); exit != 0 && state != "" {
		wrong = append(wrong, "wrong: writ show cannot read the run")
	}
	return append(wrong, w.judgeEffects(ref, state)...)
}

func (w *world) judgeExit(state string, exit int) []string {
	may := map[string][]int{"": {0, 1, 3}, "done": {0}, "rolled_back": {0, 1}, "residue": {4, 5}}[state]
	if slices.Contains(may, exit) {
		return nil
	}
	return []string{fmt.Sprintf("wrong: exit %d of a run that is %q", exit, state)}
}

// judgeState compares the cloud with where the run says that it ended.
func (w *world) judgeState(ref *reference, state string) []string {
	before, after, now := plain(w.before), plain(ref.after), plain(w.state())
	switch state {
	case "done":
		if !same(after, now) {
			return []string{"lost: the run is done, and the cloud is " + string(w.state())}
		}
		return nil
	case "residue":
		granted, given := grants(now), grants(after)
		if old := grants(before); !same(granted, given) && !same(granted, old) {
			return []string{fmt.Sprintf("wrong: DLI may write to %v", granted)}
		}
	}
	if !same(before, now) {
		return []string{"lost: the run is " + state + ", and the cloud is " + string(w.state())}
	}
	return nil
}

// judgeEffects refuses what changed the cloud more often than in an unbroken run, or was sent more often than processes
// lived. A call that came late may act once more, and so may what takes it back.
func (w *world) judgeEffects(ref *reference, state string) (wrong []string) {
	bound := ref.both
	if state == "done" {
		bound = ref.there
	}
	sent, acted := map[string]int{}, map[string]int{}
	for _, c := range w.calls() {
		if c.writes() {
			sent[c.key()]++
		}
		if c.Changed {
			acted[c.key()]++
		}
	}
	for key, n := range acted {
		creates := strings.HasPrefix(key, "CreateAgency ") || strings.HasPrefix(key, "CreateModelArtsAgency ")
		if n > bound[key]+w.late || creates && n > 1 && w.late == 0 {
			wrong = append(wrong, fmt.Sprintf("doubled: %d times, and %d in an unbroken run: %s", n, bound[key], key))
		}
	}
	for key, n := range sent {
		if n > w.processes+ref.both[key] {
			wrong = append(wrong, fmt.Sprintf("doubled: sent %d times: %s", n, key))
		}
	}
	return wrong
}
