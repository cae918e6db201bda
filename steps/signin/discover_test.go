package signin_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"writ/steps/signin"
)

const sdkKey, sdkSecret = "HUAWEICLOUD_SDK_AK=SDKKEY000001", "HUAWEICLOUD_SDK_SK=SK"

// unclearDesks are what is refused, with words of why.
var unclearDesks = map[string]struct {
	desk                 desk
	auth, profile, cloud string
	want                 []string
}{
	"nothing at all":                {want: []string{"no credentials found"}},
	"half a key":                    {desk: desk{env: environment("HW_ACCESS_KEY=AK")}, want: []string{"no complete credentials found: hw-env: HW_SECRET_KEY is missing"}},
	"only a security token":         {desk: desk{env: environment("OS_SECURITY_TOKEN=T")}, want: []string{"OS_ACCESS_KEY, OS_SECRET_KEY are missing"}},
	"a user without a password":     {desk: desk{env: environment("OS_USERNAME=u")}, want: []string{"OS_PASSWORD, OS_DOMAIN_NAME are missing"}},
	"a user without an account":     {desk: desk{env: environment("HW_USER_NAME=u", "HW_USER_PASSWORD=p")}, want: []string{"hw-env: HW_DOMAIN_NAME is missing"}},
	"a password without a user":     {desk: desk{env: environment("OS_PASSWORD=p", "OS_DOMAIN_ID=d")}, want: []string{"OS_USERNAME is missing"}},
	"the chosen one is half":        {desk: desk{env: environment(sdkKey, sdkSecret, "HW_SECRET_KEY=SK")}, auth: signin.HWEnv, want: []string{"hw-env: HW_ACCESS_KEY is missing"}},
	"the chosen one is not there":   {desk: desk{env: environment(sdkKey, sdkSecret)}, auth: signin.OSEnv, want: []string{"os-env: not set"}},
	"the chosen file is not there":  {auth: signin.KooCLI, want: []string{"koocli: ", ".hcloud/config.json: no such file"}},
	"a source that there is not":    {auth: "aws", want: []string{`no such source as "aws": say sdk-env, hw-env, os-env, clouds-yaml, sdk-profile, koocli, ecs`}},
	"a token of two lines":          {desk: desk{env: environment("HW_AUTH_TOKEN=a\nsecret%zz")}, want: []string{"no complete credentials found: hw-env: HW_AUTH_TOKEN has a blank, a line end"}},
	"a token with a blank, chosen":  {desk: desk{env: environment("OS_TOKEN=secret%zz b")}, auth: signin.OSEnv, want: []string{"OS_TOKEN has a blank, a line end"}},
	"a key with a line end":         {desk: desk{env: environment("HUAWEICLOUD_SDK_AK=A", "HUAWEICLOUD_SDK_SK=secret%zz\r\nb")}, want: []string{"HUAWEICLOUD_SDK_SK has a blank, a line end"}},
	"a token with a blank in YAML":  {desk: desk{files: map[string]string{"work/clouds.yaml": "clouds: {a: {auth: {token: a b}}}"}}, want: []string{`cloud "a": auth.token has a blank`}},
	"KooCLI, an id that is no text": {desk: desk{files: map[string]string{".hcloud/config.json": `{"current":"a","profiles":[{"name":"a","accessKeyId":4711,"secretAccessKey":"S"}]}`}}, want: []string{`profile "a": accessKeyId is not a text`}},
	"KooCLI, a project of no text":  {desk: desk{files: map[string]string{".hcloud/config.json": `{"current":"a","profiles":[{"name":"a","accessKeyId":"A","secretAccessKey":"S","projectId":4711}]}`}}, want: []string{"projectId is not a text"}},
	"KooCLI, two of one name":       {desk: desk{files: map[string]string{".hcloud/config.json": `{"current":"a","profiles":[{"name":"a","accessKeyId":"A","secretAccessKey":"S"},{"name":"a","accessKeyId":"B","secretAccessKey":"S"}]}`}}, want: []string{`config.json: has 2 profiles "a"`}},
	"a device for a file":           {desk: desk{env: environment("HW_SHARED_CONFIG_FILE=/dev/zero")}, want: []string{"/dev/zero: cannot be read: not a file"}},
	"a profile of what has none":    {desk: desk{env: environment(sdkKey, sdkSecret)}, auth: signin.SDKEnv, profile: "x", want: []string{"sdk-env has no profiles"}},
	"a profile that nobody has":     {desk: desk{env: environment(sdkKey, sdkSecret), files: map[string]string{".hcloud/config.json": koo}}, profile: "x", want: []string{`has no profile "x"`}},
	"two keys":                      {desk: desk{env: environment(sdkKey, sdkSecret, "HW_ACCESS_KEY=HWKEY0000002", "HW_SECRET_KEY=SK")}, want: []string{"sdk-env (access key SDKK…0001), hw-env (access key HWKE…0002)", "--auth"}},
	"a key and a user":              {desk: desk{env: environment(sdkKey, sdkSecret, "HW_USER_NAME=u", "HW_USER_PASSWORD=p", "HW_DOMAIN_NAME=d")}, want: []string{"hw-env (user u of d)"}},
	"two users":                     {desk: desk{env: environment("HW_USER_NAME=u", "HW_USER_PASSWORD=p", "HW_DOMAIN_NAME=d", "OS_USERNAME=u", "OS_PASSWORD=p", "OS_DOMAIN_NAME=e")}, want: []string{"os-env (user u of e)"}},
	"two users by id":               {desk: desk{env: environment("HW_USER_ID=u", "HW_USER_PASSWORD=p", "OS_USER_ID=v", "OS_PASSWORD=p")}, want: []string{"hw-env (user u), os-env (user v)"}},
	"two tokens":                    {desk: desk{env: environment("HW_AUTH_TOKEN=a", "OS_TOKEN=b")}, want: []string{"hw-env (a token), os-env (a token)"}},
	"an agency to take on":          {desk: desk{env: environment("HW_ACCESS_KEY=AK", "HW_SECRET_KEY=SK", "HW_ASSUME_ROLE_AGENCY_NAME=a")}, want: []string{"HW_ASSUME_ROLE_AGENCY_NAME is set: taking on an agency is not supported"}},
	"an agency, chosen":             {desk: desk{env: environment("OS_TOKEN=t", "OS_AGENCY_NAME=a")}, auth: signin.OSEnv, want: []string{"OS_AGENCY_NAME is set"}},
	"no check of the server, HW":    {desk: desk{env: environment("HW_AUTH_TOKEN=t", "HW_INSECURE=True")}, want: []string{"HW_INSECURE is set"}},
	"no check of the server, OS":    {desk: desk{env: environment("OS_TOKEN=t", "OS_INSECURE=1")}, want: []string{"OS_INSECURE is set", "OS_CACERT"}},
	"no check of the server, file":  {desk: desk{files: map[string]string{"work/clouds.yaml": "clouds: {a: {verify: no, auth: {token: t}}}"}}, want: []string{"verify is false"}},
	"an application credential":     {desk: desk{files: map[string]string{"work/clouds.yaml": "clouds: {a: {auth_type: v3applicationcredential, auth: {token: t}}}"}}, want: []string{"application credential"}},
	"several clouds and no name":    {desk: desk{files: map[string]string{"work/clouds.yaml": clouds}}, want: []string{"has 4 clouds: choose one with OS_CLOUD or --profile"}},
	"a cloud that is not there":     {desk: desk{env: environment("OS_CLOUD=x"), files: map[string]string{"work/clouds.yaml": clouds}}, want: []string{`has no cloud "x"`}},
	"a cloud and no file":           {desk: desk{env: environment("OS_CLOUD=x")}, want: []string{"clouds.yaml: no such file"}},
	"a cloud without credentials":   {desk: desk{files: map[string]string{"work/clouds.yaml": "clouds: {a: {auth: none}}"}}, want: []string{"has no credentials that writ knows"}},
	"a cloud that holds itself":     {desk: desk{files: map[string]string{"work/clouds.yaml": "clouds: {a: &a {profile: otc, auth: *a}}"}}, want: []string{"has no credentials that writ knows"}},
	"a file that is no YAML":        {desk: desk{files: map[string]string{"work/clouds.yaml": "clouds:\n  a:\n\tb: 1"}}, want: []string{"not a YAML file of clouds, line 3"}},
	"secrets that are no YAML":      {desk: desk{files: map[string]string{"work/clouds.yaml": "clouds: {a: {}}", "work/secure.yaml": "clouds: {a: {auth: {}}, a: {}}"}}, want: []string{"secure.yaml", "not a YAML file"}},
	"a directory for a file":        {desk: desk{files: map[string]string{"work/clouds.yaml/x": ""}}, want: []string{"clouds.yaml: cannot be read: not a file"}},
	"a file that is too large":      {desk: desk{files: map[string]string{".hcloud/config.json": strings.Repeat(" ", 1<<20+1)}}, want: []string{"larger than 1 MiB"}},
	"a file that is no JSON":        {desk: desk{files: map[string]string{".hcloud/config.json": "x"}}, want: []string{"not a JSON file of KooCLI"}},
	"a named file that is not":      {desk: desk{env: environment("HW_SHARED_CONFIG_FILE=/nowhere/c.json")}, want: []string{"koocli: /nowhere/c.json: no such file"}},
	"profiles that are none":        {desk: desk{files: map[string]string{".huaweicloud/credentials": "[basic"}}, want: []string{"not a file of profiles"}},
	"profiles without sections":     {desk: desk{files: map[string]string{".huaweicloud/credentials": "ak=1\nsk=2\n"}}, want: []string{"has no section [basic] or [global]"}},
	"profiles with half a key":      {desk: desk{files: map[string]string{".huaweicloud/credentials": "[basic]\nak=1\n"}}, want: []string{"credentials [basic]: sk is missing"}},
	"profiles with two keys":        {desk: desk{files: map[string]string{".huaweicloud/credentials": "[basic]\nak=1\nsk=2\n[global]\nak=2\nsk=2\n"}}, want: []string{"[basic] and [global] have two access keys"}},
	"profiles of other names":       {desk: desk{files: map[string]string{".huaweicloud/credentials": profile}}, profile: "x", want: []string{"no profiles but basic and global"}},
	"an identity provider":          {desk: desk{files: map[string]string{".huaweicloud/credentials": "[basic]\nidp_id=x\n"}}, want: []string{"identity provider, which is not supported"}},
	"KooCLI by agency":              {desk: desk{files: map[string]string{".hcloud/config.json": `{"current":"a","profiles":[{"name":"a","mode":"ecsAgency"}]}`}}, want: []string{"another mode than AKSK"}},
	"KooCLI with an agency":         {desk: desk{files: map[string]string{".hcloud/config.json": `{"current":"a","profiles":[{"name":"a","accessKeyId":"A","secretAccessKey":"S","agencyName":"x"}]}`}}, want: []string{"agencyName is set"}},
	"KooCLI without keys":           {desk: desk{files: map[string]string{".hcloud/config.json": `{"current":"a","profiles":[{"name":"a","mode":"AKSK"}]}`}}, want: []string{"has no keys"}},
	"KooCLI without a current one":  {desk: desk{files: map[string]string{".hcloud/config.json": `{"profiles":[{"name":"a"}]}`}}, want: []string{"says no current profile"}},
	"an unknown cloud":              {desk: desk{env: environment("HW_AUTH_TOKEN=t", "HW_CLOUD=example.com")}, want: []string{"hw-env: HW_CLOUD names a cloud that writ does not know"}},
	"two clouds in one source":      {desk: desk{env: environment("HW_AUTH_TOKEN=t", "HW_CLOUD=myhuaweicloud.com", "HW_AUTH_URL=https://iam.eu-de.otc.t-systems.com/v3")}, want: []string{"HW_CLOUD says huaweicloud, and HW_AUTH_URL is of otc"}},
	"another cloud than the target": {desk: desk{env: environment("OS_TOKEN=t", "OS_AUTH_URL=https://iam.eu-de.otc.t-systems.com/v3")}, cloud: "huaweicloud", want: []string{"credentials of os-env are for otc, and the target is in huaweicloud"}},
	"IAM in the clear":              {desk: desk{env: environment("OS_TOKEN=t", "OS_AUTH_URL=http://iam.example.org/v3")}, want: []string{"os-env: OS_AUTH_URL: iam.example.org is plain http"}},
	"IAM with a path":               {desk: desk{env: environment("OS_TOKEN=t", "OS_AUTH_URL=https://iam.example.org/identity/v3")}, want: []string{"OS_AUTH_URL: only scheme, host and port"}},
	"IAM with a password":           {desk: desk{env: environment("OS_TOKEN=t", "OS_AUTH_URL=https://u:secret%zz@iam.example.org")}, want: []string{"OS_AUTH_URL: only scheme, host and port, and no user"}},
}

