package sandbox

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"time"
)

// The validity of a token unless a variant says another, and the form of its times.
const (
	tokenLife       = 24 * time.Hour
	tokenTimeFormat = "2006-01-02T15:04:05.000000Z"
)

// reference is how Keystone's bodies name something: by id or by name.
type reference struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// names tells whether a reference means this id or name; a field that is absent says nothing.
func (r reference) names(id, name string) bool {
	return (r.ID == "" || r.ID == id) && (r.Name == "" || r.Name == name)
}

// tokenRequest is the body that asks for a token, and the one that asks for a temporary key.
type tokenRequest struct {
	Auth struct {
		Identity struct {
			Methods  []string `json:"methods"`
			Password struct {
				User struct {
					reference
					Password string    `json:"password"`
					Domain   reference `json:"domain"`
				} `json:"user"`
			} `json:"password"`
			Token struct {
				ID              string `json:"id"`
				DurationSeconds *int   `json:"duration_seconds"`
			} `json:"token"`
		} `json:"identity"`
		Scope struct {
			Project *struct {
				reference
				Domain reference `json:"domain"`
			} `json:"project"`
			Domain *reference `json:"domain"`
		} `json:"scope"`
	} `json:"auth"`
}

// createToken makes a token out of the user's password, or out of another token for another scope. The second lives no
// longer than the first, as in Keystone.
func createToken(c *call) answer {
	var ask tokenRequest
	if json.Unmarshal(c.body, &ask) != nil {
		return keystoneRefusal(http.StatusBadRequest, "The request body is invalid")
	}
	token := newClaims(tokenKind, c.now, c.cloud.variants.tokenLife())
	token.Methods = ask.Auth.Identity.Methods
	switch {
	case slices.Equal(token.Methods, []string{"password"}):
		if bad := ask.checkPassword(); bad != nil {
			return *bad
		}
	case slices.Equal(token.Methods, []string{"token"}):
		old, ok := c.validToken(ask.Auth.Identity.Token.ID)
		if !ok {
			return notAuthenticated()
		}
		token.Expires = old.Expires
	default:
		return keystoneRefusal(http.StatusUnauthorized, "Attempted to authenticate with an unsupported method.")
	}
	project, ok := ask.project(c.cloud)
	if !ok {
		return notAuthenticated()
	}
	token.Project = project
	return c.replyToken(http.StatusCreated, token)
}

// checkPassword wants the user by id, or by name and account.
func (ask tokenRequest) checkPassword() *answer {
	user := ask.Auth.Identity.Password.User
	var bad answer
	switch {
	case user.ID == "" && user.Name == "":
		bad = keystoneRefusal(http.StatusBadRequest, "'name' is a required property")
	case user.Password == "":
		bad = keystoneRefusal(http.StatusBadRequest, "'password' is a required property")
	case user.ID == "" && user.Domain == reference{}:
		bad = keystoneRefusal(http.StatusBadRequest, "'domain' is a required property")
	case !user.names(userID, userName) || !user.Domain.names(domainID, domainName) || !equal(user.Password, userPassword):
		bad = keystoneRefusal(http.StatusUnauthorized, "The username or password is wrong.")
	default:
		return nil
	}
	return &bad
}

// project is the id of the project that a token is asked for, empty for the account. A project goes before an account;
// neither means the user's account.
func (ask tokenRequest) project(c *cloud) (id string, ok bool) {
	scope := ask.Auth.Scope
	switch {
	case scope.Project == nil && scope.Domain == nil:
		return "", true
	case scope.Project == nil:
		return "", scope.Domain.names(domainID, domainName)
	case scope.Project.reference == reference{} || !scope.Project.Domain.names(domainID, domainName):
		return "", false
	}
	for _, p := range c.namedProjects() {
		if scope.Project.names(p.ID, p.Name) {
			return p.ID, true
		}
	}
	return "", false
}

func (c *call) validToken(text string) (claims, bool) {
	token, ok := unseal(tokenKind, text)
	return token, ok && !c.cloud.isOver(token, c.now)
}

// showToken describes the token of X-Subject-Token.
func showToken(c *call) answer {
	token, ok := c.validToken(c.header.Get("X-Subject-Token"))
	if !ok {
		return keystoneRefusal(http.StatusNotFound, "Could not find token")
	}
	return c.replyToken(http.StatusOK, token)
}

func revokeToken(c *call) answer {
	token, ok := c.validToken(c.header.Get("X-Subject-Token"))
	if !ok {
		return keystoneRefusal(http.StatusNotFound, "Could not find token")
	}
	c.cloud.revoke(token, c.now)
	return noContent()
}

type tokenAnswer struct {
	Methods   []string      `json:"methods"`
	IssuedAt  string        `json:"issued_at"`
	ExpiresAt string        `json:"expires_at"`
	User      tokenUser     `json:"user"`
	Project   *tokenProject `json:"project,omitempty"`
	Domain    *reference    `json:"domain,omitempty"`
	Roles     []reference   `json:"roles"`
	Catalog   []catalogRow  `json:"catalog,omitempty"`
}

type tokenUser struct {
	reference
	PasswordExpiresAt string    `json:"password_expires_at"`
	Domain            reference `json:"domain"`
}

type tokenProject struct {
	reference
	Domain reference `json:"domain"`
}

func (c *call) replyToken(status int, token claims) answer {
	account := reference{domainID, domainName}
	out := tokenAnswer{
		Methods: token.Methods, IssuedAt: tokenTime(token.Issued), ExpiresAt: tokenTime(token.Expires),
		User:  tokenUser{reference: reference{userID, userName}, Domain: account},
		Roles: []reference{{roleID("te_admin"), "te_admin"}, {roleID("secu_admin"), "secu_admin"}},
	}
	if token.Project == "" {
		out.Domain = &account
	} else {
		out.Project = &tokenProject{reference{token.Project, c.cloud.projectName(token.Project)}, account}
	}
	if c.query.Get("nocatalog") == "" {
		out.Catalog = c.catalog()
	}
	return reply(status, map[string]any{"token": out}).with("X-Subject-Token", token.seal())
}

func tokenTime(micros int64) string { return time.UnixMicro(micros).UTC().Format(tokenTimeFormat) }

type catalogRow struct {
	reference
	Type      string            `json:"type"`
	Endpoints []catalogEndpoint `json:"endpoints"`
}

type catalogEndpoint struct {
	ID        string `json:"id"`
	Interface string `json:"interface"`
	Region    string `json:"region"`
	RegionID  string `json:"region_id"`
	URL       string `json:"url"`
}

// catalog lists the services that tokens are good for, at their listeners.
func (c *call) catalog() []catalogRow {
	rows := []catalogRow{}
	for _, service := range services {
		url, ok := c.endpoints[service]
		if !ok || service == "metadata" {
			continue
		}
		region := c.cloud.projects[c.cloud.ids[0]].region
		rows = append(rows, catalogRow{
			reference: reference{derivedID("service", service), service}, Type: service,
			Endpoints: []catalogEndpoint{{derivedID("endpoint", service), "public", region, region, url}},
		})
	}
	return rows
}

func (v variants) tokenLife() time.Duration {
	return cmp.Or(time.Duration(v.TokenSeconds)*time.Second, tokenLife)
}
