//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

var castFile = flag.String("cast", "", "keep the recording of a run in this `file`, for asciinema; slow enough to be watched")

// TestRecordingOfTwelveSteps records a run with slow calls, one of them throttled, one without an answer, and plays the
// recording back: what is seen last is what was seen last.
func TestRecordingOfTwelveSteps(t *testing.T) {
	pace := 0.1
	if *castFile != "" {
		pace = 1
	}
	c := onTerminal(t, 80, 36, examplePlan(t, "twelve.yaml"), nil, "apply", "plan.yaml", "--sandbox="+aCloud(t, slowly(pace)...))
	c.awaitText("apply this? [y/N]")
	time.Sleep(time.Duration(2 * pace * float64(time.Second))) // a person reads
	c.keys("y\n")
	exit, text := c.end()
	require.Zero(t, exit, text)
	cast := c.recording()
	if *castFile != "" {
		require.NoError(t, os.WriteFile(*castFile, cast, 0o644))
	}
	require.Equal(t, c.term.screen(), replayed(t, cast).screen())
}

// slowly are faults that make every service take its time.
func slowly(pace float64) []string {
	faults := []string{`{"service":"dli","operation":"CreateDliAgency","do":"status","status":429,"error_code":"APIGW.0308"}`,
		`{"service":"mpc","operation":"UpdateBucketAuthorized","do":"reset","when":"after"}`}
	for call, seconds := range map[string]float64{
		"mpc/CreateAgenciesTask": 4, "mpc/UpdateBucketAuthorized": 3, "iam/CreateAgency": 3, "iam/ListAgencies": 0.5,
		"modelarts/CreateModelArtsAgency": 6, "modelarts/CreateAuthorization": 2.5, "dli/RegisterBucket": 3,
	} {
		service, operation, _ := strings.Cut(call, "/")
		faults = append(faults, fmt.Sprintf(`{"service":%q,"operation":%q,"do":"delay","seconds":%v,"times":-1}`, service, operation, seconds*pace))
	}
	return faults
}

// recording is what was seen as a file of asciinema's second version: a header, then a line for each piece of output.
func (c *console) recording() []byte {
	var b bytes.Buffer
	lines := json.NewEncoder(&b)
	lines.SetEscapeHTML(false)
	_ = lines.Encode(map[string]any{"version": 2, "width": c.term.width, "height": c.term.height, "title": "writ apply: twelve steps, slow calls"})
	rest := ""
	for _, f := range c.cast {
		text := rest + f.text
		whole := len(text)
		for whole > 0 && whole > len(text)-utf8.UTFMax && !utf8.ValidString(text[:whole]) {
			whole-- // a piece may end within a character
		}
		rest = text[whole:]
		_ = lines.Encode([]any{f.after.Seconds(), "o", text[:whole]})
	}
	return b.Bytes()
}

func replayed(t *testing.T, cast []byte) *terminal {
	lines := json.NewDecoder(bytes.NewReader(cast))
	var head struct{ Version, Width, Height int }
	require.NoError(t, lines.Decode(&head))
	require.Equal(t, 2, head.Version)
	term := newTerminal(head.Width, head.Height)
	for last := 0.0; lines.More(); {
		var event []any
		require.NoError(t, lines.Decode(&event))
		require.GreaterOrEqual(t, event[0], last)
		last = event[0].(float64)
		term.write(event[2].(string))
	}
	require.Empty(t, term.odd)
	return term
}
