package sandbox

import (
	"net/http"
	"slices"
	"time"
)

// The texts that the gateway is documented to put behind "Incorrect IAM authentication information: ".
const (
	textNoToken    = "x-auth-token not found"
	textBadToken   = "decrypt token fail"
	textKeyExpired = "token expires"
	textBadSign    = "verify aksk signature fail"
	textExpired    = "calc ak sk signature fail:signature expired"
	textLocked     = "AK access failed to reach the limit,forbidden"
)

// caller is who a request comes from, as far as operations differ by it. The zero value signed with a key, which is good
// for the account and all its projects.
type caller struct {
	byToken bool
	project string // that the token is for; empty: for the account
}

// authenticate answers nil for a genuine request, whose caller it notes, else the gateway's refusal, or OBS's own.
func (x *exchange) authenticate() *answer {
	switch {
	case x.service == "obs":
		return x.authenticateOBS()
	case x.r.Header.Get("Authorization") != "":
		return x.checkSignature()
	case x.op.access == unguarded:
		return nil
	}
	return x.checkToken()
}

// checkSignature looks at a signature of the usual kind. The path is the one that was signed: without a service prefix.
func (x *exchange) checkSignature() *answer {
	h, ok := parseAuthorization(x.r.Header.Get("Authorization"))
	if !ok || !slices.Contains(h.signed, "x-sdk-date") {
		return x.unauthenticated(textBadSign)
	}
	date := x.r.Header.Get(signDateHeader)
	signedAt, _ := time.Parse(signDateFormat, date)
	v := x.s.keys.check(presented{
		access: h.accessKey, securityToken: x.r.Header.Get("X-Security-Token"), signedAt: signedAt,
		matches: func(secret string) bool {
			return equal(h.signature, sign(secret, date, canonicalRequest(x.r, x.path, h.signed, x.body)))
		},
	})
	switch v {
	case genuine:
		return nil
	case unknownKey:
		return x.unauthenticated("Get secretKey failed,ak:" + h.accessKey + ",err:ak not exist")
	}
	return x.unauthenticated(gatewayWords[v])
}

var gatewayWords = map[verdict]string{
	badSecurityToken: textBadToken,
	expiredKey:       textKeyExpired,
	lockedKey:        textLocked,
	skewedClock:      textExpired,
	wrongSignature:   textBadSign,
}

// checkToken looks at the token of a request without a signature. Of one that is not ours nothing is said but that it
// cannot be read.
func (x *exchange) checkToken() *answer {
	text := x.r.Header.Get("X-Auth-Token")
	if text == "" {
		return x.unauthenticated(textNoToken)
	}
	token, ok := unseal(tokenKind, text)
	if !ok {
		return x.unauthenticated(textBadToken)
	}
	var code string
	err := x.s.store.view(func(c *cloud) { code = x.staleCode(c, token) })
	if err != nil {
		a := x.brokenStore(err)
		return &a
	}
	if code != "" {
		return x.refusal(http.StatusUnauthorized, code)
	}
	x.caller = caller{byToken: true, project: token.Project}
	return nil
}

// staleCode is what a token that has expired or was revoked is refused with, by the gateway or by the service behind it;
// empty for one that holds.
func (x *exchange) staleCode(c *cloud, token claims) string {
	switch now := x.s.clock(); {
	case !c.isOver(token, now):
		return ""
	case c.variants.StaleToken != "service":
		return "APIGW.0307"
	case x.service == "iam" && token.isOver(now):
		return "IAM.0066"
	case x.service == "iam":
		return "IAM.0067"
	case x.service == "modelarts" && token.isOver(now):
		return "ModelArts.0202"
	case x.service == "modelarts":
		return "ModelArts.0203"
	}
	return tokenRefusals[x.service]
}

// tokenRefusals are the services' own codes for a token that they do not take, all with 401.
var tokenRefusals = map[string]string{"dbss": "DBSS.10020100", "dli": "DLI.0013", "mpc": "MPC.10203"}

func (x *exchange) unauthenticated(words string) *answer {
	a := x.speaker(variants{}).say(http.StatusUnauthorized, "APIGW.0301", "Incorrect IAM authentication information: "+words)
	return &a
}

// admit checks the token's scope against what the operation is for, and answers nil or the refusal.
func (x *exchange) admit(c *cloud) *answer {
	switch {
	case x.op.access == ofAccount && x.caller.byToken && x.caller.project != "":
		a := notAuthorized()
		return &a
	case x.op.access != ofProject:
		return nil
	case x.caller.byToken && x.caller.project == "":
		return x.noProject(c.variants)
	}
	id := x.params["project_id"]
	if c.projects[id] == nil || x.caller.byToken && x.caller.project != id {
		return x.foreignProject()
	}
	return nil
}

// noProject is what services say to a token for the account; the words of MPC are its FAQ's.
func (x *exchange) noProject(v variants) *answer {
	var a answer
	switch sp := x.speaker(v); x.service {
	case "mpc":
		a = sp.say(http.StatusUnauthorized, tokenRefusals["mpc"], "Token invalid")
	case "modelarts":
		a = sp.refusal(http.StatusUnauthorized, "ModelArts.0212")
	default:
		a = sp.refusal(http.StatusUnauthorized, tokenRefusals[x.service])
	}
	return &a
}

// foreignProject is ModelArts' documented answer to a project that is not the caller's; the other services have none,
// and their gateway speaks.
func (x *exchange) foreignProject() *answer {
	a := gatewayRefusal(http.StatusForbidden, "APIGW.0302", texts["APIGW.0302"]+" in this project", x.id)
	if x.service == "modelarts" {
		a = modelartsRefusal(http.StatusForbidden, "ModelArts.0210")
	}
	return &a
}
