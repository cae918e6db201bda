package cloud

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
)

var errProxy = errors.New("holds no address of a proxy: nothing is sent past it")

// proxyFor is the proxy that the environment says. One that cannot be read is an error: http.ProxyFromEnvironment takes
// it for none, and calls would go where the user's network does not want them.
func proxyFor(req *http.Request) (*url.URL, error) {
	name := strings.ToUpper(req.URL.Scheme) + "_PROXY"
	if os.Getenv(name) == "" {
		name = strings.ToLower(name)
	}
	if value := os.Getenv(name); value != "" && !isProxy(value) && !loopback(req.URL.Hostname()) {
		return nil, fmt.Errorf("%s %w", name, errProxy)
	}
	return http.ProxyFromEnvironment(req)
}

// isProxy tells whether a value is an address: a URL, or a host with or without a port.
func isProxy(value string) bool {
	if !strings.Contains(value, "://") {
		value = "http://" + value
	}
	u, err := url.Parse(value)
	return err == nil && u.Scheme != "" && u.Hostname() != ""
}
