package signin

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/url"
	"slices"

	"github.com/gophercloud/gophercloud/v2"

	"writ/engine/step"
	"writ/steps/cloud"
)

// wrongPassword is IAM's code for it where it comes with 400 (identity-access-management, appendix of error codes).
const wrongPassword = "1103"

// failure is why no token was issued. Nothing that failed has changed anything. Where the time is over, what came of an
// answer is not whole: only a refusal, which the status tells, holds all the same.
func (u *user) failure(ctx context.Context, err error) *step.Error {
	var answer gophercloud.ErrUnexpectedResponseCode
	if !errors.As(err, &answer) {
		class, words := unanswered(errors.Join(err, ctx.Err()))
		return &step.Error{Class: class, Operation: createToken, Message: words}
	}
	e := u.refusal(answer)
	if ctx.Err() == nil || slices.Contains([]step.Class{step.Unauthenticated, step.Denied, step.Throttled}, e.Class) {
		return e
	}
	return &step.Error{Class: step.Unavailable, Operation: createToken, Status: e.Status, Message: over(ctx.Err()), RequestID: e.RequestID}
}

func (u *user) refusal(answer gophercloud.ErrUnexpectedResponseCode) *step.Error {
	e := cloud.Failure(createToken, u.now(), answer.Actual, answer.ResponseHeader, answer.Body, u.password)
	if e.Status == http.StatusBadRequest && e.Code == wrongPassword {
		e.Class = step.Unauthenticated
	}
	return e
}

// unanswered says why there is no whole answer.
func unanswered(err error) (step.Class, string) {
	if words := over(err); words != "" {
		return step.Unavailable, words
	}
	var untrusted *tls.CertificateVerificationError
	if errors.As(err, &untrusted) {
		return step.Invalid, "the server's identity was not accepted: " + untrusted.Error()
	}
	var failed *url.Error
	if errors.As(err, &failed) {
		return step.Unavailable, "no answer: " + failed.Err.Error()
	}
	return step.Unavailable, "an answer that cannot be understood"
}

// over says that the time for an answer is over, and how it ended, or nothing.
func over(err error) string {
	var connecting *net.OpError
	switch {
	case errors.Is(err, context.Canceled):
		return "interrupted before there was a whole answer"
	case !errors.Is(err, context.DeadlineExceeded):
		return ""
	case errors.As(err, &connecting):
		return "timed out: " + connecting.Error()
	}
	return "timed out: there was no whole answer in time"
}
