package cloud

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"writ/engine/step"
)

// Call is one call of a service.
type Call struct {
	Service   string // mpc, dli, iam, …
	Operation string // the official SDK's name of it
	Method    string
	Path      string            // {project_id} and {domain_id} are the configured ones, other names in braces stand in IDs
	IDs       map[string]string // the ids in Path, by name
	Query     url.Values
	Body      any // encoded as JSON; nil sends none
	Out       any // what to decode a success into; nil ignores the body
	OK        []int
	Classes   map[string]step.Class // the operation's own: "400 ModelArts.0429", or "MPC.10223" for any status
	Domain    bool                  // about the account, not the project
	Secrets   []Secret              // what the body holds of them; hidden in every message

	unscoped bool
}

// Checker is an Out that can tell a 2xx that is no success. Check answers no class for a success; otherwise the class
// of the failure and the service's words.
type Checker interface {
	Check() (step.Class, string)
}

// Call sends a call once. It returns nil only for a status that the operation documents (OK; 200 when it says none)
// with a body that could be understood; every other end is a *step.Error. A write whose end is not certain has class
// UnknownOutcome; a read then has Unavailable.
func (c *Client) Call(ctx context.Context, call Call) error {
	if c == nil {
		return &step.Error{Class: step.Internal, Operation: call.name(), Message: "there is no client"}
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	req, err := c.request(ctx, call)
	if err != nil {
		return c.unsent(call, err)
	}
	leave, err := c.door.enter()
	if err != nil {
		return &step.Error{Class: step.Unauthenticated, Operation: call.name(), Message: err.Error()}
	}
	began := c.clock()
	a, err := c.send(req, call)
	if err == nil {
		err = c.judge(call, a)
	}
	leave(err)
	if c.trace != nil {
		c.trace(Trace{
			Operation: call.name(), Method: call.Method, Path: req.URL.Path, Status: a.status,
			RequestID: c.text(call, short(requestID(a.header))), Took: c.clock().Sub(began),
		})
	}
	return err
}

// Trace is one call as it went over the wire. Status is 0 when no answer came. It holds no secret and no body.
type Trace struct {
	Operation, Method, Path string
	Status                  int
	RequestID               string
	Took                    time.Duration
}

func (call Call) name() string { return call.Service + " " + call.Operation }

func (call Call) isRead() bool {
	return call.Method == http.MethodGet || call.Method == http.MethodHead
}

// certainty turns an unknown outcome into what it means for a read: it changed nothing, so it may be tried again.
func (call Call) certainty(class step.Class) step.Class {
	if class == step.UnknownOutcome && call.isRead() {
		return step.Unavailable
	}
	return class
}

// unsent is the error of a call that never left.
func (c *Client) unsent(call Call, err error) error {
	var e *step.Error
	if errors.As(err, &e) {
		return e
	}
	return &step.Error{Class: step.Invalid, Operation: call.name(), Message: c.text(call, err.Error())}
}

// request makes and signs the request.
func (c *Client) request(ctx context.Context, call Call) (*http.Request, error) {
	base, err := c.endpoint(call.Service)
	if err != nil {
		return nil, err
	}
	path, err := c.path(ctx, call)
	if err != nil {
		return nil, err
	}
	body, err := encode(call.Body)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, call.Method, base+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.GetBody = nil // so that nobody can send it again
	if body == nil {
		req.Body = http.NoBody
	}
	req.URL.RawQuery = strings.ReplaceAll(call.Query.Encode(), "+", "%20")
	req.Header.Set("User-Agent", c.userAgent)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	if err := c.scope(ctx, call, req.Header); err != nil {
		return nil, err
	}
	return req, c.sign(req, body)
}

// path fills in the ids, and refuses those that could lead to another path.
func (c *Client) path(ctx context.Context, call Call) (string, error) {
	segments := strings.Split(call.Path, "/")
	for i, segment := range segments {
		if !strings.HasPrefix(segment, "{") {
			continue
		}
		id, err := c.id(ctx, call, strings.Trim(segment, "{}"))
		if err != nil {
			return "", err
		}
		if !identifier.MatchString(id) {
			return "", fmt.Errorf("id %q: only letters, digits, - and _, at most 64", id)
		}
		segments[i] = id
	}
	return strings.Join(segments, "/"), nil
}

// id is what stands for a name in a path.
func (c *Client) id(ctx context.Context, call Call, name string) (string, error) {
	if id, ok := call.IDs[name]; ok {
		return id, nil
	}
	switch name {
	case "project_id":
		if c.project == "" {
			return "", errors.New("no project id is known: say it with --project-id or HUAWEICLOUD_SDK_PROJECT_ID")
		}
		return c.project, nil
	case "domain_id":
		return c.Domain(ctx)
	}
	return "", fmt.Errorf("the call has no %s", name)
}

// scope says whose call it is: the project's or the account's.
func (c *Client) scope(ctx context.Context, call Call, h http.Header) error {
	switch {
	case call.unscoped:
	case call.Domain:
		domain, err := c.Domain(ctx)
		if err != nil {
			return err
		}
		h.Set("X-Domain-Id", domain)
	case c.project != "":
		h.Set("X-Project-Id", c.project)
	}
	return nil
}

// encode writes a body as the official SDK does, with a line end.
func encode(body any) ([]byte, error) {
	if body == nil {
		return nil, nil
	}
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	err := e.Encode(body)
	return buf.Bytes(), err
}

// answer is what came back. When broken is set, the body did not arrive whole, for that reason.
type answer struct {
	status int
	header http.Header
	body   []byte
	broken string
}

// send makes the round trip, without following redirects.
func (c *Client) send(req *http.Request, call Call) (answer, error) {
	var connected atomic.Bool
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }}
	transport := c.writes
	if call.isRead() {
		transport = c.reads
	}
	resp, err := transport.RoundTrip(req.WithContext(httptrace.WithClientTrace(req.Context(), trace)))
	if err != nil {
		class, words := classifyTransport(err, connected.Load())
		return answer{}, &step.Error{Class: call.certainty(class), Operation: call.name(), Message: c.text(call, words)}
	}
	defer resp.Body.Close()
	a := answer{status: resp.StatusCode, header: resp.Header}
	a.body, err = io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	switch {
	case err != nil:
		a.broken = "the answer broke off: " + err.Error()
	case len(a.body) > maxBody:
		a.broken = "the answer is larger than 4 MiB"
	}
	return a, nil
}

