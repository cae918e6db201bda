package cloud

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"strings"

	"writ/engine/step"
)

// rule says what a status and a code mean. A status of 0 is any, a code of "" is any; a code that ends in * is all
// that begin so. The first rule that fits decides.
type rule struct {
	status int
	code   string
	class  step.Class
}

// rules hold for all calls. On a read, UnknownOutcome becomes Unavailable. Only what is known not to have acted is
// anything else than UnknownOutcome: testdata/codes.tsv has every code with its class and the reason.
var rules = []rule{
	// The gateway in front of all services but OBS; APIG. is written APIGW. here.
	{0, "APIGW.0308", step.Throttled},
	{404, "APIGW.*", step.Invalid}, // no such path, method or region: says nothing about the thing asked for
	{401, "APIGW.*", step.Unauthenticated},
	{403, "APIGW.*", step.Denied},

	{0, "DLI.0002", step.NotFound},
	{0, "DLI.0003", step.Denied},
	{0, "DLI.0006", step.Conflict},
	{0, "DLI.0008", step.UnknownOutcome}, // this and the next: faults of the service, under 400
	{0, "DLI.0012", step.UnknownOutcome},
	{0, "DLI.0011", step.Denied},
	{0, "DLI.0015", step.Unauthenticated},
	{0, "DLI.0016", step.Denied},
	{0, "DLI.0018", step.UnknownOutcome},
	{0, "DLI.0019", step.UnknownOutcome}, // a time-out
	{0, "DLI.0999", step.UnknownOutcome}, // a server error, under 400

	{0, "MPC.10202", step.Invalid}, // also under 403
	{0, "MPC.10209", step.Invalid}, // also under 403 and 406

	{400, "ModelArts.0204", step.Unauthenticated},
	{400, "ModelArts.0423", step.Denied},
	{400, "ModelArts.0424", step.Conflict},
	{400, "ModelArts.0429", step.NotFound},
	{400, "ModelArts.042*", step.UnknownOutcome}, // this and the next two: failed to add, delete, query …
	{400, "ModelArts.043*", step.UnknownOutcome},
	{400, "ModelArts.3811", step.UnknownOutcome},
	{400, "ModelArts.2804", step.Denied},
	{400, "ModelArts.3518", step.Denied},
	{400, "ModelArts.3818", step.Conflict},
	{400, "ModelArts.4502", step.Conflict},
	{400, "ModelArts.4503", step.UnknownOutcome},
	{400, "ModelArts.5052", step.Denied},
	{401, "ModelArts.0428", step.NotFound},       // a 401 that is not about authentication
	{401, "ModelArts.4504", step.UnknownOutcome}, // IAM failed behind it
	{401, "ModelArts.4505", step.Denied},
	{403, "ModelArts.0203", step.Unauthenticated},
	{403, "ModelArts.0206", step.Unauthenticated},
	{403, "ModelArts.4500", step.Invalid}, // quota
	{404, "ModelArts.2786", step.Denied},  // the project is not the credentials'

	{401, "IAM.0064", step.Denied},
	{400, "IAM.1109", step.Invalid}, // no such project
	{400, "IAM.110*", step.Unauthenticated},
	{410, "IAM.0020", step.UnknownOutcome}, // moves to another region

	{503, "SlowDown", step.Throttled}, // this and the next are OBS's
	{403, "InvalidAccessKeyId", step.Unauthenticated},
	{403, "SignatureDoesNotMatch", step.Unauthenticated},
	{403, "RequestTimeTooSkewed", step.Unauthenticated},
	{400, "TooManyWrongSignature", step.Unauthenticated},
	{403, "VirtualHostDomainRequired", step.Invalid},

	{401, "", step.Unauthenticated},
	{403, "", step.Denied},
	{404, "", step.NotFound},
	{408, "", step.UnknownOutcome},
	{409, "", step.Conflict},
	{429, "", step.Throttled},
}

// classify says what a failure's status and code mean: first to the operation, then to all.
func classify(call Call, a answer, env envelope) step.Class {
	if class, ok := own(call, a.status, env.code); ok {
		return class
	}
	if a.status == 404 && !env.isError && len(a.body) > 0 {
		return step.Invalid // somebody's page, not the service's word that the thing does not exist
	}
	for _, r := range rules {
		if r.fits(a.status, gatewayCode(env.code)) {
			return r.class
		}
	}
	if a.status >= 500 {
		return step.UnknownOutcome
	}
	return step.Invalid
}

// gatewayCode is a code as the rules write it.
func gatewayCode(code string) string {
	if rest, ok := strings.CutPrefix(code, "APIG."); ok {
		return "APIGW." + rest
	}
	return code
}

func (r rule) fits(status int, code string) bool {
	if r.status != 0 && r.status != status {
		return false
	}
	if prefix, ok := strings.CutSuffix(r.code, "*"); ok {
		return strings.HasPrefix(code, prefix)
	}
	return r.code == "" || r.code == code
}

// classifyTransport says what a round trip without an answer means. Before there was a connection, nothing was sent.
func classifyTransport(err error, connected bool) (step.Class, string) {
	switch {
	case connected:
		return step.UnknownOutcome, "no answer: " + err.Error()
	case isTLS(err):
		return step.Invalid, "the server's identity was not accepted: " + err.Error()
	case errors.Is(err, errAddress), errors.Is(err, errProxy):
		return step.Invalid, err.Error()
	}
	return step.Unavailable, "no connection: " + err.Error()
}

func isTLS(err error) bool {
	var (
		verification *tls.CertificateVerificationError
		record       tls.RecordHeaderError
		alert        tls.AlertError
		authority    x509.UnknownAuthorityError
		host         x509.HostnameError
		certificate  x509.CertificateInvalidError
	)
	return errors.As(err, &verification) || errors.As(err, &record) || errors.As(err, &alert) ||
		errors.As(err, &authority) || errors.As(err, &host) || errors.As(err, &certificate)
}
