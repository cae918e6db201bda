// Package browser looks at writ's reports as a reader does: the real program writes them, a real browser shows them.
// It holds tests only.
package browser

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// need answers the path of a program. Without it a test is skipped; in CI that is a failure.
func need(t *testing.T, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("none of %s is installed", strings.Join(names, ", "))
	}
	t.Skipf("SKIPPED, NOTHING IS TESTED: none of %s is installed", strings.Join(names, ", "))
	return ""
}

// chromium starts a browser that reaches for nothing of its own accord.
func chromium(t *testing.T) context.Context {
	t.Helper()
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(need(t, "chromium", "chromium-headless-shell", "google-chrome")), chromedp.UserDataDir(t.TempDir()),
	}
	for _, flag := range []string{
		"headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking", "disable-component-update",
		"disable-sync", "hide-scrollbars",
	} {
		options = append(options, chromedp.Flag(flag, true))
	}
	all, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel := chromedp.NewContext(all)
	t.Cleanup(cancel)
	require.NoError(t, chromedp.Do(ctx))
	return ctx
}

// tab is a page in the browser, with what was heard of it.
type tab struct {
	t        *testing.T
	ctx      context.Context
	mu       sync.Mutex
	console  []string
	requests []string
}

// show opens a report in a tab of its own. The policy is a Content-Security-Policy that the server adds, if any.
func show(t *testing.T, browser context.Context, file, policy string) *tab {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if policy != "" {
			w.Header().Set("Content-Security-Policy", policy)
		}
		http.ServeFile(w, r, file)
	}))
	t.Cleanup(server.Close)
	ctx, cancel := chromedp.NewContext(browser)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(cancel)
	b := &tab{t: t, ctx: ctx}
	require.NoError(t, chromedp.Do(ctx))
	require.NoError(t, chromedp.Listen(ctx, b.heard))
	call(b, network.Enable, network.EnableParams{})
	call(b, cdplog.Enable, cdp.Empty{})
	call(b, runtime.Enable, cdp.Empty{})
	b.look(1280, "light", "")
	require.NoError(t, chromedp.Do(ctx, chromedp.Navigate(server.URL+"/report.html")))
	return b
}

// look sets how wide the window is, whether it is light or dark, and whether it is the screen or print.
func (b *tab) look(width int64, scheme, media string) {
	b.t.Helper()
	feature := &emulation.MediaFeature{Name: "prefers-color-scheme", Value: scheme}
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: media, Features: []*emulation.MediaFeature{feature}})
	require.NoError(b.t, chromedp.Do(b.ctx, chromedp.EmulateViewport(width, 900)))
}

func (b *tab) heard(ev any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch ev := ev.(type) {
	case *network.EventRequestWillBeSent:
		b.requests = append(b.requests, ev.Request.URL)
	case *runtime.EventConsoleAPICalled:
		b.console = append(b.console, fmt.Sprint(ev.Type))
	case *runtime.EventExceptionThrown:
		b.console = append(b.console, ev.ExceptionDetails.Text)
	case *cdplog.EventEntryAdded:
		b.console = append(b.console, ev.Entry.Text)
	case *page.EventJavascriptDialogOpening:
		b.console = append(b.console, "a dialog: "+ev.Message)
	}
}

// evaluate asks the page.
func evaluate[T any](b *tab, expression string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	require.NoError(b.t, err)
	return v
}

// picture keeps what the whole page looks like, for people: go test -artifacts.
func (b *tab) picture(name string) {
	b.t.Helper()
	if !wanted() {
		return
	}
	png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	require.NoError(b.t, err)
	require.NoError(b.t, os.WriteFile(filepath.Join(b.t.ArtifactDir(), name+".png"), png, 0o600))
}

// wanted reports whether somebody wants to look at the pictures.
func wanted() bool {
	f := flag.Lookup("test.artifacts")
	return f != nil && f.Value.String() == "true"
}

// inert holds a page to its promises: it asked for nothing but itself, ran nothing, and complained of nothing.
func (b *tab) inert() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	require.Len(b.t, b.requests, 1, "requests")
	require.Empty(b.t, b.console)
}

// call sends a command of the protocol.
func call[P, R any](b *tab, cmd cdp.Command[P, R], params P) R {
	b.t.Helper()
	r, err := chromedp.Call(b.ctx, cmd, params)
	require.NoError(b.t, err)
	return r
}
