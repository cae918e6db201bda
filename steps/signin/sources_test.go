package signin_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"writ/steps/cloud"
	"writ/steps/signin"
)

const (
	koo = `{"authEncrypt":"false","current":"work","profiles":[
		{"name":"home","mode":"AKSK","accessKeyId":"HOMEKEY1","secretAccessKey":"homesecret"},
		{"name":"work","mode":"AKSK","accessKeyId":"WORKKEY1","secretAccessKey":"worksecret","securityToken":"worktoken",
		 "region":"cn-north-4","projectId":"p1","domainId":"d1","readTimeout":10}]}`
	clouds = `
clouds:
  user:
    profile: otc
    region_name: eu-de
    cacert: ca.pem
    auth:
      auth_url: https://iam.eu-de.otc.t-systems.com/v3
      username: jane
      password: "pass word "
      user_domain_name: OTC0001
      project_id: 00000000000000000000000000000e12
  key:
    auth: {ak: AK1, sk: SK1, project_name: eu-de_sub}
  other: &other
    auth: {access_key: AK2, secret_key: SK2, security_token: ST2}
  alias: *other
`
	profile = "[basic]\nak = AKB\nsk = SKB\nproject_id = p1\niam_endpoint = https://iam.example.org\n" +
		"[global]\nak = AKB\nsk = SKB\nsecurity_token = STB\ndomain_id = d1\n"
)

