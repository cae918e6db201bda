// Package cloud makes the calls to Huawei Cloud and Open Telekom Cloud: it finds the endpoint, signs, sends once, and
// says what became of it in the error classes of engine/step. It knows nothing of plans and steps, and it never
// repeats a call: whether one may be sent again is for the caller to decide.
package cloud

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
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
	ProjectID   string            // of the region
	DomainID    string            // of the account; found by a call when it is needed and not said
	Endpoints   map[string]string // service → base URL, in place of the built-in ones
	UserAgent   string
	Timeout     time.Duration    // of one call; 0 is 60 s
	Clock       func() time.Time // nil is time.Now
	Trace       func(Trace)      // is told of each call, from many goroutines; nil for nobody
}

// Client makes calls. It is safe for use by many at once. None of its fields holds a secret: what must know one is a
// function.
type Client struct {
	cloud, region, project string
	endpoints              map[string]string
	userAgent              string
	timeout                time.Duration
	clock                  func() time.Time
	trace                  func(Trace)
	sign                   signer
	mask                   func(string) string
	reads, writes          http.RoundTripper

	door   door
	mu     sync.Mutex // guards domain
	domain string
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
		cloud: cfg.Cloud, region: cfg.Region, project: cfg.ProjectID, domain: cfg.DomainID,
		endpoints: map[string]string{}, userAgent: cfg.UserAgent, timeout: cfg.Timeout, clock: cfg.Clock, trace: cfg.Trace,
		reads: newTransport(true), writes: newTransport(false),
	}
	for service, base := range cfg.Endpoints {
		c.endpoints[service] = strings.TrimSuffix(base, "/")
	}
	if c.userAgent == "" {
		c.userAgent = "writ"
	}
	if c.timeout == 0 {
		c.timeout = defaultTimeout
	}
	if c.clock == nil {
		c.clock = time.Now
	}
	c.sign = newSigner(cfg.Credentials, c.clock)
	c.mask = masking(cfg.Credentials.SecretKey, cfg.Credentials.SecurityToken)
	return c, nil
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
		if err := checkEndpoint(base); err != nil {
			return fmt.Errorf("endpoint of %s: %w", service, err)
		}
	}
	return cfg.Credentials.check()
}

func (c Credentials) check() error {
	if c.AccessKey == "" || c.SecretKey == "" {
		return errors.New("no access key or no secret key")
	}
	for what, value := range map[string]string{
		"access key": c.AccessKey, "secret key": c.SecretKey.Reveal(), "security token": c.SecurityToken.Reveal(),
	} {
		if strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return fmt.Errorf("the %s has a blank or a character that keys never have", what)
		}
	}
	return nil
}
