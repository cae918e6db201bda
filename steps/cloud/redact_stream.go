package cloud

import (
	"io"
	"sync"
)

// RedactedWriter is a stream that no secret gets into, also not in pieces. A reader that went away is no reason to stop.
type RedactedWriter struct {
	r *Redactor
	w io.Writer

	mu      sync.Mutex
	rest    string // may be the beginning of a secret
	covered int    // what of rest is under a mask that has been written
}

// Writer makes a stream onto another. What may be the beginning of a secret is kept back until more comes, or Flush.
func (r *Redactor) Writer(w io.Writer) *RedactedWriter { return &RedactedWriter{r: r, w: w} }

func (w *RedactedWriter) Write(p []byte) (int, error) {
	w.put(string(p), true)
	return len(p), nil
}

// Flush writes what was kept back: nothing more comes, or a person is to read it.
func (w *RedactedWriter) Flush() { w.put("", false) }

func (w *RedactedWriter) put(text string, hold bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var masked string
	masked, w.rest, w.covered = w.r.scan(w.rest+text, w.covered, hold)
	if masked != "" {
		_, _ = io.WriteString(w.w, masked)
	}
}
