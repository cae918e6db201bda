package signin_test

import (
	"context"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"writ/engine/step"
	"writ/steps/cloud"
	"writ/steps/signin"
)

func wrongPassword() http.HandlerFunc {
	return refuse(http.StatusUnauthorized, `{"error":{"message":"The username or password is wrong.","code":401,"title":"Unauthorized"}}`)
}

func TestAWrongPasswordIsSentOnce(t *testing.T) {
	i := newIAM(t)
	i.answer = wrongPassword()
	s := i.withPassword(t)
	ctx := context.Background()
	_, first := s.SignIn(ctx)
	_, again := s.SignIn(ctx)
	_, account := s.Domain(ctx, cloud.Credentials{})
	_, renewed := s.Renew(ctx, cloud.Credentials{Token: cloud.Hide("t")})
	for _, err := range []error{first, again, account, renewed} {
		assert.True(t, step.IsClass(err, step.Unauthenticated), "%v", err)
	}
	assert.Equal(t, 1, i.count())
}

// later is a command that is begun so much later, with a password of its own.
func later(d time.Duration, password string) func(*signin.Options) {
	return func(o *signin.Options) {
		getenv := o.Getenv
		o.Now = func() time.Time { return now().Add(d) }
		o.Getenv = func(name string) string {
			if name == "HW_USER_PASSWORD" {
				return password
			}
			return getenv(name)
		}
	}
}

func TestTheNextCommandsDoNotSendAWrongPasswordAgain(t *testing.T) {
	i := newIAM(t)
	i.answer = wrongPassword()
	dir, with := caching(t)
	ctx := context.Background()
	_, err := i.withPassword(t, with).SignIn(ctx)
	require.True(t, step.IsClass(err, step.Unauthenticated), "%v", err)

	_, err = i.withPassword(t, with, later(time.Minute, canary)).SignIn(ctx)
	assert.Equal(t, &step.Error{
		Class: step.Unauthenticated, Operation: "iam KeystoneCreateUserTokenByPassword", Status: 401,
		Message: "refused at 03:04:05, and not sent again for 4m0s, since a few refusals lock the account; another password is tried at once; IAM said: The username or password is wrong.",
	}, err)
	assert.Equal(t, 1, i.count())

	file := onlyFile(t, dir)
	info, err := os.Stat(file)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode())
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.NotContains(t, string(content)+file, canary)

	_, err = i.withPassword(t, with, later(5*time.Minute, canary)).SignIn(ctx)
	assert.ErrorContains(t, err, "wrong.")
	assert.Equal(t, 2, i.count(), "five minutes are enough")
}

func TestACorrectedPasswordIsTriedAtOnce(t *testing.T) {
	i := newIAM(t)
	i.answer = wrongPassword()
	dir, with := caching(t)
	_, err := i.withPassword(t, with).SignIn(context.Background())
	require.Error(t, err)
	i.answer = nil
	assert.Equal(t, "token-2", signIn(t, i.withPassword(t, with, later(time.Second, "corrected"))))
	onlyFile(t, dir) // the token's
}

func TestOnlyARefusalIsKept(t *testing.T) {
	i := newIAM(t)
	_, with := caching(t)
	for _, answer := range []http.HandlerFunc{refuse(503, ""), refuse(403, ""), refuse(429, ""), refuse(400, "")} {
		i.answer = answer
		_, err := i.withPassword(t, with).SignIn(context.Background())
		require.Error(t, err)
	}
	i.answer = nil
	assert.Equal(t, "token-5", signIn(t, i.withPassword(t, with)))
}