func TestDiscoverRefusesWhatIsNotClear(t *testing.T) {
	for name, test := range unclearDesks {
		t.Run(name, func(t *testing.T) {
			o := test.desk.options(t)
			o.Auth, o.Profile, o.Cloud = test.auth, test.profile, test.cloud
			s, looked, err := signin.Discover(o)
			require.Error(t, err)
			assert.Nil(t, s)
			for _, want := range test.want {
				assert.ErrorContains(t, err, want)
			}
			assert.NotContains(t, err.Error(), "secret%zz")
			if test.auth == "" {
				assert.GreaterOrEqual(t, len(looked), 7, "all that was looked at")
			}
		})
	}
}

func TestASourceThatThereIsNotIsToldFromOtherFaults(t *testing.T) {
	for auth, unknown := range map[string]bool{"aws": true, signin.OSEnv: false} {
		o := desk{}.options(t)
		o.Auth = auth
		_, _, err := signin.Discover(o)
		require.Error(t, err)
		assert.Equal(t, unknown, errors.Is(err, signin.ErrUnknownSource), auth)
	}
}

func TestTheSameIdentityTwiceIsNoConflict(t *testing.T) {
	for name, d := range map[string]desk{
		"a key, once temporary": {env: environment("HUAWEICLOUD_SDK_AK=K", "HUAWEICLOUD_SDK_SK=S", "HW_ACCESS_KEY=K", "HW_SECRET_KEY=S", "HW_SECURITY_TOKEN=T")},
		"a user":                {env: environment("HW_USER_NAME=u", "HW_USER_PASSWORD=p", "HW_DOMAIN_NAME=d", "OS_USERNAME=u", "OS_PASSWORD=q", "OS_DOMAIN_NAME=d")},
		"a token":               {env: environment("HW_AUTH_TOKEN=t", "OS_TOKEN=t")},
	} {
		t.Run(name, func(t *testing.T) {
			s, looked, err := signin.Discover(d.options(t))
			require.NoError(t, err)
			assert.Equal(t, "used", outcome(looked, s.Name))
			assert.Contains(t, outcome(looked, map[string]string{signin.SDKEnv: signin.HWEnv, signin.HWEnv: signin.OSEnv}[s.Name]), "complete: ")
		})
	}
}

