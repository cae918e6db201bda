package referee_test

import (
	"testing"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/global"
	dbss "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dbss/v1"
	dli "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dli/v1"
	iam "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/iam/v3"
	modelarts "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/modelarts/v1"
	mpc "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/mpc/v1"
	"github.com/stretchr/testify/require"
)

// keys are what a call is signed with; token is empty for permanent ones. Where auth is given, IAM is called with that
// token in place of a signature: the SDK can do so for IAM alone.
type keys struct{ access, secret, token, auth string }

// place is where the calls go, and whose things they are about.
type place struct {
	endpoints       map[string]string
	project, domain string
}

// sdk is the official SDK's typed clients of the services that writ calls, and what calls of IAM want to be told.
type sdk struct {
	dbss      *dbss.DbssClient
	dli       *dli.DliClient
	mpc       *mpc.MpcClient
	modelarts *modelarts.ModelArtsClient
	iam       *iam.IamClient
	nobody    *iam.IamClient // without keys
	place     place
	keys      keys
	known     known
}

// known are things of the cloud that calls are about.
type known struct {
	token string            // the account's
	user  identity          // who may have tokens
	roles map[string]string // ids by name
}

type identity struct{ name, password, domain string }

// newSDK makes the clients as users do: keys of a project for the services, keys of an account for IAM, and an address
// by WithEndpoints, which is also where HUAWEICLOUD_SDK_REGION_… and regions.yaml lead.
func newSDK(t *testing.T, at place, k keys) sdk {
	t.Helper()
	project, err := basic.NewCredentialsBuilder().WithAk(k.access).WithSk(k.secret).WithSecurityToken(k.token).
		WithProjectId(at.project).SafeBuild()
	require.NoError(t, err)
	return sdk{
		dbss:      dbss.NewDbssClient(build(t, dbss.DbssClientBuilder(), at.endpoints["dbss"], project)),
		dli:       dli.NewDliClient(build(t, dli.DliClientBuilder(), at.endpoints["dli"], project)),
		mpc:       mpc.NewMpcClient(build(t, mpc.MpcClientBuilder(), at.endpoints["mpc"], project)),
		modelarts: modelarts.NewModelArtsClient(build(t, modelarts.ModelArtsClientBuilder(), at.endpoints["modelarts"], project)),
		iam:       iam.NewIamClient(build(t, iam.IamClientBuilder(), at.endpoints["iam"], ofAccount(t, at, k))),
		nobody:    iam.NewIamClient(build(t, iam.IamClientBuilder(), at.endpoints["iam"], &iam.IamCredentials{})),
		place:     at,
		keys:      k,
	}
}

func ofAccount(t *testing.T, at place, k keys) auth.ICredential {
	t.Helper()
	if k.auth != "" {
		return iam.NewIamCredentialsBuilder().WithXAuthToken(k.auth).Build()
	}
	account, err := global.NewCredentialsBuilder().WithAk(k.access).WithSk(k.secret).WithSecurityToken(k.token).
		WithDomainId(at.domain).SafeBuild()
	require.NoError(t, err)
	return account
}

func build(t *testing.T, b *core.HcHttpClientBuilder, endpoint string, c auth.ICredential) *core.HcHttpClient {
	t.Helper()
	client, err := b.WithEndpoints([]string{endpoint}).WithCredential(c).SafeBuild()
	require.NoError(t, err)
	return client
}

// ptr is the address of a value: the SDK's way of saying that a field is given.
func ptr[T any](v T) *T { return &v }
