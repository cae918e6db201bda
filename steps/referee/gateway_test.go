package referee_test

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// gatewayRows are the outcomes that any operation can have, made of a row that succeeds: what is wrong with the keys or
// the project, and what a gateway, a service and a network do.
func gatewayRows(o operation, good row) []row {
	rows := append(faultRows(o, good), lossRows(good)...)
	if good.only != withoutKey {
		rows = append(rows, keyRows(o.service, good)...)
	}
	if o.access == "ofProject" {
		rows = append(rows, foreignRow(o.service, good))
	}
	if o.access == "ofAccount" {
		rows = append(rows, projectTokenRow(good))
	}
	if o.method == http.MethodHead {
		for i := range rows {
			rows[i].want = rows[i].want.withoutBody()
		}
	}
	return rows
}

// withoutBody is a refusal of HEAD.
func (a answer) withoutBody() answer {
	if a.sort == refusal || a.sort == keystone {
		return refused(a.status, "", "")
	}
	return a
}

// bad is a row that fails before it has an effect.
func bad(good row, outcome string, want answer) row {
	good.outcome, good.want, good.part, good.then = outcome, want, "", ""
	return good
}

// keyRows: what is wrong with a key. OBS has no gateway and its own codes.
func keyRows(service string, good row) []row {
	says := func(code, obsCode string) answer {
		if service == "obs" {
			return refused(obsStatus(obsCode), obsCode, obsWords[obsCode])
		}
		return refused(401, "APIGW.0301", "Incorrect IAM authentication information: "+code)
	}
	wrong := func(outcome string, change func(*keys), want answer) row {
		r := bad(good, outcome, want)
		r.strange = func(p place, k keys) (place, keys) {
			change(&k)
			return p, k
		}
		return r
	}
	late := bad(good, "a clock that is 16 minutes off", says("calc ak sk signature fail:signature expired", "RequestTimeTooSkewed"))
	late.ahead, late.first = 16*time.Minute, nil
	locked := bad(good, "a key that is locked after six wrong signatures",
		says("AK access failed to reach the limit,forbidden", "TooManyWrongSignature"))
	locked.spoil = 6
	free := good
	free.outcome, free.spoil, free.later = "a key that was locked until five minutes ago", 6, 5*time.Minute
	expired := bad(good, "a temporary key that has expired", says("token expires", "InvalidAccessKeyId"))
	expired.variants, expired.later, expired.only = join(good.variants, `"token_seconds": 60`), time.Minute, withTemporaryKey
	rows := []row{
		wrong("a wrong secret", func(k *keys) { k.secret = "wrong" }, says("verify aksk signature fail", "SignatureDoesNotMatch")),
		wrong("an access key that is none", func(k *keys) { k.access, k.token = "NONE", "" },
			says("Get secretKey failed,ak:NONE,err:ak not exist", "InvalidAccessKeyId")),
		wrong("a security token that is none", func(k *keys) { k.token = "wrong" }, says("decrypt token fail", "InvalidAccessKeyId")),
		late, locked, expired,
	}
	if good.first == nil && !strings.Contains(good.want.body, "{tomorrow}") { // five minutes change nothing else
		rows = append(rows, free)
	}
	if good.service() != "iam" {
		return rows
	}
	stale := bad(good, "APIGW.0307: a token that has expired", refused(401, "APIGW.0307", "The token must be updated"))
	stale.variants, stale.later, stale.only = expired.variants, time.Minute, withToken
	gone := stale
	gone.outcome, gone.want = "IAM.0066: a token that has expired, which IAM itself sees", refused(401, "IAM.0066", "The token has expired.")
	gone.variants = join(stale.variants, `"stale_token": "service"`)
	strange := wrong("a token that is none", func(k *keys) { k.auth = "nonsense" }, says("decrypt token fail", ""))
	strange.only = withToken
	return append(rows, stale, gone, strange)
}

func join(members ...string) string {
	return strings.Trim(strings.Join(members, ", "), ", ")
}

