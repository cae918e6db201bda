package cloud

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

const hidden = "(secret)"

// Secret is a text that shows itself to nobody but the caller of Reveal.
type Secret string

// Reveal is the text itself.
func (s Secret) Reveal() string { return string(s) }

func (Secret) String() string { return hidden }

// GoString is what %#v prints.
func (Secret) GoString() string { return hidden }

// Format is what any verb prints.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// MarshalText is what JSON and everything like it show.
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// UnmarshalText takes the text as it stands.
func (s *Secret) UnmarshalText(text []byte) error {
	*s = Secret(text)
	return nil
}

// LogValue is what a log shows.
func (Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// Credentials are an access key, permanent or temporary.
type Credentials struct {
	AccessKey     string
	SecretKey     Secret
	SecurityToken Secret // of a temporary access key
}

// FromEnv reads the variables of the official SDK. It is an error when the access key or its secret is missing; the
// two ids may be empty.
func FromEnv(getenv func(string) string) (creds Credentials, projectID, domainID string, err error) {
	get := func(name string) string { return strings.TrimSpace(getenv("HUAWEICLOUD_SDK_" + name)) }
	creds = Credentials{AccessKey: get("AK"), SecretKey: Secret(get("SK")), SecurityToken: Secret(get("SECURITY_TOKEN"))}
	switch {
	case creds.AccessKey == "" && creds.SecretKey == "":
		err = errors.New("no credentials: set HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK")
	case creds.AccessKey == "":
		err = errors.New("HUAWEICLOUD_SDK_SK is set and HUAWEICLOUD_SDK_AK is not")
	case creds.SecretKey == "":
		err = errors.New("HUAWEICLOUD_SDK_AK is set and HUAWEICLOUD_SDK_SK is not")
	}
	return creds, get("PROJECT_ID"), get("DOMAIN_ID"), err
}

// masking answers a function that hides the secrets in foreign text.
func masking(secrets ...Secret) func(string) string {
	var pairs []string
	for _, s := range secrets {
		if s != "" {
			pairs = append(pairs, s.Reveal(), hidden)
		}
	}
	return strings.NewReplacer(pairs...).Replace
}
