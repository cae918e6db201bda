package main

import (
	"io"
	"sync"

	"writ/cmd/writ/view"
	"writ/steps/cloud"
)

// redactor keeps secrets out of what is printed and journaled. Its zero value knows none.
type redactor struct {
	cloud.Redactor
	mu      sync.Mutex
	streams map[io.Writer]*cloud.RedactedWriter
	told    func(string) // is told each secret; nil for nobody
}

// add registers values. It is called before anything that may hold them is printed. What Clean makes of a value is found
// too: texts pass through it first.
func (r *redactor) add(values ...string) {
	for _, v := range values {
		if r.told != nil {
			r.told(v)
		}
		r.Learn(cloud.Hide(v), cloud.Hide(view.Clean(v)))
	}
}

func (r *redactor) clean(text string) string { return r.Text(text) }

// writer is a stream that no secret and no command of a CI system gets into, the same one for the same w: both may come in
// pieces.
func (r *redactor) writer(w io.Writer) io.Writer {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.streams == nil {
		r.streams = map[io.Writer]*cloud.RedactedWriter{}
	}
	if r.streams[w] == nil {
		r.streams[w] = r.Writer(view.CalmLines(w))
	}
	return r.streams[w]
}

// flush writes what the streams have kept back.
func (r *redactor) flush() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, stream := range r.streams {
		stream.Flush()
	}
}
