package cloud_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
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
		assert.NoError(t, cloud.Offers(tc.cloud, tc.region, tc.service))
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
		assert.EqualError(t, cloud.Offers(tc.cloud, tc.region, tc.service), tc.want)
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

// user is a home folder with a regions file, and an environment.
func user(t *testing.T, regions string, env map[string]string) (home string, getenv func(string) string) {
	t.Helper()
	home = t.TempDir()
	if regions != "" {
		require.NoError(t, os.Mkdir(filepath.Join(home, ".huaweicloud"), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(home, ".huaweicloud", "regions.yaml"), []byte(regions), 0o600))
	}
	return home, func(name string) string { return env[name] }
}

func TestEndpointsOfTheUser(t *testing.T) {
	const file = `
MPC:
  - id: cn-north-4
    endpoint: https://mpc.file.example
    endpoints: [https://second.example]
  - id: other-1
    endpoint: ftp://is.not.looked.at
dli:
  - id: cn-north-4
    endpoints:
      - https://dli.file.example
      - https://dli2.file.example
obs:
  - id: cn-north-4
ECS:
  - id: cn-north-4
    endpoint: https://ecs.file.example
`
	home, getenv := user(t, file, map[string]string{
		"HUAWEICLOUD_SDK_REGION_DLI_CN_NORTH_4":      " https://dli.env.example , https://b.example",
		"HUAWEICLOUD_SDK_REGION_IAM_CN_NORTH_4":      "iam.env.example",
		"HUAWEICLOUD_SDK_REGION_METADATA_CN_NORTH_4": "http://127.0.0.1:8080",
		"HUAWEICLOUD_SDK_REGION_DBSS_CN_NORTH_1":     "https://elsewhere.example",
	})
	found, err := cloud.EndpointsFromUser(getenv, home, "cn-north-4")
	require.NoError(t, err)
	assert.Equal(t, map[string]string{
		"mpc": "https://mpc.file.example", "dli": "https://dli.env.example", "iam": "https://iam.env.example",
		"metadata": "http://127.0.0.1:8080",
	}, found)
}

func TestAUserMayKeepNoEndpoints(t *testing.T) {
	home, getenv := user(t, "", nil)
	for _, home := range []string{home, ""} {
		found, err := cloud.EndpointsFromUser(getenv, home, "cn-north-4")
		require.NoError(t, err)
		assert.Empty(t, found)
	}
	found, err := cloud.EndpointsFromUser(getenv, home, "")
	require.NoError(t, err)
	assert.Empty(t, found)
}

func TestEndpointsOfTheUserThatAreRefused(t *testing.T) {
	const variable = "HUAWEICLOUD_SDK_REGION_MPC_CN_NORTH_4"
	entry := func(s string) string { return "mpc:\n  - id: cn-north-4\n    " + s + "\n" }
	for _, tc := range []struct {
		name, file string
		env        map[string]string
		want       []string
	}{
		{"plain http in the environment", "", map[string]string{variable: "http://mpc.example"}, []string{variable, "plain http"}},
		{"plain http in the file", entry("endpoint: http://mpc.example"), nil, []string{"regions.yaml: mpc, region cn-north-4", "plain http"}},
		{"a path", entry("endpoint: https://host/mpc"), nil, []string{"regions.yaml: mpc, region cn-north-4", "without a path"}},
		{"a misspelt field", entry("endpont: https://host"), nil, []string{"regions.yaml: ", "line 3", "endpont"}},
		{"another form", "mpc: https://host\n", nil, []string{"regions.yaml: ", "line 1"}},
		{"no YAML", "mpc: [\n", nil, []string{"regions.yaml: "}},
		{"a second document", entry("endpoint: https://host") + "---\n{}\n", nil, []string{"regions.yaml: something follows"}},
		{"twice", entry("endpoint: https://host") + strings.Replace(entry("endpoint: https://b"), "mpc", "MPC", 1), nil, []string{"regions.yaml: mpc, region cn-north-4: it stands there twice"}},
		{"too large", strings.Repeat("# nothing\n", 7000), nil, []string{"regions.yaml: larger than 64 KiB"}},
		{"a named file that is missing", "", map[string]string{"HUAWEICLOUD_SDK_REGIONS_FILE": "/nowhere/regions.yaml"}, []string{"/nowhere/regions.yaml"}},
	} {
		home, getenv := user(t, tc.file, tc.env)
		_, err := cloud.EndpointsFromUser(getenv, home, "cn-north-4")
		for _, want := range tc.want {
			assert.ErrorContains(t, err, want, tc.name)
		}
	}
}
