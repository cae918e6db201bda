package signin

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// cloudNames are the names in an entry of clouds.yaml: those of gophercloud's openstack/config/clouds/types.go, and for
// access keys both spellings that are in use.
func cloudNames() names {
	return names{
		token:     {"auth.token"},
		accessKey: {"auth.ak", "auth.access_key"}, secretKey: {"auth.sk", "auth.secret_key"}, securityToken: {"auth.security_token"},
		userName: {"auth.username"}, userID: {"auth.user_id"}, password: {"auth.password"},
		domainName:  {"auth.user_domain_name", "auth.domain_name", "auth.project_domain_name"},
		domainID:    {"auth.user_domain_id", "auth.domain_id", "auth.project_domain_id", "auth.default_domain"},
		projectName: {"auth.project_name"}, projectID: {"auth.project_id"},
		region: {"region_name"}, authURL: {"auth.auth_url"}, caCert: {"cacert"}, cloudName: {"profile", "cloud"},
	}
}

// entry is one cloud. All scalars are texts, as they are written: an id may look like a number.
type entry struct {
	Profile    string            `yaml:"profile"`
	Cloud      string            `yaml:"cloud"`
	AuthType   string            `yaml:"auth_type"`
	RegionName string            `yaml:"region_name"`
	CACert     string            `yaml:"cacert"`
	Verify     *bool             `yaml:"verify"`
	Auth       map[string]string `yaml:"auth"`
}

func (e entry) get(name string) string {
	if key, ok := strings.CutPrefix(name, "auth."); ok {
		return e.Auth[key]
	}
	return map[string]string{"region_name": e.RegionName, "cacert": e.CACert, "profile": e.vendor(e.Profile), "cloud": e.vendor(e.Cloud)}[name]
}

// vendor is a vendor's profile that says which cloud it is. Those of clouds-public.yaml are not read.
func (entry) vendor(name string) string {
	if name == "otc" {
		return name
	}
	return ""
}

// secret tells whether the entry holds any.
func (e entry) secret() bool {
	return slices.ContainsFunc([]string{"password", "token", "sk", "secret_key", "security_token", "application_credential_secret"},
		func(key string) bool { return e.Auth[key] != "" })
}

func lookClouds(o Options) *set {
	paths, named := o.cloudsFiles()
	for _, path := range paths {
		f, err := readFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return unread(CloudsYAML, path, err, named)
		}
		return o.readClouds(f)
	}
	return unread(CloudsYAML, strings.Join(paths, ", "), fs.ErrNotExist, named || o.Getenv("OS_CLOUD") != "")
}

// cloudsFiles are the places that OpenStack's own client looks at, in its order.
func (o Options) cloudsFiles() (paths []string, named bool) {
	if path := o.Getenv("OS_CLIENT_CONFIG_FILE"); path != "" {
		return []string{o.place(path)}, true
	}
	paths = []string{o.place("clouds.yaml")}
	if config := firstOf(o.Getenv("XDG_CONFIG_HOME"), o.atHome(".config")); config != "" {
		paths = append(paths, filepath.Join(config, "openstack", "clouds.yaml"))
	}
	return append(paths, "/etc/openstack/clouds.yaml"), false
}

// readClouds reads the entry of one file, and what secure.yaml beside it has to say of it.
func (o Options) readClouds(f file) *set {
	entries, err := cloudEntries(f.data)
	if err != nil {
		return unread(CloudsYAML, f.path, err, true)
	}
	name := firstOf(o.Profile, o.Getenv("OS_CLOUD"))
	if name == "" && len(entries) == 1 {
		name = slices.Collect(maps.Keys(entries))[0]
	}
	switch node, ok := entries[name]; {
	case name == "":
		return failed(CloudsYAML, f.path, fmt.Sprintf("has %d clouds: choose one with OS_CLOUD or --profile", len(entries)))
	case !ok:
		return failed(CloudsYAML, f.path, fmt.Sprintf("has no cloud %q", name))
	default:
		return o.readCloud(f, name, node)
	}
}

func (o Options) readCloud(f file, name string, node yaml.Node) *set {
	var e entry
	e.take(node)
	openToOthers := []file{}
	if e.secret() {
		openToOthers = append(openToOthers, f)
	}
	secure, err := readFile(filepath.Join(filepath.Dir(f.path), "secure.yaml"))
	switch {
	case err == nil:
		entries, err := cloudEntries(secure.data)
		if err != nil {
			return unread(CloudsYAML, secure.path, err, true)
		}
		if node, ok := entries[name]; ok {
			e.take(node)
		}
		openToOthers = append(openToOthers, secure)
	case !errors.Is(err, fs.ErrNotExist):
		return unread(CloudsYAML, secure.path, err, true)
	}
	s := e.set(f.path, name)
	for _, f := range openToOthers {
		s.warn(f)
	}
	return s
}

// take puts what a node says over what the entry has. What is no text where one belongs is left out.
func (e *entry) take(node yaml.Node) {
	var whole *yaml.TypeError
	if err := node.Decode(e); err != nil && !errors.As(err, &whole) {
		*e = entry{}
	}
}

func (e entry) set(path, name string) *set {
	s := read(CloudsYAML, cloudNames(), e.get)
	s.where = fmt.Sprintf("%s cloud %q", path, name)
	if s.absent != "" {
		s.absent, s.missing = "", "has no credentials that writ knows: under auth, ak and sk, a token, or user and password"
	}
	if strings.Contains(e.AuthType, "applicationcredential") {
		s.refuse("auth_type is an application credential, which is not supported")
	}
	if e.Verify != nil && !*e.Verify {
		s.refuse("verify is false: servers whose identity is not checked are not supported; cacert names a file of certificates")
	}
	return s
}

// cloudEntries are the clouds of a file.
func cloudEntries(data []byte) (map[string]yaml.Node, error) {
	var doc struct {
		Clouds map[string]yaml.Node `yaml:"clouds"`
	}
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, misread("YAML file of clouds", err)
	}
	return doc.Clouds, nil
}
