package signin

import "gopkg.in/ini.v1"

// sdkProfile are the names in core/auth/provider/profile_provider.go of huaweicloud-sdk-go-v3.
func sdkProfile() names {
	return names{
		accessKey: {"ak"}, secretKey: {"sk"}, securityToken: {"security_token"},
		projectID: {"project_id"}, domainID: {"domain_id"}, authURL: {"iam_endpoint"},
	}
}

// lookSDKProfile reads the SDK's file. Its sections are for calls about a project and about the account, mostly with the
// same key; when they have two keys, one must be chosen.
func lookSDKProfile(o Options) *set {
	path, named := o.fileOf("HUAWEICLOUD_SDK_CREDENTIALS_FILE", ".huaweicloud", "credentials")
	f, err := readFile(path)
	if err != nil {
		return unread(SDKProfile, path, err, named)
	}
	sections, err := iniSections(f.data)
	if err != nil {
		return unread(SDKProfile, path, err, named)
	}
	s := chooseSection(sections, o.Profile, path)
	s.warn(f)
	return s
}

func chooseSection(sections map[string]func(string) string, profile, path string) *set {
	if profile != "" && profile != "basic" && profile != "global" {
		return failed(SDKProfile, path, "has no profiles but basic and global")
	}
	var chosen *set
	for _, name := range []string{"basic", "global"} {
		get := sections[name]
		if get == nil || (profile != "" && profile != name) {
			continue
		}
		s := read(SDKProfile, sdkProfile(), get)
		s.where = path + " [" + name + "]"
		if s.absent != "" && get("idp_id") != "" {
			s.absent, s.missing = "", "signs in with an identity provider, which is not supported"
		}
		switch {
		case chosen == nil || !chosen.complete() && s.complete():
			chosen = s
		case chosen.complete() && s.complete() && !chosen.same(s):
			chosen.missing = "[basic] and [global] have two access keys: choose one with --profile"
		}
	}
	if chosen == nil {
		return failed(SDKProfile, path, "has no section [basic] or [global]")
	}
	return chosen
}

func iniSections(data []byte) (map[string]func(string) string, error) {
	f, err := ini.Load(data)
	if err != nil {
		return nil, misread("file of profiles", err)
	}
	sections := map[string]func(string) string{}
	for _, s := range f.Sections() {
		sections[s.Name()] = func(key string) string {
			if !s.HasKey(key) {
				return ""
			}
			return s.Key(key).Value()
		}
	}
	return sections, nil
}
