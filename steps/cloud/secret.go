package cloud

import (
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"
)

const hidden = "(secret)"

// Secret is a text that shows itself to nobody but the caller of Reveal.
type Secret string

// Reveal is the text itself.
func (s Secret) Reveal() string { return string(s) }

func (Secret) String() string { return hidden }

// GoString is what %#v prints.
func (Secret) GoString() string { return hidden }

// Format is what any verb prints.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// MarshalText is what JSON and everything like it show.
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// UnmarshalText takes the text as it stands.
func (s *Secret) UnmarshalText(text []byte) error {
	*s = Secret(text)
	return nil
}

// LogValue is what a log shows.
func (Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// Credentials are an access key, permanent or temporary, or a token in place of a key.
type Credentials struct {
	AccessKey     string
	SecretKey     Secret
	SecurityToken Secret    // of a temporary access key
	Token         Secret    // IAM's, sent as X-Auth-Token
	Expires       time.Time // zero when they do not expire, or nobody knows when
}

// minSecret is how long a secret is that is looked for in a text. A shorter one is in words that are none.
const minSecret = 6

// hider hides secrets in foreign text: those of a call, and all that it has ever been told of.
type hider struct {
	mu      sync.Mutex
	learned []Secret
}

func (h *hider) learn(secrets ...Secret) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range secrets {
		if !slices.Contains(h.learned, s) {
			h.learned = append(h.learned, s)
		}
	}
}

func (h *hider) text(text string, more []Secret) string {
	h.mu.Lock()
	all := slices.Concat(h.learned, more)
	h.mu.Unlock()
	slices.SortFunc(all, func(a, b Secret) int { return len(b) - len(a) }) // one may hold another
	var pairs []string
	for _, s := range all {
		if len(s) >= minSecret {
			pairs = append(pairs, s.Reveal(), hidden)
		}
	}
	return strings.NewReplacer(pairs...).Replace(text)
}
