//go:build unix

package torture

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestManyStartersForOneTarget starts many processes at once, for a new run and then for one whose process was killed:
// one of them runs, the others say which.
func TestManyStartersForOneTarget(t *testing.T) {
	t.Parallel()
	c := newTally(t)
	w := newWorld(t, "starters", single("60s"), clouds()[0])
	defer w.close()
	w.fault(heldAfter)
	first, wrong := w.crowd(w.apply())
	id := w.onlyRun()
	first.kill() // the lock is free at once
	w.deaths++
	more, faults := w.crowd([]string{"resume", id})
	wrong = append(wrong, faults...)
	if more != nil {
		wrong = append(wrong, "wrong: a resume is held, and it had only to look")
	}
	for _, args := range [][]string{{"rollback", id}, w.apply(), {"rollback", "last"}} {
		w.ask("DELETE", "/-/faults", "")
		if exit, _ := w.writ(args...); exit != 0 {
			wrong = append(wrong, fmt.Sprintf("wrong: %s ends with %d", args[0], exit))
		}
	}
	for key, n := range w.effects() {
		if n != 2 { // of the two runs
			wrong = append(wrong, fmt.Sprintf("doubled: %d times %s", n, key))
		}
	}
	if !same(plain(w.before), plain(w.state())) {
		wrong = append(wrong, "lost: "+string(w.state()))
	}
	c.add(w, wrong...)
}

func (w *world) onlyRun() string {
	w.t.Helper()
	files, err := filepath.Glob(filepath.Join(w.dir, ".writ", "runs", "01*", "journal"))
	require.NoError(w.t, err)
	require.Len(w.t, files, 1)
	return filepath.Base(filepath.Dir(files[0]))
}

// crowd starts a command many times at once, and waits for all but the one that is held. It is nil when that came to its end.
func (w *world) crowd(args []string) (holder *process, wrong []string) {
	var all []*process
	for range *starters {
		all = append(all, w.start(args...))
	}
	w.await("all but one are over", func() bool { return running(all) <= 1 })
	time.Sleep(100 * time.Millisecond)
	done, held := 0, 0
	for _, p := range all {
		switch {
		case p.running():
			holder = p
		case p.exit() == 0:
			done++
		case p.exit() == 6 && (strings.Contains(p.err.String(), "pid ") || strings.Contains(p.err.String(), "writ r")):
			held++
		case p.exit() == 3 && args[0] == "resume" && strings.Contains(p.err.String(), "done"): // after the one that ran
		default:
			wrong = append(wrong, fmt.Sprintf("wrong: %s: exit %d: %s%s", p.args, p.exit(), p.err, p.out))
		}
	}
	if holder != nil {
		done++
	}
	if done != 1 {
		wrong = append(wrong, fmt.Sprintf("doubled: %d of %d ran", done, len(all)))
	}
	w.tell("%s by %d: %d ran, %d were held off", args[0], len(all), done, held)
	return holder, wrong
}

func running(all []*process) (n int) {
	for _, p := range all {
		if p.running() {
			n++
		}
	}
	return n
}
