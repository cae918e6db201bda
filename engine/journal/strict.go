package journal

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"sync"
)

// maxDepth bounds the nesting of a record, well above that of any plan and well below encoding/json's own bound.
const maxDepth = 1000

// shape says which keys a part of a record's JSON may have.
type shape struct {
	fields map[string]field // nil where any key may stand
	elem   *shape           // of a list's elements and of a map's values; nil where anything may stand
}

type field struct {
	bit   uint64 // tells it from its siblings
	shape *shape
}

// free is the shape of JSON that belongs to others: a state, arguments, outputs.
var free = &shape{}

var recordShape = sync.OnceValue(func() *shape { return shapeOf(reflect.TypeFor[Record]()) })

func shapeOf(t reflect.Type) *shape {
	if p := reflect.PointerTo(t); p.Implements(reflect.TypeFor[json.Unmarshaler]()) ||
		p.Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) {
		return free
	}
	switch t.Kind() {
	case reflect.Pointer:
		return shapeOf(t.Elem())
	case reflect.Slice, reflect.Map:
		return &shape{elem: shapeOf(t.Elem())}
	case reflect.Struct:
		return &shape{fields: fieldsOf(t)}
	}
	return free
}

func fieldsOf(t reflect.Type) map[string]field {
	fields := make(map[string]field, t.NumField())
	if t.NumField() > 64 {
		panic(fmt.Sprintf("journal: %s has more fields than a word has bits", t))
	}
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" {
			name = f.Name
		}
		fields[name] = field{bit: 1 << i, shape: shapeOf(f.Type)}
	}
	return fields
}

// unknownFieldError is a field that only a newer writ writes.
type unknownFieldError string

func (e unknownFieldError) Error() string { return fmt.Sprintf("the field %q is not known", string(e)) }

// walker goes over text that is known to be JSON, so it need not look at what any JSON has in common.
type walker struct {
	data []byte
	pos  int
}

func (w *walker) value(s *shape, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("%w: it is nested more than %d deep", errShape, maxDepth)
	}
	switch w.peek() {
	case '{':
		return w.object(s, depth)
	case '[':
		return w.list(s, depth)
	case '"':
		w.text()
		return nil
	}
	return w.scalar()
}

func (w *walker) object(s *shape, depth int) error {
	var set uint64
	var keys keySet
	for w.pos++; w.peek() != '}'; w.comma() {
		if w.peek() != '"' {
			return w.blank()
		}
		key := w.text()
		inner, err := s.key(key, &set, &keys)
		if err != nil {
			return err
		}
		if w.peek() != ':' {
			return w.blank()
		}
		w.pos++
		if err := w.value(inner, depth+1); err != nil {
			return err
		}
	}
	w.pos++
	return nil
}

func (w *walker) list(s *shape, depth int) error {
	for w.pos++; w.peek() != ']'; w.comma() {
		if err := w.value(s.inner(), depth+1); err != nil {
			return err
		}
	}
	w.pos++
	return nil
}

// scalar passes a number, true, false or null.
func (w *walker) scalar() error {
	start := w.pos
	for w.pos < len(w.data) && strings.IndexByte("{}[]\",: \t\r\n", w.data[w.pos]) < 0 {
		w.pos++
	}
	if w.pos == start {
		return w.blank()
	}
	return nil
}

// text passes a string and answers it with its quotes.
func (w *walker) text() []byte {
	start := w.pos
	for w.pos++; w.peek() != '"' && w.pos < len(w.data); w.pos++ {
		if w.data[w.pos] == '\\' {
			w.pos++
		}
	}
	w.pos++
	return w.data[start:min(w.pos, len(w.data))]
}

func (w *walker) comma() {
	if w.peek() == ',' {
		w.pos++
	}
}

func (w *walker) peek() byte {
	if w.pos < len(w.data) {
		return w.data[w.pos]
	}
	return 0
}

func (w *walker) blank() error { return fmt.Errorf("%w: byte %d is out of place", errShape, w.pos) }

// key answers the shape of what stands under a key, which is still in its quotes.
func (s *shape) key(quoted []byte, set *uint64, keys *keySet) (*shape, error) {
	if s.fields == nil {
		if keys.add(quoted) {
			return s.inner(), nil
		}
		return nil, fmt.Errorf("%w: the key %s stands twice", errShape, quoted)
	}
	name := quoted[1 : len(quoted)-1]
	f, ok := s.fields[string(name)]
	switch {
	case !ok && s.misspells(string(name)):
		return nil, fmt.Errorf("%w: the key %s is misspelt", errShape, quoted)
	case !ok:
		return nil, unknownFieldError(name)
	case *set&f.bit != 0:
		return nil, fmt.Errorf("%w: the key %s stands twice", errShape, quoted)
	}
	*set |= f.bit
	return f.shape, nil
}

// misspells reports a name that encoding/json would take for one of the fields.
func (s *shape) misspells(name string) bool {
	for known := range s.fields {
		if strings.EqualFold(known, name) {
			return true
		}
	}
	return strings.Contains(name, `\`)
}

func (s *shape) inner() *shape {
	if s.elem == nil {
		return free
	}
	return s.elem
}

// keySet holds the keys of one object: in place while they are few, which is nearly always.
type keySet struct {
	few  [8][]byte
	n    int
	many map[string]bool
}

// add reports whether the key is new.
func (k *keySet) add(quoted []byte) bool {
	key := unquote(quoted)
	for _, other := range k.few[:k.n] {
		if bytes.Equal(other, key) {
			return false
		}
	}
	if k.n < len(k.few) {
		k.few[k.n] = key
		k.n++
		return true
	}
	return k.addMany(string(key))
}

func (k *keySet) addMany(key string) bool {
	if k.many == nil {
		k.many = map[string]bool{}
	}
	had := k.many[key]
	k.many[key] = true
	return !had
}

func unquote(quoted []byte) []byte {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return quoted[1 : len(quoted)-1]
	}
	var s string
	// The text is known to be JSON, so there is no error to meet.
	_ = json.Unmarshal(quoted, &s)
	return []byte(s)
}
