package signin

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/gophercloud/gophercloud/v2/openstack/identity/v3/tokens"

	"writ/engine/step"
	"writ/steps/cloud"
)

const (
	timeout = 30 * time.Second
	maxBody = 4 << 20
	// createToken is the official SDK's name of the call.
	createToken = "iam KeystoneCreateUserTokenByPassword"
)

// user is who signs in with a password.
type user struct {
	iam, agent, caCert string
	name, id           string // the id counts
	domainName         string // counts before the id
	domainID           string
	password           cloud.Secret
	now                func() time.Time
	fault              error // why it is not known where to ask, or for what

	mu      sync.Mutex // one asks at a time
	refused error      // the password was refused: it is not sent again, since a few refusals lock the account
}

// scope is what a token is for.
type scope map[string]any

func projectScope(id, name string) scope {
	if id != "" {
		return scope{"project": map[string]string{"id": id}}
	}
	return scope{"project": map[string]string{"name": name}}
}

// accountScope is the user's own account, which is also what IAM takes when nothing is said.
func (u *user) accountScope() scope {
	switch {
	case u.domainName != "":
		return scope{"domain": map[string]string{"name": u.domainName}}
	case u.domainID != "":
		return scope{"domain": map[string]string{"id": u.domainID}}
	}
	return nil
}

// wish is gophercloud's request for a token with the scope as the cloud's API has it, where a project needs no domain
// beside it (KeystoneCreateUserTokenByPassword).
type wish struct {
	*tokens.AuthOptions
	scope scope
}

func (w wish) ToTokenV3ScopeMap() (map[string]any, error) { return w.scope, nil }

func (u *user) wish(of scope) wish {
	o := &tokens.AuthOptions{UserID: u.id, Password: u.password.Reveal()}
	if u.id == "" {
		o.Username, o.DomainName = u.name, u.domainName
		if u.domainName == "" {
			o.DomainID = u.domainID
		}
	}
	return wish{o, of}
}

// token asks IAM for a token, once, and not at all with a password that was refused.
func (u *user) token(ctx context.Context, of scope, before refusal) (issued, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.refused == nil {
		u.refused = before.of(u.password.Reveal())
	}
	if u.refused != nil {
		return issued{}, u.refused
	}
	got, err := u.ask(ctx, of)
	before.note(u.password.Reveal(), err)
	if step.IsClass(err, step.Unauthenticated) {
		u.refused = err
	}
	return got, err
}

func (u *user) ask(ctx context.Context, of scope) (issued, error) {
	transport, err := u.transport()
	if err != nil {
		return issued{}, &step.Error{Class: step.Invalid, Operation: createToken, Message: err.Error()}
	}
	defer transport.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	from := u.now()
	result := tokens.Create(ctx, u.client(transport), u.wish(of))
	if result.Err != nil {
		return issued{}, u.failure(ctx, result.Err)
	}
	return u.take(result, from)
}

// client is one that follows no redirect, which would carry the password along, and repeats nothing.
func (u *user) client(transport http.RoundTripper) *gophercloud.ServiceClient {
	p := &gophercloud.ProviderClient{HTTPClient: http.Client{Transport: bounded{transport}, CheckRedirect: stay}}
	if u.agent != "" {
		p.UserAgent.Prepend(u.agent)
	}
	return &gophercloud.ServiceClient{ProviderClient: p, Endpoint: u.iam + "/v3/"}
}

func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func (u *user) transport() (*http.Transport, error) {
	if u.fault != nil {
		return nil, u.fault
	}
	transport := cloud.NewTransport(0)
	roots, err := rootsIn(u.caCert)
	transport.TLSClientConfig.RootCAs = roots
	return transport, err
}

// rootsIn are the authorities of a file; nil, which is the system's, without one.
func rootsIn(path string) (*x509.CertPool, error) {
	if path == "" {
		return nil, nil
	}
	pem, err := readFile(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem.data) {
		return nil, fmt.Errorf("%s: no certificate in it", path)
	}
	return pool, nil
}

// bounded ends answers that do not end.
type bounded struct{ next http.RoundTripper }

func (b bounded) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := b.next.RoundTrip(req)
	if err == nil {
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(resp.Body, maxBody), resp.Body}
	}
	return resp, err
}

// take reads a token that was issued.
func (u *user) take(result tokens.CreateResult, from time.Time) (issued, error) {
	var is struct {
		Expires time.Time      `json:"expires_at"`
		User    tokens.User    `json:"user"`
		Project tokens.Project `json:"project"`
		Domain  tokens.Domain  `json:"domain"`
	}
	err := result.ExtractInto(&is)
	id := result.Header.Get("X-Subject-Token")
	if err == nil && (id == "" || is.Expires.IsZero()) {
		err = errors.New("it holds no token, or not until when")
	}
	if err != nil {
		return issued{}, cloud.Failure(createToken, u.now(), http.StatusCreated, result.Header, nil)
	}
	who := identity{
		ProjectID: is.Project.ID, ProjectName: is.Project.Name, UserID: is.User.ID, UserName: is.User.Name,
		DomainID: firstOf(is.User.Domain.ID, is.Domain.ID), DomainName: firstOf(is.User.Domain.Name, is.Domain.Name),
	}
	creds := cloud.Credentials{Token: cloud.Hide(strings.TrimSpace(id)), Expires: is.Expires}
	return issued{creds: creds, from: from, who: who}, nil
}
