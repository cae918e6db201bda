//go:build unix

package main

import (
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var widths = []int{60, 80, 120, 200}

// TestScreens keeps what a person sees, at several widths, as files. Look at them before you take new ones.
func TestScreens(t *testing.T) {
	for _, width := range widths {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			dir := examplePlan(t, "twelve.yaml")
			show := func(name string, exit int, args ...string) {
				got, text := onTerminal(t, width, 40, dir, nil, args...).end()
				sameScreen(t, fmt.Sprintf("%s-%d", name, width), text)
				require.Equal(t, exit, got)
			}
			show("preview", 0, "preview", "plan.yaml", "--sandbox")
			show("apply", 0, "apply", "plan.yaml", "--sandbox", "--yes", "--parallelism", "1")
			show("rollback", 4, "rollback", "last", "--sandbox")
			show("error", 3, "apply", "plan.yaml", "--sandbox", "--on-failure", "undo")
		})
	}
}

// slow holds the first steps of midway.yaml: one gets no answer, one is told to come later, one waits for its effect.
var slow = []string{
	`{"service":"mpc","operation":"CreateAgenciesTask","do":"stall"}`,
	`{"service":"iam","operation":"CreateAgency","do":"status","status":429,"error_code":"APIGW.0308","times":-1}`,
}

func TestMidwayScreens(t *testing.T) {
	for _, width := range widths {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			c := onTerminal(t, width, 24, examplePlan(t, "midway.yaml"), nil, "apply", "plan.yaml", "--sandbox="+aCloud(t, slow...), "--yes")
			text := c.await("three wait", func(text string) bool {
				return strings.Contains(text, "no answer yet") && strings.Contains(text, "next attempt") && strings.Contains(text, "waiting for its effect")
			})
			sameScreen(t, fmt.Sprintf("midway-%d", width), text[strings.Index(text, "run 01"):])
			c.signal(syscall.SIGINT)
			c.awaitText("stopping")
			require.NotContains(t, c.text(), "under way,")
		})
	}
}

// TestBlockLeavesNothingBehind holds what is left of a lively run to the lines that a calm one prints.
func TestBlockLeavesNothingBehind(t *testing.T) {
	lines := func(environ ...string) (lively bool, text string) {
		at := aCloud(t, `{"service":"mpc","operation":"CreateAgenciesTask","do":"delay","seconds":0.5}`) // else nothing takes long enough
		c := onTerminal(t, 80, 24, examplePlan(t, "twelve.yaml"), environ, "apply", "plan.yaml", "--sandbox="+at, "--yes", "--parallelism", "1")
		exit, text := c.end()
		require.Zero(t, exit)
		for _, f := range c.cast {
			lively = lively || strings.Contains(f.text, "\x1b[J")
		}
		return lively, still(text)
	}
	lively, text := lines()
	require.True(t, lively)
	for _, environ := range []string{"NO_COLOR=1", "TERM=dumb", "CI=true"} {
		drawn, calm := lines(environ)
		require.False(t, drawn, environ)
		require.Contains(t, calm, "… mpc: applying\n")
		var ended []string
		for _, line := range strings.SplitAfter(calm, "\n") {
			if !strings.HasPrefix(line, "  … ") {
				ended = append(ended, line)
			}
		}
		require.Equal(t, text, strings.Join(ended, ""), environ)
	}
}

// stalled is a run whose first write gets no answer, on a terminal.
func stalled(t *testing.T, width, height int, more ...string) *console {
	at := aCloud(t, `{"service":"mpc","operation":"CreateAgenciesTask","do":"stall"}`)
	return onTerminal(t, width, height, examplePlan(t, "midway.yaml"), nil, append([]string{"apply", "plan.yaml", "--yes", "--sandbox=" + at}, more...)...)
}

