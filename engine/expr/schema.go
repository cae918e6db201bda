package expr

import "fmt"

// maxDepth ends schemas that hold themselves.
const maxDepth = 64

// FromSchema is the type of the values that a JSON Schema (draft-07, decoded) lets through. Objects
// with properties become object types named after name and the path of the property; what the schema
// leaves open is Any. References are not followed.
func FromSchema(name string, schema map[string]any) Type { return fromSchema(name, schema, 0) }

func fromSchema(name string, schema map[string]any, depth int) Type {
	if depth > maxDepth {
		return Any
	}
	switch schemaType(schema) {
	case "string":
		return Text
	case "integer":
		return Int
	case "number":
		return Number
	case "boolean":
		return Bool
	case "null":
		return Type{kind: kindNull}
	case "array":
		return ListOf(partOf(name, "items", schema["items"], depth))
	case "object":
		return fromObject(name, schema, depth)
	}
	return Any
}

// schemaType is the one type that a schema names besides null, or the one that its keywords imply.
func schemaType(schema map[string]any) string {
	switch t := schema["type"].(type) {
	case string:
		return t
	case []any:
		return single(t)
	}
	if _, found := schema["properties"]; found {
		return "object"
	}
	if constant, found := schema["const"]; found {
		return valueType(constant)
	}
	values, _ := schema["enum"].([]any)
	var names []any
	for _, value := range values {
		names = append(names, valueType(value))
	}
	return single(names)
}

// single is the only name in the list, null aside; integers among numbers are numbers.
func single(names []any) string {
	found := ""
	for _, name := range names {
		text, _ := name.(string)
		switch {
		case text == "null" || text == found:
		case found == "":
			found = text
		case numeric(text) && numeric(found):
			found = "number"
		default:
			return ""
		}
	}
	return found
}

func numeric(name string) bool { return name == "integer" || name == "number" }

func valueType(value any) string {
	switch value.(type) {
	case nil:
		return "null"
	case string:
		return "string"
	case bool:
		return "boolean"
	case int, int64:
		return "integer"
	case float64:
		return "number"
	}
	return "any"
}

func fromObject(name string, schema map[string]any, depth int) Type {
	properties, _ := schema["properties"].(map[string]any)
	if len(properties) == 0 {
		return MapOf(partOf(name, "*", schema["additionalProperties"], depth))
	}
	fields := make(map[string]Type, len(properties))
	for field, part := range properties {
		fields[field] = partOf(name, field, part, depth)
	}
	object := Object(name, fields)
	object.open = schema["additionalProperties"] != false
	return object
}

func partOf(name, field string, part any, depth int) Type {
	schema, _ := part.(map[string]any)
	return fromSchema(fmt.Sprintf("%s/%s", name, field), schema, depth+1)
}
