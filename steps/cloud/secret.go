package cloud

import (
	"time"

	"writ/engine/step"
)

// Secret is a text that shows itself to nobody but the caller of Reveal.
type Secret = step.Secret

// Hide makes a secret of a text.
func Hide(text string) Secret { return step.Hide(text) }

// Credentials are an access key, permanent or temporary, or a token in place of a key.
type Credentials struct {
	AccessKey     string
	SecretKey     Secret
	SecurityToken Secret    // of a temporary access key
	Token         Secret    // IAM's, sent as X-Auth-Token
	Expires       time.Time // zero when they do not expire, or nobody knows when
}