// sourceDesks are what each source says of itself, and of all else that is there.
var sourceDesks = map[string]struct {
	desk          desk
	auth, profile string
	source, where string
	method        string
	facts         map[string]string
	creds         string // what signing in answers, all in one; "" for a password
}{
	"the SDK's variables": {
		desk: desk{env: environment("HUAWEICLOUD_SDK_AK= AK ", "HUAWEICLOUD_SDK_SK=SK", "HUAWEICLOUD_SDK_PROJECT_ID=p", "HUAWEICLOUD_SDK_DOMAIN_ID=d",
			"HUAWEICLOUD_SDK_IAM_ENDPOINT=https://iam.cn-north-4.myhuaweicloud.com/")},
		source: signin.SDKEnv, where: "HUAWEICLOUD_SDK_AK, HUAWEICLOUD_SDK_SK", method: signin.AccessKey, creds: "AKSK",
		facts: map[string]string{"key": "AK", "project id": "p", "domain id": "d", "iam": "https://iam.cn-north-4.myhuaweicloud.com", "cloud": "huaweicloud"},
	},
	"the SDK's variables, temporary": {
		desk:   desk{env: environment("HUAWEICLOUD_SDK_AK=AK", "HUAWEICLOUD_SDK_SK=SK", "HUAWEICLOUD_SDK_SECURITY_TOKEN=ST")},
		source: signin.SDKEnv, where: "HUAWEICLOUD_SDK_AK, HUAWEICLOUD_SDK_SK, HUAWEICLOUD_SDK_SECURITY_TOKEN",
		method: signin.TemporaryKey, creds: "AKSKST", facts: map[string]string{"key": "AK"},
	},
	"HW, a token before a key before a password": {
		desk: desk{env: environment("HW_AUTH_TOKEN=T", "HW_ACCESS_KEY=AK", "HW_SECRET_KEY=SK", "HW_USER_NAME=u", "HW_USER_PASSWORD=p",
			"HW_DOMAIN_NAME=d", "HW_REGION_NAME=cn-north-4", "HW_PROJECT_NAME=cn-north-4_sub", "HW_CLOUD=myhuaweicloud.com")},
		source: signin.HWEnv, where: "HW_AUTH_TOKEN", method: signin.Token, creds: "T",
		facts: map[string]string{"user": "u", "domain": "d", "region": "cn-north-4", "project": "cn-north-4_sub", "cloud": "huaweicloud"},
	},
	"HW, a key before a password": {
		desk: desk{env: environment("HW_ACCESS_KEY=AK", "HW_SECRET_KEY=SK", "HW_USER_ID=u", "HW_USER_PASSWORD=p", "HW_CLOUD=otc.t-systems.com",
			"HW_AUTH_URL=https://iam.eu-de.otc.t-systems.com:443/v3/", "HW_PROJECT_ID=p1", "HW_DOMAIN_ID=d1")},
		source: signin.HWEnv, where: "HW_ACCESS_KEY, HW_SECRET_KEY", method: signin.AccessKey, creds: "AKSK",
		facts: map[string]string{"key": "AK", "user id": "u", "iam": "https://iam.eu-de.otc.t-systems.com:443", "cloud": "otc", "project id": "p1", "domain id": "d1"},
	},
	"HW, a password where the key is half": {
		desk:   desk{env: environment("HW_ACCESS_KEY=AK", "HW_USER_ID=u", "HW_USER_PASSWORD= p ")},
		source: signin.HWEnv, where: "HW_USER_ID, HW_USER_PASSWORD", method: signin.Password,
		facts: map[string]string{"user id": "u"},
	},
	"OS, by other names": {
		desk: desk{env: environment("OS_TOKEN=T", "OS_TENANT_NAME=eu-de", "OS_TENANT_ID=p1", "OS_REGION=eu-de", "OS_PROJECT_DOMAIN_NAME=d",
			"OS_USER_DOMAIN_ID=d1", "OS_AUTH_URL=https://iam.eu-de.otc.t-systems.com/v3", "OS_CACERT=~/ca.pem")},
		source: signin.OSEnv, where: "OS_TOKEN", method: signin.Token, creds: "T",
		facts: map[string]string{"region": "eu-de", "project": "eu-de", "project id": "p1", "domain": "d", "domain id": "d1", "cloud": "otc",
			"iam": "https://iam.eu-de.otc.t-systems.com", "ca": "HOME/ca.pem"},
	},
	"OS, a temporary key": {
		desk:   desk{env: environment("OS_ACCESS_KEY=AK", "OS_SECRET_KEY=SK", "OS_SECURITY_TOKEN=ST")},
		source: signin.OSEnv, where: "OS_ACCESS_KEY, OS_SECRET_KEY, OS_SECURITY_TOKEN", method: signin.TemporaryKey, creds: "AKSKST",
		facts: map[string]string{"key": "AK"},
	},
	"OS, a password": {
		desk:   desk{env: environment("OS_USERNAME=u", "OS_PASSWORD=p", "DEFAULT_DOMAIN=d")},
		source: signin.OSEnv, where: "OS_USERNAME, OS_PASSWORD", method: signin.Password,
		facts: map[string]string{"user": "u", "domain": "d"},
	},
	"clouds.yaml of the working directory, by name": {
		desk: desk{env: environment("OS_CLOUD=user"), files: map[string]string{
			"work/clouds.yaml": clouds, ".config/openstack/clouds.yaml": "clouds: {user: {auth: {token: T}}}",
		}},
		source: signin.CloudsYAML, where: `HOME/work/clouds.yaml cloud "user"`, method: signin.Password,
		facts: map[string]string{"cloud": "otc", "region": "eu-de", "user": "jane", "domain": "OTC0001", "project id": "00000000000000000000000000000e12",
			"iam": "https://iam.eu-de.otc.t-systems.com", "ca": "HOME/work/ca.pem"},
	},
	"clouds.yaml, a profile before OS_CLOUD": {
		desk:    desk{env: environment("OS_CLOUD=user"), files: map[string]string{".config/openstack/clouds.yaml": clouds}},
		profile: "key", source: signin.CloudsYAML, where: `HOME/.config/openstack/clouds.yaml cloud "key"`, method: signin.AccessKey,
		creds: "AK1SK1", facts: map[string]string{"key": "AK1", "project": "eu-de_sub"},
	},
	"clouds.yaml, another directory": {
		desk: desk{env: environment("XDG_CONFIG_HOME=@HOME/xdg", "OS_CLOUD=alias"), files: map[string]string{
			"xdg/openstack/clouds.yaml": clouds, ".config/openstack/clouds.yaml": "clouds: {alias: {auth: {token: T}}}",
		}},
		source: signin.CloudsYAML, where: `HOME/xdg/openstack/clouds.yaml cloud "alias"`, method: signin.TemporaryKey,
		creds: "AK2SK2ST2", facts: map[string]string{"key": "AK2"},
	},
	"clouds.yaml, its only cloud, and the secret beside it": {
		desk: desk{env: environment("OS_CLIENT_CONFIG_FILE=@HOME/os/my.yaml"), files: map[string]string{
			"os/my.yaml":     "clouds: {one: {auth: {ak: AK, sk: overridden, project_id: 010}}}",
			"os/secure.yaml": "clouds: {one: {auth: {sk: SK}}, two: {auth: {sk: SK2}}}",
		}},
		source: signin.CloudsYAML, where: `HOME/os/my.yaml cloud "one"`, method: signin.AccessKey, creds: "AKSK",
		facts: map[string]string{"key": "AK", "project id": "010"},
	},
	"the SDK's profile, for projects": {
		desk:   desk{files: map[string]string{".huaweicloud/credentials": "[global]\nak=AKB\nsk=SKB\n" + "[basic]\nak = AKB\nsk = SKB\nproject_id = p1\n"}},
		source: signin.SDKProfile, where: "HOME/.huaweicloud/credentials [basic]", method: signin.AccessKey, creds: "AKBSKB",
		facts: map[string]string{"key": "AKB", "project id": "p1"},
	},
	"the SDK's profile, for the account, elsewhere": {
		desk:    desk{env: environment("HUAWEICLOUD_SDK_CREDENTIALS_FILE=~/mine"), files: map[string]string{"mine": profile}},
		profile: "global", source: signin.SDKProfile, where: "HOME/mine [global]", method: signin.TemporaryKey, creds: "AKBSKBSTB",
		facts: map[string]string{"key": "AKB", "domain id": "d1"},
	},
	"the SDK's profile has only one for the account": {
		desk:   desk{files: map[string]string{".huaweicloud/credentials": "[global]\nak=AK\nsk=SK\n[basic]\nproject_id=p1\n"}},
		source: signin.SDKProfile, where: "HOME/.huaweicloud/credentials [global]", method: signin.AccessKey, creds: "AKSK",
		facts: map[string]string{"key": "AK"},
	},
	"KooCLI's current profile": {
		desk:   desk{files: map[string]string{".hcloud/config.json": koo}},
		source: signin.KooCLI, where: `HOME/.hcloud/config.json profile "work"`, method: signin.TemporaryKey, creds: "WORKKEY1worksecretworktoken",
		facts: map[string]string{"key": "WORKKEY1", "region": "cn-north-4", "project id": "p1", "domain id": "d1"},
	},
	"KooCLI's file with a mark of its encoding": {
		desk:   desk{files: map[string]string{".hcloud/config.json": "\xef\xbb\xbf" + koo}},
		source: signin.KooCLI, where: `HOME/.hcloud/config.json profile "work"`, method: signin.TemporaryKey, creds: "WORKKEY1worksecretworktoken",
		facts: map[string]string{"key": "WORKKEY1", "region": "cn-north-4", "project id": "p1", "domain id": "d1"},
	},
	"a token with a line end behind it": {
		desk:   desk{env: environment("HW_AUTH_TOKEN=T\n")},
		source: signin.HWEnv, where: "HW_AUTH_TOKEN", method: signin.Token, creds: "T", facts: map[string]string{},
	},
	"another of KooCLI's profiles": {
		desk:   desk{env: environment("HW_PROFILE=home", "HW_SHARED_CONFIG_FILE=@HOME/koo.json"), files: map[string]string{"koo.json": koo}},
		source: signin.KooCLI, where: `HOME/koo.json profile "home"`, method: signin.AccessKey, creds: "HOMEKEY1homesecret",
		facts: map[string]string{"key": "HOMEKEY1"},
	},
	"a chosen profile of KooCLI": {
		desk: desk{env: environment("HW_PROFILE=work", "HUAWEICLOUD_SDK_AK=A", "HUAWEICLOUD_SDK_SK=S"), files: map[string]string{".hcloud/config.json": koo}},
		auth: signin.KooCLI, profile: "home", source: signin.KooCLI, where: `HOME/.hcloud/config.json profile "home"`,
		method: signin.AccessKey, creds: "HOMEKEY1homesecret", facts: map[string]string{"key": "HOMEKEY1"},
	},
	"the server's agency": {
		desk: desk{env: environment("HUAWEICLOUD_SDK_AK=A", "HUAWEICLOUD_SDK_SK=S")},
		auth: signin.ECS, source: signin.ECS, where: "the metadata service", method: signin.Agency, facts: map[string]string{},
	},
}

