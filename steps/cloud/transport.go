package cloud

import (
	"crypto/tls"
	"crypto/x509"
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

// How long a connection rests before it is closed. A write whose connection turns out to be dead has an unknown outcome,
// although nobody received it. So that this hardly happens, writes follow each other over a connection, but do not take
// one that has rested as long as a server waits before it closes it: five seconds at the least, with most a minute.
const (
	restForReads  = 30 * time.Second
	restForWrites = time.Second
)

// idleMax is how many connections may rest: as many as calls are made at once, or each call would make its own.
const idleMax = 256

// NewTransport makes a transport that speaks HTTP/1.1, asks for nothing compressed, and connects to no address at which
// a cloud's endpoint cannot be. It keeps a connection for so long, or not at all.
func NewTransport(rest time.Duration) *http.Transport { return transport(rest, checkAddress) }

// trusting makes such a transport that takes the word of these authorities only; nil is the system's.
func trusting(roots *x509.CertPool, rest time.Duration) *http.Transport {
	t := NewTransport(rest)
	t.TLSClientConfig.RootCAs = roots
	return t
}

// NewMetadataTransport makes a transport that connects to the metadata service of a cloud server and to this machine,
// and to nothing else, past all proxies.
func NewMetadataTransport() *http.Transport {
	t := transport(0, checkMetadataAddress)
	t.Proxy = nil
	return t
}

func transport(rest time.Duration, check func(network, address string, _ syscall.RawConn) error) *http.Transport {
	d := &net.Dialer{Timeout: 15 * time.Second, Control: check}
	return &http.Transport{
		Proxy:                  proxyFor,
		DialContext:            d.DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    15 * time.Second,
		TLSNextProto:           map[string]func(string, *tls.Conn) http.RoundTripper{},
		DisableKeepAlives:      rest == 0,
		DisableCompression:     true,
		MaxIdleConnsPerHost:    idleMax,
		IdleConnTimeout:        rest,
		MaxResponseHeaderBytes: maxHeader,
	}
}

var metadataAddress = netip.MustParseAddr("169.254.169.254")

var errAddress = errors.New("no cloud endpoint has such an address")

// checkAddress refuses addresses at which only metadata services and the like answer, whatever name led there.
func checkAddress(_, address string, _ syscall.RawConn) error {
	a, err := addressOf(address)
	if err == nil && (a.IsLinkLocalUnicast() || a.IsMulticast() || a.IsUnspecified()) {
		err = fmt.Errorf("%s: %w", a, errAddress)
	}
	return err
}

func checkMetadataAddress(_, address string, _ syscall.RawConn) error {
	a, err := addressOf(address)
	if err == nil && a != metadataAddress && !a.IsLoopback() {
		err = fmt.Errorf("%s: %w", a, errAddress)
	}
	return err
}

func addressOf(address string) (netip.Addr, error) {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("%s: %w", address, errAddress)
	}
	return ap.Addr().Unmap(), nil
}
