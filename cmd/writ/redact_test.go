package main

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestSecretsAreFoundInEveryFormAnEchoTakes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		secret := rapid.StringMatching(`[A-Za-z0-9+/ "%&]{12,40}`).Draw(t, "secret")
		before := rapid.StringMatching(`[a-z{:"]{0,5}`).Draw(t, "before")
		after := rapid.StringMatching(`[a-z}"]{0,5}`).Draw(t, "after")
		var r redactor
		r.add(secret)
		for _, text := range []string{
			before + secret + after, before + url.QueryEscape(secret) + after, before + hex.EncodeToString([]byte(secret)) + after,
		} {
			require.Equal(t, before+"(secret)"+after, r.clean(text))
		}
		for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.RawURLEncoding} {
			require.Contains(t, r.clean(encoding.EncodeToString([]byte(before+secret+after))), "(secret)")
		}
	})
}

func TestShortValuesAreNoSecrets(t *testing.T) {
	var r redactor
	require.Equal(t, "a text", r.clean("a text"))
	r.add("a", "", "text")
	require.Equal(t, "a text", r.clean("a text"))
	require.Equal(t, strings.Repeat("x", 9), r.clean(strings.Repeat("x", 9)))
}
