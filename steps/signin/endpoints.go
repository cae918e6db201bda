package signin

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"

	"gopkg.in/yaml.v3"

	"writ/steps/cloud"
)

// Endpoints are the base URLs that the user keeps for a region where the official SDK looks for them: in
// HUAWEICLOUD_SDK_REGION_<SERVICE>_<REGION>, else in the file that HUAWEICLOUD_SDK_REGIONS_FILE names, or
// .huaweicloud/regions.yaml below home. Of several for one service the first counts.
func Endpoints(getenv func(string) string, home, region string) (map[string]string, error) {
	if region == "" {
		return map[string]string{}, nil
	}
	all, err := endpointsFromFile(getenv, home, region)
	if err != nil {
		return nil, err
	}
	for _, service := range cloud.Services() {
		name := "HUAWEICLOUD_SDK_REGION_" + strings.ToUpper(service+"_"+strings.ReplaceAll(region, "-", "_"))
		base, _, _ := strings.Cut(getenv(name), ",")
		if base = strings.TrimSpace(base); base == "" {
			continue
		}
		if all[service], err = userEndpoint(base); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return all, nil
}

// userEndpoint takes a host name for https, as the SDK does.
func userEndpoint(base string) (string, error) {
	if !strings.Contains(base, "://") {
		base = "https://" + base
	}
	return base, cloud.CheckEndpoint(base)
}

// userRegion is an entry of the regions file, below a service's name.
type userRegion struct {
	ID        string   `yaml:"id"`
	Endpoint  string   `yaml:"endpoint"`
	Endpoints []string `yaml:"endpoints"`
}

func endpointsFromFile(getenv func(string) string, home, region string) (map[string]string, error) {
	path := getenv("HUAWEICLOUD_SDK_REGIONS_FILE")
	named := path != ""
	if !named {
		if home == "" {
			return map[string]string{}, nil
		}
		path = filepath.Join(home, ".huaweicloud", "regions.yaml")
	}
	f, err := readFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !named:
		return map[string]string{}, nil
	case err != nil:
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	file, err := readRegions(f.data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	found := map[string]string{}
	for _, service := range cloud.Services() {
		if err := file.find(service, region, found); err != nil {
			return nil, fmt.Errorf("%s: %s, region %s: %w", path, service, region, err)
		}
	}
	return found, nil
}

// regionsFile is entries by service, whose name may be written in capitals.
type regionsFile map[string][]userRegion

// find puts the first URL of a service in a region into found.
func (f regionsFile) find(service, region string, found map[string]string) error {
	for name, entries := range f {
		if !strings.EqualFold(name, service) {
			continue
		}
		for _, e := range entries {
			all := append([]string{e.Endpoint}, e.Endpoints...)
			if e.Endpoint == "" {
				all = e.Endpoints
			}
			if e.ID != region || len(all) == 0 {
				continue
			}
			if _, twice := found[service]; twice {
				return errors.New("it stands there twice")
			}
			base, err := userEndpoint(strings.TrimSpace(all[0]))
			if err != nil {
				return err
			}
			found[service] = base
		}
	}
	return nil
}

// readRegions reads a file that holds no secrets, so that the reader's words may quote it.
func readRegions(data []byte) (regionsFile, error) {
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	var out regionsFile
	if err := d.Decode(&out); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if err := d.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the first document")
	}
	return out, nil
}
