// Package signin finds the credentials that users already have, in the variables and files of the tools they come from,
// and turns a user's password or a server's agency into credentials that the client takes. It knows the names that others
// gave to things, and IAM's tokens. It knows nothing of plans and steps, makes no other call, and prints nothing.
//
// Discovery reads variables and files, and never the network. The first source that has all that it takes is used; values
// of two are never mixed. Two that name different identities are refused until one is chosen, because the wrong account is
// the worst of faults. Secrets stand in no field, no error and no word of Looked: what must know one is a function.
//
// The file clouds.yaml is read here and not by gophercloud, whose reader looks into the process's own environment and
// directory, and knows no access keys.
package signin

import (
	"context"
	"crypto/x509"
	"errors"
	"time"

	"writ/steps/cloud"
)

// The sources, in the order in which they are looked at.
const (
	SDKEnv     = "sdk-env"     // the official SDK's variables
	HWEnv      = "hw-env"      // those of Terraform's provider for Huawei Cloud
	OSEnv      = "os-env"      // OpenStack's, and those of Terraform's provider for Open Telekom Cloud
	CloudsYAML = "clouds-yaml" // OpenStack's files
	SDKProfile = "sdk-profile" // the official SDK's file
	KooCLI     = "koocli"      // Huawei Cloud's command line, hcloud
	ECS        = "ecs"         // the metadata service of the server that writ runs on; only when it is chosen
)

// The methods.
const (
	AccessKey    = "access key"
	TemporaryKey = "temporary access key"
	Token        = "token"
	Password     = "password"
	Agency       = "agency of the server"
)

// Options say where to look, and what was chosen already.
type Options struct {
	Getenv    func(string) string
	Home      string            // the user's; "" is none
	Dir       string            // the working directory
	Auth      string            // the one source to use; "" looks at all but ECS
	Profile   string            // the entry to use of clouds-yaml, sdk-profile (basic or global) or koocli; without Auth, only these are looked at
	Cloud     string            // the target's, as far as it is known; a source that is for another cloud is refused
	Region    string            // the target's; "" leaves it to the source
	ProjectID string            // the target's: a token is for it, in place of the source's own project
	Endpoints map[string]string // the user's addresses; here iam and metadata
	Now       func() time.Time  // nil is time.Now
	Cache     string            // the directory in which tokens and refusals are kept; "" keeps none
	UserAgent string
}

// Source is where credentials come from, and for whom they are as far as the source says it. SignIn fills in more of
// these ids and names where it learns them.
type Source struct {
	Name, Where, Method string

	Cloud, Region          string // what the source itself says; "" when it does not
	ProjectID, ProjectName string
	DomainID, DomainName   string
	UserID, UserName       string
	AccessKey              string   // its id
	IAM                    string   // base URL of IAM, when the source names one
	CACert                 string   // a file of certificates that stand in place of the system's, when the source names one
	Warnings               []string // what the user should mend
	secrets                func() []cloud.Secret
	signIn                 func(context.Context) (issued, error)
	renew                  func(context.Context, cloud.Credentials) (cloud.Credentials, error)
	domain                 func(context.Context, cloud.Credentials) (cloud.Credentials, error)
}

// ErrUnknownSource is in the error of Discover when Options.Auth names no source. That one says which there are.
var ErrUnknownSource = errors.New("no such source")

// Looked is a place where credentials could have been.
type Looked struct{ Source, Where, Outcome string }

// SignIn answers credentials: keys and tokens at once, a token for a password from the cache or from IAM, keys of an
// agency from the metadata service. It sends at most one request with a password, and none after one was refused: by this
// source, or for five minutes by that of an earlier command, when there is a cache. Its errors are *step.Error where
// somebody was asked.
func (s *Source) SignIn(ctx context.Context) (cloud.Credentials, error) {
	got, err := s.signIn(ctx)
	if err != nil {
		return cloud.Credentials{}, err
	}
	s.learn(got.who)
	if got.note != "" {
		s.Warnings = append(s.Warnings, got.note)
	}
	if s.Method == Agency {
		s.AccessKey = got.creds.AccessKey
	}
	return got.creds, nil
}

func (s *Source) learn(who identity) {
	for _, known := range []struct {
		mine    *string
		learned string
	}{
		{&s.ProjectID, who.ProjectID}, {&s.ProjectName, who.ProjectName},
		{&s.DomainID, who.DomainID}, {&s.DomainName, who.DomainName},
		{&s.UserID, who.UserID}, {&s.UserName, who.UserName},
	} {
		if *known.mine == "" {
			*known.mine = known.learned
		}
	}
}

// Secrets are what is known before signing in and must not be shown: the password, the secret keys and the tokens that
// the source holds, used or not.
func (s *Source) Secrets() []cloud.Secret { return s.secrets() }

// RootCAs are the authorities in the source's CACert, in place of the system's; nil when it names none.
func (s *Source) RootCAs() (*x509.CertPool, error) { return rootsIn(s.CACert) }

// CanRenew tells whether Renew has a way to new credentials: from a password or an agency.
func (s *Source) CanRenew() bool { return s.renew != nil }

// Renew answers credentials of the same identity that are not old, which expire soon or were refused: those that another
// command has got in the meantime, or new ones. The old ones are kept no longer. It changes nothing in s.
func (s *Source) Renew(ctx context.Context, old cloud.Credentials) (cloud.Credentials, error) {
	if s.renew == nil {
		return cloud.Credentials{}, errors.New("the " + s.Method + " of " + s.Name + " cannot be renewed")
	}
	return s.renew(ctx, old)
}

// HasDomain tells whether Domain answers anything: with a password.
func (s *Source) HasDomain() bool { return s.domain != nil }

// Domain answers a token of the same user for the account, which IAM's calls about the account take; others need none,
// since keys work for both. It is kept and renewed like the project's: old is the one that was refused or expires, empty at
// first. It changes nothing in s.
func (s *Source) Domain(ctx context.Context, old cloud.Credentials) (cloud.Credentials, error) {
	if s.domain == nil {
		return cloud.Credentials{}, errors.New("the " + s.Method + " of " + s.Name + " has no token for the account")
	}
	return s.domain(ctx, old)
}
