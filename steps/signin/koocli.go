package signin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// kooProfile are the names in huaweicloud/config/auth.go of terraform-provider-huaweicloud, which reads the same file.
func kooProfile() names {
	return names{
		accessKey: {"accessKeyId"}, secretKey: {"secretAccessKey"}, securityToken: {"securityToken"},
		projectID: {"projectId"}, domainID: {"domainId"}, region: {"region"},
	}
}

// kooConfig is KooCLI's file. Most of its truth values are texts: "authEncrypt": "true".
type kooConfig struct {
	AuthEncrypt any              `json:"authEncrypt"`
	Current     string           `json:"current"`
	Profiles    []map[string]any `json:"profiles"`
}

func lookKooCLI(o Options) *set {
	path, named := o.fileOf("HW_SHARED_CONFIG_FILE", ".hcloud", "config.json")
	f, err := readFile(path)
	if err != nil {
		return unread(KooCLI, path, err, named)
	}
	var config kooConfig
	if err := json.Unmarshal(bytes.TrimPrefix(f.data, []byte("\xef\xbb\xbf")), &config); err != nil { // Windows writes a mark
		return unread(KooCLI, path, misread("JSON file of KooCLI", err), named)
	}
	s := config.choose(firstOf(o.Profile, o.Getenv("HW_PROFILE"), config.Current), path)
	if s.missing == "" {
		s.warn(f)
	}
	return s
}

func (c kooConfig) choose(name, path string) *set {
	if name == "" {
		return failed(KooCLI, path, "says no current profile: choose one with --profile or HW_PROFILE")
	}
	var found []map[string]any
	for _, profile := range c.Profiles {
		if profile["name"] == name {
			found = append(found, profile)
		}
	}
	switch len(found) {
	case 0:
		return failed(KooCLI, path, fmt.Sprintf("has no profile %q", name))
	case 1:
		return c.read(found[0], fmt.Sprintf("%s profile %q", path, name))
	}
	return failed(KooCLI, path, fmt.Sprintf("has %d profiles %q", len(found), name))
}

func (c kooConfig) read(profile map[string]any, where string) *set {
	get := func(name string) string { text, _ := profile[name].(string); return text }
	s := read(KooCLI, kooProfile(), get)
	s.where = where
	switch mode, odd := get("mode"), noText(profile); {
	case mode != "" && !strings.EqualFold(mode, "AKSK"):
		s.absent, s.missing = "", "is of another mode than AKSK, which is not supported"
	case odd != "":
		s.absent, s.missing = "", odd+" is not a text"
	case c.encrypted(profile):
		s.absent, s.missing = "", "its keys are encrypted: run hcloud configure set --cli-auth-encrypt=false, or sign in in another way"
	case get("agencyName") != "":
		s.refuse("agencyName is set: taking on an agency is not supported")
	case s.absent != "":
		s.absent, s.missing = "", "has no keys"
	}
	return s
}

// noText is what a profile says in another form than a text, or nothing. Keys that KooCLI encrypted may be objects.
func noText(profile map[string]any) string {
	for _, called := range kooProfile() {
		switch profile[called[0]].(type) {
		case nil, string, map[string]any:
		default:
			return called[0]
		}
	}
	return ""
}

// What plain keys look like. Both are letters and digits, 20 and 40 of them; what a cipher makes of them is at least
// twice as long.
var (
	plainID     = regexp.MustCompile(`^[A-Za-z0-9]{1,36}$`)
	plainSecret = regexp.MustCompile(`^[!-~]{1,60}$`)
)

// encrypted tells that KooCLI has encrypted its keys, as it does unless it is told not to: the file says so since its
// version 5.2.7, and before that the keys have another form.
func (c kooConfig) encrypted(profile map[string]any) bool {
	says := strings.EqualFold(fmt.Sprint(c.AuthEncrypt), "true")
	for name, plain := range map[string]*regexp.Regexp{"accessKeyId": plainID, "secretAccessKey": plainSecret} {
		value := profile[name]
		if value == nil || value == "" {
			continue
		}
		if text, isText := value.(string); says || !isText || !plain.MatchString(text) {
			return true
		}
	}
	return false
}

func firstOf(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}
