package sandbox

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

const bodyMax = 12 << 20 // the documented limit of a signed body

// exchange is one request to a service, from its arrival to its answer.
type exchange struct {
	s       *Server
	w       http.ResponseWriter
	r       *http.Request
	service string
	path    string // escaped, without the service's prefix
	id      string // of the request
	op      *operation
	params  map[string]string
	body    []byte
	entry   *logEntry
}

// serveService handles a request that has passed the door.
func (s *Server) serveService(w http.ResponseWriter, r *http.Request, service, path string) {
	s.serving.RLock()
	defer s.serving.RUnlock()
	if s.isClosed() {
		return
	}
	x := &exchange{s: s, w: w, r: r, service: service, path: path, id: newRequestID()}
	x.op, x.params = findOperation(service, r.Method, path)
	err := x.receive()
	if refused := x.refuse(err); refused != nil {
		x.send(*refused)
		return
	}
	x.carryOut()
}

func newRequestID() string {
	id := make([]byte, 16)
	rand.Read(id)
	return hex.EncodeToString(id)
}

// receive reads the body and logs the request before anything is done about it, so that a request that is held back can
// be seen.
func (x *exchange) receive() (err error) {
	x.body, err = io.ReadAll(http.MaxBytesReader(x.w, x.r.Body, bodyMax))
	x.entry = x.s.log.add(logEntry{
		Service: x.service, Operation: x.op.nameOrNone(), Method: x.r.Method, Path: x.path,
		Query: x.r.URL.RawQuery, Body: maskedBody(x.body),
	})
	return err
}

func (o *operation) nameOrNone() string {
	if o == nil {
		return ""
	}
	return o.name
}

// refuse is the gateway: it answers what stops a request before it reaches the service, or nil.
func (x *exchange) refuse(readErr error) *answer {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(readErr, &tooLarge):
		return x.gateway(http.StatusRequestEntityTooLarge, "APIGW.0201", "Request entity too large")
	case readErr != nil:
		return x.gateway(http.StatusBadRequest, "APIGW.0201", "Bad request")
	case x.op == nil:
		return x.gateway(http.StatusNotFound, "APIGW.0101", texts["APIGW.0101"])
	}
	if wrong := x.s.keys.check(x.r, x.path, x.body); wrong != "" {
		return x.gateway(http.StatusUnauthorized, "APIGW.0301", "Incorrect IAM authentication information: "+wrong)
	}
	return nil
}

func (x *exchange) gateway(status int, code, text string) *answer {
	a := gatewayRefusal(status, code, text, x.id)
	return &a
}

// carryOut runs the operation, or what an installed fault makes of it.
func (x *exchange) carryOut() {
	due, v, err := x.s.store.nextFault(x.op)
	switch {
	case err != nil:
		x.send(x.brokenStore(err))
	case due == nil:
		x.send(x.act(true))
	default:
		x.suffer(due, v)
	}
}

// act runs the operation and stores what it changed, unless its answer is an error or its effect is not wanted.
func (x *exchange) act(keep bool) answer {
	var out answer
	run := func(c *cloud) bool {
		out = x.run(c)
		return keep && out.status < 400
	}
	if !x.op.writes() {
		if err := x.s.store.view(func(c *cloud) { run(c) }); err != nil {
			return x.brokenStore(err)
		}
		return out
	}
	changed, err := x.s.store.change(run)
	if err != nil {
		return x.brokenStore(err)
	}
	x.s.log.noteChange(x.entry, changed)
	return out
}

// run checks the project of the path and hands the call to its operation.
func (x *exchange) run(c *cloud) answer {
	in := &call{
		cloud: c, params: x.params, query: x.r.URL.Query(), body: x.body, now: x.s.clock(),
	}
	if id, ok := x.params["project_id"]; ok {
		if in.project = c.Projects[id]; in.project == nil {
			return x.foreignProject()
		}
	}
	return x.op.run(in)
}

