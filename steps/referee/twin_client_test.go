package referee_test

import (
	"context"
	"errors"

	"github.com/huaweicloud/huaweicloud-sdk-go-obs/obs"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/global"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/config"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/impl"
	iam "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/iam/v3/model"

	"writ/steps/cloud"
)

// Where project or account are not said, the SDK's credentials ask IAM for them as writ does: about themselves, and so
// without X-Project-Id and X-Domain-Id.

func findProject(c sdk) (any, error) {
	creds, err := basic.NewCredentialsBuilder().WithAk(c.keys.access).WithSk(c.keys.secret).WithSecurityToken(c.keys.token).
		WithIamEndpointOverride(c.place.endpoints["iam"]).SafeBuild()
	if err != nil {
		return nil, err
	}
	return creds.ProcessAuthParams(impl.NewDefaultHttpClient(config.DefaultHttpConfig()), region)
}

func findAccount(c sdk) (any, error) {
	creds, err := global.NewCredentialsBuilder().WithAk(c.keys.access).WithSk(c.keys.secret).WithSecurityToken(c.keys.token).
		WithIamEndpointOverride(c.place.endpoints["iam"]).SafeBuild()
	if err != nil {
		return nil, err
	}
	return creds.ProcessAuthParams(impl.NewDefaultHttpClient(config.DefaultHttpConfig()), region)
}

// clientTwins are the calls that the client makes for itself.
func clientTwins() []twin {
	accounts := found(`{"domains": [{"id": "` + account + `", "name": "us"}]}`)
	projects := found(`{"projects": [{"id": "` + ours + `", "name": "` + region + `", "domain_id": "` + account + `"}]}`)
	self := found(`{"token": {"expires_at": "2026-01-02T03:04:05.000000Z", "user": {"id": "u", "name": "n", "domain": {"id": "` + account + `"}},
		"project": {"id": "` + ours + `", "name": "` + region + `", "domain": {"id": "` + account + `"}}}}`)
	ofAccount := found(`{"token": {"expires_at": "2026-01-02T03:04:05.000000Z", "user": {"id": "u", "name": "n"}, "domain": {"id": "` + account + `"}}}`)
	// writ leaves the catalog out, which is long and which it does not read.
	validate := sdkCall{"iam KeystoneValidateToken", func(c sdk) (any, error) {
		return c.iam.KeystoneValidateToken(&iam.KeystoneValidateTokenRequest{XSubjectToken: c.keys.auth, Nocatalog: ptr("true")})
	}}
	domain := func(ctx context.Context, c *cloud.Client) error { _, err := c.Domain(ctx); return err }
	project := func(ctx context.Context, c *cloud.Client) error { _, err := c.Project(ctx); return err }
	whose := func(ctx context.Context, c *cloud.Client) error { _, err := c.Identity(ctx); return err }
	both := func(ctx context.Context, c *cloud.Client) error { return errors.Join(domain(ctx, c), project(ctx, c)) }
	account, here := sdkCall{"iam KeystoneListAuthDomains", findAccount}, sdkCall{"iam KeystoneListProjects", findProject}
	all := []twin{
		{what: "the client asks whose token it has", cold: true, unknown: true, only: withToken, replies: []reply{self}, writ: whose, sdk: []sdkCall{validate}},
		{
			what: "the client asks what an account's token may be used for", only: withToken, replies: []reply{ofAccount, projects}, writ: whose,
			sdk: []sdkCall{validate, {"iam KeystoneListAuthProjects", listAuthProjects}},
		},
	}
	for _, way := range []string{withPermanentKey, withTemporaryKey} {
		all = append(all,
			twin{what: "the client finds account and project", cold: true, unknown: true, only: way, replies: []reply{accounts, projects}, writ: both, sdk: []sdkCall{account, here}},
			twin{what: "the client asks whose key it has", cold: true, unknown: true, only: way, replies: []reply{accounts, projects}, writ: whose, sdk: []sdkCall{account, here}},
		)
	}
	return all
}

// obsTwins: OBS has another SDK and another signature, and no tokens.
func obsTwins() []twin {
	const operation = "obs ListBuckets"
	page := func(rest string) reply {
		return found(`<ListAllMyBucketsResult xmlns="http://obs.example.com/doc/2015-06-30/"><Owner><ID>o</ID></Owner><Buckets/>` + rest + `</ListAllMyBucketsResult>`)
	}
	temporary := reply{201, `{"credential": {"access": "HST1", "secret": "HSTSECRET", "securitytoken": "HSTTOKEN", "expires_at": "2126-01-02T03:04:05.000000Z"}}`}
	// writ asks for keys of the token in X-Auth-Token, and does not say it a second time in the body.
	makeKeys := sdkCall{"iam CreateTemporaryAccessKeyByToken", func(c sdk) (any, error) {
		request := keysFor("", 900)
		request.Body.Auth.Identity.Token.Id = nil
		return c.iam.CreateTemporaryAccessKeyByToken(request)
	}}
	withThem := func(c sdk) (any, error) {
		return listAt(byName(c.place.endpoints["obs"]), obs.ListBucketsInput{}, keys{access: "HST1", secret: "HSTSECRET", token: "HSTTOKEN"})
	}
	return []twin{
		{what: "obs.buckets reads", replies: []reply{page("")}, writ: reads("obs.buckets", `{}`), sdk: one(operation, listBuckets(""))},
		{
			what: "obs.buckets reads buckets of objects", replies: []reply{page("")}, writ: reads("obs.buckets", `{"bucket_type": "OBJECT"}`),
			sdk: one(operation, listBuckets(obs.OBJECT)),
		}, {
			what: "obs.buckets reads file systems", replies: []reply{page("")}, writ: reads("obs.buckets", `{"bucket_type": "POSIX"}`),
			sdk: one(operation, listBuckets(obs.POSIX)),
		}, {
			what: "obs.buckets reads two pages", replies: []reply{page("<IsTruncated>true</IsTruncated><NextMarker>b c</NextMarker>"), page("")},
			writ: reads("obs.buckets", `{}`),
			sdk: []sdkCall{{operation, listBuckets("")}, {operation, func(c sdk) (any, error) {
				return listAt(byName(c.place.endpoints["obs"]), obs.ListBucketsInput{Marker: "b c"}, c.keys)
			}}},
		}, {
			what: "obs.buckets reads with keys that the token gets", only: withToken, replies: []reply{temporary, page("")},
			writ: reads("obs.buckets", `{}`), sdk: []sdkCall{makeKeys, {operation, withThem}},
		},
	}
}
