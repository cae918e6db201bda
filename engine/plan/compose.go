package plan

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"writ/engine/expr"
	"writ/engine/step"
	"writ/schemas"
)

// kindSchema is what a plan needs of a kind's schemas.
type kindSchema struct {
	kind    *step.Kind
	args    *shape     // of the arguments
	sure    *quick     // accepts what is surely right
	written *validator // of the arguments as a plan has them, expressions and all
	outputs expr.Type
	meant   func() (*validator, error) // of the arguments once they are resolved
	strict  bool                       // written takes no more than meant does of arguments without expressions
}

// newKindSchema panics on a kind whose schema is none, which is a mistake in writ's own source.
func newKindSchema(k step.Kind) *kindSchema {
	definitions := definitionsOf(k)
	root := map[string]any{"definitions": definitions}
	var written *validator
	var sure *quick
	doc, err := newDocument("written/"+k.Name, map[string]any{"definitions": openAll(definitions)})
	if err == nil {
		written, sure, err = doc.compileBoth("/definitions/input")
	}
	if err != nil {
		panic(fmt.Sprintf("schema of %s: %v", k.Name, err))
	}
	return &kindSchema{
		kind:    &k,
		args:    newShape(root, "with/"+k.Name, definitions["input"]),
		written: written,
		sure:    sure,
		outputs: newShape(root, "outputs/"+k.Name, definitions["output"]).exprType(),
		meant: sync.OnceValues(func() (*validator, error) {
			return compileAt(k.Name, root, "/definitions/input")
		}),
		strict: !bytes.Contains(k.Schema, []byte(`"oneOf"`)), // which open turns into anyOf
	}
}

// compileBoth makes a validator and its quick companion.
func (d *document) compileBoth(pointer string) (*validator, *quick, error) {
	v, err := d.compile(pointer)
	if err != nil {
		return nil, nil, err
	}
	q, err := newQuick(d, pointer, 0)
	return v, q, err
}

func definitionsOf(k step.Kind) map[string]any {
	var doc struct {
		Definitions map[string]any `json:"definitions"`
	}
	if err := json.Unmarshal(k.Schema, &doc); err != nil {
		panic(fmt.Sprintf("schema of %s: %v", k.Name, err))
	}
	return doc.Definitions
}

func compileAt(name string, root map[string]any, pointer string) (*validator, error) {
	doc, err := newDocument(name, root)
	if err != nil {
		return nil, err
	}
	return doc.compile(pointer)
}

func planDocument() map[string]any {
	var root map[string]any
	if err := json.Unmarshal(schemas.Language(), &root); err != nil {
		panic(fmt.Sprintf("schemas/language.json: %v", err))
	}
	return root
}

// planSchema is schemas/language.json in two: the plan without its steps, and one step. So each step is validated by
// itself, and its arguments by its kind alone.
type planSchema struct {
	shape    *shape
	top      *validator
	step     *validator
	sureStep *quick
}

func newPlanSchema() *planSchema {
	root := planDocument()
	s := &planSchema{shape: newShape(root, "plan", root)}
	top := maps.Clone(root)
	top["properties"] = maps.Clone(asMap(root["properties"]))
	asMap(top["properties"])["steps"] = without(asMap(lookUp(root, "/properties/steps")), "items")
	doc, err := newDocument("plan", top)
	if err == nil {
		s.top, err = doc.compile("")
	}
	if err == nil {
		s.step, s.sureStep, err = doc.compileBoth("/definitions/step")
	}
	if err != nil {
		panic(fmt.Sprintf("schemas/language.json: %v", err))
	}
	return s
}

func without(schema map[string]any, word string) map[string]any {
	out := maps.Clone(schema)
	delete(out, word)
	return out
}

// Schema is the one document for editors: schemas/language.json with the schema of every kind, chosen by uses. Every
// argument may be written as its schema asks or as text with an expression.
func Schema(kinds step.Kinds) []byte {
	root := planDocument()
	definitions := asMap(root["definitions"])
	stepSchema := asMap(definitions["step"])
	uses := asMap(asMap(stepSchema["properties"])["uses"])
	uses["enum"] = kinds.Names()
	summaries := []string{}
	var branches []any
	for _, k := range kinds {
		summaries = append(summaries, k.Summary)
		for name, d := range openAll(definitionsOf(k)) {
			definitions[definitionName(k.Name, name)] = referTo(d, k.Name)
		}
		asMap(definitions[definitionName(k.Name, "input")])["title"] = k.Name // heads what editors show of it
		branches = append(branches, branchOf(k))
	}
	uses["enumDescriptions"] = summaries
	stepSchema["allOf"] = branches
	return indented(root)
}

