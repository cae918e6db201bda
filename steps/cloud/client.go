// Package cloud makes the calls to Huawei Cloud and Open Telekom Cloud: it finds the endpoint, signs, sends once, and
// says what became of it in the error classes of engine/step. It knows nothing of plans and steps, and it never
// repeats a call: whether one may be sent again is for the caller to decide. The one exception is a call whose token was
// refused, by the gateway, by IAM or by the service, or whose temporary keys look as if they had expired: it had no effect,
// and it is sent once more with new credentials if Config.Renew or Config.DomainToken has any. A second refusal is final.
package cloud

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// The clouds that writ knows.
const (
	HuaweiCloud = "huaweicloud"
	OTC         = "otc"
)

const defaultTimeout = 60 * time.Second

// Config says whose calls to make, and where.
type Config struct {
	Credentials Credentials
	Cloud       string // HuaweiCloud or OTC; "" is HuaweiCloud
	Region      string
	ProjectID   string            // of the region; found by a call when it is needed and not said
	DomainID    string            // of the account; likewise
	Endpoints   map[string]string // service → base URL, in place of the built-in ones
	Closed      bool              // there are no services but those in Endpoints
	Rate        float64           // calls a second to each service; 0 is no limit
	// Renew answers other credentials than the old ones, of the same identity. It is asked before Expires, and once when a
	// call was refused because of a token, or of keys that have an Expires and may be over; nil when nothing renews them.
	Renew func(ctx context.Context, old Credentials) (Credentials, error)
	// DomainToken answers a token of the same user whose scope is the account. IAM wants one for agencies, roles and
	// users, which a project's token does not open. It is asked at the first call about the account that is made with a
	// token, with empty old credentials, then as Renew is, and never for access keys, which open both. Nil: such calls go
	// out with the token there is.
	DomainToken func(ctx context.Context, old Credentials) (Credentials, error)
	Transport   http.RoundTripper // takes requests to the services; nil is the client's own, which watches where they go
	RootCAs     *x509.CertPool    // who vouches for the services; nil is whom the system trusts
	UserAgent   string
	Timeout     time.Duration                              // of one call; 0 is 60 s
	Clock       func() time.Time                           // nil is time.Now
	Sleep       func(context.Context, time.Duration) error // waits; nil waits on the machine's clock
	Trace       func(Trace)                                // is told of each call, from many goroutines; nil for nobody
	Notice      func(string)                               // is told what a person should mend, from many goroutines; nil for nobody
}

// Client makes calls. It is safe for use by many at once. None of its fields holds a secret: what must know one is a
// function.
type Client struct {
	cloud, region, project string
	endpoints              map[string]string
	closed                 bool
	userAgent              string
	timeout                time.Duration
	clock                  func() time.Time
	sleep                  func(context.Context, time.Duration) error
	trace                  func(Trace)
	notice                 func(string)
	mask                   masking
	reads, writes          http.RoundTripper

	byToken               bool
	own, account, storage *pass // for a project's services, for IAM's account calls, for OBS
	manners               manners
	skew                  skew
	foundProject, domain  foundOnce
}

// identifier is what ids and region names consist of, so that none can change a host, a path or a query.
var identifier = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// New makes a client. It sends nothing. Its errors are about the configuration and hold no secret.
func New(cfg Config) (*Client, error) {
	if cfg.Cloud == "" {
		cfg.Cloud = HuaweiCloud
	}
	if err := cfg.check(); err != nil {
		return nil, err
	}
	c := &Client{
		cloud: cfg.Cloud, region: cfg.Region, project: cfg.ProjectID,
		endpoints: map[string]string{}, closed: cfg.Closed, userAgent: cfg.UserAgent, timeout: cfg.Timeout,
		clock: cfg.Clock, sleep: cfg.Sleep, trace: cfg.Trace, notice: cfg.Notice, byToken: !cfg.Credentials.Token.IsZero(),
		reads: trusting(cfg.RootCAs, restForReads), writes: trusting(cfg.RootCAs, restForWrites),
		manners: manners{rate: cfg.Rate, services: map[string]*pace{}}, skew: skew{probe: newFoundOnce("")},
		foundProject: newFoundOnce(""), domain: newFoundOnce(cfg.DomainID),
	}
	for service, base := range cfg.Endpoints {
		c.endpoints[service] = strings.TrimSuffix(base, "/")
	}
	if cfg.Transport != nil {
		c.reads, c.writes = cfg.Transport, cfg.Transport
	}
	if c.userAgent == "" {
		c.userAgent = "writ"
	}
	if c.timeout == 0 {
		c.timeout = defaultTimeout
	}
	if c.sleep == nil {
		c.sleep = sleep
	}
	if c.clock == nil {
		c.clock = time.Now
	}
	c.passes(cfg)
	return c, nil
}

// passes makes the passes. Access keys open all; a token does not open OBS, and IAM's account calls only if it is the
// account's.
func (c *Client) passes(cfg Config) {
	var hide Redactor
	c.mask = hide.text
	c.own = newPass(cfg.Credentials, cfg.Renew, c.clock, hide.Learn)
	c.account, c.storage = c.own, c.own
	if !c.byToken {
		return
	}
	c.storage = newPass(Credentials{}, c.temporaryKeys, c.clock, hide.Learn)
	if cfg.DomainToken != nil {
		c.account = newPass(Credentials{}, cfg.DomainToken, c.clock, hide.Learn)
	}
}

func (cfg Config) check() error {
	if cfg.Cloud != HuaweiCloud && cfg.Cloud != OTC {
		return fmt.Errorf("unknown cloud %q: say %s or %s", cfg.Cloud, HuaweiCloud, OTC)
	}
	for what, id := range map[string]string{"region": cfg.Region, "project id": cfg.ProjectID, "domain id": cfg.DomainID} {
		if id != "" && !identifier.MatchString(id) {
			return fmt.Errorf("%s %q: only letters, digits, - and _, at most 64", what, id)
		}
	}
	for service, base := range cfg.Endpoints {
		if err := CheckEndpoint(base); err != nil {
			return fmt.Errorf("endpoint of %s: %w", service, err)
		}
	}
	return cfg.Credentials.check()
}

func (c Credentials) check() error {
	if c.Token.IsZero() && (c.AccessKey == "" || c.SecretKey.IsZero()) {
		return errors.New("no token, and no access key or no secret key")
	}
	for what, value := range map[string]string{
		"access key": c.AccessKey, "secret key": c.SecretKey.Reveal(), "security token": c.SecurityToken.Reveal(),
		"token": c.Token.Reveal(),
	} {
		if strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return fmt.Errorf("the %s has a blank or a character that keys never have", what)
		}
	}
	return nil
}
