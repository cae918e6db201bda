package engine

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"writ/engine/expr"
	"writ/engine/plan"
	"writ/engine/step"
)

// Inputs are the resolved inputs of a run. Secrets are kept apart: expressions and journals see a placeholder, the
// kinds' functions see the secret.
type Inputs struct {
	values  map[string]any
	refs    map[string]string // secret input → reference
	key     []byte
	secrets map[string]step.Secret // placeholder → secret
}

// storedInputs is what a run's folder keeps of the inputs: values, and for secrets a reference and a keyed digest.
type storedInputs struct {
	Values  map[string]any          `json:"values"`
	Key     string                  `json:"key,omitempty"`
	Secrets map[string]storedSecret `json:"secrets,omitempty"`
}

type storedSecret struct {
	Ref    string `json:"ref"`
	Digest string `json:"digest"`
}

// ErrSecretChanged says that a secret's reference no longer leads to the value that the run began with.
var ErrSecretChanged = errors.New("the secret is not the one that the run began with")

// NewInputs takes plain values, and for each secret input a reference: env:NAME or file:PATH.
func NewInputs(values map[string]any, refs map[string]string, getenv func(string) string) (*Inputs, error) {
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	return resolveInputs(values, refs, key, getenv)
}

func resolveInputs(values map[string]any, refs map[string]string, key []byte, getenv func(string) string) (*Inputs, error) {
	in := &Inputs{values: map[string]any{}, refs: refs, key: key, secrets: map[string]step.Secret{}}
	for name, v := range values {
		in.values[name] = v
	}
	for name, ref := range refs {
		secret, err := ResolveSecret(ref, getenv)
		if err != nil {
			return nil, fmt.Errorf("input %s: %w", name, err)
		}
		placeholder := "(secret " + name + " " + in.digest(secret)[:16] + ")"
		in.secrets[placeholder] = step.Hide(secret)
		in.values[name] = placeholder
	}
	return in, nil
}

// minSecret is the shortest secret that can be kept out of texts without tearing them.
const minSecret = 6

// ResolveSecret answers the secret that a reference, env:NAME or file:PATH, leads to.
func ResolveSecret(ref string, getenv func(string) string) (string, error) {
	kind, rest, _ := strings.Cut(ref, ":")
	var secret string
	switch kind {
	case "env":
		if secret = getenv(rest); secret == "" {
			return "", fmt.Errorf("the variable %s is not set", rest)
		}
	case "file":
		raw, err := os.ReadFile(rest)
		if err != nil {
			return "", err
		}
		secret = strings.TrimRight(string(raw), "\r\n")
	default:
		return "", errors.New("a secret is given as env:NAME or file:PATH")
	}
	if len(secret) < minSecret {
		return "", fmt.Errorf("%s holds no secret of at least %d characters", ref, minSecret)
	}
	return secret, nil
}

func (in *Inputs) digest(secret string) string {
	mac := hmac.New(sha256.New, in.key)
	mac.Write([]byte(secret))
	return hex.EncodeToString(mac.Sum(nil))
}

// Secrets lists the secret values, to be kept out of what is printed.
func (in *Inputs) Secrets() []string {
	var out []string
	for _, s := range in.secrets {
		out = append(out, s.Reveal())
	}
	return out
}

// reveal puts the secrets in the place of their placeholders.
func (in *Inputs) reveal(args json.RawMessage) json.RawMessage {
	if len(in.secrets) == 0 {
		return args
	}
	text := string(args)
	for placeholder, secret := range in.secrets {
		from, _ := json.Marshal(placeholder)
		to, _ := json.Marshal(secret.Reveal())
		text = strings.ReplaceAll(text, string(from), string(to))
	}
	return json.RawMessage(text)
}

func (in *Inputs) store() ([]byte, error) {
	s := storedInputs{Values: map[string]any{}}
	for name, v := range in.values {
		if _, secret := in.refs[name]; !secret {
			s.Values[name] = v
		}
	}
	if len(in.refs) > 0 {
		s.Key, s.Secrets = hex.EncodeToString(in.key), map[string]storedSecret{}
		for name, ref := range in.refs {
			s.Secrets[name] = storedSecret{Ref: ref, Digest: in.digest(in.secrets[in.values[name].(string)].Reveal())}
		}
	}
	return json.Marshal(s)
}

// typed gives the numbers of a decoded value the type that they had: 2 may be a whole number or one that is not.
func typed(v any, t expr.Type) any {
	switch v := v.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil && (t.IsInt() || !t.IsNumber()) {
			return n
		}
		f, _ := v.Float64()
		return f
	case []any:
		elem, _ := t.Elem()
		for i := range v {
			v[i] = typed(v[i], elem)
		}
	case map[string]any:
		for k := range v {
			field, ok := t.Field(k)
			if !ok {
				field, _ = t.Elem()
			}
			v[k] = typed(v[k], field)
		}
	}
	return v
}

// restoreInputs reads what store wrote, resolves the secrets again and compares them.
func restoreInputs(raw []byte, inputs []plan.Input, getenv func(string) string) (*Inputs, error) {
	var s storedInputs
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&s); err != nil {
		return nil, fmt.Errorf("read the run's inputs: %w", err)
	}
	for _, in := range inputs {
		if v, ok := s.Values[in.Name.Value]; ok {
			s.Values[in.Name.Value] = typed(v, in.Type)
		}
	}
	key, err := hex.DecodeString(s.Key)
	if err != nil {
		return nil, fmt.Errorf("read the run's inputs: %w", err)
	}
	refs := map[string]string{}
	for name, secret := range s.Secrets {
		refs[name] = secret.Ref
	}
	in, err := resolveInputs(s.Values, refs, key, getenv)
	if err != nil {
		return nil, err
	}
	for name, secret := range s.Secrets {
		if in.digest(in.secrets[in.values[name].(string)].Reveal()) != secret.Digest {
			return nil, fmt.Errorf("input %s, from %s: %w", name, secret.Ref, ErrSecretChanged)
		}
	}
	return in, nil
}
