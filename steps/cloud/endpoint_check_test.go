package cloud_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"writ/steps/cloud"
)

func TestARefusedEndpointIsNamedByItsHostOnly(t *testing.T) {
	const elements = "only scheme, host and port, without a path, a query or a user"
	for base, want := range map[string]string{
		"https://iam.example.org":                  "",
		"http://127.0.0.1:8080/":                   "",
		"iam.example.org":                          "iam.example.org: not a URL like https://host",
		"https://iam.example.org:port":             "iam.example.org: not a URL like https://host",
		"https://iam.example.org/%zz?key=canary":   "iam.example.org: not a URL like https://host",
		"https://jane:canary%zz@iam.example.org":   "not a URL like https://host",
		"https://jane:can@ary/%zz@iam.example.org": "not a URL like https://host",
		"jane:canary@iam.example.org":              "not a URL like https://host",
		"https://jane:canary@":                     "not a URL like https://host",
		"https://jane:canary@iam.example.org":      elements,
		"http://jane:canary@iam.example.org":       elements,
		"":                                         "not a URL like https://host",
	} {
		err := cloud.CheckEndpoint(base)
		if want == "" {
			assert.NoError(t, err, base)
			continue
		}
		assert.EqualError(t, err, want, base)
	}
}
