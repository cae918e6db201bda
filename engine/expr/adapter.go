package expr

import (
	"maps"
	"slices"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// adapter gives CEL plain data. Maps are gone through in the order of their keys, so that an expression over one
// answers the same each time.
type adapter struct{ rest types.Adapter }

func (a adapter) NativeToValue(value any) ref.Val {
	switch v := value.(type) {
	case map[string]any:
		return ordered{types.NewStringInterfaceMap(a, v), v}
	case []any:
		return types.NewDynamicList(a, v)
	}
	return a.rest.NativeToValue(value)
}

// ordered is a map whose keys have an order.
type ordered struct {
	traits.Mapper
	data map[string]any
}

func (o ordered) Iterator() traits.Iterator {
	return &keyIterator{keys: slices.Sorted(maps.Keys(o.data))}
}

// AggregateSize leaves the measuring to the map itself, which need not put its keys in order for that.
func (o ordered) AggregateSize(sizer types.AggregateSizer) uint32 {
	return o.Mapper.(types.AggregateSizeVisitor).AggregateSize(sizer)
}

// keyIterator goes through keys. What it is as a value is of no interest to anybody.
type keyIterator struct {
	traits.Iterator
	keys []string
	next int
}

func (i *keyIterator) HasNext() ref.Val { return types.Bool(i.next < len(i.keys)) }

func (i *keyIterator) Next() ref.Val {
	if i.next >= len(i.keys) {
		return nil
	}
	key := types.String(i.keys[i.next])
	i.next++
	return key
}
