package signin

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"writ/steps/cloud"
)

// field is what a source may say something about.
type field int

const (
	token field = iota
	accessKey
	secretKey
	securityToken
	userName
	userID
	password
	domainName
	domainID
	projectName
	projectID
	region
	authURL
	cloudName
	caCert
)

// names are what a source calls a field, the first that is set counts.
type names map[field][]string

// set is what one source says. It holds secrets, and lives only as long as Discover looks.
type set struct {
	source  string
	where   string // the variables, or the file
	absent  string // why it says nothing at all; "" when it says something
	missing string // what is missing or wrong; "" when nothing is
	refused string // what it asks for that writ does not do
	method  string
	names   names
	values  map[field]string
	called  map[field]string // the name that had the value
	notes   []string
}

// Format is what any verb prints.
func (s *set) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.source) }

// read takes what a source says, by its own names.
func read(source string, n names, get func(string) string) *set {
	s := &set{source: source, names: n, values: map[field]string{}, called: map[field]string{}}
	for f, names := range n {
		for _, name := range names {
			value := get(name)
			if f != password {
				value = strings.TrimSpace(value)
			}
			if value != "" {
				s.values[f], s.called[f] = value, name
				break
			}
		}
	}
	s.settle()
	return s
}

func (s *set) has(fields ...field) bool {
	return !slices.ContainsFunc(fields, func(f field) bool { return s.values[f] == "" })
}

func (s *set) hasAny(fields ...field) bool {
	return slices.ContainsFunc(fields, func(f field) bool { return s.values[f] != "" })
}

// settle finds the method: token before access key before password, as Terraform's providers have it.
func (s *set) settle() {
	switch {
	case s.has(token):
		s.method = Token
	case s.has(accessKey, secretKey, securityToken):
		s.method = TemporaryKey
	case s.has(accessKey, secretKey):
		s.method = AccessKey
	case len(s.wanted()) == 0:
		s.method = Password
	case !s.hasAny(accessKey, secretKey, securityToken, userName, userID, password):
		s.absent = "not set"
	default:
		s.missing = s.sayMissing()
	}
	s.checkText()
}

// checkText finds what cannot be sent: keys and tokens that have something else than visible letters in them. Blanks
// around them are gone already.
func (s *set) checkText() {
	for _, f := range s.fields() {
		odd := strings.ContainsFunc(s.values[f], func(r rune) bool { return r <= ' ' || r > '~' })
		if odd && s.method != Password && s.missing == "" {
			s.missing = s.called[f] + " has a blank, a line end or another character in it that keys and tokens never have"
		}
	}
}

// wanted are the fields that a password still takes.
func (s *set) wanted() []field {
	var fields []field
	if !s.hasAny(userName, userID) {
		fields = append(fields, userName)
	}
	if !s.has(password) {
		fields = append(fields, password)
	}
	if !s.hasAny(userID, domainName, domainID) {
		fields = append(fields, domainName)
	}
	return fields
}

func (s *set) sayMissing() string {
	fields := s.wanted()
	if s.hasAny(accessKey, secretKey, securityToken) {
		fields = slices.DeleteFunc([]field{accessKey, secretKey}, func(f field) bool { return s.has(f) })
	}
	var missing []string
	for _, f := range fields {
		if len(s.names[f]) > 0 {
			missing = append(missing, s.names[f][0])
		}
	}
	if len(missing) == 1 {
		return missing[0] + " is missing"
	}
	return strings.Join(missing, ", ") + " are missing"
}

func (s *set) complete() bool { return s.absent == "" && s.missing == "" && s.refused == "" }

// fields are what the method takes.
func (s *set) fields() []field {
	return map[string][]field{
		Token: {token}, AccessKey: {accessKey, secretKey}, TemporaryKey: {accessKey, secretKey, securityToken},
		Password: {userID, userName, password},
	}[s.method]
}

// used are the names of what the method takes.
func (s *set) used() string {
	var used []string
	for _, f := range s.fields() {
		if s.has(f) {
			used = append(used, s.called[f])
		}
	}
	return strings.Join(used, ", ")
}

// who is whom the set is for, fit to be shown.
func (s *set) who() string {
	switch {
	case s.keyed():
		return "access key " + brief(s.values[accessKey])
	case s.method == Password:
		user, domain := s.user(), s.domain()
		if domain == "" {
			return "user " + user
		}
		return "user " + user + " of " + domain
	}
	return "a token"
}

func (s *set) keyed() bool { return s.method == AccessKey || s.method == TemporaryKey }

// user is the id or the name: an id says more.
func (s *set) user() string {
	if s.has(userID) {
		return s.values[userID]
	}
	return s.values[userName]
}

func (s *set) domain() string {
	if s.has(domainName) {
		return s.values[domainName]
	}
	return s.values[domainID]
}

// brief is as much of an access key's id as tells it from others. It is not the whole, lest somebody has put the secret
// there.
func brief(key string) string {
	if len(key) <= 8 {
		return "…"
	}
	return key[:4] + "…" + key[len(key)-4:]
}

// same tells whether two complete sets are surely for one identity.
func (s *set) same(o *set) bool {
	switch {
	case s.keyed() && o.keyed():
		return s.values[accessKey] == o.values[accessKey]
	case s.method != o.method:
		return false
	case s.method == Password:
		return s.user() == o.user() && s.domain() == o.domain()
	}
	return s.values[token] == o.values[token]
}

// secrets are all that the set holds.
func (s *set) secrets() []cloud.Secret {
	var all []cloud.Secret
	for _, f := range []field{token, secretKey, securityToken, password} {
		if s.has(f) {
			all = append(all, cloud.Hide(s.values[f]))
		}
	}
	return all
}

// credentials are those that need no asking.
func (s *set) credentials() cloud.Credentials {
	if s.method == Token {
		return cloud.Credentials{Token: cloud.Hide(s.values[token])}
	}
	return cloud.Credentials{
		AccessKey: s.values[accessKey], SecretKey: cloud.Hide(s.values[secretKey]), SecurityToken: cloud.Hide(s.values[securityToken]),
	}
}
