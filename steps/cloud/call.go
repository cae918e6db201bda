package cloud

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"writ/engine/step"
)

// Call is one call of a service.
type Call struct {
	Service   string // mpc, dli, iam, …
	Operation string // the official SDK's name of it
	Method    string
	Path      string            // {project_id} and {domain_id} are the client's, other names in braces stand in IDs
	IDs       map[string]string // the ids in Path, by name
	Query     url.Values
	Body      any // encoded as JSON; nil sends none
	Out       any // what to decode a success into; nil ignores the body
	OK        []int
	Classes   map[string]step.Class // the operation's own: "400 ModelArts.0429", or "MPC.10223" for any status
	Domain    bool                  // about the account, not the project
	Secrets   []Secret              // what the body holds of them; hidden in every message

	unscoped   bool   // about the credentials themselves: needs no project and no account
	subject    bool   // asks about the very token it is sent with
	bucketType string // of OBS's ListBuckets
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
	p := c.passFor(call)
	creds, err := p.current(ctx)
	if err != nil {
		return c.cannotRenew(call, err)
	}
	d, err := c.draft(ctx, call, creds)
	if err != nil {
		return c.unsent(call, err)
	}
	if creds.Token.IsZero() && !call.isRead() {
		if err := c.checkClock(ctx, call); err != nil {
			return err
		}
	}
	return c.through(ctx, p, call, d, creds)
}

// through sends a call through its pass's door, and once more with new credentials where those it went with may have
// died. What is refused with the new ones is refused.
func (c *Client) through(ctx context.Context, p *pass, call Call, d draft, creds Credentials) error {
	leave, err := p.door.enter(ctx)
	switch {
	case errors.Is(err, errRefused):
		return &step.Error{Class: step.Unauthenticated, Operation: call.name(), Message: err.Error()}
	case err != nil:
		return c.unsent(call, err)
	}
	said := unclear
	defer func() { leave(said) }()
	err = c.once(ctx, call, d, creds)
	if !mustBeUpdated(err, creds) {
		said = verdictOf(err)
		return err
	}
	fresh, failed := p.renewed(ctx, creds)
	switch {
	case failed == nil:
		err = c.once(ctx, call, d, fresh)
		said = verdictOf(err)
	case errors.Is(failed, errNoRenewal):
		said = refused
	default:
		err = c.cannotRenew(call, failed)
		if step.IsClass(err, step.Unauthenticated) {
			said = refused
		}
	}
	return err
}

// passFor is what lets a call through.
func (c *Client) passFor(call Call) *pass {
	switch {
	case call.Service == obsService:
		return c.storage
	case call.Domain:
		return c.account
	}
	return c.own
}

// once waits for a call's turn, sends it, and says what became of it.
func (c *Client) once(ctx context.Context, call Call, d draft, creds Credentials) error {
	if err := c.await(ctx, call); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	req, err := c.request(ctx, call, d, creds)
	if err != nil {
		return c.unsent(call, err)
	}
	began := c.clock()
	a, err := c.send(req, call)
	if err == nil {
		err = c.judge(call, a)
	}
	ended := c.clock()
	if creds.Token.IsZero() {
		c.skew.note(began, ended, a.header)
		if says := c.skew.untold(); says != "" && c.notice != nil {
			c.notice(says)
		}
		err = c.blameClock(err)
	}
	c.manners.note(call.Service, began, ended, err)
	id := short(c.text(call, requestID(a.header)))
	step.Called(ctx, step.Call{
		Service: call.Service, Operation: call.Operation, Method: call.Method, Status: a.status, RequestID: id,
		Began: began.UTC(), Took: ended.Sub(began),
	})
	if c.trace != nil {
		c.trace(Trace{
			Operation: call.name(), Method: call.Method, Path: req.URL.Path, Status: a.status,
			RequestID: id, Took: ended.Sub(began),
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
	switch {
	case err == nil:
		return nil
	case errors.As(err, &e):
		return beside(e, step.Invalid)
	}
	class := step.Invalid
	if isEnded(err) {
		class = step.Unavailable
	}
	return &step.Error{Class: class, Operation: call.name(), Message: c.text(call, "not sent: "+err.Error())}
}

// beside is the failure of a call that another one needed, as that of the other one, which was not sent. What it says of
// the things that it was itself about holds for nothing else: a user who does not exist is no agency that does not.
func beside(e *step.Error, other step.Class) *step.Error {
	so := *e
	switch e.Class {
	case step.Unauthenticated, step.Denied, step.Throttled, step.Unavailable, step.Invalid, step.Internal:
	case step.UnknownOutcome:
		so.Class = step.Unavailable
	default:
		so.Class = other
	}
	return &so
}

// isEnded reports whether a context ended.
func isEnded(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}
