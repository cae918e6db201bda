package signin_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"writ/steps/signin"
)

// Nobody writes to these pipes: whoever opens one waits.
func TestAPipeIsNotWaitedFor(t *testing.T) {
	for variable, auth := range map[string]string{
		"HW_SHARED_CONFIG_FILE": signin.KooCLI, "OS_CLIENT_CONFIG_FILE": signin.CloudsYAML,
		"HUAWEICLOUD_SDK_CREDENTIALS_FILE": signin.SDKProfile,
	} {
		o := desk{env: environment(variable + "=@HOME/pipe")}.options(t)
		o.Auth = auth
		pipe(t, o.Home)
		_, _, err := signin.Discover(o)
		assert.ErrorContains(t, err, "pipe: cannot be read: not a file", variable)
	}
}

func TestRegionsAreReadFromNoPipeAndNoDevice(t *testing.T) {
	for _, path := range []string{pipe(t, t.TempDir()), os.DevNull, "/dev/zero"} {
		_, err := signin.Endpoints(environmentOf("HUAWEICLOUD_SDK_REGIONS_FILE", path), "", "eu-de")
		assert.EqualError(t, err, path+": not a file")
	}
}

func pipe(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(dir, "pipe")
	require.NoError(t, syscall.Mkfifo(path, 0o600))
	return path
}

func environmentOf(name, value string) func(string) string {
	return func(asked string) string { return map[string]string{name: value}[asked] }
}
