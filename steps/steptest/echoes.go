package steptest

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"slices"
	"strings"
)

// Echo is a form in which a secret may come back: the text, and the part of it that tells the secret.
type Echo struct{ Text, Core string }

// Echoes are the forms in which a secret may come back, by name. They are written without the code that looks for them.
func Echoes(secret string) map[string]Echo {
	quoted, _ := json.Marshal(secret)
	backwards := []byte(secret)
	slices.Reverse(backwards)
	all := map[string]Echo{}
	for name, text := range map[string]string{
		"raw": secret, "json": string(quoted[1 : len(quoted)-1]), "query": url.QueryEscape(secret), "path": url.PathEscape(secret),
		"hex": hex.EncodeToString([]byte(secret)), "HEX": fmt.Sprintf("%X", secret), "reversed": string(backwards),
		"html": html.EscapeString(secret),
	} {
		all[name] = Echo{text, text}
	}
	for offset := range 3 {
		text := []byte("user:"[:offset+2] + secret + "yy"[:offset])
		for name, encoding := range map[string]*base64.Encoding{"base64": base64.StdEncoding, "base64url": base64.RawURLEncoding} {
			encoded := encoding.EncodeToString(text)
			first, last := ((offset+2)*8+5)/6, (offset+2+len(secret))*8/6
			all[fmt.Sprint(name, " ", (offset+2)%3)] = Echo{encoded, encoded[first:max(first, last)]} // an empty secret has no core
		}
	}
	return all
}

// Traces names the forms of a secret that are in a text.
func Traces(text, secret string) []string {
	var found []string
	for name, echo := range Echoes(secret) {
		if strings.Contains(text, echo.Core) {
			found = append(found, name)
		}
	}
	slices.Sort(found)
	return found
}