func TestLookedSaysWhatBecameOfEachPlace(t *testing.T) {
	d := desk{
		env: environment("HUAWEICLOUD_SDK_AK=K", "HUAWEICLOUD_SDK_SK=S", "HW_SECRET_KEY=S", "OS_CLOUD=key",
			"HUAWEICLOUD_SDK_IDP_ID=i", "HC_CONTAINER_CREDENTIALS_FULL_URI=u"),
		files: map[string]string{
			"work/clouds.yaml":    "clouds: {key: {auth: {ak: K, sk: S}}}",
			".hcloud/config.json": strings.Replace(koo, `"false"`, `"true"`, 1),
		},
	}
	o := d.options(t)
	_, looked, err := signin.Discover(o)
	require.NoError(t, err)
	for i := range looked {
		looked[i].Where = relative(o.Home, looked[i].Where)
	}
	assert.Equal(t, []signin.Looked{
		{"sdk-env", "HUAWEICLOUD_SDK_AK, HUAWEICLOUD_SDK_SK", "used"},
		{"hw-env", "", "HW_ACCESS_KEY is missing"},
		{"os-env", "", "not set"},
		{"clouds-yaml", `HOME/work/clouds.yaml cloud "key"`, "complete: access key …"},
		{"sdk-profile", "HOME/.huaweicloud/credentials", "no such file"},
		{"koocli", `HOME/.hcloud/config.json profile "work"`, "its keys are encrypted: run hcloud configure set --cli-auth-encrypt=false, or sign in in another way"},
		{"ecs", "the metadata service", "not asked without --auth ecs"},
		{"workload identity", "HUAWEICLOUD_SDK_IDP_ID", "not supported"},
		{"pod identity", "HC_CONTAINER_CREDENTIALS_FULL_URI", "not supported"},
	}, looked)
}

