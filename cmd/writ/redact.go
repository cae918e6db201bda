package main

import (
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// redactor keeps secrets out of what is printed and journaled, also in the forms in which services and proxies like to
// echo them. Its zero value knows none.
type redactor struct {
	mu       sync.RWMutex // secrets turn up while others print: a token is renewed
	secrets  []string
	replacer *strings.Replacer
}

// minSecret is the shortest value that is looked for: shorter ones would tear texts.
const minSecret = 6

// add registers values. It is called before anything that may hold them is printed.
func (r *redactor) add(values ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all, pairs []string
	for _, v := range values {
		if len(v) >= minSecret && !slices.Contains(r.secrets, v) {
			r.secrets = append(r.secrets, v)
		}
	}
	for _, secret := range r.secrets {
		all = append(all, forms(secret)...)
	}
	// The longest first: a form may begin another, and what is left of that one would stay.
	slices.SortStableFunc(all, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	for _, form := range all {
		pairs = append(pairs, form, "(secret)")
	}
	r.replacer = strings.NewReplacer(pairs...)
}

func (r *redactor) clean(text string) string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.replacer == nil {
		return text
	}
	return r.replacer.Replace(text)
}

// forms lists a secret as it is, escaped for JSON and URLs, in hexadecimal, backwards, and in base64 wherever it may
// begin within a longer text.
func forms(secret string) []string {
	quoted, _ := json.Marshal(secret)
	digits := hex.EncodeToString([]byte(secret))
	backwards := []byte(secret)
	slices.Reverse(backwards)
	all := []string{
		secret, strings.Trim(string(quoted), `"`), url.QueryEscape(secret), url.PathEscape(secret),
		digits, strings.ToUpper(digits), string(backwards),
	}
	for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for offset := range 3 {
			all = append(all, inBase64(encoding, secret, offset))
		}
	}
	return all
}

// inBase64 is what of a secret's encoding does not depend on the bytes around it, offset bytes behind a group's start.
func inBase64(encoding *base64.Encoding, secret string, offset int) string {
	text := encoding.EncodeToString([]byte(strings.Repeat("x", offset) + secret))
	first := (offset*8 + 5) / 6
	last := (offset + len(secret)) * 8 / 6
	return text[first:last]
}

// maskedWriter is a stream that no secret gets into. A reader that went away is no reason to stop.
type maskedWriter struct {
	redactor *redactor
	w        io.Writer
}

func (m maskedWriter) Write(p []byte) (int, error) {
	_, _ = io.WriteString(m.w, m.redactor.clean(string(p)))
	return len(p), nil
}
