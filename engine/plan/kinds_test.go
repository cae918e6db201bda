package plan

import (
	"context"

	"writ/engine/step"
)

// Toy kinds: enough of each effect to break every rule.

type anything = map[string]any

func toyKinds() step.Kinds {
	return step.Kinds{toyList(), toySwitch(), toyGrant(), toyRow(), toyShapes(), toyOwner()}
}

// define makes a kind that does nothing.
func define(name, schema string, effect step.Effect, more func(*step.Spec[anything, anything])) step.Kind {
	s := step.Spec[anything, anything]{
		Name: name, Summary: "a toy", Schema: []byte(schema), Effect: effect,
		Outputs: func(in, _ anything) any { return in },
	}
	if effect != step.Irreversible {
		s.Read = func(context.Context, anything) (anything, error) { return anything{}, nil }
	}
	if effect != step.Reads {
		s.Goal = func(in, _ anything) anything { return in }
		s.Apply = func(context.Context, anything, anything) error { return nil }
		s.Objects = func(in anything) []string { return nil }
	}
	if effect == step.Reversible {
		s.Undo = func(context.Context, anything, anything, anything) error { return nil }
		s.Reverse = func(_, _, want anything) step.Reversal[anything] { return step.Reversal[anything]{Want: want} }
	}
	if more != nil {
		more(&s)
	}
	return step.Define(s)
}

func toyList() step.Kind {
	return define("toy.list", `{"definitions": {
		"input": {"type": "object", "additionalProperties": false, "properties": {"owner_id": {"type": "string", "minLength": 1}}},
		"output": {"type": "object", "additionalProperties": false, "properties": {
			"total": {"type": "integer"},
			"buckets": {"type": "array", "items": {"$ref": "#/definitions/bucket"}}}},
		"bucket": {"type": "object", "additionalProperties": false, "properties": {"name": {"type": "string"}, "region": {"type": "string"}}}
	}}`, step.Reads, nil)
}

func toySwitch() step.Kind {
	return define("toy.switch", `{"definitions": {
		"input": {"type": "object", "additionalProperties": false, "required": ["operate_type"], "properties": {
			"operate_type": {"type": "string", "enum": ["CREATED", "CANCELED"]},
			"bucket": {"type": "string", "pattern": "^[a-z0-9.-]+$", "minLength": 3, "maxLength": 63}}},
		"output": {"type": "object", "additionalProperties": false, "properties": {"operate_type": {"type": "string"}, "count": {"type": "integer"}}}
	}}`, step.Reversible, func(s *step.Spec[anything, anything]) {
		s.Objects = func(in anything) []string {
			if bucket, ok := in["bucket"].(string); ok {
				return []string{"bucket " + bucket}
			}
			return nil
		}
		s.Await = func(context.Context, anything) (bool, error) { return true, nil }
	})
}

func toyGrant() step.Kind {
	return define("toy.grant", `{"definitions": {
		"input": {"type": "object", "additionalProperties": false, "required": ["buckets"], "properties": {
			"buckets": {"type": "array", "minItems": 1, "maxItems": 3, "uniqueItems": true, "items": {"type": "string"}}}},
		"output": {"type": "object", "additionalProperties": false, "properties": {"buckets": {"type": "array", "items": {"type": "string"}}}}
	}}`, step.Irreversible, nil)
}

func toyRow() step.Kind {
	return define("toy.row", `{"definitions": {
		"input": {"type": "object", "additionalProperties": false, "required": ["user_id"], "properties": {
			"user_id": {"type": "string", "x-writ-literal": ["all", "all-users"]},
			"type": {"type": "string", "enum": ["agency", "credential"]},
			"content": {"type": "string"},
			"secret_key": {"type": "string", "minLength": 8, "x-writ-sensitive": true}},
			"allOf": [{"if": {"properties": {"type": {"const": "agency"}}}, "then": {"properties": {"secret_key": false}}, "else": {"required": ["secret_key"]}}]},
		"output": {"type": "object", "additionalProperties": false, "properties": {"user_id": {"type": "string"}}}
	}}`, step.Reversible, nil)
}

func toyShapes() step.Kind {
	return define("toy.shapes", `{"definitions": {
		"input": {"type": "object", "additionalProperties": false, "properties": {
			"size": {"type": "integer", "minimum": 1, "maximum": 10, "multipleOf": 2},
			"ratio": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
			"on": {"type": "boolean"},
			"maybe": {"type": ["string", "null"]},
			"either": {"oneOf": [{"type": "string"}, {"type": "integer"}]},
			"who": {"anyOf": [{"type": "object", "additionalProperties": false, "required": ["name"], "properties": {"name": {"type": "string"}}}, {"type": "string", "enum": ["me"]}]},
			"tags": {"type": "object", "minProperties": 1, "additionalProperties": {"type": "string"}},
			"rules": {"type": "array", "items": {"$ref": "#/definitions/rule"}}},
			"dependencies": {"size": ["on"]}},
		"rule": {"type": "object", "additionalProperties": false, "required": ["port"], "properties": {"port": {"type": "integer"}, "hosts": {"type": "array", "items": {"type": "string"}}}},
		"output": {"type": "object"}
	}}`, step.Reversible, nil)
}

func toyOwner() step.Kind {
	return define("toy.owner", `{"definitions": {
		"input": {"type": "object", "additionalProperties": false, "required": ["bucket"], "properties": {
			"bucket": {"type": "string", "pattern": "^[a-z0-9]+$"},
			"owner_id": {"type": "string", "minLength": 2},
			"owner_name": {"type": "string", "minLength": 1}},
			"anyOf": [{"required": ["owner_id"]}, {"required": ["owner_name"]}],
			"allOf": [{"if": {"required": ["owner_id"]}, "then": {"properties": {"owner_name": false}}}]},
		"output": {"type": "object"}
	}}`, step.Reversible, nil)
}
