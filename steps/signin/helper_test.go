package signin_test

import (
	"context"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"writ/steps/signin"
)

// desk is a user's machine: variables and files below a home, which is also the working directory's parent.
type desk struct {
	env   map[string]string
	files map[string]string // below home, mode 0600
}

func (d desk) options(t *testing.T) signin.Options {
	t.Helper()
	home := t.TempDir()
	for name, content := range d.files {
		write(t, filepath.Join(home, name), strings.ReplaceAll(content, "@HOME", home))
	}
	require.NoError(t, os.MkdirAll(filepath.Join(home, "work"), 0o700))
	getenv := func(name string) string { return strings.ReplaceAll(d.env[name], "@HOME", home) }
	return signin.Options{Getenv: getenv, Home: home, Dir: filepath.Join(home, "work"), Now: now, UserAgent: "writ/test"}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
}

func now() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

// environment makes variables of NAME=VALUE.
func environment(pairs ...string) map[string]string {
	env := map[string]string{}
	for _, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		env[name] = value
	}
	return env
}

// facts are what a source says of itself, apart from what it can do.
func facts(t *testing.T, s *signin.Source) map[string]string {
	t.Helper()
	all := map[string]string{
		"cloud": s.Cloud, "region": s.Region, "project id": s.ProjectID, "project": s.ProjectName,
		"domain id": s.DomainID, "domain": s.DomainName, "user id": s.UserID, "user": s.UserName, "key": s.AccessKey,
		"iam": s.IAM, "ca": s.CACert,
	}
	for what, fact := range all {
		if fact == "" {
			delete(all, what)
		}
	}
	return all
}

func outcome(looked []signin.Looked, source string) string {
	for _, l := range looked {
		if l.Source == source {
			return l.Outcome
		}
	}
	return "(nothing)"
}

func discover(t *testing.T, o signin.Options) *signin.Source {
	t.Helper()
	s, _, err := signin.Discover(o)
	require.NoError(t, err)
	return s
}

func signIn(t *testing.T, s *signin.Source) string {
	t.Helper()
	c, err := s.SignIn(context.Background())
	require.NoError(t, err)
	assert.True(t, c.Token.IsZero() || c.AccessKey == "")
	return c.AccessKey + c.SecretKey.Reveal() + c.SecurityToken.Reveal() + c.Token.Reveal()
}

// relative writes HOME for the home of a test.
func relative(home, text string) string { return strings.ReplaceAll(text, home, "HOME") }

func pemOf(certificate []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}))
}
