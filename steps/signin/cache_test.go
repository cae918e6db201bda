package signin_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"writ/engine/step"
	"writ/steps/signin"
)

// caching keeps tokens in a directory of the test.
func caching(t *testing.T) (dir string, with func(*signin.Options)) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "writ", "tokens")
	return dir, func(o *signin.Options) { o.Cache = dir }
}

// onlyFile is the path of the one file in a directory.
func onlyFile(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1)
	return filepath.Join(dir, entries[0].Name())
}

func TestATokenIsKeptForTheNextCommand(t *testing.T) {
	i := newIAM(t)
	dir, with := caching(t)
	assert.Equal(t, "token-1", signIn(t, i.withPassword(t, with)))

	next := i.withPassword(t, with)
	c, err := next.SignIn(context.Background())
	require.NoError(t, err)
	assert.Equal(t, "token-1", c.Token.Reveal())
	assert.True(t, c.Expires.Equal(now().Add(24*time.Hour)))
	assert.Equal(t, []string{"p1", "eu-de", "d1", "u1"}, []string{next.ProjectID, next.ProjectName, next.DomainID, next.UserID})
	assert.Equal(t, 1, i.count())

	file := onlyFile(t, dir)
	for path, mode := range map[string]os.FileMode{file: 0o600, dir: 0o700 | os.ModeDir} {
		info, err := os.Stat(path)
		require.NoError(t, err)
		assert.Equal(t, mode, info.Mode())
	}
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.NotContains(t, string(content)+file, canary)
}

func TestEachTokenHasAFileOfItsOwn(t *testing.T) {
	i, elsewhere := newIAM(t), newIAM(t)
	_, with := caching(t)
	signIn(t, i.withPassword(t, with))
	for name, change := range map[string]func(*signin.Options){
		"another IAM":     func(o *signin.Options) { o.Endpoints = map[string]string{"iam": elsewhere.url} },
		"another project": func(o *signin.Options) { o.Region = "eu-nl" },
		"another user": func(o *signin.Options) {
			getenv := o.Getenv
			o.Getenv = func(name string) string { return map[string]string{"HW_USER_NAME": "john"}[name] + getenv(name) }
		},
	} {
		before := i.count() + elsewhere.count()
		signIn(t, i.withPassword(t, with, change))
		assert.Equal(t, before+1, i.count()+elsewhere.count(), name)
	}
}

func TestAKeptTokenThatCannotBeTrustedIsNotUsed(t *testing.T) {
	for name, spoil := range map[string]func(t *testing.T, file string){
		"others may read it":    func(t *testing.T, file string) { require.NoError(t, os.Chmod(file, 0o644)) },
		"others may put it":     func(t *testing.T, file string) { require.NoError(t, os.Chmod(filepath.Dir(file), 0o777)) },
		"it is nonsense":        func(t *testing.T, file string) { require.NoError(t, os.WriteFile(file, []byte("{"), 0o600)) },
		"it is empty":           func(t *testing.T, file string) { require.NoError(t, os.WriteFile(file, []byte("{}"), 0o600)) },
		"it is a link":          func(t *testing.T, file string) { relink(t, file) },
		"it is too large":       func(t *testing.T, file string) { require.NoError(t, os.Truncate(file, 1<<20)) },
		"it is somebody else's": func(t *testing.T, file string) { giveAway(t, file) },
		"so is the directory":   func(t *testing.T, file string) { giveAway(t, filepath.Dir(file)) },
	} {
		t.Run(name, func(t *testing.T) {
			i := newIAM(t)
			dir, with := caching(t)
			signIn(t, i.withPassword(t, with))
			spoil(t, onlyFile(t, dir))
			assert.Equal(t, "token-2", signIn(t, i.withPassword(t, with)))
		})
	}
}

func relink(t *testing.T, file string) {
	t.Helper()
	require.NoError(t, os.Rename(file, filepath.Join(filepath.Dir(filepath.Dir(file)), "there")))
	require.NoError(t, os.Symlink("../there", file))
}

func giveAway(t *testing.T, path string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root gives files away")
	}
	require.NoError(t, os.Chown(path, 12345, 12345))
}

func TestAKeptTokenIsNotUsedInItsLastMinutes(t *testing.T) {
	for life, lasts := range map[time.Duration]time.Duration{24 * time.Hour: 24*time.Hour - 5*time.Minute, 10 * time.Minute: 9 * time.Minute} {
		i := newIAM(t)
		i.life = life
		_, with := caching(t)
		signIn(t, i.withPassword(t, with))
		assert.Equal(t, "token-1", signIn(t, i.withPassword(t, with, later(lasts-time.Second, canary))))
		i.life = 48 * time.Hour
		assert.Equal(t, "token-2", signIn(t, i.withPassword(t, with, later(lasts, canary))))
	}
}

func TestARefusedTokenIsDropped(t *testing.T) {
	i := newIAM(t)
	dir, with := caching(t)
	ctx := context.Background()
	one, other := i.withPassword(t, with), i.withPassword(t, with)
	old, err := one.SignIn(ctx)
	require.NoError(t, err)
	require.Equal(t, "token-1", signIn(t, other))

	i.answer = refuse(503, "")
	_, err = one.Renew(ctx, old)
	assert.True(t, step.IsClass(err, step.Unavailable), "%v", err)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Empty(t, entries, "nobody is to use it any more")

	i.answer = nil
	fresh, err := one.Renew(ctx, old)
	require.NoError(t, err)
	assert.Equal(t, "token-3", fresh.Token.Reveal())
	taken, err := other.Renew(ctx, old)
	require.NoError(t, err)
	assert.Equal(t, fresh.Token, taken.Token, "another command takes what one has got")
	assert.Equal(t, 3, i.count())
}

func TestADirectoryThatCannotBeUsedIsAWarning(t *testing.T) {
	i := newIAM(t)
	dir, with := caching(t)
	write(t, dir, "a file")
	s := i.withPassword(t, with)
	assert.Equal(t, "token-1", signIn(t, s))
	require.Len(t, s.Warnings, 1)
	assert.Contains(t, s.Warnings[0], "the token is not kept for the next command: ")
}
