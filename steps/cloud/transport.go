package cloud

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

const (
	maxHeader = 64 << 10
	maxBody   = 4 << 20
)

// newTransport makes a transport that speaks HTTP/1.1 and asks for nothing compressed. One for writes opens a
// connection for each request, because net/http sends a request again by itself when a kept connection turns out to
// be dead.
func newTransport(keepAlive bool) *http.Transport {
	d := &net.Dialer{Timeout: 15 * time.Second, Control: checkAddress}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            d.DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    15 * time.Second,
		TLSNextProto:           map[string]func(string, *tls.Conn) http.RoundTripper{},
		DisableKeepAlives:      !keepAlive,
		DisableCompression:     true,
		MaxIdleConnsPerHost:    64,
		IdleConnTimeout:        30 * time.Second,
		MaxResponseHeaderBytes: maxHeader,
	}
}

var errAddress = errors.New("no cloud endpoint has such an address")

// checkAddress refuses addresses at which only metadata services and the like answer, whatever name led there.
func checkAddress(_, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%s: %w", address, errAddress)
	}
	if a := ap.Addr().Unmap(); a.IsLinkLocalUnicast() || a.IsMulticast() || a.IsUnspecified() {
		return fmt.Errorf("%s: %w", a, errAddress)
	}
	return nil
}
