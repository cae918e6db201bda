package sandbox

import (
	"fmt"
	"net/http"
	"strings"
)

// shortError is the envelope of DLI, MPC, ModelArts and the newer IAM calls.
type shortError struct {
	Code string `json:"error_code"`
	Text string `json:"error_msg"`
}

// gatewayError is the envelope of the API gateway, which stands in front of all services but OBS.
type gatewayError struct {
	Text      string `json:"error_msg"`
	Code      string `json:"error_code"`
	RequestID string `json:"request_id"`
}

func gatewayRefusal(status int, code, text, requestID string) answer {
	return reply(status, gatewayError{Text: text, Code: code, RequestID: requestID})
}

func refusal(status int, code, text string) answer {
	return reply(status, shortError{Code: code, Text: text})
}

// keystoneError is IAM's own envelope; its code is an integer.
type keystoneError struct {
	Error struct {
		Message string `json:"message"`
		Code    int    `json:"code"`
		Title   string `json:"title"`
	} `json:"error"`
}

func keystoneRefusal(status int, message string) answer {
	var e keystoneError
	e.Error.Message, e.Error.Code, e.Error.Title = message, status, http.StatusText(status)
	return reply(status, e)
}

func notAuthenticated() answer {
	return keystoneRefusal(http.StatusUnauthorized, "The request you have made requires authentication.")
}

func notAuthorized() answer {
	return keystoneRefusal(http.StatusForbidden, "You are not authorized to perform the requested action.")
}

// dbssError is DBSS's envelope; the last two fields come with refusals by policy.
type dbssError struct {
	Code    string       `json:"error_code"`
	Text    string       `json:"error_msg"`
	Encoded string       `json:"encoded_authorization_message,omitempty"`
	Details []shortError `json:"details,omitempty"`
}

func dbssRefusal(v variants, status int, code, text string) answer {
	e := dbssError{Code: code, Text: text}
	if status == http.StatusForbidden {
		e.Encoded = "c2FuZGJveA=="
	}
	switch v.DBSSError {
	case "nested":
		return reply(status, map[string]any{"error": e})
	case "details":
		e.Details = []shortError{{code, text}}
	}
	return reply(status, e)
}

// speaker words the failures of one request, each in the envelope of the service or of the gateway before it.
type speaker struct {
	service   string
	path      string
	requestID string
	v         variants
}

func (x *exchange) speaker(v variants) speaker { return speaker{x.service, x.path, x.id, v} }

// refusal is a status and a code with the documented text. An empty code becomes the one that the documents pair with the
// status.
func (sp speaker) refusal(status int, code string) answer {
	if code == "" {
		code = usualCode(sp.service, status)
	}
	text := textOf(status, code)
	if text == "" {
		text = http.StatusText(status)
	}
	return sp.say(status, code, text)
}

func (sp speaker) say(status int, code, text string) answer {
	switch {
	case isGatewayCode(code) && (sp.service != "dbss" || status != http.StatusForbidden):
		return gatewayRefusal(status, code, text, sp.requestID)
	case sp.service == "dbss":
		return dbssRefusal(sp.v, status, code, text)
	case sp.service == "obs":
		return replyXML(status, obsError{
			Code: code, Message: text, Resource: sp.path, RequestID: sp.requestID, HostID: derivedID("host", "obs"),
		})
	case sp.service == "metadata":
		return plain(status, text)
	case code == "":
		return keystoneRefusal(status, text)
	}
	return refusal(status, code, text)
}

func isGatewayCode(code string) bool {
	return strings.HasPrefix(code, "APIGW.") || strings.HasPrefix(code, "APIG.")
}

// usualCode is the code that goes with a status when nobody says which. IAM's own envelope and the metadata service have
// none.
func usualCode(service string, status int) string {
	switch service {
	case "metadata":
		return ""
	case "obs":
		return obsCode(status)
	}
	if code, ok := gatewayCodes[status]; ok {
		return code
	}
	if status >= 500 {
		return faultCodes[service]
	}
	return refusalCodes[service]
}

func obsCode(status int) string {
	switch code := obsCodes[status]; {
	case code != "":
		return code
	case status >= 500:
		return "InternalError"
	}
	return "InvalidRequest"
}

var (
	gatewayCodes = map[int]string{
		401: "APIGW.0301",
		403: "APIGW.0302",
		429: "APIGW.0308",
		502: "APIGW.0201",
		503: "APIGW.0613",
		504: "APIGW.0201",
	}
	faultCodes = map[string]string{
		"dbss": "DBSS.11000000", "dli": "DLI.0999", "modelarts": "ModelArts.0010", "mpc": "APIGW.0601",
	}
	refusalCodes = map[string]string{
		"dbss": "DBSS.10000001", "dli": "DLI.0001", "modelarts": "ModelArts.0104", "mpc": "MPC.10202",
	}
	obsCodes = map[int]string{
		400: "InvalidArgument",
		403: "AccessDenied",
		404: "NoSuchBucket",
		405: "MethodNotAllowed",
		408: "RequestTimeout",
		429: "SlowDown",
		501: "ServiceNotImplemented",
		503: "ServiceUnavailable",
	}
)

// textOf is the documented message of a code; some codes mean something else with another status.
func textOf(status int, code string) string {
	if isGatewayCode(code) {
		_, number, _ := strings.Cut(code, ".")
		code = "APIGW." + number // some gateways say APIG
	}
	if text, ok := texts[fmt.Sprintf("%d %s", status, code)]; ok {
		return text
	}
	return texts[code]
}