func TestAChosenProfilePassesVariablesOver(t *testing.T) {
	d := desk{env: environment("HUAWEICLOUD_SDK_AK=K", "HUAWEICLOUD_SDK_SK=S"), files: map[string]string{".hcloud/config.json": koo}}
	o := d.options(t)
	o.Profile = "home"
	s, looked, err := signin.Discover(o)
	require.NoError(t, err)
	assert.Equal(t, signin.KooCLI, s.Name)
	assert.Equal(t, "passed over, since a profile is chosen", outcome(looked, signin.SDKEnv))
}

func TestKooCLIsEncryptionIsSeen(t *testing.T) {
	cipher := strings.Repeat("0a1B", 16)
	for name, test := range map[string]struct {
		encrypt, id, secret string
		encrypted           bool
	}{
		"said":                {`"true"`, `"HPUAABCDEFGHIJKLMNOP"`, `"s"`, true},
		"said in another way": {`true`, `"HPUAABCDEFGHIJKLMNOP"`, `"s"`, true},
		"not said, plain":     {`null`, `"HPUAABCDEFGHIJKLMNOP"`, `"0123456789012345678901234567890123456789"`, false},
		"not said, long id":   {`null`, `"` + cipher + `"`, `"s"`, true},
		"not said, long key":  {`null`, `"HPUAABCDEFGHIJKLMNOP"`, `"` + cipher + `"`, true},
		"odd letters":         {`"false"`, `"HPUA+/=="`, `"s"`, true},
		"not text":            {`"false"`, `{"crypter":"x","nonce":"y"}`, `"s"`, true},
	} {
		t.Run(name, func(t *testing.T) {
			d := desk{files: map[string]string{".hcloud/config.json": `{"authEncrypt":` + test.encrypt + `,"current":"a","profiles":[{"name":"a","accessKeyId":` + test.id + `,"secretAccessKey":` + test.secret + `}]}`}}
			_, _, err := signin.Discover(d.options(t))
			if !test.encrypted {
				require.NoError(t, err)
				return
			}
			assert.ErrorContains(t, err, "hcloud configure set --cli-auth-encrypt=false")
		})
	}
}

