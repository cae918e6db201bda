package step

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Class says what may be done about a failed call. It follows from the HTTP status and the service's code, never
// from a text.
type Class string

// The classes.
const (
	Throttled       Class = "throttled"       // certainly did not act; may be sent again later
	Unavailable     Class = "unavailable"     // certainly did not act (nothing was sent, or it was a read); may be tried again
	Unauthenticated Class = "unauthenticated" // the credentials were not accepted; never tried again
	Denied          Class = "denied"          // these credentials may not do this
	Invalid         Class = "invalid"         // the service refused the request's content
	NotFound        Class = "not_found"       // the thing does not exist
	Conflict        Class = "conflict"        // something else stands in the way
	AlreadySo       Class = "already_so"      // the service says the goal is met; a read has to confirm it
	UnknownOutcome  Class = "unknown_outcome" // the call may have acted
	Internal        Class = "internal"        // a fault of ours
)

// Error is a failed call.
type Error struct {
	Class      Class         `json:"class"`
	Operation  string        `json:"operation,omitempty"` // e.g. mpc CreateAgenciesTask
	Status     int           `json:"status,omitempty"`    // HTTP status; 0 when no answer came
	Code       string        `json:"code,omitempty"`      // the service's own code
	Message    string        `json:"message,omitempty"`   // the service's or the transport's words: foreign text
	RequestID  string        `json:"request_id,omitempty"`
	RetryAfter time.Duration `json:"retry_after_ns,omitempty"` // how long the service asked to wait; 0 when it did not say
}

func (e *Error) Error() string {
	answer := e.Code
	if e.Status != 0 {
		answer = strings.TrimSpace(fmt.Sprintf("HTTP %d %s", e.Status, e.Code))
	}
	var parts []string
	for _, part := range []string{e.Operation, answer, e.Message} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	s := strings.Join(parts, ": ")
	if e.RequestID != "" {
		s += " (request " + e.RequestID + ")"
	}
	return s
}

// ErrorOf answers the call's failure inside err. An error that is none becomes one of class Internal, so that every
// failure has a class.
func ErrorOf(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Class: Internal, Message: err.Error()}
}

// IsClass reports whether err is a failed call of that class.
func IsClass(err error, c Class) bool {
	var e *Error
	return errors.As(err, &e) && e.Class == c
}

// Retryable reports whether a call that failed like this certainly did not act and is worth sending again.
func (e *Error) Retryable() bool { return e.Class == Throttled || e.Class == Unavailable }
