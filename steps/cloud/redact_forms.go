package cloud

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

// forms lists a secret as it is, escaped for JSON, URLs, HTML and people, in hexadecimal, backwards, and in base64
// wherever it may begin within a longer text.
func forms(secret string) []string {
	digits := hex.EncodeToString([]byte(secret))
	backwards := []byte(secret)
	slices.Reverse(backwards)
	all := append(escaped(secret), secret, digits, strings.ToUpper(digits), string(backwards))
	for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for offset := range 3 {
			all = append(all, inBase64(encoding, secret, offset))
		}
	}
	return all
}

// escaped are a secret's forms in JSON as Go, JavaScript, PHP and Python write it, in URLs, and in pages.
func escaped(secret string) []string {
	var plain strings.Builder
	e := json.NewEncoder(&plain)
	e.SetEscapeHTML(false)
	_ = e.Encode(secret) // of a text, into memory
	goes, _ := json.Marshal(secret)
	page := html.EscapeString(secret)
	all := []string{
		inner(string(goes)), inner(strings.TrimSuffix(plain.String(), "\n")), inner(strconv.Quote(secret)),
		page, strings.ReplaceAll(page, "+", "&#43;"), strings.ReplaceAll(page, "&#34;", "&quot;"),
	}
	for _, quoted := range slices.Clone(all[:2]) {
		all = append(all, strings.ReplaceAll(quoted, "/", `\/`), inASCII(quoted), inASCII(strings.ReplaceAll(quoted, "/", `\/`)))
	}
	for _, address := range []string{url.QueryEscape(secret), url.PathEscape(secret), strings.ReplaceAll(url.QueryEscape(secret), "+", "%20")} {
		all = append(all, address, lowerPercent(address))
	}
	return all
}

func inner(quoted string) string { return quoted[1 : len(quoted)-1] }

// inASCII writes what is not ASCII as \u and four digits.
func inASCII(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r < 0x80 {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.String()
}

// lowerPercent writes %2F as %2f.
func lowerPercent(address string) string {
	b := []byte(address)
	for i := 0; i+2 < len(b); i++ {
		if b[i] == '%' {
			copy(b[i+1:], strings.ToLower(string(b[i+1:i+3])))
		}
	}
	return string(b)
}

// inBase64 is what of a secret's encoding does not depend on the bytes around it, offset bytes behind a group's start.
func inBase64(encoding *base64.Encoding, secret string, offset int) string {
	text := encoding.EncodeToString([]byte(strings.Repeat("x", offset) + secret))
	first := (offset*8 + 5) / 6
	last := (offset + len(secret)) * 8 / 6
	return text[first:last]
}
