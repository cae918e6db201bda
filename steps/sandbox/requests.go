package sandbox

import (
	"slices"
	"sync"
)

// How much the log keeps: requests, and bytes of a body.
const (
	logMax     = 10_000
	logBodyMax = 64 << 10
)

// logEntry is one request that reached a service. Status is 0 as long as no answer was sent.
type logEntry struct {
	Service   string `json:"service"`
	Operation string `json:"operation"` // empty: the table of operations has none for it
	Method    string `json:"method"`
	Path      string `json:"path"` // without a service prefix
	Query     string `json:"query"`
	Body      string `json:"body"`
	Status    int    `json:"status"`
	Changed   bool   `json:"changed"` // whether the cloud is another than before
}

// requestLog remembers the last requests, in the order of their arrival. It lives in memory: a restart empties it.
type requestLog struct {
	mu      sync.Mutex
	entries []*logEntry
	oldest  int // where it is in a log that is full
}

func (l *requestLog) add(e logEntry) *logEntry {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.entries) < logMax {
		l.entries = append(l.entries, &e)
		return &e
	}
	l.entries[l.oldest] = &e
	l.oldest = (l.oldest + 1) % logMax
	return &e
}

func (l *requestLog) noteStatus(e *logEntry, status int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e.Status = status
}

func (l *requestLog) noteChange(e *logEntry, changed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e.Changed = changed
}

func (l *requestLog) list() []logEntry {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := make([]logEntry, 0, len(l.entries))
	for _, e := range slices.Concat(l.entries[l.oldest:], l.entries[:l.oldest]) {
		list = append(list, *e)
	}
	return list
}

func (l *requestLog) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries, l.oldest = nil, 0
}
