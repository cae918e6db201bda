package referee_test

import (
	"fmt"
	"strings"
	"time"

	iam "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/iam/v3/model"
)

// passwordFor is the request for a token of the sandbox's user.
func passwordFor(c sdk, scope *iam.AuthScope) *iam.KeystoneCreateUserTokenByPasswordRequest {
	return tokenFor(c.known.user, scope)
}

func tokenFor(who identity, scope *iam.AuthScope) *iam.KeystoneCreateUserTokenByPasswordRequest {
	return &iam.KeystoneCreateUserTokenByPasswordRequest{
		Nocatalog: ptr("yes"),
		Body: &iam.KeystoneCreateUserTokenByPasswordRequestBody{Auth: &iam.PwdAuth{
			Identity: &iam.PwdIdentity{
				Methods: []iam.PwdIdentityMethods{iam.GetPwdIdentityMethodsEnum().PASSWORD},
				Password: &iam.PwdPassword{User: &iam.PwdPasswordUser{
					Name: who.name, Password: who.password, Domain: &iam.PwdPasswordUserDomain{Name: who.domain},
				}},
			},
			Scope: scope,
		}},
	}
}

func accountScope(c sdk) *iam.AuthScope {
	return &iam.AuthScope{Domain: &iam.AuthScopeDomain{Id: ptr(c.place.domain)}}
}

func projectScope(name, id *string) *iam.AuthScope {
	return &iam.AuthScope{Project: &iam.AuthScopeProject{Name: name, Id: id}}
}

// createToken asks for a token; the answer says only that there is one.
func createToken(request func(sdk) *iam.KeystoneCreateUserTokenByPasswordRequest) call {
	return func(c sdk) (any, error) {
		resp, err := c.nobody.KeystoneCreateUserTokenByPassword(request(c))
		if err == nil {
			conceal(resp.XSubjectToken)
			conceal(&resp.Token.User.Id)
		}
		return resp, err
	}
}

// conceal puts a word in the place of what is another every time.
func conceal(secret *string) {
	if *secret != "" {
		*secret = "(some)"
	}
}

func validateToken(subject func(sdk) string) call {
	return func(c sdk) (any, error) {
		resp, err := c.iam.KeystoneValidateToken(&iam.KeystoneValidateTokenRequest{XSubjectToken: subject(c), Nocatalog: ptr("yes")})
		if err == nil {
			conceal(resp.XSubjectToken)
			conceal(&resp.Token.User.Id)
		}
		return resp, err
	}
}

func keysFor(token string, seconds int32) *iam.CreateTemporaryAccessKeyByTokenRequest {
	return &iam.CreateTemporaryAccessKeyByTokenRequest{
		Body: &iam.CreateTemporaryAccessKeyByTokenRequestBody{Auth: &iam.TokenAuth{Identity: &iam.TokenAuthIdentity{
			Methods: []iam.TokenAuthIdentityMethods{iam.GetTokenAuthIdentityMethodsEnum().TOKEN},
			Token:   &iam.IdentityToken{Id: &token, DurationSeconds: &seconds},
		}}},
	}
}

func createTemporaryKey(request func(sdk) *iam.CreateTemporaryAccessKeyByTokenRequest) call {
	return func(c sdk) (any, error) {
		resp, err := c.nobody.CreateTemporaryAccessKeyByToken(request(c))
		if err == nil {
			conceal(&resp.Credential.Access)
			conceal(&resp.Credential.Secret)
			conceal(&resp.Credential.Securitytoken)
		}
		return resp, err
	}
}

// described is how a token that was made at a time is described. The SDK's catalog is null where none was asked for.
func described(scope, expires string) string {
	return fmt.Sprintf(`{"X-Subject-Token": "(some)", "token": {"catalog": null, %s, "methods": ["password"],
		"issued_at": "{time}Z", "expires_at": "%sZ",
		"roles": [{"id": "{role te_admin}", "name": "te_admin"}, {"id": "{role secu_admin}", "name": "secu_admin"}],
		"user": {"id": "(some)", "name": "sandbox-admin", "password_expires_at": "", "domain": {"id": "{domain}", "name": "sandbox"}}}}`,
		scope, expires)
}

