package cloud

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Endpoint is the base URL of a service in a region. The error says where the service is, and the way out.
func Endpoint(cloudName, region, service string) (string, error) {
	services, ok := table[cloudName]
	if !ok {
		return "", fmt.Errorf("unknown cloud %q: say %s or %s", cloudName, HuaweiCloud, OTC)
	}
	if service == "metadata" {
		return metadata, nil
	}
	r, ok := services[service]
	switch {
	case !ok:
		return "", fmt.Errorf("writ knows no service %q", service)
	case region == "":
		return "", errors.New("no region is known: say it with --region or in the plan's target")
	case !identifier.MatchString(region):
		return "", fmt.Errorf("region %q: only letters, digits, - and _, at most 64", region)
	}
	host, ok := r.host(cloudName, region, service)
	if !ok {
		return "", r.elsewhere(cloudName, region, service)
	}
	return "https://" + host, nil
}

func (r row) host(cloudName, region, service string) (string, bool) {
	if host, ok := r.hosts[region]; ok {
		return host, true
	}
	switch {
	case slices.Contains(strings.Fields(r.regions), region), r.regions == "" && !r.closed:
		return hostName(cloudName, region, service), true
	case r.closed:
		return "", false
	case r.global != "" && !sovereign(region):
		return r.global, true
	}
	return hostName(cloudName, region, service), !isKnown(cloudName, region)
}

// isKnown reports whether the table names the region, for whatever service.
func isKnown(cloudName, region string) bool {
	for _, r := range table[cloudName] {
		if slices.Contains(strings.Fields(r.regions), region) {
			return true
		}
	}
	return false
}

// sovereign reports whether a region is one of the European clouds apart, which share nothing with the others.
func sovereign(region string) bool { return strings.HasPrefix(region, "eu-west-1") }

func hostName(cloudName, region, service string) string {
	domain := ".myhuaweicloud.com"
	switch {
	case cloudName == OTC:
		domain = ".otc.t-systems.com"
	case sovereign(region):
		domain = ".myhuaweicloud.eu"
	}
	return service + "." + region + domain
}

// elsewhere says where a service is that a region does not have.
func (r row) elsewhere(cloudName, region, service string) error {
	where := "nor in any other of its regions"
	switch list := strings.Fields(r.regions); {
	case len(list) > 10:
		where = fmt.Sprintf("but in %d others", len(list))
	case len(list) > 0:
		where = "but in " + strings.Join(list, ", ")
	}
	return fmt.Errorf("%s is not in %s of %s, %s; if it is there by now, say where with --endpoint %s=URL", service, region, cloudName, where, service)
}

// Services are the names of all that have an address.
func Services() []string {
	return append(slices.Sorted(maps.Keys(table[HuaweiCloud])), "metadata")
}

// endpoint is the base URL of a service, without a slash at the end.
func (c *Client) endpoint(service string) (string, error) {
	if base, ok := c.endpoints[service]; ok {
		return base, nil
	}
	if c.closed {
		return "", fmt.Errorf("there is no %s where these credentials are for; nothing is sent elsewhere", service)
	}
	return Endpoint(c.cloud, c.region, service)
}

// CheckEndpoint refuses a base URL that would send signed requests in the clear or to a place that cannot be seen.
func CheckEndpoint(base string) error {
	u, err := url.Parse(base)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "":
		return fmt.Errorf("%snot a URL like https://host", hostIn(base))
	case u.User != nil, u.RawQuery != "", u.Fragment != "", strings.Trim(u.Path, "/") != "":
		return errors.New("only scheme, host and port, without a path, a query or a user")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return fmt.Errorf("%s is plain http; that is for this machine only", u.Host)
	case u.Scheme != "https" && u.Scheme != "http":
		return fmt.Errorf("%s: only https", u.Scheme)
	}
	return nil
}

var hostLike = regexp.MustCompile(`^[A-Za-z0-9.-]+$`)

// hostIn is what seems to be the host in what is no URL, as the beginning of a message. It is nothing where a user and a
// password may be: nobody can say where they end.
func hostIn(base string) string {
	if _, rest, ok := strings.Cut(base, "://"); ok {
		base = rest
	}
	if end := strings.IndexAny(base+"/", ":/?#"); end <= 253 && !strings.Contains(base, "@") && hostLike.MatchString(base[:end]) {
		return base[:end] + ": "
	}
	return ""
}

func loopback(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}
