package expr

import (
	"errors"
	"fmt"
	"math"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// converter turns CEL values into data as a plan may hold it. It counts, since a short expression can
// name a list that is longer than any memory.
type converter struct{ left int }

func (c *converter) plain(value ref.Val) (any, error) {
	if c.left--; c.left < 0 {
		return nil, fmt.Errorf("the result has more than %d values", maxValues)
	}
	switch v := value.(type) {
	case types.Null:
		return nil, nil
	case types.Bool:
		return bool(v), nil
	case types.Int:
		return int64(v), nil
	case types.Uint:
		return plainUint(v)
	case types.Double:
		return plainDouble(v)
	case types.String:
		return plainString(v)
	case *types.Optional:
		return c.plainOptional(v)
	case traits.Mapper:
		return c.plainMap(v)
	case traits.Lister:
		return c.plainList(v)
	}
	return nil, fmt.Errorf("%s is no value for a plan; make it text with string()", kindWord(value))
}

func kindWord(value ref.Val) string {
	switch value.(type) {
	case types.Timestamp:
		return "a timestamp"
	case types.Duration:
		return "a duration"
	case types.Bytes:
		return "a byte string"
	}
	return "a " + value.Type().TypeName()
}

func plainUint(v types.Uint) (any, error) {
	if v > math.MaxInt64 {
		return nil, fmt.Errorf("the integer %d is too large", v)
	}
	return int64(v), nil
}

func plainDouble(v types.Double) (any, error) {
	if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
		return nil, errors.New("the result is not a finite number")
	}
	return float64(v), nil
}

func plainString(v types.String) (any, error) {
	if len(v) > maxText {
		return nil, errTooLong
	}
	return string(v), nil
}

var errTooLong = fmt.Errorf("the text has more than %d bytes", maxText)

func (c *converter) plainOptional(v *types.Optional) (any, error) {
	if !v.HasValue() {
		return nil, errors.New("there is no value here; add .orValue(…) to say what to take instead")
	}
	return c.plain(v.GetValue())
}

func (c *converter) plainList(list traits.Lister) (any, error) {
	plain := []any{}
	for it := list.Iterator(); it.HasNext() == types.True; {
		element, err := c.plain(it.Next())
		if err != nil {
			return nil, err
		}
		plain = append(plain, element)
	}
	return plain, nil
}

func (c *converter) plainMap(m traits.Mapper) (any, error) {
	plain := map[string]any{}
	for it := m.Iterator(); it.HasNext() == types.True; {
		key := it.Next()
		name, isText := key.(types.String)
		if !isText {
			return nil, fmt.Errorf("the keys of a map must be text, not %s", key.Type().TypeName())
		}
		element, err := c.plain(m.Get(key))
		if err != nil {
			return nil, err
		}
		plain[string(name)] = element
	}
	return plain, nil
}
