package sandbox

import (
	"net/http"
	"strings"
)

// shortError is the envelope of DLI, MPC, ModelArts and the newer IAM calls.
type shortError struct {
	Code string `json:"error_code"`
	Text string `json:"error_msg"`
}

// gatewayError is the envelope of the API gateway, which stands in front of all services.
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

// dbssError is DBSS's envelope; the second field comes with refusals by policy.
type dbssError struct {
	Code    string `json:"error_code"`
	Text    string `json:"error_msg"`
	Encoded string `json:"encoded_authorization_message,omitempty"`
}

func dbssRefusal(v variants, status int, code, text string) answer {
	e := dbssError{Code: code, Text: text}
	if status == http.StatusForbidden {
		e.Encoded = "c2FuZGJveA=="
	}
	if v.DBSSError == "nested" {
		return reply(status, map[string]any{"error": e})
	}
	return reply(status, e)
}

// serviceRefusal dresses a status and a code as the service would, or the gateway for its own codes. An empty code
// becomes the one that the documents pair with the status.
func serviceRefusal(v variants, service string, status int, code, requestID string) answer {
	if code == "" {
		code = usualCode(service, status)
	}
	text := texts[code]
	if text == "" {
		text = http.StatusText(status)
	}
	switch {
	case isGatewayCode(code) && (service != "dbss" || status != http.StatusForbidden):
		return gatewayRefusal(status, code, text, requestID)
	case service == "dbss":
		return dbssRefusal(v, status, code, text)
	case code == "":
		return keystoneRefusal(status, text)
	}
	return refusal(status, code, text)
}

func isGatewayCode(code string) bool {
	return strings.HasPrefix(code, "APIGW.") || strings.HasPrefix(code, "APIG.")
}

func usualCode(service string, status int) string {
	if code, ok := gatewayCodes[status]; ok {
		return code
	}
	if status >= 500 {
		return faultCodes[service]
	}
	return refusalCodes[service]
}

// Codes that go with a status when nobody says which. IAM's own envelope has none.
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
		"dbss": "DBSS.11000000", "dli": "DLI.0999", "modelarts": "ModelArts.0010", "mpc": "MPC.10213",
	}
	refusalCodes = map[string]string{
		"dbss": "DBSS.10000001", "dli": "DLI.0001", "modelarts": "ModelArts.0104", "mpc": "MPC.10202",
	}
)

// texts are the documented messages.
var texts = map[string]string{
	"APIGW.0101":     "The API does not exist or has not been published in the environment",
	"APIGW.0201":     "Backend unavailable",
	"APIGW.0301":     "Incorrect IAM authentication information: " + textBadToken,
	"APIGW.0302":     "The IAM user is not authorized to access the API",
	"APIGW.0307":     "The token must be updated",
	"APIGW.0308":     "The throttling threshold has been reached",
	"APIGW.0601":     "Internal server error",
	"APIGW.0613":     "IAM unavailable",
	"DBSS.10000001":  "Enter a valid request message",
	"DBSS.11000000":  "Internal system exception. Contact technical support engineers",
	"DLI.0001":       "Parameter check errors occur.",
	"DLI.0002":       "The object does not exist.",
	"DLI.0999":       "Server-side errors occur.",
	"IAM.0012":       "The throttling threshold has been reached.",
	"MPC.10202":      "Invalid request parameter.",
	"MPC.10203":      "Identity authentication failed.",
	"MPC.10209":      "Invalid input or output OBS path.",
	"MPC.10223":      "An agency has been created.",
	"MPC.10224":      "The agency has been deleted.",
	"ModelArts.0010": "Internal error.",
	"ModelArts.0104": "Parameter error.",
	"ModelArts.0107": "The values of the request parameters are invalid.",
	"ModelArts.0108": "You are not authorized to perform the operation.",
	"ModelArts.0210": "The project id in the request URL does not match the token.",
	"ModelArts.0424": "User authorization information already exists.",
	"ModelArts.0428": "The user authorization does not exist.",
	"ModelArts.0429": "The authorization does not exist. Check whether the user_id is correct.",
	"ModelArts.4105": "Incorrect JSON format of the input data.",
	"ModelArts.4500": "The number of agencies has reached the maximum.",
	"ModelArts.4502": "The IAM agency name already exists, please delete the agency in IAM first and retry",
	"ModelArts.6377": "The user id cannot be left blank.",
	"ModelArts.6378": "The agency name cannot be left blank.",
}
