package sandbox

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
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
	caller  caller
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

// refuse is the gateway: it answers what stops a request before it reaches the service, or nil. OBS and the metadata
// service have none, and speak for themselves.
func (x *exchange) refuse(readErr error) *answer {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(readErr, &tooLarge):
		return x.refusal(http.StatusRequestEntityTooLarge, x.gatewayCode("APIGW.0201"))
	case readErr != nil:
		return x.refusal(http.StatusBadRequest, x.gatewayCode("APIGW.0201"))
	case x.op == nil && x.service == "obs":
		return x.refusal(http.StatusMethodNotAllowed, "") // of any path: buckets and objects are not emulated
	case x.op == nil:
		return x.refusal(http.StatusNotFound, x.gatewayCode("APIGW.0101"))
	}
	return x.authenticate()
}

func (x *exchange) refusal(status int, code string) *answer {
	a := x.speaker(variants{}).refusal(status, code)
	return &a
}

func (x *exchange) gatewayCode(code string) string {
	if x.service == "obs" || x.service == "metadata" {
		return ""
	}
	return code
}

// carryOut runs the operation, or what the throttle or an installed fault makes of it.
func (x *exchange) carryOut() {
	v, faulty, err := x.s.store.mood()
	var due *fault
	switch {
	case err != nil:
	case !x.s.throttle.admits(x.service, v.ThrottlePerSecond, x.s.clock()):
		x.send(x.throttled(v))
		return
	case faulty:
		due, err = x.s.store.nextFault(x.op)
	}
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

// run checks whom the call is for and hands it to its operation.
func (x *exchange) run(c *cloud) answer {
	if refused := x.admit(c); refused != nil {
		return *refused
	}
	return x.op.run(&call{
		cloud: c, project: c.projects[x.params["project_id"]], path: x.path, params: x.params, query: x.r.URL.Query(),
		header: x.r.Header, body: x.body, now: x.s.clock(), id: x.id, endpoints: x.s.addresses(),
	})
}

func (x *exchange) brokenStore(err error) answer {
	code := cmp.Or(x.gatewayCode("APIGW.0601"), usualCode(x.service, http.StatusInternalServerError))
	return x.speaker(variants{}).say(http.StatusInternalServerError, code, texts["APIGW.0601"]+": "+err.Error())
}
