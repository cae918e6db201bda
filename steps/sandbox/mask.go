package sandbox

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// secretWords are what a body must mention to be looked through for secrets; \u could spell any of them.
var secretWords = []string{"secret", "password", "passcode", "token", `\u`}

// secretFields hold secrets wherever they stand.
var secretFields = []string{"secret_key", "secret", "password", "original_password", "passcode", "securitytoken"}

// maskedBody is a body as it may be shown: without its secrets, and not too long. A body that mentions a secret and
// cannot be read as JSON is not shown at all.
func maskedBody(body []byte) string {
	lower := bytes.ToLower(body)
	if slices.ContainsFunc(secretWords, func(word string) bool { return bytes.Contains(lower, []byte(word)) }) {
		body = masked(body)
	}
	if len(body) > logBodyMax {
		return string(body[:logBodyMax]) + "…"
	}
	return string(body)
}

func masked(body []byte) []byte {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var value any
	if !json.Valid(body) || d.Decode(&value) != nil {
		return []byte(hiddenSecret)
	}
	if !mask(value) {
		return body
	}
	data, _ := json.Marshal(value)
	return data
}

// mask hides secrets inside a JSON value and tells whether there were any. A token's id is the token.
func mask(value any) (found bool) {
	switch v := value.(type) {
	case map[string]any:
		for name, inner := range v {
			if isSecret(name, inner) {
				v[name], found = hiddenSecret, true
				continue
			}
			isToken := maskToken(name, inner)
			found = mask(inner) || isToken || found
		}
	case []any:
		for _, inner := range v {
			if mask(inner) {
				found = true
			}
		}
	}
	return found
}

// isSecret leaves objects alone: Keystone calls the one around the user "password".
func isSecret(name string, value any) bool {
	_, isObject := value.(map[string]any)
	return !isObject && slices.ContainsFunc(secretFields, func(field string) bool { return strings.EqualFold(field, name) })
}

func maskToken(name string, value any) bool {
	token, ok := value.(map[string]any)
	if !ok || !strings.EqualFold(name, "token") {
		return false
	}
	found := false
	for field := range token {
		if strings.EqualFold(field, "id") {
			token[field], found = hiddenSecret, true
		}
	}
	return found
}
