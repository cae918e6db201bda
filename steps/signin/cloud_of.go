package signin

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"writ/steps/cloud"
)

// cloudOf is the cloud that a set names, or that its IAM is of; "" when it says neither.
func (s *set) cloudOf() (string, error) {
	said, err := s.saidCloud()
	if err != nil {
		return "", err
	}
	of := cloudOfHost(s.values[authURL])
	if said != "" && of != "" && said != of {
		return "", fmt.Errorf("%s says %s, and %s is of %s", s.called[cloudName], said, s.called[authURL], of)
	}
	return firstOf(said, of), nil
}

func (s *set) saidCloud() (string, error) {
	switch s.values[cloudName] {
	case "":
		return "", nil
	case "otc", "otc.t-systems.com":
		return cloud.OTC, nil
	case "huaweicloud", "myhuaweicloud.com", "myhuaweicloud.cn", "myhuaweicloud.eu":
		return cloud.HuaweiCloud, nil
	}
	return "", fmt.Errorf("%s names a cloud that writ does not know: myhuaweicloud.com, myhuaweicloud.eu and otc.t-systems.com it does", s.called[cloudName])
}

func cloudOfHost(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	for suffix, of := range map[string]string{
		".otc.t-systems.com": cloud.OTC, ".myhuaweicloud.com": cloud.HuaweiCloud,
		".myhuaweicloud.cn": cloud.HuaweiCloud, ".myhuaweicloud.eu": cloud.HuaweiCloud,
	} {
		if strings.HasSuffix(u.Hostname(), suffix) {
			return of
		}
	}
	return ""
}

// iam is the base URL of IAM that a set names, without the version that such addresses end in.
func (s *set) iam() (string, error) {
	address := s.values[authURL]
	if address == "" {
		return "", nil
	}
	base := strings.TrimRight(address, "/")
	base = strings.TrimRight(strings.TrimSuffix(base, "/v3"), "/")
	err := cloud.CheckEndpoint(base)
	if err != nil && strings.Contains(address, "@") {
		err = errors.New("only scheme, host and port, and no user") // the other words would repeat it
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w", s.called[authURL], err)
	}
	return base, nil
}