func TestEachSourceSaysWhatItHas(t *testing.T) {
	for name, test := range sourceDesks {
		t.Run(name, func(t *testing.T) {
			o := test.desk.options(t)
			o.Auth, o.Profile = test.auth, test.profile
			s, looked, err := signin.Discover(o)
			require.NoError(t, err)
			home := func(text string) string { return relative(o.Home, text) }
			assert.Equal(t, []string{test.source, test.where, test.method}, []string{s.Name, home(s.Where), s.Method})
			got := facts(t, s)
			for what, fact := range got {
				got[what] = home(fact)
			}
			assert.Equal(t, test.facts, got)
			assert.Equal(t, "used", outcome(looked, s.Name))
			assert.Empty(t, s.Warnings)
			if test.creds != "" {
				assert.Equal(t, test.creds, signIn(t, s))
				assert.False(t, s.CanRenew())
				_, err := s.Renew(t.Context(), cloud.Credentials{})
				assert.ErrorContains(t, err, "the "+test.method+" of "+test.source+" cannot be renewed")
				assert.False(t, s.HasDomain())
				_, err = s.Domain(t.Context(), cloud.Credentials{})
				assert.ErrorContains(t, err, "has no token for the account")
			} else {
				assert.True(t, s.CanRenew())
			}
		})
	}
}
