package plan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// document is a schema document and its compiled parts. JSON Schema's library is used in this file and nowhere else.
type document struct {
	root map[string]any
	url  string
	lib  *jsonschema.Compiler
}

// newDocument takes a document that refers to nothing outside itself. Only what decides is compiled: the library holds
// each schema to the schema of schemas, words for people and all, which takes longer than everything else.
func newDocument(name string, root map[string]any) (*document, error) {
	root = asMap(bare(root))
	raw, err := json.Marshal(root)
	if err != nil {
		return nil, err
	}
	d := &document{root: root, url: "writ://schemas/" + url.PathEscape(name), lib: jsonschema.NewCompiler()}
	d.lib.Draft = jsonschema.Draft7
	d.lib.LoadURL = func(s string) (io.ReadCloser, error) {
		return nil, fmt.Errorf("a schema refers to %s; schemas refer to themselves only", s)
	}
	if err := d.lib.AddResource(d.url, bytes.NewReader(raw)); err != nil {
		return nil, err
	}
	return d, nil
}

// bare is a schema without what only people read. The words for a pattern are kept: messages use them.
func bare(schema any) any {
	s, ok := schema.(map[string]any)
	if !ok {
		return schema
	}
	out := make(map[string]any, len(s))
	for word, v := range s {
		switch word {
		case "description", "title", "examples", "default", "$schema":
		case "properties", "patternProperties", "definitions", "dependencies":
			parts := make(map[string]any, len(asMap(v)))
			for key, part := range asMap(v) {
				parts[key] = bare(part)
			}
			out[word] = parts
		case "allOf", "anyOf", "oneOf":
			out[word] = each(v, bare)
		case "items", "additionalItems", "additionalProperties", "contains", "not", "if", "then", "else", "propertyNames":
			out[word] = bare(v)
		default:
			out[word] = v
		}
	}
	return out
}

// validator is one schema of a document, compiled. It may be used from many goroutines.
type validator struct {
	doc    *document
	schema *jsonschema.Schema
}

// compile makes a validator of the schema at a JSON pointer.
func (d *document) compile(pointer string) (*validator, error) {
	s, err := d.lib.Compile(d.url + "#" + pointer)
	if err != nil {
		return nil, err
	}
	return &validator{doc: d, schema: s}, nil
}

// violation is one keyword of a schema that a value breaks.
type violation struct {
	path    []string       // where in the value
	word    string         // the keyword; "" for a place where nothing is allowed
	schema  map[string]any // that holds the keyword
	aboutOf bool           // about the name of the last key of path, not about its value
}

// validate lists what is wrong with a JSON-like tree, in no order.
func (v *validator) validate(tree any) []violation {
	err := v.schema.Validate(tree)
	if err == nil {
		return nil
	}
	var failed *jsonschema.ValidationError
	if !errors.As(err, &failed) {
		return []violation{{word: "type", schema: map[string]any{}}}
	}
	return v.leaves(failed)
}

// fits reports whether a text has the length and the form that a schema asks for, which may ask for more.
func (v *validator) fits(text string) bool {
	s := v.schema
	if n := utf8.RuneCountInString(text); n < s.MinLength || s.MaxLength >= 0 && n > s.MaxLength {
		return false
	}
	return s.Pattern == nil || s.Pattern.MatchString(text)
}

// holds reports whether a list may have so many items.
func (v *validator) holds(n int) bool {
	return n >= v.schema.MinItems && (v.schema.MaxItems < 0 || n <= v.schema.MaxItems)
}

func (v *validator) leaves(e *jsonschema.ValidationError) []violation {
	word := lastWord(e.KeywordLocation)
	schema := asMap(v.at(parentOf(e.AbsoluteKeywordLocation)))
	switch {
	case len(e.Causes) == 0, word == "minContains", word == "contains":
		return []violation{v.leaf(e)}
	case word == "anyOf" && isOrExpression(schema):
		return v.branch(e, 0)
	case word == "anyOf" && len(eitherKey(schema)) > 0:
		return []violation{{path: pointerParts(e.InstanceLocation), word: word, schema: schema}}
	case word == "anyOf", word == "oneOf":
		return v.closest(e)
	}
	var out []violation
	for _, cause := range e.Causes {
		out = append(out, v.leaves(cause)...)
	}
	return out
}

