package signin_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"writ/steps/cloud"
	"writ/steps/signin"
)

// TestNoSecretIsShown looks for one in all that a source says of itself, whole and broken.
func TestNoSecretIsShown(t *testing.T) {
	const c = canary
	for name, d := range map[string]desk{
		"SDK":             {env: environment("HUAWEICLOUD_SDK_AK=AK", "HUAWEICLOUD_SDK_SK="+c, "HUAWEICLOUD_SDK_SECURITY_TOKEN="+c)},
		"half a key":      {env: environment("HUAWEICLOUD_SDK_SK="+c, "HW_SECURITY_TOKEN="+c)},
		"HW token":        {env: environment("HW_AUTH_TOKEN=" + c)},
		"HW password":     {env: environment("HW_USER_NAME=u", "HW_USER_PASSWORD="+c, "HW_DOMAIN_NAME=d")},
		"half a password": {env: environment("HW_USER_PASSWORD="+c, "OS_PASSWORD="+c)},
		"swapped":         {env: environment("HW_ACCESS_KEY="+c, "HW_SECRET_KEY=AK", "OS_TOKEN="+c)},
		"IAM":             {env: environment("OS_TOKEN="+c, "OS_AUTH_URL=https://u:"+c+"@iam.example.org")},
		"IAM, broken":     {env: environment("OS_TOKEN="+c, "OS_AUTH_URL=https://u:"+c+"%zz@iam.example.org")},
		"clouds":          {files: map[string]string{"work/clouds.yaml": "clouds: {a: {auth: {username: u, domain_name: d, password: " + c + "}}}"}},
		"clouds, broken":  {files: map[string]string{"work/clouds.yaml": "clouds:\n  a: {auth: {password: *" + c + "}}"}},
		"clouds, twice":   {files: map[string]string{"work/clouds.yaml": "clouds:\n  a: {auth: {" + c + ": 1, " + c + ": 2}}"}},
		"clouds, a list":  {files: map[string]string{"work/clouds.yaml": "clouds: [" + c + "]"}},
		"clouds, no text": {files: map[string]string{"work/clouds.yaml": "clouds: {a: {verify: " + c + ", auth: [" + c + "]}}"}},
		"profile":         {files: map[string]string{".huaweicloud/credentials": "[basic]\nak=AK\nsk=" + c}},
		"profile, broken": {files: map[string]string{".huaweicloud/credentials": "[basic]\nak=AK\n" + c}},
		"KooCLI":          {files: map[string]string{".hcloud/config.json": `{"current":"a","profiles":[{"name":"a","accessKeyId":"AK","secretAccessKey":"` + c + `"}]}`}},
		"KooCLI, cipher":  {files: map[string]string{".hcloud/config.json": `{"authEncrypt":"true","current":"a","profiles":[{"name":"a","accessKeyId":"AK","secretAccessKey":"` + c + `"}]}`}},
		"KooCLI, broken":  {files: map[string]string{".hcloud/config.json": `{"current":"a","profiles":[{"secretAccessKey":"` + c + `}]}`}},
		"KooCLI, a list":  {files: map[string]string{".hcloud/config.json": `{"current":["` + c + `"],"profiles":"` + c + `"}`}},
	} {
		t.Run(name, func(t *testing.T) {
			s, looked, err := signin.Discover(d.options(t))
			all := shown(t, looked) + shown(t, err)
			if err == nil {
				_, fault := s.SignIn(context.Background())
				_, renewed := s.Renew(context.Background(), cloud.Credentials{})
				all += shown(t, fault) + shown(t, renewed) + shown(t, *s) + shown(t, s)
			}
			assert.NotContains(t, all, c)
			assert.NotContains(t, all, c[:len(c)/2])
		})
	}
}

// TestSecretsAreToldToWhoeverHidesThem: all that the source holds, used or not.
func TestSecretsAreToldToWhoeverHidesThem(t *testing.T) {
	for name, test := range map[string]struct {
		desk desk
		auth string
		want []cloud.Secret
	}{
		"a key":    {desk{env: environment("HUAWEICLOUD_SDK_AK=AK", "HUAWEICLOUD_SDK_SK=SK", "HUAWEICLOUD_SDK_SECURITY_TOKEN=ST")}, "", hidden("SK", "ST")},
		"all":      {desk{env: environment("HW_AUTH_TOKEN=T", "HW_SECRET_KEY=SK", "HW_USER_PASSWORD= p ")}, "", hidden("T", "SK", " p ")},
		"a file":   {desk{files: map[string]string{".hcloud/config.json": koo}}, "", hidden("worksecret", "worktoken")},
		"password": {desk{env: environment("OS_USER_ID=u", "OS_PASSWORD="+canary)}, "", hidden(canary)},
		"agency":   {desk{}, signin.ECS, nil},
	} {
		o := test.desk.options(t)
		o.Auth = test.auth
		assert.Equal(t, test.want, discover(t, o).Secrets(), name)
	}
}

func hidden(texts ...string) (all []cloud.Secret) {
	for _, text := range texts {
		all = append(all, cloud.Hide(text))
	}
	return all
}

// shown is all that printing it may show.
func shown(t *testing.T, value any) string {
	t.Helper()
	raw, err := json.Marshal(value)
	require.NoError(t, err)
	words := ""
	if err, ok := value.(error); ok {
		words = err.Error()
	}
	return strings.Join([]string{fmt.Sprint(value), fmt.Sprintf("%+v", value), fmt.Sprintf("%#v", value), string(raw), words}, "\n")
}
