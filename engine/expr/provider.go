package expr

import (
	"fmt"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// celPrefix keeps the names of object types apart from paths: a slash cannot stand in a path, so a
// type called "T/steps" never hides the data at steps.
const celPrefix = "T/"

// cel is the type as CEL knows it.
func (t Type) cel() *types.Type {
	switch t.kind {
	case kindText:
		return types.StringType
	case kindBool:
		return types.BoolType
	case kindInt:
		return types.IntType
	case kindNumber:
		return types.DoubleType
	case kindNull:
		return types.NullType
	case kindList:
		return types.NewListType(t.elem.cel())
	case kindMap:
		return types.NewMapType(types.StringType, t.elem.cel())
	case kindObject:
		return t.celObject()
	}
	return types.DynType
}

func (t Type) celObject() *types.Type {
	if t.name == "" {
		return types.NewMapType(types.StringType, types.DynType)
	}
	return types.NewObjectType(celPrefix + t.name)
}

// typeOf is the Type of a CEL type; object types are looked up by name.
func (e *Env) typeOf(t *types.Type) Type {
	if t == nil {
		return Any
	}
	switch t.Kind() {
	case types.StringKind:
		return Text
	case types.BoolKind:
		return Bool
	case types.IntKind, types.UintKind:
		return Int
	case types.DoubleKind:
		return Number
	case types.NullTypeKind:
		return Type{kind: kindNull}
	case types.ListKind:
		return ListOf(e.typeOf(t.Parameters()[0]))
	case types.MapKind:
		return e.mapOf(t)
	case types.DynKind, types.ErrorKind, types.TypeParamKind, types.AnyKind, types.UnspecifiedKind:
		return Any
	}
	return e.otherOf(t)
}

func (e *Env) mapOf(t *types.Type) Type {
	switch key := e.typeOf(t.Parameters()[0]); key.kind {
	case kindText, kindAny:
		return MapOf(e.typeOf(t.Parameters()[1]))
	default:
		return Type{kind: kindOther, name: "map with keys of " + key.String()}
	}
}

func (e *Env) otherOf(t *types.Type) Type {
	if object, found := e.object(t.TypeName()); found {
		return object
	}
	if isOptional(t) {
		return Type{kind: kindOther, name: "optional " + e.typeOf(t.Parameters()[0]).String()}
	}
	switch t.Kind() {
	case types.BytesKind:
		return Type{kind: kindOther, name: "byte string"}
	case types.TimestampKind:
		return Type{kind: kindOther, name: "timestamp"}
	case types.DurationKind:
		return Type{kind: kindOther, name: "duration"}
	}
	return Type{kind: kindOther, name: t.TypeName()}
}

// provider tells CEL the object types of an Env. There is nothing else to find: expressions cannot
// build objects, and values stay plain maps.
type provider struct {
	env  *Env
	rest types.Provider // CEL's own names
}

func (p provider) EnumValue(name string) ref.Val { return p.rest.EnumValue(name) }

func (p provider) FindIdent(name string) (ref.Val, bool) { return p.rest.FindIdent(name) }

func (p provider) FindStructType(name string) (*types.Type, bool) {
	if _, found := p.env.object(name); !found {
		return nil, false
	}
	return types.NewTypeTypeWithParam(types.NewObjectType(name)), true
}

func (p provider) FindStructFieldNames(name string) ([]string, bool) {
	object, found := p.env.object(name)
	return object.Fields(), found
}

func (p provider) FindStructFieldType(name, field string) (*types.FieldType, bool) {
	object, _ := p.env.object(name)
	t, found := object.fields[field]
	if !found {
		return nil, false
	}
	return &types.FieldType{
		Type:    t.cel(),
		IsSet:   func(from any) bool { _, found := fieldOf(from, field); return found },
		GetFrom: func(from any) (any, error) { return getField(from, field) },
	}, true
}

func (p provider) NewValue(name string, _ map[string]ref.Val) ref.Val {
	return types.NewErr("an expression cannot build a %s", name)
}

func getField(from any, field string) (any, error) {
	if value, found := fieldOf(from, field); found {
		return value, nil
	}
	return nil, missingField{field}
}

// missingField is the error of reading a field that a value does not have.
type missingField struct{ name string }

func (m missingField) Error() string { return fmt.Sprintf("there is no %q here", m.name) }

// fieldOf finds a field in whatever CEL holds an object in: plain data, a map made by an expression,
// or a value not known yet, of which every part is unknown too.
func fieldOf(from any, field string) (any, bool) {
	switch from := from.(type) {
	case map[string]any:
		value, found := from[field]
		return value, found
	case map[ref.Val]ref.Val:
		value, found := from[types.String(field)]
		return value, found
	case *types.Unknown:
		return from, true
	case traits.Mapper:
		return from.Find(types.String(field))
	}
	return nil, false
}

func isOptional(t *types.Type) bool {
	return t.Kind() == types.OpaqueKind && t.TypeName() == types.OptionalType.TypeName()
}
