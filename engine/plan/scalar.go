package plan

import (
	"strconv"

	"writ/engine/expr"
)

// direct reads the scalars of a tree as a schema asks: where it asks for text, text stays as it is written, so that
// an id of digits does not become a number. Scalars with expressions stay text.
func (v *Value) direct(s *shape) {
	switch v.kind {
	case list:
		for _, item := range v.items() {
			item.direct(s.items())
		}
	case mapping:
		for _, f := range v.entries() {
			f.value.direct(s.part(f.key.text))
		}
	default:
		v.typed = v.read(s)
	}
}

func (v *Value) read(s *shape) any {
	if v.style != plain || v.isTemplate() {
		return itsText{}
	}
	if s == nil || s.allows == 0 {
		return v.guess()
	}
	if v.isNull() && s.allows&(allowsNull|allowsText) != 0 {
		return nil
	}
	if s.allows&allowsBool != 0 && (v.text == "true" || v.text == "false") {
		return v.text == "true"
	}
	longest := 19
	if s.allows&allowsText != 0 {
		longest = guessedDigits
	}
	if s.allows&allowsInt != 0 && isInteger(v.text) && countDigits(v.text) <= longest {
		if n, err := strconv.ParseInt(v.text, 10, 64); err == nil {
			return n
		}
	}
	if s.allows&allowsNumber != 0 && isDecimal(v.text) {
		return v.decimal()
	}
	if s.allows&allowsText == 0 {
		return v.guess()
	}
	return itsText{}
}

// guessedDigits is how long a number may be that no schema asks for: what is longer is an id, and exact only as text.
const guessedDigits = 15

// guess reads a scalar that no schema directs: null, true, false and short numbers in their exact forms are what they
// look like, everything else is text.
func (v *Value) guess() any {
	switch {
	case v.isNull():
		return nil
	case v.text == "true", v.text == "false":
		return v.text == "true"
	case countDigits(v.text) > guessedDigits:
		return itsText{}
	case isInteger(v.text):
		n, _ := strconv.ParseInt(v.text, 10, 64)
		return n
	case isDecimal(v.text):
		return v.decimal()
	}
	return itsText{}
}

// countDigits is how many digits a number has.
func countDigits(s string) int {
	n := len(s)
	for i := range len(s) {
		if s[i] == '-' || s[i] == '.' {
			n--
		}
	}
	return n
}

func (v *Value) isNull() bool { return v.text == "" || v.text == "null" || v.text == "~" }

// isInteger reports whether a text is -?(0|[1-9][0-9]*).
func isInteger(s string) bool {
	if s != "" && s[0] == '-' {
		s = s[1:]
	}
	return s != "" && digits(s) == len(s) && (s[0] != '0' || len(s) == 1)
}

// isDecimal reports whether a text is an integer, or one with digits after a point.
func isDecimal(s string) bool {
	for i := range len(s) {
		if s[i] == '.' {
			rest := s[i+1:]
			return isInteger(s[:i]) && rest != "" && digits(rest) == len(rest)
		}
	}
	return isInteger(s)
}

func digits(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

func (v *Value) decimal() any {
	x, err := strconv.ParseFloat(v.text, 64)
	if err != nil {
		return itsText{}
	}
	return x
}

// typeOf is the static type of a value; name names the object types in it.
func typeOf(v *Value, name string) expr.Type {
	switch v.kind {
	case list:
		return typeOfItems(v, name)
	case mapping:
		fields := make(map[string]expr.Type, len(v.entries()))
		for _, f := range v.entries() {
			fields[f.key.text] = typeOf(f.value, name+"/"+f.key.text)
		}
		return expr.Object(name, fields)
	}
	if v.isTemplate() {
		if v.template() == nil {
			return expr.Any
		}
		return v.template().Type()
	}
	return typeOfScalar(v.value())
}

func typeOfScalar(typed any) expr.Type {
	switch typed.(type) {
	case string:
		return expr.Text
	case bool:
		return expr.Bool
	case int64:
		return expr.Int
	case float64:
		return expr.Number
	}
	return expr.Any
}

// typeOfItems is a list of one type, or of anything when the items differ.
func typeOfItems(v *Value, name string) expr.Type {
	if len(v.items()) == 0 {
		return expr.ListOf(expr.Any)
	}
	first := typeOf(v.items()[0], name+"[]")
	if first.IsObject() && len(v.items()) > 1 {
		return expr.ListOf(expr.Any)
	}
	for _, item := range v.items()[1:] {
		if t := typeOf(item, name+"[]"); t.String() != first.String() {
			return expr.ListOf(expr.Any)
		}
	}
	return expr.ListOf(first)
}
