package signin

import (
	"crypto/tls"
	"errors"
	"net/http"
	"net/url"

	"github.com/gophercloud/gophercloud/v2"

	"writ/engine/step"
	"writ/steps/cloud"
)

// wrongPassword is IAM's code for it where it comes with 400 (identity-access-management, appendix of error codes).
const wrongPassword = "1103"

// failure is why no token was issued. Nothing that failed has changed anything.
func (u *user) failure(err error) *step.Error {
	var answer gophercloud.ErrUnexpectedResponseCode
	if !errors.As(err, &answer) {
		class, words := unanswered(err)
		return &step.Error{Class: class, Operation: createToken, Message: words}
	}
	e := cloud.Failure(createToken, u.now(), answer.Actual, answer.ResponseHeader, answer.Body, cloud.Secret(u.password))
	if e.Status == http.StatusBadRequest && e.Code == wrongPassword {
		e.Class = step.Unauthenticated
	}
	return e
}

func unanswered(err error) (step.Class, string) {
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
