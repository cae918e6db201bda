package cloud

import (
	"cmp"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"writ/engine/step"
)

// envelope is what a service says about a failure, in whichever of its forms.
type envelope struct {
	isError   bool // it is one of the known forms
	code      string
	message   string
	requestID string
}

// wireEnvelope has the fields of all forms: flat error_code and error_msg, the SDK's code and message, both inside
// error, and Keystone's error with a number for a code. Details and Encoded say what an identity policy denied.
type wireEnvelope struct {
	ErrorCode text            `json:"error_code"`
	ErrorMsg  text            `json:"error_msg"`
	Code      text            `json:"code"`
	Message   text            `json:"message"`
	RequestID text            `json:"request_id"`
	Details   list            `json:"details"`
	Encoded   text            `json:"encoded_authorization_message"`
	Error     json.RawMessage `json:"error"`
}

// list takes a list of errors; anything else is an empty one.
type list []detail

type detail struct {
	ErrorCode text `json:"error_code"`
	ErrorMsg  text `json:"error_msg"`
}

func (l *list) UnmarshalJSON(raw []byte) error {
	var all []detail
	if json.Unmarshal(raw, &all) == nil {
		*l = all
	}
	return nil
}

// said is the message with what there is beside it. The encoded message is for who may decode it, and long.
func (w wireEnvelope) said() string {
	parts := []string{string(w.ErrorMsg)}
	for _, d := range w.Details {
		parts = append(parts, strings.TrimSpace(string(d.ErrorCode)+" "+string(d.ErrorMsg)))
	}
	if w.Encoded != "" {
		parts = append(parts, "an encoded authorization message came with it, not shown")
	}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "; ")
}

// text takes a string or a number; anything else is no text.
type text string

func (t *text) UnmarshalJSON(raw []byte) error {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		*t = text(s)
		return nil
	}
	var n json.Number
	if json.Unmarshal(raw, &n) == nil {
		*t = text(n)
	}
	return nil
}

// envelopeOf reads a body's envelope; that of a success has been parsed before.
func envelopeOf(call Call, a answer) envelope {
	switch {
	case call.Service == obsService:
		return obsEnvelope(a)
	case a.status < 400:
		return codeOf(a.body)
	}
	var w wireEnvelope
	if a.broken != "" || parse(a.body, &w) != nil {
		return envelope{}
	}
	if w.ErrorCode == "" && len(w.Error) > 0 {
		id := w.RequestID
		if parse(w.Error, &w) != nil {
			return envelope{}
		}
		if w.RequestID == "" {
			w.RequestID = id
		}
	}
	env := envelope{code: string(w.ErrorCode), message: w.said(), requestID: string(w.RequestID)}
	if env.code == "" {
		env.code, env.message = string(w.Code), cmp.Or(string(w.Message), env.message)
	}
	env.isError = env.code != "" || env.message != ""
	if env.code == strconv.Itoa(a.status) {
		env.code = "" // Keystone repeats the status
	}
	return env
}

// codeOf is the envelope of a success: only a flat error_code counts, since code and message may be data.
func codeOf(body []byte) envelope {
	var w struct {
		ErrorCode text `json:"error_code"`
	}
	if json.Unmarshal(body, &w) != nil {
		return envelope{}
	}
	return envelope{isError: w.ErrorCode != "", code: string(w.ErrorCode)}
}

// words are the service's own, or say what came instead.
func (env envelope) words(a answer) string {
	switch {
	case env.isError:
		return env.message
	case a.broken != "":
		return a.broken
	case len(a.body) == 0:
		return "an answer without a body"
	}
	return fmt.Sprintf("an answer of type %s in place of an error code", mediaType(a))
}

// own looks a failure up among the operation's own classes.
func own(call Call, status int, code string) (step.Class, bool) {
	if code == "" {
		return "", false
	}
	if class, ok := call.Classes[fmt.Sprintf("%d %s", status, code)]; ok {
		return class, true
	}
	class, ok := call.Classes[code]
	return class, ok
}

const (
	maxWords = 500
	maxShort = 128
)

// fit makes foreign text fit for an error: without secrets, valid and short.
func fit(call Call, s string, mask masking) string { return cut(mask(s, call.Secrets), maxWords) }

func (c *Client) text(call Call, s string) string { return fit(call, s, c.mask) }

func short(s string) string { return cut(s, maxShort) }

func cut(s string, limit int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= limit {
		return s
	}
	s = s[:limit-len("…")]
	for !utf8.ValidString(s) {
		s = s[:len(s)-1]
	}
	return s + "…"
}

func mediaType(a answer) string {
	t, _, err := mime.ParseMediaType(a.header.Get("Content-Type"))
	if err != nil {
		return "unknown type"
	}
	return short(t)
}

// redirected names the host that a redirect points to, and no more of it.
func redirected(location string) string {
	u, err := url.Parse(location)
	if err != nil || u.Host == "" {
		return "a redirect, which is never followed"
	}
	return "a redirect to " + short(u.Host) + ", which is never followed"
}

func requestID(h http.Header) string {
	for _, name := range []string{"X-Request-Id", "X-Obs-Request-Id"} {
		if id := h.Get(name); id != "" {
			return id
		}
	}
	return h.Get("X-Iam-Trace-Id")
}

const maxRetryAfter = 24 * time.Hour

// retryAfter reads the header in both its forms, seconds and a date.
func retryAfter(h http.Header, now time.Time) time.Duration {
	value := h.Get("Retry-After")
	var wait time.Duration
	if seconds, err := strconv.Atoi(value); err == nil {
		wait = time.Duration(min(seconds, int(maxRetryAfter/time.Second))) * time.Second
	} else if t, err := http.ParseTime(value); err == nil {
		wait = t.Sub(now)
	}
	return max(0, min(wait, maxRetryAfter))
}
