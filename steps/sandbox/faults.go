package sandbox

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// fault makes a call of the cloud go wrong. Every call of its service and operation that key and throttle let in
// counts; from the nth on it fires, as many times as it says, unless an earlier fault of the list already did.
type fault struct {
	Service    string          `json:"service,omitempty"`   // empty: any
	Operation  string          `json:"operation,omitempty"` // empty: any
	Nth        int             `json:"nth,omitempty"`       // from 1, which 0 stands for
	Times      int             `json:"times,omitempty"`     // 0 stands for 1; -1: always
	When       string          `json:"when,omitempty"`      // before the operation acts, which is the default, or after
	Do         string          `json:"do"`
	Status     int             `json:"status,omitempty"`     // of status and body; 500 and 200 when absent
	ErrorCode  string          `json:"error_code,omitempty"` // of status; what usually goes with the status when absent
	Body       json.RawMessage `json:"body,omitempty"`       // of status, body, truncate: a JSON string is sent verbatim, also with 204
	Seconds    float64         `json:"seconds,omitempty"`    // of delay, and the longest of stall
	RetryAfter json.RawMessage `json:"retry_after,omitempty"`
	// ContentType goes with body, which without it is JSON.
	ContentType string `json:"content_type,omitempty"`

	Seen  int `json:"seen,omitempty"`
	Fired int `json:"fired,omitempty"`
}

// What a fault can do.
const (
	doReset    = "reset"    // cut the connection with a reset
	doStall    = "stall"    // never answer
	doDelay    = "delay"    // answer late
	doStatus   = "status"   // answer an error in the service's own words
	doBody     = "body"     // answer a body of the fault's
	doTruncate = "truncate" // cut the connection in the middle of the body
)

var deeds = []string{doReset, doStall, doDelay, doStatus, doBody, doTruncate}

// The two places of a fault around the operation.
const (
	whenBefore = "before"
	whenAfter  = "after"
)

const secondsMax = 3600

func decodeFault(data []byte) (*fault, error) {
	f := new(fault)
	if err := decodeStrictly(data, f); err != nil {
		return nil, err
	}
	return f, f.check()
}

func (f *fault) check() error {
	switch {
	case f.Service != "" && !slices.Contains(services, f.Service):
		return fmt.Errorf("service: %q is not one of %s", f.Service, strings.Join(services, ", "))
	case f.Operation != "" && !knowsOperation(f.Service, f.Operation):
		return fmt.Errorf("operation: service %q has no %q", f.Service, f.Operation)
	case !slices.Contains(deeds, f.Do):
		return fmt.Errorf("do: %q is not one of %s", f.Do, strings.Join(deeds, ", "))
	case !slices.Contains([]string{"", whenBefore, whenAfter}, f.When):
		return fmt.Errorf("when: %q is neither %s nor %s", f.When, whenBefore, whenAfter)
	}
	return f.checkNumbers()
}

func (f *fault) checkNumbers() error {
	switch {
	case f.Nth < 0 || f.Seen < 0 || f.Fired < 0:
		return errors.New("nth: negative")
	case f.Times < -1:
		return fmt.Errorf("times: %d is less than -1, which means always", f.Times)
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return fmt.Errorf("status: %d is not within 200 to 599", f.Status)
	case f.Seconds < 0 || f.Seconds > secondsMax:
		return fmt.Errorf("seconds: %v is not within 0 to %d", f.Seconds, secondsMax)
	case f.Do == doDelay && f.Seconds == 0:
		return errors.New("seconds: a delay needs them")
	case f.Do == doBody && f.Body == nil:
		return errors.New("body: missing")
	case f.ContentType != "" && f.Body == nil:
		return errors.New("content_type: it needs a body")
	case !isHeaderValue(f.ContentType):
		return errors.New("content_type: a header has only printable characters")
	}
	return nil
}

func isHeaderValue(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' })
}

func (f *fault) matches(o *operation) bool {
	return (f.Service == "" || f.Service == o.service) && (f.Operation == "" || f.Operation == o.name)
}

// isDue tells whether the fault fires on the call that was just counted.
func (f *fault) isDue() bool {
	return f.Seen >= max(f.Nth, 1) && (f.Times == -1 || f.Fired < max(f.Times, 1))
}

func (f *fault) isSpent() bool {
	return f.Times != -1 && f.Fired >= max(f.Times, 1)
}

// nextFault counts one call of an operation and answers the fault that fires on it, if any. Spent faults leave the list.
func (c *cloud) nextFault(o *operation) *fault {
	var firing *fault
	next := slices.Clone(c.faults.value)
	for i, f := range next {
		if !f.matches(o) {
			continue
		}
		counted := *f
		counted.Seen++
		if firing == nil && counted.isDue() {
			counted.Fired++
			firing = &counted
		}
		next[i] = &counted
	}
	c.faults.set(slices.DeleteFunc(next, (*fault).isSpent))
	return firing
}

// mood is how the cloud treats calls now: its variants, and whether any fault is installed.
func (st *store) mood() (v variants, faulty bool, err error) {
	err = st.view(func(c *cloud) { v, faulty = c.variants, len(c.faults.value) > 0 })
	return v, faulty, err
}

// nextFault is the cloud's, stored.
func (st *store) nextFault(o *operation) (due *fault, err error) {
	_, err = st.change(func(c *cloud) bool {
		due = c.nextFault(o)
		return true
	})
	return due, err
}

// answer is what the fault itself says, for those that say something.
func (f *fault) answer(sp speaker) answer {
	status := f.Status
	if status == 0 && f.Do == doStatus {
		status = http.StatusInternalServerError
	}
	a := answer{status: cmp.Or(status, http.StatusOK), body: []byte(asText(f.Body))}
	if f.Body == nil && allowsBody(a.status) {
		a = sp.refusal(a.status, f.ErrorCode)
	}
	if f.ContentType != "" {
		a = a.with("Content-Type", f.ContentType)
	}
	if f.RetryAfter != nil {
		a = a.with("Retry-After", asText(f.RetryAfter))
	}
	return a
}

// asText is the content of a JSON string, and any other JSON as it stands.
func asText(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil && string(raw) != "null" {
		return text
	}
	return string(raw)
}
