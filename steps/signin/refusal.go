package signin

import (
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"time"

	"writ/engine/step"
)

// How long a password that was refused is not sent again, and how hard it is to guess from what is kept of it.
const (
	refusalPause = 5 * time.Minute
	rounds       = 100_000
)

// refusal is the file that tells the next commands that a password was refused: IAM locks an account after a few of them.
// It knows the password by a salted digest, so that another one is tried at once.
type refusal struct {
	cache cache
	now   func() time.Time
}

type refused struct {
	Salt   []byte     `json:"salt"`
	Digest []byte     `json:"digest"`
	At     time.Time  `json:"at"`
	Error  step.Error `json:"error"`
}

func digest(password string, salt []byte) []byte {
	sum, err := pbkdf2.Key(sha256.New, password, salt, rounds, sha256.Size)
	if err != nil {
		panic(err) // of nothing but a length that cannot be
	}
	return sum
}

// of is IAM's refusal of this password a short while ago, or nil.
func (r refusal) of(password string) error {
	var was refused
	if !r.cache.load(&was) {
		return nil
	}
	passed := r.now().Sub(was.At)
	if passed < 0 || passed >= refusalPause || subtle.ConstantTimeCompare(was.Digest, digest(password, was.Salt)) == 0 {
		return nil
	}
	e := was.Error
	e.Message = fmt.Sprintf("refused at %s, and not sent again for %s, since a few refusals lock the account; another password is tried at once; IAM said: %s",
		was.At.Format(time.TimeOnly), (refusalPause - passed).Round(time.Second), e.Message)
	return &e
}

// note keeps what became of a password. Where nothing can be kept, the next command sends it again.
func (r refusal) note(password string, err error) {
	var e *step.Error
	switch {
	case err == nil:
		r.cache.drop()
	case errors.As(err, &e) && e.Class == step.Unauthenticated:
		salt := make([]byte, 16)
		_, _ = rand.Read(salt) // never fails
		_ = r.cache.save(refused{salt, digest(password, salt), r.now(), *e})
	}
}
