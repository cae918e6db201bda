package referee_test

import (
	"context"
	"net/http"
	"testing"

	iam "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/iam/v3/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"writ/steps/cloud"
	"writ/steps/signin"
)

// signIn is a token that writ gets with a password, and the SDK's call for the same. The SDK knows users by their name
// alone: for HW_USER_ID it has no call.
type signIn struct {
	what   string
	env    map[string]string
	domain bool // the account's token, not the project's
	scope  *iam.AuthScope
}

func signIns() []signIn {
	hw := map[string]string{
		"HW_USER_NAME": "somebody", "HW_USER_PASSWORD": "PASSWORD & EXAMPLE", "HW_DOMAIN_NAME": "us", "HW_REGION_NAME": region,
	}
	otc := map[string]string{
		"OS_USERNAME": "somebody", "OS_PASSWORD": "PASSWORD & EXAMPLE", "OS_DOMAIN_NAME": "us", "OS_PROJECT_ID": ours, "OS_REGION": region,
	}
	return []signIn{
		{what: "a token for the region's project", env: hw, scope: projectScope(ptr(region), nil)},
		{what: "a token for a project by its id", env: otc, scope: projectScope(nil, ptr(ours))},
		{what: "a token for the account", env: hw, domain: true, scope: &iam.AuthScope{Domain: &iam.AuthScopeDomain{Name: ptr("us")}}},
	}
}

func (st signIn) compare(t *testing.T, compared map[string]int) {
	made := []reply{{http.StatusCreated, `{"token": {"expires_at": "2126-01-02T03:04:05.000000Z", "user": {"id": "u"}}}`}}
	writ, official := newRecorder(t), newRecorder(t)
	writ.begin(made)
	source, _, err := signin.Discover(signin.Options{
		Getenv: func(name string) string { return st.env[name] }, Region: region, Endpoints: writ.endpoints,
	})
	require.NoError(t, err)
	require.NoError(t, st.get(t.Context(), source))

	official.begin(made)
	request := tokenFor(identity{"somebody", "PASSWORD & EXAMPLE", "us"}, st.scope)
	request.Nocatalog = nil // IAM says what is in the token either way; writ does not ask it to leave something out
	_, err = newSDK(t, place{endpoints: official.endpoints}, twinKeys("")).nobody.KeystoneCreateUserTokenByPassword(request)
	require.NoError(t, err)
	require.Len(t, writ.requests(), 1)
	assert.Equal(t, official.requests(), writ.requests())
	compared["iam KeystoneCreateUserTokenByPassword"]++
}

func (st signIn) get(ctx context.Context, source *signin.Source) error {
	if st.domain {
		_, err := source.Domain(ctx, cloud.Credentials{})
		return err
	}
	_, err := source.SignIn(ctx)
	return err
}