var obsWords = map[string]string{
	"InvalidAccessKeyId":    "The access key ID you provided does not exist in our records.",
	"SignatureDoesNotMatch": "The provided signature does not match the signature calculated by OBS.",
	"RequestTimeTooSkewed":  "The difference between the request time and the server's time is too large.",
	"TooManyWrongSignature": "The request is rejected due to high-frequency errors.",
}

func obsStatus(code string) int {
	if code == "TooManyWrongSignature" {
		return http.StatusBadRequest
	}
	return http.StatusForbidden
}

func foreignRow(service string, good row) row {
	r := bad(good, "another's project", refused(403, "APIGW.0302", "The IAM user is not authorized to access the API in this project"))
	if service == "modelarts" {
		r.want = refused(403, "ModelArts.0210", "The project id in the request URL does not match the token.")
	}
	r.strange = func(p place, k keys) (place, keys) {
		p.project = absent
		return p, k
	}
	return r
}

// projectTokenRow: IAM's objects are the account's, and a token for a project does not open them.
func projectTokenRow(good row) row {
	r := bad(good, "403: a token for a project", keystoned(403, "Forbidden", forbidden))
	r.only, r.scope = withToken, projectScope(ptr(region), nil)
	return r
}

// own is what a service says of a fault of its own.
var own = map[string]answer{
	"dbss":      refused(500, "DBSS.11000000", "Internal system exception. Contact technical support engineers"),
	"dli":       refused(500, "DLI.0999", "Server-side errors occur."),
	"modelarts": refused(500, "ModelArts.0010", "Internal error."),
	"iam":       keystoned(500, "Internal Server Error", "Internal Server Error"),
	"mpc":       refused(500, "APIGW.0601", "Internal server error"), // none of its own is documented
}

func faultRows(o operation, good row) []row {
	if o.service == "obs" {
		return []row{
			faultRow(good, 403, refused(403, "AccessDenied", "Access Denied")),
			faultRow(good, 500, refused(500, "InternalError", "An internal error occurs. Retry later.")),
			faultRow(good, 503, refused(503, "ServiceUnavailable", "The server is overloaded or has internal errors.")),
			throttledRow(good, refused(503, "SlowDown", "Reduce your request frequency.")),
		}
	}
	denied := refused(403, "APIGW.0302", "The IAM user is not authorized to access the API")
	if o.service == "dbss" {
		denied = denied.withEncoded("c2FuZGJveA==") // the others name no policy
	}
	throttled := refused(429, "APIGW.0308", "The throttling threshold has been reached")
	if o.service == "iam" {
		throttled = refused(429, "IAM.0012", "The throttling threshold has been reached.")
	}
	return []row{
		faultRow(good, 403, denied),
		faultRow(good, 500, own[o.service]),
		faultRow(good, 502, refused(502, "APIGW.0201", "Backend unavailable")),
		faultRow(good, 503, refused(503, "APIGW.0613", "IAM unavailable")),
		faultRow(good, 504, refused(504, "APIGW.0201", "Backend timeout")),
		throttledRow(good, throttled),
	}
}

func faultRow(good row, status int, want answer) row {
	r := bad(good, fmt.Sprint(status, " ", want.code), want)
	r.faults = []string{fmt.Sprintf(`{"do": "status", "status": %d}`, status)}
	return r
}

// throttledRow makes the call twice where one a second is let in, a while after whatever was done to prepare for it.
func throttledRow(good row, want answer) row {
	r := bad(good, "one call too many in a second", want)
	r.limits, r.twice = `"throttle_per_second": 1`, true
	return r
}

// lossRows: the SDK never sends a call again by itself, whatever became of it.
func lossRows(good row) []row {
	unsent := bad(good, "the connection is cut before the effect", answer{sort: unanswered})
	unsent.faults = []string{`{"do": "reset"}`}
	lost, half := good, good
	lost.outcome, lost.faults = "the connection is cut after the effect", []string{`{"do": "reset", "when": "after"}`}
	half.outcome, half.faults = "the answer breaks off", []string{`{"do": "truncate", "when": "after"}`}
	lost.want, half.want = answer{sort: unanswered}, answer{sort: unanswered, text: "EOF"}
	if good.want.status == http.StatusNoContent {
		half.want.text = "" // it breaks off in its head
	}
	return []row{unsent, lost, half}
}