// judge says what an answer means.
func (c *Client) judge(call Call, a answer) error {
	ok := call.OK
	if ok == nil {
		ok = []int{http.StatusOK}
	}
	switch {
	case slices.Contains(ok, a.status):
		return c.judgeSuccess(call, a)
	case a.status < 300:
		return c.fail(call, a, step.UnknownOutcome, "a status that the operation does not document")
	case a.status < 400:
		return c.fail(call, a, step.Invalid, redirected(a.header.Get("Location")))
	}
	env := envelopeOf(a)
	e := c.fail(call, a, whole(classify(call, a, env), a), env.words(a))
	e.Code = c.text(call, short(env.code))
	if e.RequestID == "" {
		e.RequestID = c.text(call, short(env.requestID))
	}
	return e
}

// whole doubts the class of an answer that did not arrive whole: what is missing may be what it hangs on.
func whole(class step.Class, a answer) step.Class {
	switch class {
	case step.Throttled, step.Unauthenticated, step.Denied:
		return class
	}
	if a.broken != "" {
		return step.UnknownOutcome
	}
	return class
}

func (c *Client) judgeSuccess(call Call, a answer) error {
	if call.Out == nil && a.broken == "" {
		return nil
	}
	if a.broken != "" {
		return c.fail(call, a, step.UnknownOutcome, a.broken)
	}
	if err := parse(a.body, call.Out); err != nil {
		return c.fail(call, a, step.UnknownOutcome, fmt.Sprintf("cannot understand the answer (%s): %v", mediaType(a), err))
	}
	if env := envelopeOf(a); env.isError {
		return c.fail(call, a, step.UnknownOutcome, "a success that carries the error code "+env.code)
	}
	if out, ok := call.Out.(Checker); ok {
		if class, words := out.Check(); class != "" {
			return c.fail(call, a, class, words)
		}
	}
	return nil
}

func (c *Client) fail(call Call, a answer, class step.Class, words string) *step.Error {
	return &step.Error{
		Class: call.certainty(class), Operation: call.name(), Status: a.status, Message: c.text(call, words),
		RequestID: c.text(call, short(requestID(a.header))), RetryAfter: c.retryAfter(a.header),
	}
}
