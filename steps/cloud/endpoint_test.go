package cloud_test

import (
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"writ/engine/step"
	"writ/steps/cloud"
)

func TestEndpointsFollowCloudAndRegion(t *testing.T) {
	for _, tc := range []struct{ cloud, region, service, host string }{
		{"huaweicloud", "cn-north-4", "mpc", "https://mpc.cn-north-4.myhuaweicloud.com"},
		{"huaweicloud", "cn-north-1", "mpc", "https://mts.cn-north-1.myhuaweicloud.com"},
		{"huaweicloud", "cn-north-1", "dli", "https://dli.cn-north-1.myhuaweicloud.com"},
		{"huaweicloud", "eu-west-0", "dli", "https://dli.eu-west-0.myhuaweicloud.com"},
		{"huaweicloud", "eu-west-101", "iam", "https://iam.eu-west-101.myhuaweicloud.eu"},
		{"huaweicloud", "eu-west-101", "modelarts", "https://modelarts.eu-west-101.myhuaweicloud.eu"},
		{"huaweicloud", "eu-west-101", "obs", "https://obs.eu-west-101.myhuaweicloud.eu"},
		{"huaweicloud", "ap-southeast-1", "modelarts", "https://modelarts.ap-southeast-1.myhuaweicloud.com"},
		{"huaweicloud", "ap-southeast-5", "iam", "https://iam.myhuaweicloud.com"},
		{"huaweicloud", "xx-new-1", "iam", "https://iam.myhuaweicloud.com"},
		{"huaweicloud", "xx-new-1", "dli", "https://dli.xx-new-1.myhuaweicloud.com"},
		{"huaweicloud", "xx-new-1", "obs", "https://obs.xx-new-1.myhuaweicloud.com"},
		{"huaweicloud", "eu-west-109", "iam", "https://iam.eu-west-109.myhuaweicloud.eu"},
		{"otc", "eu-de", "modelarts", "https://modelarts.eu-de.otc.t-systems.com"},
		{"otc", "eu-nl", "iam", "https://iam.eu-nl.otc.t-systems.com"},
		{"otc", "eu-nl", "obs", "https://obs.eu-nl.otc.t-systems.com"},
		{"otc", "eu-de", "metadata", "http://169.254.169.254"},
	} {
		base, err := cloud.Endpoint(tc.cloud, tc.region, tc.service)
		require.NoError(t, err, "%v", tc)
		assert.Equal(t, tc.host, base)
	}
}

func TestAServiceThatIsNotThereNamesTheWayOut(t *testing.T) {
	for _, tc := range []struct{ cloud, region, service, want string }{
		{"otc", "eu-de", "mpc", "mpc is not in eu-de of otc, nor in any other of its regions; if it is there by now, say where with --endpoint mpc=URL"},
		{"otc", "eu-de", "dbss", "dbss is not in eu-de of otc, nor in any other of its regions; if it is there by now, say where with --endpoint dbss=URL"},
		{"otc", "eu-nl", "dli", "dli is not in eu-nl of otc, but in eu-de; if it is there by now, say where with --endpoint dli=URL"},
		{"otc", "eu-fr", "iam", "iam is not in eu-fr of otc, but in eu-de, eu-nl; if it is there by now, say where with --endpoint iam=URL"},
		{"huaweicloud", "eu-west-101", "mpc", "mpc is not in eu-west-101 of huaweicloud, but in ap-southeast-3, cn-east-2, cn-east-3, cn-north-1, cn-north-4, cn-south-1, cn-southwest-2; if it is there by now, say where with --endpoint mpc=URL"},
		{"huaweicloud", "xx-new-1", "mpc", "mpc is not in xx-new-1 of huaweicloud, but in ap-southeast-3, cn-east-2, cn-east-3, cn-north-1, cn-north-4, cn-south-1, cn-southwest-2; if it is there by now, say where with --endpoint mpc=URL"},
		{"huaweicloud", "cn-east-5", "modelarts", "modelarts is not in cn-east-5 of huaweicloud, but in 23 others; if it is there by now, say where with --endpoint modelarts=URL"},
		{"otc", "", "dli", "no region is known: say it with --region or in the plan's target"},
		{"otc", "eu-de/x", "dli", `region "eu-de/x": only letters, digits, - and _, at most 64`},
		{"otc", "eu-de", "ecs", `writ knows no service "ecs"`},
		{"aws", "eu-de", "dli", `unknown cloud "aws": say huaweicloud or otc`},
	} {
		_, err := cloud.Endpoint(tc.cloud, tc.region, tc.service)
		assert.EqualError(t, err, tc.want)
	}
}

func TestAClosedClientKnowsNoOtherService(t *testing.T) {
	var received atomic.Int32
	c := serve(t, func(http.ResponseWriter, *http.Request) { received.Add(1) }, func(cfg *cloud.Config) {
		delete(cfg.Endpoints, "mpc")
		cfg.Region, cfg.Closed = "cn-north-4", true
	})
	err := c.Call(t.Context(), get(nil))
	assert.True(t, step.IsClass(err, step.Invalid), "%v", err)
	assert.ErrorContains(t, err, "there is no mpc")
	assert.Zero(t, received.Load())
}
