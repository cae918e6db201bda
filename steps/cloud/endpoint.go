package cloud

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
)

// mpcRegions are the only regions that have MPC.
var mpcRegions = []string{
	"cn-north-1", "cn-north-4", "cn-east-2", "cn-east-3", "cn-south-1", "cn-southwest-2", "ap-southeast-3",
}

// otcRegions are the regions of Open Telekom Cloud that have a service. DBSS and MPC have none.
var otcRegions = map[string][]string{
	"iam":       {"eu-de", "eu-nl"},
	"obs":       {"eu-de", "eu-nl"},
	"dli":       {"eu-de"},
	"modelarts": {"eu-de"},
}

// endpoint is the base URL of a service, without a slash at the end.
func (c *Client) endpoint(service string) (string, error) {
	if base, ok := c.endpoints[service]; ok {
		return base, nil
	}
	if c.region == "" {
		return "", errors.New("no region is known: say it with --region or in the plan's target")
	}
	if !hasService(c.cloud, service, c.region) {
		return "", fmt.Errorf("%s has no %s in %s; if it has one by now, say where with --endpoint %s=URL", c.cloud, service, c.region, service)
	}
	return "https://" + hostName(c.cloud, service, c.region), nil
}

func hasService(cloud, service, region string) bool {
	switch {
	case cloud == OTC:
		return slices.Contains(otcRegions[service], region)
	case service == "mpc":
		return slices.Contains(mpcRegions, region)
	}
	return true
}

func hostName(cloud, service, region string) string {
	if cloud == OTC {
		return service + "." + region + ".otc.t-systems.com"
	}
	if service == "mpc" && region == "cn-north-1" {
		service = "mts"
	}
	if strings.HasPrefix(region, "eu-west-1") {
		return service + "." + region + ".myhuaweicloud.eu"
	}
	return service + "." + region + ".myhuaweicloud.com"
}

// checkEndpoint refuses a base URL that would send signed requests in the clear or to a place that cannot be seen.
func checkEndpoint(base string) error {
	u, err := url.Parse(base)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "":
		return fmt.Errorf("%q is no URL like https://host", base)
	case u.User != nil, u.RawQuery != "", u.Fragment != "", strings.Trim(u.Path, "/") != "":
		return errors.New("only scheme, host and port, without a path, a query or a user")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return fmt.Errorf("%s is plain http; that is for this machine only", u.Host)
	case u.Scheme != "https" && u.Scheme != "http":
		return fmt.Errorf("%s: only https", u.Scheme)
	}
	return nil
}

func loopback(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}