func TestInterruptsTakeTheBlockAway(t *testing.T) {
	c := stalled(t, 80, 24, "--parallelism", "1")
	c.awaitText("applying; no answer yet")
	c.keys("\x03")
	c.awaitText("stopping")
	exit, text := c.end()
	sameScreen(t, "interrupted", text[strings.Index(text, "run 01"):])
	require.Equal(t, 5, exit) // what the call did is not known

	c = stalled(t, 80, 24)
	c.awaitText("applying; no answer yet")
	c.keys("\x03")
	c.awaitText("stopping")
	c.keys("\x03")
	exit, text = c.end()
	require.Equal(t, 130, exit)
	require.NotContains(t, text, "under way,")
	require.Regexp(t, `writ: stopped hard; .*\n    writ resume 01[0-9a-z]{24}\n`, text)
}

// TestInterruptsBySuspending: what the shell writes while writ is stopped stays, and the block is drawn below.
func TestInterruptsBySuspending(t *testing.T) {
	at := aCloud(t, `{"service":"mpc","operation":"CreateAgenciesTask","do":"stall"}`)
	script := "set -m; writ apply plan.yaml --yes --sandbox=" + at + "; echo the shell writes; fg >/dev/null"
	c := startOn(t, 80, 24, examplePlan(t, "midway.yaml"), nil, exec.Command("sh", "-c", script))
	c.awaitText("applying; no answer yet")
	c.keys("\x1a")
	c.awaitText("the shell writes")
	text := c.await("the block is drawn below", func(text string) bool {
		_, below, _ := strings.Cut(text, "the shell writes\n")
		return strings.Contains(below, " under way, ")
	})
	require.Equal(t, 1, strings.Count(text, " under way, "), text)
	c.keys("\x03")
	c.awaitText("stopping")
	_, text = c.end()
	require.Contains(t, text, "the shell writes\n")
	require.Contains(t, text, "go on:    writ resume")
}

// TestKilledRunLeavesAUsableTerminal: the cursor is on a line of its own, and was never hidden.
func TestKilledRunLeavesAUsableTerminal(t *testing.T) {
	c := stalled(t, 80, 24)
	c.awaitText("applying; no answer yet")
	c.signal(syscall.SIGKILL)
	_, text := c.end()
	require.Regexp(t, `under way, \d+s in all\n$`, text)
	require.Zero(t, c.term.x)
}

func TestBlockFollowsTheSizeOfTheTerminal(t *testing.T) {
	c := stalled(t, 120, 24, "-v")
	c.awaitText("applying; no answer yet")
	for _, size := range [][2]int{{60, 24}, {200, 30}, {44, 10}, {80, 4}, {100, 24}} {
		c.resize(size[0], size[1])
		time.Sleep(1500 * time.Millisecond) // at least one drawing for the new size
		text := c.text()
		require.LessOrEqual(t, strings.Count(text, " under way, "), 1, text)
		require.LessOrEqual(t, strings.Count(text, "waits for writer\n"), 1, text)
	}
	text := c.awaitText(" under way, ")
	require.Contains(t, text, "… mpc")
}

func TestQuestionIsAskedBelowThePreview(t *testing.T) {
	dir := examplePlan(t, "twelve.yaml")
	c := onTerminal(t, 80, 24, dir, nil, "apply", "plan.yaml", "--sandbox")
	c.awaitText("apply this? [y/N]")
	c.keys("y\n")
	exit, text := c.end()
	require.Zero(t, exit)
	require.Regexp(t, `apply this\? \[y/N\] y\nrun 01`, text)
}

func TestOnlyTerminalsShowColours(t *testing.T) {
	for environ, want := range map[string]bool{"X=": true, "NO_COLOR=yes": false, "TERM=dumb": false} {
		c := onTerminal(t, 80, 24, examplePlan(t, "twelve.yaml"), []string{environ}, "preview", "plan.yaml", "--sandbox")
		_, _ = c.end()
		require.Equal(t, want, c.term.colours, environ)
	}
}
