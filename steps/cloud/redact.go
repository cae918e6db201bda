package cloud

import (
	"slices"
	"strings"
	"sync"
)

const (
	hidden = "(secret)"
	// MinSecret is the length of the shortest secret that is looked for in a text. A shorter one is in words that are none.
	MinSecret = 6
)

// Redactor finds the secrets that it was told of in text, in all the forms in which services and proxies echo them, and
// hides them. Blanks and line ends count as one, however many there are, because texts are wrapped. Its zero value knows
// none; it is safe for use by many at once.
//
// A form is found by its first bytes, of which there is a table, so that the time a text takes does not grow with the
// number of secrets.
type Redactor struct {
	mu   sync.RWMutex // secrets turn up while others print: a token is renewed
	book *book        // nil while nothing is known; behind a pointer fmt does not look
}

type book struct {
	known   map[Secret]bool
	forms   map[head][]string // the longest first
	pairs   [1 << 16]bool     // the first two bytes of each: most places in a text are none
	longest int
}

// head is how a form begins.
type head [MinSecret]byte

// Learn takes secrets. It is called before anything that may hold them is printed.
func (r *Redactor) Learn(secrets ...Secret) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.book == nil {
		r.book = &book{known: map[Secret]bool{}, forms: map[head][]string{}}
	}
	for _, s := range secrets {
		if text := s.Reveal(); len(text) >= MinSecret && !r.book.known[s] {
			r.book.known[s] = true
			for _, form := range forms(text) {
				r.book.add(form)
			}
		}
	}
}

func (k *book) add(form string) {
	flat, _ := flatten(form)
	flat = strings.Trim(flat, " ")
	if len(flat) < MinSecret || strings.Contains(hidden, flat) {
		return
	}
	at := head([]byte(flat[:MinSecret]))
	if slices.Contains(k.forms[at], flat) {
		return
	}
	k.longest = max(k.longest, len(flat))
	k.pairs[pair(flat)] = true
	k.forms[at] = append(k.forms[at], flat)
	slices.SortFunc(k.forms[at], func(a, b string) int { return len(b) - len(a) })
}

// Text is a text without the secrets in it.
func (r *Redactor) Text(text string) string {
	masked, _, _ := r.scan(text, 0, false)
	return masked
}

// text is Text for a call that brings secrets of its own.
func (r *Redactor) text(text string, more []Secret) string {
	if len(more) > 0 {
		r.Learn(more...)
	}
	return r.Text(text)
}

// scan hides what it finds; secrets that overlap become one mask. With hold, it keeps back the rest of the text that may
// be the beginning of a form. The first covered bytes of the text are under a mask that has been written already, and so
// are those of the rest.
func (r *Redactor) scan(text string, covered int, hold bool) (masked, rest string, restCovered int) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.book == nil || len(r.book.forms) == 0 {
		return text[covered:], "", 0
	}
	flat, at := flatten(text)
	end, _ := slices.BinarySearch(at, covered)
	stop := len(flat)
	if hold {
		stop = r.book.pending(flat)
	}
	var b strings.Builder
	for i := 0; i < stop && i+MinSecret <= len(flat); i++ {
		n := r.book.match(flat[i:])
		if n == 0 {
			continue
		}
		if i >= end {
			b.WriteString(text[at[end]:at[i]])
			b.WriteString(hidden)
		}
		end = max(end, i+n)
	}
	if stop > end {
		b.WriteString(text[at[end]:at[stop]])
		end = stop
	}
	return b.String(), text[at[stop]:], at[end] - at[stop]
}

// match is the length of the longest form that a text begins with.
func (k *book) match(flat string) int {
	if !k.pairs[pair(flat)] {
		return 0
	}
	for _, form := range k.forms[head([]byte(flat[:MinSecret]))] {
		if strings.HasPrefix(flat, form) {
			return len(form)
		}
	}
	return 0
}

func pair(flat string) int { return int(flat[0])<<8 | int(flat[1]) }

// pending is where the end of a text begins that may be the beginning of a form.
func (k *book) pending(flat string) int {
	for i := max(0, len(flat)-k.longest); i < len(flat); i++ {
		if k.begins(flat[i:]) {
			return i
		}
	}
	return len(flat)
}

func (k *book) begins(end string) bool {
	if len(end) > 1 && !k.pairs[pair(end)] {
		return false
	}
	longer := func(form string) bool { return len(form) > len(end) && strings.HasPrefix(form, end) }
	if len(end) >= MinSecret {
		return slices.ContainsFunc(k.forms[head([]byte(end[:MinSecret]))], longer)
	}
	for at := range k.forms {
		if strings.HasPrefix(string(at[:]), end) {
			return true
		}
	}
	return false
}

// flatten makes one blank of each run of blanks and line ends. It answers also where each byte, and the end, stood.
func flatten(text string) (string, []int) {
	flat, at := make([]byte, 0, len(text)), make([]int, 0, len(text)+1)
	for i := range len(text) {
		c := text[i]
		if c == '\n' || c == '\r' || c == '\t' {
			c = ' '
		}
		if c == ' ' && len(flat) > 0 && flat[len(flat)-1] == ' ' {
			continue
		}
		flat, at = append(flat, c), append(at, i)
	}
	return string(flat), append(at, len(text))
}
