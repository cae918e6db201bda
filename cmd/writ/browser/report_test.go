package browser

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestReportsInABrowser(t *testing.T) {
	browser, axe, writ := chromium(t), axeCore(t), program(t)
	for _, s := range scenes(t) {
		t.Run(s.name, func(t *testing.T) {
			r := play(t, writ, s)
			isGood(t, browser, r, axe)
			isReadableWithoutStyle(t, browser, r)
		})
	}
}

// isGood holds a page to all that it promises.
func isGood(t *testing.T, browser context.Context, r report, axe string) {
	b := show(t, browser, r.file, "")
	b.picture("light")
	b.holds(r.words)
	require.Zero(t, evaluate[int](b, `document.querySelectorAll("script, iframe, object, embed, link, img, form, [style]").length`))
	require.Zero(t, evaluate[int](b, `[...document.querySelectorAll("*")].filter(e => e.getAttributeNames().some(a => a.startsWith("on"))).length`))
	require.Empty(t, evaluate[[]string](b, `[...document.querySelectorAll("a")].map(a => a.getAttribute("href")).filter(to => to[0] != "#" || !document.getElementById(to.slice(1)))`))
	require.Empty(t, b.violations(axe))
	b.look(1280, "dark", "")
	b.picture("dark")
	require.Empty(t, b.violations(`undefined`))
	b.look(375, "light", "")
	b.picture("narrow")
	require.LessOrEqual(t, evaluate[int](b, `document.documentElement.scrollWidth`), 375, "the page scrolls sideways")
	b.look(794, "light", "print")
	b.picture("print")
	folded := `[...document.querySelectorAll("details > :not(summary)")].filter(e => !e.checkVisibility({contentVisibilityAuto: true})).length`
	require.Zero(t, evaluate[int](b, folded), "paper cannot be unfolded")
	b.inert()
}

// holds looks for words in what the page says, folded or not.
func (b *tab) holds(words []string) {
	b.t.Helper()
	text := evaluate[string](b, `document.body.textContent`)
	for _, word := range words {
		require.True(b.t, strings.Contains(text, word), "the page does not say %q", word)
	}
}

// isReadableWithoutStyle serves the page as Jenkins serves artifacts.
func isReadableWithoutStyle(t *testing.T, browser context.Context, r report) {
	b := show(t, browser, r.file, "sandbox allow-same-origin; default-src 'none'; img-src 'self'; style-src 'self'")
	b.picture("plain")
	b.holds(r.words)
	require.Len(t, b.requests, 1)
	for _, word := range b.console {
		require.Contains(t, word, "inline style", "of all that the page holds, only its style is refused")
	}
	require.Equal(t, "8px", evaluate[string](b, `getComputedStyle(document.body).margin`), "the style is applied, and should not be")
}

// axeCore is the source of axe-core, which knows the rules of accessible pages.
func axeCore(t *testing.T) string {
	t.Helper()
	npm, dir := need(t, "npm"), t.TempDir()
	cmd := exec.Command(npm, "install", "--prefix", dir, "--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "axe-core@4.14.1")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	src, err := os.ReadFile(filepath.Join(dir, "node_modules/axe-core/axe.min.js"))
	require.NoError(t, err)
	return string(src)
}

// violations are the rules of accessible pages that a page breaks. Of a page of
// many steps, whose parts the other pages have as well, it looks at the first ones, and not at their colours: that would
// take minutes. Once the page knows axe, its source may be undefined.
func (b *tab) violations(axe string) []string {
	b.t.Helper()
	found := evaluate[string](b, axe+`; many = document.querySelectorAll("article").length > 100;
		axe.run(many ? {exclude: ["#steps > article:nth-of-type(n+13)", "#timeline"]} : document, {
		resultTypes: ["violations"], rules: {"color-contrast": {enabled: !many}}}).then(r => JSON.stringify(
		r.violations.map(v => v.id + ": " + v.help + ": " + v.nodes.slice(0, 3).map(n => n.html.slice(0, 200)).join(" ; "))))`)
	var all []string
	require.NoError(b.t, json.Unmarshal([]byte(found), &all))
	return all
}
