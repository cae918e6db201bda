package signin_test

import (
	"context"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"writ/engine/step"
	"writ/steps/cloud"
	"writ/steps/sandbox"
	"writ/steps/signin"
)

// emulated is a sandbox, and the options of somebody whose user is the sandbox's.
func emulated(t *testing.T) (sandbox.Endpoints, signin.Options) {
	t.Helper()
	return emulatedAs(t, sandbox.Options{})
}

func emulatedAs(t *testing.T, as sandbox.Options) (sandbox.Endpoints, signin.Options) {
	t.Helper()
	as.Region = "eu-de"
	server, err := sandbox.New(as)
	require.NoError(t, err)
	require.NoError(t, server.Start())
	t.Cleanup(func() { assert.NoError(t, server.Close()) })
	at := server.Endpoints()
	d := desk{env: environment("OS_USERNAME="+at.UserName, "OS_PASSWORD="+at.Password, "OS_DOMAIN_NAME="+at.DomainName, "OS_REGION=eu-de")}
	o := d.options(t)
	o.Now, o.Endpoints = nil, at.Endpoints
	return at, o
}

// callWith makes a call about the account and one about a project, as whoever signed in.
func callWith(t *testing.T, at sandbox.Endpoints, s *signin.Source, c cloud.Credentials) {
	t.Helper()
	cfg := cloud.Config{Credentials: c, Region: at.Region, ProjectID: at.ProjectID, Endpoints: at.Endpoints, Closed: true}
	if s.CanRenew() {
		cfg.Renew = s.Renew
	}
	if s.HasDomain() {
		cfg.DomainToken = s.Domain
	}
	client, err := cloud.New(cfg)
	require.NoError(t, err)
	who, err := client.Identity(context.Background())
	require.NoError(t, err)
	assert.Equal(t, at.DomainID, who.DomainID)
	_, err = client.Agencies(context.Background(), "nobody")
	require.NoError(t, err)
	require.NoError(t, client.Call(context.Background(), cloud.Call{
		Service: "mpc", Operation: "ShowAgenciesTask", Method: "GET", Path: "/v1/{project_id}/agencies",
	}))
}

func TestTheSandboxTakesWhatASourceSignsInWith(t *testing.T) {
	for name, test := range map[string]struct {
		auth  string
		renew bool
	}{
		"a password":          {auth: signin.OSEnv},
		"a password, renewed": {auth: signin.OSEnv, renew: true},
		"an agency":           {auth: signin.ECS},
		"an agency, renewed":  {auth: signin.ECS, renew: true},
	} {
		t.Run(name, func(t *testing.T) {
			at, o := emulated(t)
			o.Auth = test.auth
			s := discover(t, o)
			c, err := s.SignIn(context.Background())
			require.NoError(t, err)
			if test.renew {
				old := c
				c, err = s.Renew(context.Background(), old)
				require.NoError(t, err)
				assert.NotEqual(t, old, c)
			}
			assert.True(t, c.Expires.After(time.Now()))
			callWith(t, at, s, c)
		})
	}
}

func TestTheSandboxSaysWhoseTokenItIs(t *testing.T) {
	at, o := emulated(t)
	s := discover(t, o)
	signIn(t, s)
	assert.Equal(t, []string{at.ProjectID, "eu-de", at.DomainID, at.DomainName, at.UserName},
		[]string{s.ProjectID, s.ProjectName, s.DomainID, s.DomainName, s.UserName})
	assert.NotEmpty(t, s.UserID)
}

func TestTheSandboxSaysWhoseTokenOfTheAccountItIs(t *testing.T) {
	at, o := emulated(t)
	token, err := discover(t, o).Domain(t.Context(), cloud.Credentials{})
	require.NoError(t, err)
	key := cloud.Credentials{AccessKey: at.AccessKey, SecretKey: cloud.Hide(at.SecretKey)}
	for _, test := range []struct {
		what    string
		creds   cloud.Credentials
		project string
		known   bool
	}{
		{"a token, and no project", token, "", false},
		{"a token, and its project", token, at.ProjectID, true},
		{"a token, and nobody's project", token, "nobodys", false},
		{"a key, and its project", key, at.ProjectID, true},
		{"a key, and nobody's project", key, "nobodys", false},
	} {
		client, err := cloud.New(cloud.Config{
			Credentials: test.creds, Region: at.Region, ProjectID: test.project, Endpoints: at.Endpoints, Closed: true,
		})
		require.NoError(t, err)
		who, err := client.Identity(t.Context())
		require.NoError(t, err, test.what)
		assert.Equal(t, []any{at.DomainID, at.DomainName, test.project, test.known}, []any{who.DomainID, who.DomainName, who.ProjectID, who.ProjectKnown}, test.what)
		if !test.creds.Token.IsZero() {
			assert.Equal(t, at.UserName, who.UserName)
			assert.WithinDuration(t, token.Expires, who.Expires, time.Second)
		}
	}
}

func TestTheSandboxRefusesAWrongPasswordAndAnotherProject(t *testing.T) {
	at, o := emulated(t)
	o.Getenv = desk{env: environment("HW_USER_NAME="+at.UserName, "HW_USER_PASSWORD=wrong", "HW_DOMAIN_NAME="+at.DomainName, "HW_REGION_NAME=eu-de")}.options(t).Getenv
	_, err := discover(t, o).SignIn(context.Background())
	assert.True(t, step.IsClass(err, step.Unauthenticated), "%v", err)
	assert.NotEmpty(t, step.ErrorOf(err).RequestID)

	_, o = emulated(t)
	o.ProjectID = "nobodys"
	_, err = discover(t, o).SignIn(context.Background())
	assert.True(t, step.IsClass(err, step.Unauthenticated), "%v", err)
}

// The kept tokens have died before their time, whoever sees it first: that costs one sign-in each, and locks nobody out.
func TestADeadTokenIsReplacedWhoeverRefusesIt(t *testing.T) {
	for _, who := range []string{"gateway", "service"} {
		var ahead atomic.Int64
		clock := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
		at, o := emulatedAs(t, sandbox.Options{Clock: clock, Seed: []byte(`{"variants":{"token_seconds":7200,"stale_token":"` + who + `"}}`)})
		o.Cache = filepath.Join(t.TempDir(), "tokens")
		for _, dies := range []time.Duration{0, 3 * time.Hour} {
			ahead.Add(int64(dies))
			s := discover(t, o)
			c, err := s.SignIn(context.Background())
			require.NoError(t, err)
			callWith(t, at, s, c)
		}
		ahead.Add(int64(-3 * time.Hour))
		next := discover(t, o)
		c, err := next.SignIn(context.Background())
		require.NoError(t, err)
		assert.True(t, c.Expires.After(time.Now().Add(4*time.Hour)), "the new token is kept")
	}
}
