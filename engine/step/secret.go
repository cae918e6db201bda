package step

import (
	"fmt"
	"io"
	"log/slog"
	"unique"
)

const hidden = "(secret)"

// Secret is a text that shows itself to nobody but the caller of Reveal. Two of the same text are equal, and the zero
// value is that of the empty text. It is no string, because fmt prints what stands in others' unexported fields without
// asking the type.
type Secret struct{ text unique.Handle[string] }

// Hide makes a secret of a text.
func Hide(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{unique.Make(text)}
}

// Reveal is the text itself.
func (s Secret) Reveal() string {
	if s.IsZero() {
		return ""
	}
	return s.text.Value()
}

// IsZero reports whether there is no text.
func (s Secret) IsZero() bool { return s == Secret{} }

func (Secret) String() string { return hidden }

// GoString is what %#v prints.
func (Secret) GoString() string { return hidden }

// Format is what any verb prints.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// MarshalText is what JSON and everything like it show.
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// UnmarshalText takes the text as it stands.
func (s *Secret) UnmarshalText(text []byte) error {
	*s = Hide(string(text))
	return nil
}

// LogValue is what a log shows.
func (Secret) LogValue() slog.Value { return slog.StringValue(hidden) }