// foreignProject is ModelArts' documented answer to a project that is not the key's; the other services have none, and
// their gateway speaks.
func (x *exchange) foreignProject() answer {
	if x.service == "modelarts" {
		return modelartsRefusal(http.StatusForbidden, "ModelArts.0210")
	}
	return gatewayRefusal(http.StatusForbidden, "APIGW.0302", texts["APIGW.0302"]+" in this project", x.id)
}

func (x *exchange) brokenStore(err error) answer {
	return gatewayRefusal(http.StatusInternalServerError, "APIGW.0601", texts["APIGW.0601"]+": "+err.Error(), x.id)
}

// send writes an answer; the log knows its status before the client does.
func (x *exchange) send(a answer) {
	x.s.log.noteStatus(x.entry, a.status)
	x.head(a, x.w.Header())
	x.w.WriteHeader(a.status)
	if len(a.body) > 0 {
		x.w.Write(a.body)
	}
}

func (x *exchange) head(a answer, h http.Header) {
	h.Set("X-Request-Id", x.id)
	if len(a.body) > 0 {
		h.Set("Content-Type", "application/json")
	}
	if a.retryAfter != "" {
		h.Set("Retry-After", a.retryAfter)
	}
}

// suffer does what a fault says, before or after the operation acts.
func (x *exchange) suffer(f *fault, v variants) {
	var out answer
	after := f.When == whenAfter
	if after {
		out = x.act(true)
	}
	switch f.Do {
	case doReset:
		x.cut()
	case doStall:
		x.stall(f.Seconds)
	case doDelay:
		x.delay(f.Seconds, out, after)
	case doStatus, doBody:
		x.send(f.answer(v, x.service, x.id))
	case doTruncate:
		x.truncate(f, v, out, after)
	}
}

// stall holds the answer back until the client gives up, the server closes or the seconds, if any, are over.
func (x *exchange) stall(seconds float64) {
	var over <-chan time.Time
	if seconds > 0 {
		over = time.After(toDuration(seconds))
	}
	select {
	case <-x.r.Context().Done():
	case <-x.s.closed:
	case <-over:
	}
	x.cut()
}

// delay acts even for a client that has gone away meanwhile, as a real service would; not for a server that closes.
func (x *exchange) delay(seconds float64, out answer, acted bool) {
	select {
	case <-x.s.closed:
		x.cut()
		return
	case <-time.After(toDuration(seconds)):
	}
	if !acted {
		out = x.act(true)
	}
	x.send(out)
}

func toDuration(seconds float64) time.Duration {
	return time.Duration(seconds * float64(time.Second))
}

// truncate announces a whole body and sends half of it: the fault's own, or the operation's. Before means that the
// operation's effect is dropped. An answer without a body is cut in its head.
func (x *exchange) truncate(f *fault, v variants, out answer, acted bool) {
	switch {
	case f.Body != nil:
		out = f.answer(v, x.service, x.id)
	case !acted:
		out = x.act(false)
	}
	if len(out.body) > 0 {
		x.s.log.noteStatus(x.entry, out.status)
	}
	conn, err := x.hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	conn.Write(x.half(out))
}

func (x *exchange) half(a answer) []byte {
	h := http.Header{}
	x.head(a, h)
	head := fmt.Appendf(nil, "HTTP/1.1 %d %s\r\nContent-Length: %d\r\n", a.status, http.StatusText(a.status), len(a.body))
	if len(a.body) == 0 {
		return head[:len(head)/2]
	}
	for name := range h {
		head = fmt.Appendf(head, "%s: %s\r\n", name, h.Get(name))
	}
	return append(append(head, "\r\n"...), a.body[:len(a.body)/2]...)
}

// cut resets the connection instead of answering.
func (x *exchange) cut() {
	conn, err := x.hijack()
	if err != nil {
		return
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	conn.Close()
}

func (x *exchange) hijack() (net.Conn, error) {
	conn, _, err := http.NewResponseController(x.w).Hijack()
	return conn, err
}
