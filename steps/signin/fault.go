package signin

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gophercloud/gophercloud/v2"

	"writ/engine/step"
)

// failure is why no token was issued. Nothing that failed has changed anything.
func (u *user) failure(err error) *step.Error {
	e := &step.Error{Class: step.Unavailable, Operation: createToken}
	var answer gophercloud.ErrUnexpectedResponseCode
	if !errors.As(err, &answer) {
		e.Class, e.Message = unanswered(err)
		return e
	}
	env := readEnvelope(answer.Body)
	e.Status, e.Code, e.RequestID = answer.Actual, cut(env.code, 128), requestID(answer.ResponseHeader)
	e.Class = classify(e.Status, e.Code)
	e.Message = u.mask(env.message)
	switch {
	case e.Status >= 300 && e.Status < 400:
		e.Message = "a redirect, which is never followed"
	case e.Class == step.Throttled:
		e.RetryAfter = retryAfter(answer.ResponseHeader)
	}
	return e
}

// wrongPassword is IAM's code for it where it comes with 400 (identity-access-management, appendix of error codes).
const wrongPassword = "1103"

func classify(status int, code string) step.Class {
	switch {
	case status == http.StatusUnauthorized, status == http.StatusBadRequest && code == wrongPassword:
		return step.Unauthenticated
	case status == http.StatusForbidden:
		return step.Denied
	case status == http.StatusTooManyRequests:
		return step.Throttled
	case status == http.StatusNotFound:
		return step.NotFound
	case status >= 300 && status < 500 && status != http.StatusRequestTimeout:
		return step.Invalid
	}
	return step.Unavailable
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

// envelope is what IAM says of a failure: flat, or inside error with a number for a code, which may be the status.
type envelope struct{ code, message string }

func readEnvelope(body []byte) envelope {
	var flat struct {
		Code    string `json:"error_code"`
		Message string `json:"error_msg"`
		Error   struct {
			Code    any    `json:"code"`
			Message string `json:"message"`
		} `json:"error"`
	}
	if json.Unmarshal(body, &flat) != nil {
		return envelope{message: "an answer without an error code"}
	}
	if flat.Code != "" || flat.Error.Code == nil {
		return envelope{flat.Code, firstOf(flat.Message, flat.Error.Message)}
	}
	code := fmt.Sprint(flat.Error.Code)
	if n, err := strconv.Atoi(code); err == nil && n < 600 {
		code = "" // the status once more
	}
	return envelope{code, flat.Error.Message}
}

// mask makes foreign text fit for an error: without the password, and short.
func (u *user) mask(text string) string {
	return cut(strings.ReplaceAll(text, u.password, "(secret)"), 500)
}

func cut(text string, limit int) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if len(text) <= limit {
		return text
	}
	for limit > 0 && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit] + "…"
}

func requestID(h http.Header) string {
	return cut(firstOf(h.Get("X-Request-Id"), h.Get("X-Iam-Trace-Id")), 128)
}

func retryAfter(h http.Header) time.Duration {
	seconds, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return time.Duration(min(seconds, 24*60*60)) * time.Second
}
