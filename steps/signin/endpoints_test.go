package signin_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"writ/steps/signin"
)

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
	found, err := signin.Endpoints(getenv, home, "cn-north-4")
	require.NoError(t, err)
	assert.Equal(t, map[string]string{
		"mpc": "https://mpc.file.example", "dli": "https://dli.env.example", "iam": "https://iam.env.example",
		"metadata": "http://127.0.0.1:8080",
	}, found)
}

func TestAUserMayKeepNoEndpoints(t *testing.T) {
	home, getenv := user(t, "", nil)
	for _, home := range []string{home, ""} {
		found, err := signin.Endpoints(getenv, home, "cn-north-4")
		require.NoError(t, err)
		assert.Equal(t, map[string]string{}, found)
	}
	found, err := signin.Endpoints(getenv, home, "")
	require.NoError(t, err)
	assert.Equal(t, map[string]string{}, found)
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
		{"too large", strings.Repeat("# nothing\n", 110_000), nil, []string{"regions.yaml: larger than 1 MiB"}},
		{"a named file that is missing", "", map[string]string{"HUAWEICLOUD_SDK_REGIONS_FILE": "/nowhere/regions.yaml"}, []string{"/nowhere/regions.yaml"}},
	} {
		home, getenv := user(t, tc.file, tc.env)
		_, err := signin.Endpoints(getenv, home, "cn-north-4")
		for _, want := range tc.want {
			assert.ErrorContains(t, err, want, tc.name)
		}
	}
}