// eitherKey are the keys of which a schema's anyOf wants one, and nothing else; none when it wants something else.
func eitherKey(schema map[string]any) []string {
	var keys []string
	for _, branch := range asList(schema["anyOf"]) {
		required := asList(asMap(branch)["required"])
		if len(asMap(branch)) != 1 || len(required) != 1 {
			return nil
		}
		keys = append(keys, asText(required[0]))
	}
	return keys
}

func (v *validator) leaf(e *jsonschema.ValidationError) violation {
	x := violation{
		path:    pointerParts(e.InstanceLocation),
		word:    lastWord(e.KeywordLocation),
		aboutOf: strings.Contains(e.KeywordLocation, "/propertyNames"),
	}
	location := e.AbsoluteKeywordLocation
	if i := strings.LastIndex(location, "/dependencies/"); i >= 0 && strings.Count(location[i:], "/") == 3 {
		x.word, location = "dependencies", location[:i]+"/dependencies"
	}
	if allowed, isBool := v.at(location).(bool); isBool && !allowed && x.word != "additionalProperties" && x.word != "additionalItems" {
		x.word = ""
		return x
	}
	x.schema = asMap(v.at(parentOf(location)))
	return x
}

// branch lists what is wrong with one of several alternatives.
func (v *validator) branch(e *jsonschema.ValidationError, n int) []violation {
	var out []violation
	prefix := fmt.Sprintf("%s/%d", e.KeywordLocation, n)
	for _, cause := range e.Causes {
		if cause.KeywordLocation == prefix || strings.HasPrefix(cause.KeywordLocation, prefix+"/") {
			out = append(out, v.leaves(cause)...)
		}
	}
	return out
}

// closest takes the alternative that was meant: one whose type is right, and of these the one with the fewest faults.
// When no type is right, all types are told together.
func (v *validator) closest(e *jsonschema.ValidationError) []violation {
	schema := asMap(v.at(parentOf(e.AbsoluteKeywordLocation)))
	var best []violation
	var types []any
	for n := range asList(schema[lastWord(e.KeywordLocation)]) {
		found := v.branch(e, n)
		if len(found) == 1 && found[0].word == "type" && len(found[0].path) == len(pointerParts(e.InstanceLocation)) {
			types = append(types, namesOf(found[0].schema["type"])...)
			continue
		}
		if len(found) > 0 && (best == nil || len(found) < len(best)) {
			best = found
		}
	}
	switch {
	case best != nil:
		return best
	case types != nil:
		return []violation{{path: pointerParts(e.InstanceLocation), word: "type", schema: map[string]any{"type": types}}}
	}
	return []violation{{path: pointerParts(e.InstanceLocation), word: "oneOf", schema: schema}}
}

func namesOf(t any) []any {
	if list, ok := t.([]any); ok {
		return list
	}
	return []any{t}
}

func (v *validator) at(location string) any {
	_, fragment, _ := strings.Cut(location, "#")
	return lookUp(v.doc.root, fragment)
}

// lookUp follows a JSON pointer, or answers nil.
func lookUp(root any, pointer string) any {
	at := root
	for _, part := range pointerParts(pointer) {
		switch node := at.(type) {
		case map[string]any:
			at = node[part]
		case []any:
			at = nil
			for i := range node {
				if fmt.Sprint(i) == part {
					at = node[i]
				}
			}
		default:
			return nil
		}
	}
	return at
}

func pointerParts(pointer string) []string {
	if pointer == "" {
		return nil
	}
	parts := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	for i, p := range parts {
		if plain, err := url.PathUnescape(p); err == nil {
			p = plain
		}
		parts[i] = strings.ReplaceAll(strings.ReplaceAll(p, "~1", "/"), "~0", "~")
	}
	return parts
}

// pointerPart writes a key as a part of a JSON pointer.
func pointerPart(key string) string {
	return url.PathEscape(strings.ReplaceAll(strings.ReplaceAll(key, "~", "~0"), "/", "~1"))
}

func parentOf(location string) string {
	if i := strings.LastIndexByte(location, '/'); i > strings.IndexByte(location, '#') {
		return location[:i]
	}
	return location
}

func lastWord(location string) string { return location[strings.LastIndexByte(location, '/')+1:] }