const (
	forAccount = `"domain": {"id": "{domain}", "name": "sandbox"}`
	forProject = `"project": {"id": "{project}", "name": "cn-north-7", "domain": {"id": "{domain}", "name": "sandbox"}}`
)

func tokenRows() []row {
	return append(createTokenRows(), append(validateTokenRows(), temporaryKeyRows()...)...)
}

func createTokenRows() []row {
	unauthorized := keystoned(401, "Unauthorized", "The request you have made requires authentication.")
	type request = iam.KeystoneCreateUserTokenByPasswordRequest
	create := func(outcome string, f func(sdk) *request, want answer) row {
		return row{
			operation: "iam KeystoneCreateUserTokenByPassword", outcome: outcome, only: withoutKey, call: createToken(f), want: want,
		}
	}
	scoped := func(outcome string, scope *iam.AuthScope, want answer) row {
		return create(outcome, func(c sdk) *request { return passwordFor(c, scope) }, want)
	}
	wrong := func(outcome string, change func(*identity), want answer) row {
		return create(outcome, func(c sdk) *request {
			who := c.known.user
			change(&who)
			return tokenFor(who, accountScope(c))
		}, want)
	}
	short := create("for the account, as long as the cloud likes", func(c sdk) *request { return passwordFor(c, accountScope(c)) },
		ok(201, described(forAccount, "{in a minute}")))
	short.variants = `"token_seconds": 60`
	catalog := create("with the catalog", nil, ok(201, `{"Services": ["dbss", "dli", "iam", "modelarts", "mpc", "obs"]}`))
	catalog.call, catalog.everywhere = catalogOf, true
	agency := create("401: of an agency, which is not emulated", nil,
		keystoned(401, "Unauthorized", "Attempted to authenticate with an unsupported method."))
	agency.call = agencyToken
	rescoped := create("for the account, out of another", nil, ok(201, strings.NewReplacer(
		`"password"]`, `"token"]`, `"catalog": null`, `"catalog": []`, `"user": {`, `"user": {"OS-FEDERATION": null, `,
	).Replace(described(`"project": null, `+forAccount, "{tomorrow}"))))
	rescoped.call = scopedToken
	badPassword := keystoned(401, "Unauthorized", "The username or password is wrong.")
	return []row{
		create("for the account", func(c sdk) *request { return passwordFor(c, accountScope(c)) }, ok(201, described(forAccount, "{tomorrow}"))),
		short, catalog, agency, rescoped,
		scoped("for the account, by its name", &iam.AuthScope{Domain: &iam.AuthScopeDomain{Name: ptr("sandbox")}},
			ok(201, described(forAccount, "{tomorrow}"))),
		scoped("for the account, when no scope is said", nil, ok(201, described(forAccount, "{tomorrow}"))),
		scoped("for a project, by its id", projectScope(nil, ptr(ours)), ok(201, described(forProject, "{tomorrow}"))),
		scoped("for a project, by the region's name", projectScope(ptr(region), nil), ok(201, described(forProject, "{tomorrow}"))),
		scoped("for a project when an account is said too", &iam.AuthScope{
			Project: &iam.AuthScopeProject{Name: ptr(region)}, Domain: &iam.AuthScopeDomain{Name: ptr("sandbox")},
		}, ok(201, described(forProject, "{tomorrow}"))),
		scoped("401: for a project that is none", projectScope(ptr("eu-de"), nil), unauthorized),
		scoped("401: for another account", &iam.AuthScope{Domain: &iam.AuthScopeDomain{Id: ptr(absent)}}, unauthorized),
		wrong("401: a wrong password", func(who *identity) { who.password = "wrong" }, badPassword),
		wrong("401: nobody of that name", func(who *identity) { who.name = "nobody" }, badPassword),
		wrong("401: a user of another account", func(who *identity) { who.domain = "another" }, badPassword),
		wrong("400: no password", func(who *identity) { who.password = "" },
			keystoned(400, "Bad Request", "'password' is a required property")),
	}
}

func agencyToken(c sdk) (any, error) {
	return c.nobody.KeystoneCreateAgencyToken(&iam.KeystoneCreateAgencyTokenRequest{
		Body: &iam.KeystoneCreateAgencyTokenRequestBody{Auth: &iam.AgencyTokenAuth{
			Identity: &iam.AgencyTokenIdentity{
				Methods:    []iam.AgencyTokenIdentityMethods{iam.GetAgencyTokenIdentityMethodsEnum().ASSUME_ROLE},
				AssumeRole: &iam.AgencyTokenAssumerole{AgencyName: "mine", DomainName: ptr("sandbox")},
			},
		}},
	})
}

