package cloud_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"writ/engine/step"
	"writ/steps/cloud"
)

func TestAProxyThatCannotBeReadIsNotPassedBy(t *testing.T) {
	for _, tc := range []struct{ name, value string }{
		{"HTTPS_PROXY", "http://jane:can%zzary@proxy.example:3128"},
		{"https_proxy", "http://proxy.example:3128 canary"},
		{"HTTPS_PROXY", "http://proxy.example:31\n28"},
		{"HTTPS_PROXY", "http://:canary@:3128"},
	} {
		t.Run(tc.value, func(t *testing.T) {
			t.Setenv("HTTPS_PROXY", "")
			t.Setenv(tc.name, tc.value)
			err := step.ErrorOf(client(t, config("https://169.254.0.1")).Call(t.Context(), get(nil)))
			assert.Equal(t, step.Invalid, err.Class)
			assert.Equal(t, tc.name+" holds no address of a proxy: nothing is sent past it", err.Message)
		})
	}
}

func TestAProxyIsNotAskedForWhatIsHere(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://%zz")
	c := serve(t, func(http.ResponseWriter, *http.Request) {})
	assert.NoError(t, c.Call(t.Context(), get(nil)))
}

func TestAddressesOfProxies(t *testing.T) {
	t.Setenv("HTTPS_PROXY", "")
	for _, value := range []string{"", "proxy.example:3128", "proxy", "10.0.0.1:8080", "http://jane:secret@proxy.example:3128/", "socks5://[::1]:1080"} {
		t.Setenv("HTTPS_PROXY", value)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://mpc.example.org", http.NoBody)
		assert.NoError(t, err)
		_, err = cloud.NewTransport(0).Proxy(req)
		assert.NoError(t, err, value)
	}
}
