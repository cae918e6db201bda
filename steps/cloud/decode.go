package cloud

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Bool is a truth value that a service writes as true or as "true".
type Bool bool

// UnmarshalJSON takes the four documented spellings and nothing else.
func (b *Bool) UnmarshalJSON(raw []byte) error {
	switch string(raw) {
	case `true`, `"true"`:
		*b = true
	case `false`, `"false"`:
		*b = false
	default:
		return errors.New("neither true nor false")
	}
	return nil
}

const maxDepth = 32

// parse decodes a JSON object. It refuses what readers of JSON disagree about: a name that occurs twice in an object,
// in whatever case, and something after the object; and what is nested too deep.
func parse(body []byte, out any) error {
	if !utf8.Valid(body) {
		return errors.New("not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return errors.New("not a JSON object")
	}
	if err := checkObject(d, 1); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the JSON object")
	}
	return json.Unmarshal(body, out)
}

func checkObject(d *json.Decoder, depth int) error {
	seen := map[string]bool{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return err
		}
		name := strings.ToLower(strings.ToUpper(fmt.Sprint(t)))
		if seen[name] {
			return errors.New("a name occurs twice in one object")
		}
		seen[name] = true
		if err := checkValue(d, depth); err != nil {
			return err
		}
	}
	_, err := d.Token()
	return err
}

func checkValue(d *json.Decoder, depth int) error {
	t, err := d.Token()
	if err != nil || (t != json.Delim('{') && t != json.Delim('[')) {
		return err
	}
	if depth == maxDepth {
		return errors.New("nested too deep")
	}
	if t == json.Delim('{') {
		return checkObject(d, depth+1)
	}
	for d.More() {
		if err := checkValue(d, depth+1); err != nil {
			return err
		}
	}
	_, err = d.Token()
	return err
}
