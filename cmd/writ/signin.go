package main

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"writ/engine"
	"writ/steps/cloud"
	"writ/steps/signin"
)

func denied(format string, args ...any) error {
	return &engine.Refusal{Exit: engine.ExitDenied, Message: fmt.Sprintf(format, args...)}
}

// discover finds the credentials, and fills in what the request leaves to them: cloud, region and addresses. It looks
// twice, because the addresses hang on the region, which the credentials may be the first to name.
func (a *app) discover(r *request) (*signin.Source, []signin.Looked, error) {
	source, looked, err := signin.Discover(a.signInOptions(*r))
	if err != nil {
		return nil, looked, err
	}
	r.region = cmp.Or(r.region, source.Region)
	r.cloud = cmp.Or(r.cloud, cmp.Or(source.Cloud, cloudOf(r.region)))
	if err := a.addressesOf(r, source.IAM); err != nil {
		return nil, looked, err
	}
	source, looked, err = signin.Discover(a.signInOptions(*r))
	if err == nil {
		for _, secret := range source.Secrets() {
			a.redactor.add(secret.Reveal())
		}
	}
	return source, looked, err
}

// unfound is why there are no credentials to go on with.
func unfound(err error) error {
	if errors.Is(err, signin.ErrUnknownSource) {
		return wrong("--auth: %s", err)
	}
	return denied("%s\nsee: writ auth; without an account, try --sandbox", err)
}

// cloudOf is the cloud that a region belongs to: all but those of Open Telekom Cloud are taken for Huawei Cloud's.
func cloudOf(region string) string {
	if _, err := cloud.Endpoint(cloud.OTC, region, "iam"); err == nil {
		return cloud.OTC
	}
	return cloud.HuaweiCloud
}

// addressesOf adds the user's own addresses to those of the command line; iam is that which the credentials name.
func (a *app) addressesOf(r *request, iam string) error {
	own, err := signin.Endpoints(a.getenv, a.getenv("HOME"), r.region)
	if err != nil {
		return err
	}
	all := map[string]string{}
	if iam != "" {
		all["iam"] = iam
	}
	maps.Copy(all, own)
	maps.Copy(all, r.endpoints)
	if r.began != nil {
		all, err = r.keepTo(all)
	}
	r.endpoints = all
	return err
}

// keepTo goes on where a run began. What its journal says of that is believed only where the user says the same: who
// can write the journal is not to learn a password. The command line may name other addresses.
func (r *request) keepTo(own map[string]string) (map[string]string, error) {
	all := map[string]string{}
	var unsaid []string
	for _, service := range slices.Sorted(maps.Keys(r.began)) {
		if all[service] = r.began[service]; own[service] != r.began[service] && r.endpoints[service] == "" {
			unsaid = append(unsaid, "--endpoint "+service+"="+r.began[service])
		}
	}
	if len(unsaid) > 0 {
		return nil, fmt.Errorf("the run began with addresses that nothing else names; if they are right, add\n    %s", strings.Join(unsaid, " "))
	}
	maps.Copy(all, r.endpoints)
	return all, nil
}

func (a *app) signInOptions(r request) signin.Options {
	o := signin.Options{
		Getenv: a.getenv, Home: a.getenv("HOME"), Dir: ".",
		Auth: cmp.Or(a.flags.auth, a.getenv("WRIT_AUTH")), Profile: cmp.Or(a.flags.profile, a.getenv("WRIT_PROFILE")),
		Cloud: r.cloud, Region: r.region, ProjectID: r.project, Endpoints: r.endpoints, UserAgent: agent(),
	}
	if caches := cmp.Or(a.getenv("XDG_CACHE_HOME"), under(a.getenv("HOME"), ".cache")); caches != "" {
		o.Cache = filepath.Join(caches, "writ", "tokens")
	}
	return o
}

func under(home, name string) string {
	if home == "" {
		return ""
	}
	return filepath.Join(home, name)
}

func agent() string { return "writ/" + version() }

// redacted makes sure that nothing secret of credentials is printed or journaled.
func (a *app) redacted(c cloud.Credentials, err error) (cloud.Credentials, error) {
	a.redactor.add(c.SecretKey.Reveal(), c.SecurityToken.Reveal(), c.Token.Reveal())
	return c, err
}