func TestFilesThatOthersMayReadAreNamed(t *testing.T) {
	for name, test := range map[string]struct {
		desk desk
		open string
		want bool
	}{
		"KooCLI":                      {desk{files: map[string]string{".hcloud/config.json": koo}}, ".hcloud/config.json", true},
		"profiles":                    {desk{files: map[string]string{".huaweicloud/credentials": profile}}, ".huaweicloud/credentials", true},
		"clouds with a secret":        {desk{files: map[string]string{"work/clouds.yaml": "clouds: {a: {auth: {ak: K, sk: S}}}"}}, "work/clouds.yaml", true},
		"clouds with a secret beside": {desk{files: map[string]string{"work/clouds.yaml": "clouds: {a: {auth: {ak: K}}}", "work/secure.yaml": "clouds: {a: {auth: {sk: S}}}"}}, "work/clouds.yaml", false},
		"the secret beside":           {desk{files: map[string]string{"work/clouds.yaml": "clouds: {a: {auth: {ak: K}}}", "work/secure.yaml": "clouds: {a: {auth: {sk: S}}}"}}, "work/secure.yaml", true},
	} {
		t.Run(name, func(t *testing.T) {
			o := test.desk.options(t)
			path := filepath.Join(o.Home, test.open)
			require.NoError(t, os.Chmod(path, 0o640))
			s, looked, err := signin.Discover(o)
			require.NoError(t, err)
			if !test.want {
				assert.Empty(t, s.Warnings)
				return
			}
			assert.Equal(t, []string{"other users may read " + path + ", which holds secrets: chmod 600 it"}, s.Warnings)
			assert.Equal(t, "used; "+s.Warnings[0], outcome(looked, s.Name))
		})
	}
}

func TestWithoutAHomeNothingOfItIsRead(t *testing.T) {
	d := desk{files: map[string]string{"work/.hcloud/config.json": koo, "work/.config/openstack/clouds.yaml": "clouds: {a: {auth: {token: t}}}"}}
	o := d.options(t)
	o.Home = ""
	_, _, err := signin.Discover(o)
	assert.EqualError(t, err, "no credentials found")
}
