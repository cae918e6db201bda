// Package sabotage proves that the tests can fail. It holds a list of bugs, such as an engineer could make in good faith,
// builds each into the program, one at a time, and runs the test that is to catch it. The tree itself is not touched: the
// changed file is laid over it for one run of go test. A bug that nobody catches is a test that is missing.
package sabotage

import (
	"encoding/json"
	"flag"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What a person can ask for, behind go test ./cmd/writ/sabotage -args:
var (
	each = flag.Int("each", 0, "build in one in so many bugs, and see who catches it; 1: every one; 0: none")
	one  = flag.String("bug", "", "the same with the bug of this name only")
)

// bug is a change of the program that a test must catch.
type bug struct {
	name string
	edit
	also []edit   // what the same bug changes elsewhere
	in   string   // the room whose test catches it, where that is not the file's own
	by   string   // the test
	args []string // for the test
}

// edit puts one text in the place of another, which must stand in the file exactly once.
type edit struct{ file, old, new string }

const root = "../../.."

func bugs() []bug { return slices.Concat(journalBugs, engineBugs, scheduleBugs, cloudBugs, screenBugs) }

func (b bug) edits() []edit { return append([]edit{b.edit}, b.also...) }

func (b bug) room() string {
	if b.in != "" {
		return b.in
	}
	return "./" + path.Dir(b.file)
}

// build makes the sabotaged files, by the names of those in whose place they stand.
func (b bug) build() (map[string]string, error) {
	files := map[string]string{}
	for _, e := range b.edits() {
		text, begun := files[e.file]
		if !begun {
			src, err := os.ReadFile(filepath.Join(root, e.file))
			if err != nil {
				return nil, err
			}
			text = string(src)
		}
		if n := strings.Count(text, e.old); n != 1 || e.old == e.new {
			return nil, fmt.Errorf("bug %s: what it changes stands %d times in %s, where once is due: mend the list of bugs\n%s", b.name, n, e.file, e.old)
		}
		files[e.file] = strings.Replace(text, e.old, e.new, 1)
	}
	return files, nil
}

// The list may not rot: each bug can still be built in, where it was meant to be.
func TestEveryBugStillFits(t *testing.T) {
	names := map[string]bool{}
	for _, b := range bugs() {
		files, err := b.build()
		if err != nil {
			t.Error(err)
			continue
		}
		require.False(t, names[b.name], "two bugs are called %s", b.name)
		names[b.name] = true
		for file, text := range files {
			_, err := parser.ParseFile(token.NewFileSet(), file, text, parser.SkipObjectResolution)
			require.NoError(t, err, b.name)
		}
		require.True(t, isTest(t, b), "bug %s: %s has no %s", b.name, b.room(), b.by)
	}
}

// isTest reports whether the test that is to catch a bug is there.
func isTest(t *testing.T, b bug) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, b.room(), "*_test.go"))
	require.NoError(t, err)
	return slices.ContainsFunc(files, func(file string) bool {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		top, _, _ := strings.Cut(b.by, "/")
		return strings.Contains(string(text), "func "+top+"(t *testing.T)")
	})
}

// Every bug is built in, and the test that it names has to fail, which without it has to pass.
func TestEveryBugIsCaught(t *testing.T) {
	var chosen []bug
	for i, b := range bugs() {
		if *one == "" && *each > 0 && i%*each == 0 || b.name == *one {
			chosen = append(chosen, b)
		}
	}
	if *one == "" && *each == 0 {
		t.Skip("not asked for: make sabotage")
	}
	require.NotEmpty(t, chosen, "no bug is called %q", *one)
	sound := groups(chosen)
	two(len(sound), func(i int) {
		if err := passes(sound[i]); err != nil {
			t.Error(err)
		}
	})
	if t.Failed() {
		return
	}
	var caught atomic.Int64
	two(len(chosen), func(i int) {
		began := time.Now()
		by, err := hunt(chosen[i], filepath.Join(t.TempDir(), "overlay.json"))
		if err != nil {
			t.Error(err)
		} else {
			caught.Add(1)
		}
		fmt.Fprintf(os.Stdout, "%-54s %-66s %5.1f\n", chosen[i].name, by, time.Since(began).Seconds())
	})
	tell(t, int(caught.Load()), len(chosen))
}