// branchOf holds the arguments of steps that use a kind to its schema. Arguments may be left out when none is
// required. The kind is a pattern, since an editor that completes takes a const for met by the beginning of it: steps
// that use iam.agency would be offered the arguments of iam.agency_role.
func branchOf(k step.Kind) map[string]any {
	ref := map[string]any{"$ref": "#/definitions/" + definitionName(k.Name, "input")}
	then := map[string]any{"properties": map[string]any{"with": ref}}
	if required := asList(asMap(definitionsOf(k)["input"])["required"]); len(required) > 0 {
		then["required"] = []any{"with"}
	}
	return map[string]any{
		"if": map[string]any{
			"required":   []any{"uses"},
			"properties": map[string]any{"uses": map[string]any{"pattern": "^" + regexp.QuoteMeta(k.Name) + "$"}},
		},
		"then": then,
	}
}

func definitionName(kind, name string) string { return "kinds." + kind + "." + name }

// referTo turns references within a kind's own document to where its definitions are in the composed one.
func referTo(schema any, kind string) any {
	switch s := schema.(type) {
	case []any:
		out := make([]any, len(s))
		for i, v := range s {
			out[i] = referTo(v, kind)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(s))
		for word, v := range s {
			out[word] = referTo(v, kind)
			if name, ok := strings.CutPrefix(asText(v), "#/definitions/"); ok && word == "$ref" {
				out[word] = "#/definitions/" + definitionName(kind, name)
			}
		}
		return out
	}
	return schema
}

func indented(v any) []byte {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		panic(fmt.Sprintf("schema: %v", err))
	}
	return out.Bytes()
}

const expressionPattern = `\$\{\{`

// openAll lets every part of every definition be an expression.
func openAll(definitions map[string]any) map[string]any {
	out := make(map[string]any, len(definitions))
	for name, d := range definitions {
		if name != "output" {
			out[name] = open(d)
		}
	}
	return out
}

// open lets the parts of a value be expressions, but not the value itself.
func open(schema any) any {
	s, ok := schema.(map[string]any)
	if !ok {
		return schema
	}
	out := make(map[string]any, len(s))
	for word, v := range s {
		switch word {
		case "properties", "patternProperties":
			out[word] = openEach(asMap(v))
		case "items", "additionalItems", "additionalProperties", "contains":
			out[word] = each(v, orExpression)
		case "allOf", "anyOf", "then":
			out[word] = each(v, open)
		case "oneOf":
			out["anyOf"] = each(v, open) // an expression may fit several
		case "else":
			out[word] = map[string]any{"anyOf": []any{open(v), asksExpression(s["if"])}}
		default:
			out[word] = v
		}
	}
	return out
}

func openEach(parts map[string]any) map[string]any {
	out := make(map[string]any, len(parts))
	for name, part := range parts {
		out[name] = orExpression(part)
	}
	return out
}

// each does something to a schema, or to each of a list of them.
func each(v any, do func(any) any) any {
	list, isList := v.([]any)
	if !isList {
		return do(v)
	}
	out := make([]any, len(list))
	for i, part := range list {
		out[i] = do(part)
	}
	return out
}

// orExpression is the schema, or text with an expression. What describes the value stays on top, where editors look.
func orExpression(schema any) any {
	s, ok := schema.(map[string]any)
	if !ok {
		return schema
	}
	out := map[string]any{
		"anyOf": []any{open(s), map[string]any{"type": "string", "pattern": expressionPattern}},
	}
	for _, word := range []string{"title", "description", "default", "examples"} {
		if v, found := s[word]; found {
			out[word] = v
		}
	}
	return out
}

// isOrExpression reports whether a schema was made by orExpression.
func isOrExpression(schema map[string]any) bool {
	branches := asList(schema["anyOf"])
	if len(branches) != 2 {
		return false
	}
	last := asMap(branches[1])
	return last["pattern"] == expressionPattern || last["$comment"] == unsettled
}

// asksExpression holds when one of the keys that a condition looks at is an expression: then nobody knows yet whether
// the condition holds.
func asksExpression(condition any) any {
	keys := asMap(asMap(condition)["properties"])
	names := make([]string, 0, len(keys))
	for name := range keys {
		names = append(names, name)
	}
	slices.Sort(names)
	branches := []any{false}
	for _, name := range names {
		expression := map[string]any{"type": "string", "pattern": expressionPattern}
		branches = append(branches, map[string]any{
			"required":   []any{name},
			"properties": map[string]any{name: expression},
		})
	}
	return map[string]any{"$comment": unsettled, "anyOf": branches}
}

const unsettled = "the condition depends on an expression"