// scopedToken makes a token out of the one there is.
func scopedToken(c sdk) (any, error) {
	resp, err := c.nobody.KeystoneCreateScopedToken(&iam.KeystoneCreateScopedTokenRequest{
		Body: &iam.KeystoneCreateScopedTokenRequestBody{Auth: &iam.ScopedTokenAuth{
			Identity: &iam.ScopedTokenIdentity{Methods: []string{"token"}, Token: &iam.ScopedToken{Id: c.known.token}},
			Scope:    &iam.TokenSocpeOption{Domain: &iam.ScopeDomainOption{Id: &c.place.domain}},
		}},
	})
	if err == nil {
		conceal(resp.XSubjectToken)
		conceal(&resp.Token.User.Id)
		resp.Token.Catalog = &[]iam.TokenCatalog{} // the request has no way to leave it out
	}
	return resp, err
}

// catalogOf lists the services of a token's catalog.
func catalogOf(c sdk) (any, error) {
	request := passwordFor(c, nil)
	request.Nocatalog = nil
	resp, err := c.nobody.KeystoneCreateUserTokenByPassword(request)
	if err != nil {
		return nil, err
	}
	var out struct {
		Services       []string
		HttpStatusCode int `json:"-"` //nolint:revive // the SDK's name
	}
	out.HttpStatusCode = resp.HttpStatusCode
	for _, service := range resp.Token.Catalog {
		if service.Endpoints[0].Url == c.place.endpoints[service.Type] {
			out.Services = append(out.Services, service.Type)
		}
	}
	return &out, nil
}

func validateTokenRows() []row {
	own := func(c sdk) string { return c.known.token }
	validate := func(outcome string, subject func(sdk) string, want answer) row {
		return row{operation: "iam KeystoneValidateToken", outcome: outcome, call: validateToken(subject), want: want}
	}
	notFound := keystoned(404, "Not Found", "Could not find token")
	late := validate("404: the token has expired", own, notFound)
	late.variants, late.later, late.only = `"token_seconds": 60`, time.Minute, withPermanentKey
	return []row{
		validate("describes a token", own, ok(200, described(forAccount, "{tomorrow}"))),
		validate("404: no token of ours", func(sdk) string { return "nonsense" }, notFound),
		late,
	}
}

func temporaryKeyRows() []row {
	type request = iam.CreateTemporaryAccessKeyByTokenRequest
	create := func(outcome string, f func(sdk) *request, want answer) row {
		return row{
			operation: "iam CreateTemporaryAccessKeyByToken", outcome: outcome, only: withoutKey, call: createTemporaryKey(f), want: want,
		}
	}
	lasting := func(seconds int32) func(sdk) *request {
		return func(c sdk) *request { return keysFor(c.known.token, seconds) }
	}
	made := func(expires string) answer {
		return ok(201, `{"credential": {"access": "(some)", "secret": "(some)", "securitytoken": "(some)", "expires_at": "`+expires+`Z"}}`)
	}
	unsaid := func(c sdk) *request {
		r := keysFor(c.known.token, 0)
		r.Body.Auth.Identity.Token.DurationSeconds = nil
		return r
	}
	badSeconds := refused(400, "IAM.0073", "Invalid input for field 'duration_seconds'.")
	late := create("401: the token has expired", lasting(900),
		keystoned(401, "Unauthorized", "The request you have made requires authentication."))
	late.variants, late.later = `"token_seconds": 60`, time.Minute
	return []row{
		create("makes keys for a quarter of an hour", lasting(900), made("{in 15 minutes}")),
		create("makes keys for a quarter of an hour when nothing is said", unsaid, made("{in 15 minutes}")),
		create("makes keys for a day", lasting(86400), made("{tomorrow}")),
		create("IAM.0073: for too short", lasting(899), badSeconds),
		create("IAM.0073: for too long", lasting(86401), badSeconds),
		create("401: no token of ours", func(sdk) *request { return keysFor("nonsense", 900) },
			keystoned(401, "Unauthorized", "The request you have made requires authentication.")),
		late,
	}
}
