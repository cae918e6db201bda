package cloud

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"writ/engine/step"
)

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
	}
	return refusal(call, a, c.mask, c.clock())
}

// Failure is what an answer that is no success means, in the classes and words of the client's own calls, for those who
// make a call without a client: one that changes nothing. Secrets are hidden wherever the answer repeats them.
func Failure(operation string, now time.Time, status int, header http.Header, body []byte, secrets ...Secret) *step.Error {
	call := Call{Method: http.MethodGet, Secrets: secrets}
	call.Service, call.Operation, _ = strings.Cut(operation, " ")
	a := answer{status: status, header: header, body: body}
	if status < 300 {
		return failed(call, a, step.UnknownOutcome, "an answer that cannot be understood", new(Redactor).text, now)
	}
	return refusal(call, a, new(Redactor).text, now)
}

// masking hides secrets in foreign text.
type masking func(string, []Secret) string

// refusal says what a status from 300 means.
func refusal(call Call, a answer, mask masking, now time.Time) *step.Error {
	if a.status < 400 {
		return failed(call, a, step.Invalid, redirected(a.header.Get("Location")), mask, now)
	}
	env := envelopeOf(call, a)
	e := failed(call, a, whole(classify(call, a, env), a), env.words(a), mask, now)
	e.Code = short(mask(env.code, call.Secrets))
	if e.RequestID == "" {
		e.RequestID = short(mask(env.requestID, call.Secrets))
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

// decode reads a success.
func decode(call Call, body []byte) error {
	if call.Service == obsService {
		return parseXML(body, call.Out)
	}
	return parse(body, call.Out)
}

func (c *Client) judgeSuccess(call Call, a answer) error {
	if call.Out == nil && a.broken == "" {
		return nil
	}
	if a.broken != "" {
		return c.fail(call, a, step.UnknownOutcome, a.broken)
	}
	if err := decode(call, a.body); err != nil {
		return c.fail(call, a, step.UnknownOutcome, fmt.Sprintf("cannot understand the answer (%s): %v", mediaType(a), err))
	}
	if env := envelopeOf(call, a); env.isError {
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
	return failed(call, a, class, words, c.mask, c.clock())
}

func failed(call Call, a answer, class step.Class, words string, mask masking, now time.Time) *step.Error {
	return &step.Error{
		Class: call.certainty(class), Operation: call.name(), Status: a.status, Message: fit(call, words, mask),
		RequestID: short(mask(requestID(a.header), call.Secrets)), RetryAfter: retryAfter(a.header, now),
	}
}
