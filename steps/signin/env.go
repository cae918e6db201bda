package signin

import (
	"slices"
	"strings"
)

// sdkEnv are the names in core/auth/provider/env_provider.go of huaweicloud-sdk-go-v3, and HUAWEICLOUD_SDK_IAM_ENDPOINT.
func sdkEnv() names {
	return names{
		accessKey: {"HUAWEICLOUD_SDK_AK"}, secretKey: {"HUAWEICLOUD_SDK_SK"}, securityToken: {"HUAWEICLOUD_SDK_SECURITY_TOKEN"},
		projectID: {"HUAWEICLOUD_SDK_PROJECT_ID"}, domainID: {"HUAWEICLOUD_SDK_DOMAIN_ID"},
		authURL: {"HUAWEICLOUD_SDK_IAM_ENDPOINT"},
	}
}

// hwEnv are the names in provider.go of terraform-provider-huaweicloud.
func hwEnv() names {
	return names{
		token:     {"HW_AUTH_TOKEN"},
		accessKey: {"HW_ACCESS_KEY"}, secretKey: {"HW_SECRET_KEY"}, securityToken: {"HW_SECURITY_TOKEN"},
		userName: {"HW_USER_NAME"}, userID: {"HW_USER_ID"}, password: {"HW_USER_PASSWORD"},
		domainName: {"HW_DOMAIN_NAME"}, domainID: {"HW_DOMAIN_ID"},
		projectName: {"HW_PROJECT_NAME"}, projectID: {"HW_PROJECT_ID"},
		region: {"HW_REGION_NAME"}, authURL: {"HW_AUTH_URL"}, cloudName: {"HW_CLOUD"},
	}
}

// osEnv are the names in docs/index.md of terraform-provider-opentelekomcloud. It names no variable for the security
// token of temporary keys.
func osEnv() names {
	return names{
		token:     {"OS_AUTH_TOKEN", "OS_TOKEN"},
		accessKey: {"OS_ACCESS_KEY"}, secretKey: {"OS_SECRET_KEY"}, securityToken: {"OS_SECURITY_TOKEN"},
		userName: {"OS_USERNAME"}, userID: {"OS_USER_ID"}, password: {"OS_PASSWORD"},
		domainName:  {"OS_DOMAIN_NAME", "OS_USER_DOMAIN_NAME", "OS_PROJECT_DOMAIN_NAME", "DEFAULT_DOMAIN"},
		domainID:    {"OS_DOMAIN_ID", "OS_USER_DOMAIN_ID"},
		projectName: {"OS_PROJECT_NAME", "OS_TENANT_NAME"}, projectID: {"OS_PROJECT_ID", "OS_TENANT_ID"},
		region: {"OS_REGION_NAME", "OS_REGION"}, authURL: {"OS_AUTH_URL"}, caCert: {"OS_CACERT"},
	}
}

func lookSDKEnv(o Options) *set { return readEnv(SDKEnv, sdkEnv(), o) }

func lookHWEnv(o Options) *set {
	s := readEnv(HWEnv, hwEnv(), o)
	for _, name := range []string{"AGENCY_NAME", "DOMAIN_NAME", "DOMAIN_ID", "IDP_ID", "ID_TOKEN", "ID_TOKEN_FILE"} {
		if o.Getenv("HW_ASSUME_ROLE_"+name) != "" {
			s.refuse("HW_ASSUME_ROLE_" + name + " is set: taking on an agency is not supported")
		}
	}
	if isYes(o.Getenv("HW_INSECURE")) {
		s.refuse("HW_INSECURE is set: servers whose identity is not checked are not supported")
	}
	return s
}

func lookOSEnv(o Options) *set {
	s := readEnv(OSEnv, osEnv(), o)
	if isYes(o.Getenv("OS_INSECURE")) {
		s.refuse("OS_INSECURE is set: servers whose identity is not checked are not supported; OS_CACERT names a file of certificates")
	}
	if o.Getenv("OS_AGENCY_NAME") != "" {
		s.refuse("OS_AGENCY_NAME is set: taking on an agency is not supported")
	}
	return s
}

func readEnv(source string, n names, o Options) *set {
	s := read(source, n, o.Getenv)
	if s.missing == "" { // what is missing names its variable
		s.where = s.used()
	}
	return s
}

// refuse notes what a source that says something asks for in vain.
func (s *set) refuse(why string) {
	if s.absent == "" && s.refused == "" {
		s.refused = why
	}
}

func isYes(value string) bool {
	return slices.Contains([]string{"1", "t", "true", "y", "yes", "on"}, strings.ToLower(strings.TrimSpace(value)))
}

// lookIdentities finds what the official SDK signs in with beside keys, and writ does not: a file of an identity
// provider, and the identity of a pod.
func lookIdentities(o Options) []Looked {
	var looked []Looked
	for _, kind := range []struct {
		name      string
		variables []string
	}{
		{"workload identity", []string{"HUAWEICLOUD_SDK_IDP_ID", "HUAWEICLOUD_SDK_ID_TOKEN_FILE"}},
		{"pod identity", []string{"HC_CONTAINER_CREDENTIALS_FULL_URI", "HC_CONTAINER_AUTHORIZATION_TOKEN_FILE"}},
	} {
		found := slices.DeleteFunc(kind.variables, func(name string) bool { return o.Getenv(name) == "" })
		if len(found) > 0 {
			looked = append(looked, Looked{kind.name, strings.Join(found, ", "), "not supported"})
		}
	}
	return looked
}
