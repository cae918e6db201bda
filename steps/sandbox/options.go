package sandbox

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"time"
)

// Options says how a sandbox begins. The zero value is the default cloud in memory on free ports.
type Options struct {
	// Region is the region of projects for which the state names none; cn-north-7 when empty.
	Region string
	// Seed is a state document, in the form that PUT /-/state takes, to begin from. It is used only when StateFile
	// holds no cloud yet; nil begins with the default cloud.
	Seed []byte
	// StateFile, when set, keeps the cloud: it is loaded if it exists, and every change is written before the answer is
	// sent, so that a killed process loses nothing that it did. The changes of a large cloud go to a log beside it,
	// "<StateFile>.log", which Close folds into the file. Several processes may share it.
	StateFile string
	// Listen is the address of the control listener, 127.0.0.1:0 when empty. Only loopback addresses are accepted.
	Listen string
	// Clock tells the time for everything that depends on it: signatures, tokens, locks, creation times and the Date of
	// answers; time.Now when nil.
	Clock func() time.Time
	// Services are those that this cloud has; all when nil. Another has no listener, no prefix and no host name.
	Services []string
}

func withDefaults(opts Options) Options {
	if opts.Region == "" {
		opts.Region = defaultRegion
	}
	if opts.Listen == "" {
		opts.Listen = "127.0.0.1:0"
	}
	if opts.Clock == nil {
		opts.Clock = time.Now
	}
	if opts.Services == nil {
		opts.Services = services
	}
	return opts
}

func checkServices(wanted []string) error {
	for i, service := range wanted {
		if !slices.Contains(services, service) {
			return fmt.Errorf("sandbox: service %q is not one of %s", service, strings.Join(services, ", "))
		}
		if slices.Contains(wanted[:i], service) {
			return fmt.Errorf("sandbox: service %q is named twice", service)
		}
	}
	return nil
}

func checkLoopback(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("sandbox: listen on %q: %w", address, err)
	}
	if !isLoopback(host) {
		return fmt.Errorf("sandbox: listen on %q: not a loopback address", address)
	}
	return nil
}

func isLoopback(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}
