package sandbox

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
)

// slot is a part of a cloud that calls change: the rows of a table, or the one value of a cell, whose key is empty.
type slot interface {
	read(key string) json.RawMessage               // nil where there is nothing
	write(key string, value json.RawMessage) error // nil takes away; not noted
}

// ledger notes what calls change in the slots of a cloud, as it was before, so that the cost of keeping a change, and of
// the way back from it, is that of the change and not that of the cloud.
type ledger struct {
	slots  map[string]slot // by their place in the document
	noted  []spot
	before map[spot]json.RawMessage
}

// spot is a row of a table, or the value of a cell.
type spot struct{ place, key string }

// change is what a spot now holds; nothing, where a row is gone.
type change struct {
	Place string          `json:"at"`
	Key   string          `json:"key,omitempty"`
	Now   json.RawMessage `json:"now,omitempty"`
}

func newLedger() *ledger {
	return &ledger{slots: map[string]slot{}, before: map[spot]json.RawMessage{}}
}

// note is called before a spot changes.
func (l *ledger) note(place, key string) {
	s := spot{place, key}
	if _, ok := l.before[s]; ok {
		return
	}
	l.before[s] = l.slots[place].read(key)
	l.noted = append(l.noted, s)
}

// changes are the spots that are not as they were.
func (l *ledger) changes() (list []change) {
	for _, s := range l.noted {
		if now := l.slots[s.place].read(s.key); !bytes.Equal(now, l.before[s]) {
			list = append(list, change{s.place, s.key, now})
		}
	}
	return list
}

// settle forgets how it was: there is no way back.
func (l *ledger) settle() {
	l.noted = l.noted[:0]
	clear(l.before)
}

// takeBack makes everything as it was.
func (l *ledger) takeBack() {
	for _, s := range l.noted {
		if err := l.slots[s.place].write(s.key, l.before[s]); err != nil {
			panic(err) // what was read from it
		}
	}
	l.settle()
}

// table is a list of the document, with its rows at hand by their keys.
type table[T any] struct {
	place  string
	ledger *ledger
	key    func(T) string
	rows   map[string]T
	sorted []T // nil: not since the last change

	id   func(T) string    // a second key, or nil
	keys map[string]string // by the second
}

func newTable[T any](l *ledger, place string, key func(T) string, list []T) *table[T] {
	t := &table[T]{place: place, ledger: l, key: key, rows: make(map[string]T, len(list))}
	for _, row := range list {
		t.rows[key(row)] = row
	}
	l.slots[place] = t
	return t
}

// with gives the table a second key.
func (t *table[T]) with(id func(T) string) *table[T] {
	t.id, t.keys = id, make(map[string]string, len(t.rows))
	for key, row := range t.rows {
		t.keys[id(row)] = key
	}
	return t
}

func (t *table[T]) get(key string) (T, bool) {
	row, ok := t.rows[key]
	return row, ok
}

func (t *table[T]) has(key string) bool {
	_, ok := t.rows[key]
	return ok
}

// withID finds a row by its second key.
func (t *table[T]) withID(id string) (T, bool) {
	key, ok := t.keys[id]
	if !ok {
		var none T
		return none, false
	}
	return t.get(key)
}

// put adds a row, or takes it in the place of the one with its key. What a row points to is not changed afterwards.
func (t *table[T]) put(row T) {
	key := t.key(row)
	t.ledger.note(t.place, key)
	t.set(key, row)
}

func (t *table[T]) drop(key string) {
	t.ledger.note(t.place, key)
	t.unset(key)
}

// list is the rows in the order of their keys. It is not the caller's to change.
func (t *table[T]) list() []T {
	if t.sorted == nil {
		t.sorted = make([]T, 0, len(t.rows))
		for _, row := range t.rows {
			t.sorted = append(t.sorted, row)
		}
		slices.SortFunc(t.sorted, func(a, b T) int { return cmp.Compare(t.key(a), t.key(b)) })
	}
	return t.sorted
}

func (t *table[T]) set(key string, row T) {
	t.unset(key)
	t.rows[key] = row
	if t.id != nil {
		t.keys[t.id(row)] = key
	}
}

func (t *table[T]) unset(key string) {
	if old, ok := t.rows[key]; ok && t.id != nil {
		delete(t.keys, t.id(old))
	}
	delete(t.rows, key)
	t.sorted = nil
}

func (t *table[T]) read(key string) json.RawMessage {
	row, ok := t.rows[key]
	if !ok {
		return nil
	}
	return encoded(row)
}

func (t *table[T]) write(key string, value json.RawMessage) error {
	if value == nil {
		t.unset(key)
		return nil
	}
	var row T
	if err := json.Unmarshal(value, &row); err != nil {
		return err
	}
	t.set(key, row)
	return nil
}

// cell is one value of the document.
type cell[T any] struct {
	place  string
	ledger *ledger
	value  T // what it points to is not changed
}

func newCell[T any](l *ledger, place string, value T) *cell[T] {
	c := &cell[T]{place, l, value}
	l.slots[place] = c
	return c
}

func (c *cell[T]) set(value T) {
	c.ledger.note(c.place, "")
	c.value = value
}

func (c *cell[T]) read(string) json.RawMessage { return encoded(c.value) }

func (c *cell[T]) write(_ string, value json.RawMessage) error {
	var v T
	err := json.Unmarshal(value, &v)
	c.value = v
	return err
}

func encoded(value any) json.RawMessage {
	data, err := json.Marshal(value)
	if err != nil {
		panic(err) // plain data
	}
	return data
}