// two does something for each of n numbers, two at a time.
func two(n int, do func(i int)) {
	var both sync.WaitGroup
	var next atomic.Int64
	for range 2 {
		both.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	both.Wait()
}

// groups puts together those whose tests can be run at once.
func groups(chosen []bug) [][]bug {
	var all [][]bug
	at := map[string]int{}
	for _, b := range chosen {
		key := fmt.Sprint(b.room(), b.args)
		if strings.Contains(b.by, "/") {
			key += b.by
		}
		i, known := at[key]
		if !known {
			i = len(all)
			at[key], all = i, append(all, nil)
		}
		all[i] = append(all[i], b)
	}
	return all
}

// passes holds tests to passing while the program is as it should be.
func passes(group []bug) error {
	var tests []string
	for _, b := range group {
		tests = append(tests, b.by)
	}
	said, _ := goTest(group[0], strings.Join(tests, "|"), "")
	for _, test := range tests {
		if !strings.Contains(said, "--- PASS: "+test+" ") {
			return fmt.Errorf("without any bug, %s of %s does not pass:\n%s", test, group[0].room(), trouble(said))
		}
	}
	return nil
}

// trouble is what tests said, without what they only report.
func trouble(said string) string {
	lines := slices.DeleteFunc(strings.Split(said, "\n"), func(line string) bool {
		return strings.HasPrefix(line, "=== ") || strings.Contains(line, "--- PASS: ")
	})
	return strings.Join(lines[:min(len(lines), 40)], "\n")
}

// hunt builds a bug in, by way of a file of that name, and runs the test that is to catch it. It answers who did.
func hunt(b bug, overlay string) (by string, err error) {
	if err := b.layOver(overlay); err != nil {
		return "nobody could", err
	}
	said, passed := goTest(b, b.by, overlay)
	switch {
	case strings.Contains(said, "[build failed]") || !strings.Contains(said, "=== RUN   "+b.by+"\n"):
		return "nobody could", fmt.Errorf("bug %s cannot be tried:\n%s", b.name, trouble(said))
	case strings.Contains(said, "panic: test timed out"):
		return "nobody in time", fmt.Errorf("bug %s: %s of %s has not come to an end", b.name, b.by, b.room())
	case passed:
		return "NOBODY", fmt.Errorf("bug %s survives: with it in %s, %s of %s passes all the same", b.name, b.file, b.by, b.room())
	}
	return strings.TrimPrefix(b.room(), "./") + " " + b.by, nil
}

// layOver writes the sabotaged files and what go test wants to know of them.
func (b bug) layOver(overlay string) error {
	files, err := b.build()
	if err != nil {
		return err
	}
	replaced := map[string]string{}
	for file, text := range files {
		there, err := filepath.Abs(filepath.Join(root, file))
		if err != nil {
			return err
		}
		replaced[there] = filepath.Join(filepath.Dir(overlay), strings.ReplaceAll(file, "/", "-"))
		if err := os.WriteFile(replaced[there], []byte(text), 0o600); err != nil {
			return err
		}
	}
	list, err := json.Marshal(map[string]any{"Replace": replaced})
	if err != nil {
		return err
	}
	return os.WriteFile(overlay, list, 0o600)
}

// goTest runs tests of a bug's room. A test that does not end is one that fails.
func goTest(b bug, tests, overlay string) (said string, passed bool) {
	args := []string{"test", "-count=1", "-v", "-vet=off", "-timeout=40s", "-run", "^(" + tests + ")$"}
	if top, below, nested := strings.Cut(b.by, "/"); nested {
		args[len(args)-1] = "^" + top + "$/^" + below + "$"
	}
	if overlay != "" {
		args = append(args, "-overlay", overlay)
	}
	args = append(args, b.room())
	if b.args != nil {
		args = append(append(args, "-args"), b.args...)
	}
	cmd := exec.Command("go", args...)
	cmd.Dir, cmd.Env = root, append(os.Environ(), "WRIT_TABLE=") // its figures are not those of the program
	out, err := cmd.CombinedOutput()
	return string(out), err == nil
}

// tell sums up, and adds a row to the table that WRIT_TABLE names.
func tell(t *testing.T, caught, of int) {
	fmt.Fprintf(os.Stdout, "%d of %d bugs caught\n", caught, of)
	name := os.Getenv("WRIT_TABLE")
	if name == "" {
		return
	}
	file, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	require.NoError(t, err)
	_, err = fmt.Fprintf(file, "sabotages caught\t%d of %d\t%d\n", caught, of, of-caught)
	require.NoError(t, err)
	require.NoError(t, file.Close())
}
