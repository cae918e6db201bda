package signin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"writ/steps/cloud"
)

// source makes the source of a complete set.
func (o Options) source(s *set) (*Source, error) {
	of, err := s.cloudOf()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.source, err)
	}
	if of != "" && o.Cloud != "" && of != o.Cloud {
		return nil, fmt.Errorf("the credentials of %s are for %s, and the target is in %s", s.source, of, o.Cloud)
	}
	base, err := s.iam()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.source, err)
	}
	found := &Source{
		Name: s.source, Where: s.where, Method: s.method, Cloud: of, Region: s.values[region],
		ProjectID: s.values[projectID], ProjectName: s.values[projectName],
		DomainID: s.values[domainID], DomainName: s.values[domainName],
		UserID: s.values[userID], UserName: s.values[userName],
		IAM: base, Warnings: s.notes,
	}
	if s.keyed() {
		found.AccessKey = s.values[accessKey]
	}
	secrets := s.secrets()
	found.secrets = func() []cloud.Secret { return slices.Clone(secrets) }
	if s.values[caCert] != "" {
		found.CACert = o.place(s.values[caCert])
	}
	if err := o.arm(found, s); err != nil {
		return nil, err
	}
	return found, nil
}

// arm gives a source the functions that know its secrets.
func (o Options) arm(found *Source, s *set) error {
	switch s.method {
	case Password:
		o.armPassword(found, cloud.Hide(s.values[password]))
	case Agency:
		m, err := o.metadata()
		if err != nil {
			return err
		}
		found.signIn = m.keys
		found.renew = func(ctx context.Context, _ cloud.Credentials) (cloud.Credentials, error) { return credsOf(m.keys(ctx)) }
	default:
		creds := s.credentials()
		found.signIn = func(context.Context) (issued, error) { return issued{creds: creds}, nil }
	}
	return nil
}

func credsOf(got issued, err error) (cloud.Credentials, error) { return got.creds, err }

// armPassword makes the two keepers of a user's tokens: the project's and the account's.
func (o Options) armPassword(found *Source, secret cloud.Secret) {
	u := &user{
		agent: o.UserAgent, caCert: found.CACert, name: found.UserName, id: found.UserID,
		domainName: found.DomainName, domainID: found.DomainID, password: secret, now: o.Now,
	}
	aim, err := o.scope(found)
	if err == nil {
		u.iam, err = o.iam(found)
	}
	u.fault = err
	project, account := o.keeper(u, aim), o.keeper(u, u.accountScope())
	found.signIn = func(ctx context.Context) (issued, error) { return project.get(ctx, cloud.Credentials{}) }
	found.renew = func(ctx context.Context, old cloud.Credentials) (cloud.Credentials, error) {
		return credsOf(project.get(ctx, old))
	}
	found.domain = func(ctx context.Context, old cloud.Credentials) (cloud.Credentials, error) {
		return credsOf(account.get(ctx, old))
	}
}

// iam is where a user's token is asked for: where the user says, where the source says, or where the cloud has it.
func (o Options) iam(found *Source) (string, error) {
	if base, own := o.Endpoints["iam"]; own {
		if err := cloud.CheckEndpoint(base); err != nil {
			return "", fmt.Errorf("endpoint of iam: %w", err)
		}
		return strings.TrimRight(base, "/"), nil
	}
	if found.IAM != "" {
		return found.IAM, nil
	}
	return cloud.Endpoint(firstOf(o.Cloud, found.Cloud, cloud.HuaweiCloud), firstOf(o.Region, found.Region), "iam")
}

// scope is the project that a token is for: the target's, the source's, or the one called like the region.
func (o Options) scope(found *Source) (scope, error) {
	id := firstOf(o.ProjectID, found.ProjectID)
	name := firstOf(found.ProjectName, o.Region, found.Region)
	if id == "" && name == "" {
		return nil, errors.New("no region and no project is known to sign in for: say it with --region or in the plan's target")
	}
	return projectScope(id, name), nil
}

func (o Options) keeper(u *user, of scope) keeper {
	file := func(about string) cache {
		return newCache(o.Cache, about, u.iam, u.id, u.name, u.domainName, u.domainID, fmt.Sprint(of))
	}
	before := refusal{file("refusal"), o.Now}
	return keeper{
		now: o.Now, cache: file("token"),
		fetch: func(ctx context.Context) (issued, error) { return u.token(ctx, of, before) },
	}
}
