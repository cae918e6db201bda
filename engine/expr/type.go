package expr

import (
	"maps"
	"slices"
)

// Type is the static type of a value: text, integer, number, boolean, list, map, object or any.
// The zero value is Any. Types are immutable.
type Type struct {
	kind   kind
	elem   *Type  // of a list or map
	name   string // of an object; of a kind that only expressions have, such as "timestamp"
	fields map[string]Type
	open   bool // an object that may have other fields too, of which nothing is known
}

type kind uint8

const (
	kindAny kind = iota
	kindText
	kindBool
	kindInt
	kindNumber
	kindList
	kindMap
	kindObject
	kindNull
	kindOther // what expressions can make and plans cannot hold: a timestamp, a type, bytes
)

// The types without parts.
var (
	Any    = Type{}
	Text   = Type{kind: kindText}
	Bool   = Type{kind: kindBool}
	Int    = Type{kind: kindInt}
	Number = Type{kind: kindNumber}
)

// ListOf is the type of lists whose elements are all elem.
func ListOf(elem Type) Type { return Type{kind: kindList, elem: &elem} }

// MapOf is the type of maps from text to elem.
func MapOf(elem Type) Type { return Type{kind: kindMap, elem: &elem} }

// Object is the type of maps with known fields. Within an Env a name stands for one set of fields.
// A field may be missing in a value; reading it then fails unless it is read optionally.
func Object(name string, fields map[string]Type) Type {
	return Type{kind: kindObject, name: name, fields: maps.Clone(fields)}
}

var words = map[kind]string{
	kindAny: "any", kindText: "text", kindBool: "boolean", kindInt: "integer",
	kindNumber: "number", kindObject: "object", kindNull: "null",
}

// String names the type for people: "text", "list of integer", "object".
func (t Type) String() string {
	switch t.kind {
	case kindList:
		return t.partly("list")
	case kindMap:
		return t.partly("map")
	case kindOther:
		return t.name
	}
	return words[t.kind]
}

func (t Type) partly(whole string) string {
	if t.elem.kind == kindAny {
		return whole
	}
	return whole + " of " + t.elem.String()
}

// Accepts reports whether a value of type got may stand where t is asked. Any accepts and is
// accepted; an integer is a number; lists and maps are compared by element, objects by field. What
// may be missing is not asked: an object needs no field, but has none that t does not know, unless
// the schema of t leaves others open; a map may stand for an object when some field takes its elements.
func (t Type) Accepts(got Type) bool {
	if t.kind == kindAny || got.kind == kindAny {
		return true
	}
	switch t.kind {
	case kindNumber:
		return got.kind == kindNumber || got.kind == kindInt
	case kindList:
		return got.kind == kindList && t.elem.Accepts(*got.elem)
	case kindMap:
		return t.acceptsAsMap(got)
	case kindObject:
		return t.acceptsAsObject(got)
	}
	return t.kind == got.kind && t.name == got.name
}

func (t Type) acceptsAsMap(got Type) bool {
	switch got.kind {
	case kindMap:
		return t.elem.Accepts(*got.elem)
	case kindObject:
		return every(got.fields, func(_ string, field Type) bool { return t.elem.Accepts(field) })
	}
	return false
}

func (t Type) acceptsAsObject(got Type) bool {
	switch got.kind {
	case kindMap:
		return t.open || !every(t.fields, func(_ string, field Type) bool { return !field.Accepts(*got.elem) })
	case kindObject:
		return every(got.fields, func(name string, field Type) bool {
			asked, known := t.fields[name]
			return known && asked.Accepts(field) || !known && t.open
		})
	}
	return false
}

func every(fields map[string]Type, holds func(string, Type) bool) bool {
	for name, field := range fields {
		if !holds(name, field) {
			return false
		}
	}
	return true
}

// Elem is the type of the elements of a list or map.
func (t Type) Elem() (Type, bool) {
	if t.elem == nil {
		return Any, false
	}
	return *t.elem, true
}

// Field is the type of an object's field, or of a map's element, since any text may be its key.
func (t Type) Field(name string) (Type, bool) {
	switch t.kind {
	case kindObject:
		field, found := t.fields[name]
		return field, found
	case kindMap:
		return *t.elem, true
	}
	return Any, false
}

// Fields names an object's fields, sorted; other types have none.
func (t Type) Fields() []string { return slices.Sorted(maps.Keys(t.fields)) }

// IsAny reports whether nothing is known of the type.
func (t Type) IsAny() bool { return t.kind == kindAny }

// IsText reports whether the type is text.
func (t Type) IsText() bool { return t.kind == kindText }

// IsBool reports whether the type is boolean.
func (t Type) IsBool() bool { return t.kind == kindBool }

// IsInt reports whether the type is integer.
func (t Type) IsInt() bool { return t.kind == kindInt }

// IsNumber reports whether the type is integer or number.
func (t Type) IsNumber() bool { return t.kind == kindInt || t.kind == kindNumber }

// IsList reports whether the type is a list.
func (t Type) IsList() bool { return t.kind == kindList }

// IsMap reports whether the type is a map with free keys.
func (t Type) IsMap() bool { return t.kind == kindMap }

// IsObject reports whether the type is an object with known fields.
func (t Type) IsObject() bool { return t.kind == kindObject }

// isScalar reports whether a value of the type may stand inside text.
func (t Type) isScalar() bool {
	switch t.kind {
	case kindAny, kindText, kindBool, kindInt, kindNumber:
		return true
	}
	return false
}
