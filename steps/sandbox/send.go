package sandbox

import (
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
)

// send writes an answer; the log knows its status before the client does.
func (x *exchange) send(a answer) {
	x.s.log.noteStatus(x.entry, a.status)
	if !allowsBody(a.status) && len(a.body) > 0 {
		x.sendForbidden(a)
		return
	}
	x.head(a, x.w.Header())
	x.w.WriteHeader(a.status)
	if len(a.body) > 0 && x.r.Method != http.MethodHead {
		x.w.Write(a.body)
	}
}

// allowsBody tells whether HTTP, and with it net/http, lets an answer have a body.
func allowsBody(status int) bool {
	return status != http.StatusNoContent && status != http.StatusNotModified
}

// sendForbidden writes a body where none may be, as a fault can want it, and closes the connection behind it.
func (x *exchange) sendForbidden(a answer) {
	head, body := x.wire(a)
	conn, err := x.hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	conn.Write(append(head, body...))
}

// head fills in an answer's header: without a body, as after HEAD, no type of one. The Date is the sandbox's own, so
// that a client can tell by how much its clock differs.
func (x *exchange) head(a answer, h http.Header) {
	h.Set("Date", x.s.clock().UTC().Format(http.TimeFormat))
	if x.service == "obs" {
		h.Del("X-Request-Id")
		h.Set("X-Obs-Request-Id", x.id)
		h.Set("X-Obs-Id-2", derivedID("host", "obs"))
	} else {
		h.Set("X-Request-Id", x.id)
	}
	h.Set("Content-Type", "application/json")
	for name, value := range a.header {
		h.Set(name, value)
	}
	if len(a.body) == 0 || x.r.Method == http.MethodHead {
		h.Del("Content-Type")
	}
}

// wire is an answer as it goes over a connection that is closed after it: its head and its body.
func (x *exchange) wire(a answer) (head, body []byte) {
	if x.r.Method != http.MethodHead {
		body = a.body
	}
	h := http.Header{}
	x.head(a, h)
	head = fmt.Appendf(nil, "HTTP/1.1 %d %s\r\nContent-Length: %d\r\nConnection: close\r\n", a.status, http.StatusText(a.status), len(body))
	for _, name := range slices.Sorted(maps.Keys(h)) {
		head = fmt.Appendf(head, "%s: %s\r\n", name, h.Get(name))
	}
	return append(head, "\r\n"...), body
}

func (x *exchange) hijack() (net.Conn, error) {
	conn, _, err := http.NewResponseController(x.w).Hijack()
	return conn, err
}
