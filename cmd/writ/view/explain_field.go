package view

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Field explains one field: its type, what it is for, what it may be, an example, and the fields in it.
func (s *Screen) Field(path string, f *Schema, required bool) {
	s.Line("%s  %s", styleBold.Render(path), kindOfField(f, required))
	if f.Description != "" {
		s.Line("")
		s.Wrapped("  ", f.Description)
	}
	if f.hasLimits() {
		s.Line("")
		s.limits("  ", f, true)
	}
	if len(f.Examples) > 0 {
		s.Line("")
		s.Line("%s", styleBold.Render("example"))
		s.example(lastName(path), f.Examples[0])
	}
	in := f.inner()
	if len(in.Properties.names) == 0 {
		return
	}
	s.Line("")
	s.Line("%s", styleBold.Render(fieldsTitle(f)))
	for _, name := range in.Properties.names {
		s.Line("  %s", headOf(name, in))
		s.Wrapped("      ", in.Properties.of[name].Description)
		s.limits("      ", in.Properties.of[name], false)
	}
}

// Fields shows the names and types below a field, and nothing else.
func (s *Screen) Fields(path string, f *Schema, required bool) {
	s.Line("%s  %s", styleBold.Render(path), kindOfField(f, required))
	s.tree(f, 1)
}

func (s *Screen) tree(f *Schema, depth int) {
	in := f.inner()
	for _, name := range in.Properties.names {
		s.Line("%s%s", strings.Repeat("  ", depth), headOf(name, in))
		if depth < 6 {
			s.tree(in.Properties.of[name], depth+1)
		}
	}
}

// headOf is a field's name, its type and whether it has to be there.
func headOf(name string, of *Schema) string {
	return name + "  " + kindOfField(of.Properties.of[name], slices.Contains(of.Required, name))
}

func kindOfField(f *Schema, required bool) string {
	word := typeWord(f)
	if required {
		word += ", required"
	}
	return word
}

func fieldsTitle(f *Schema) string {
	switch {
	case len(f.Properties.names) > 0:
		return "fields"
	case f.Items != nil:
		return "fields of each item"
	}
	return "fields of each entry; its name is yours"
}

func typeWord(f *Schema) string {
	switch t := f.Type.(type) {
	case string:
		switch {
		case t == "array" && f.Items != nil:
			return "list of " + typeWord(f.Items)
		case t == "object" && len(f.Properties.names) == 0 && f.Rest.Schema != nil:
			return "mapping of " + typeWord(f.Rest.Schema)
		}
		return typeWords[t]
	case []any:
		var words []string
		for _, one := range t {
			name, _ := one.(string)
			words = append(words, typeWords[name])
		}
		return strings.Join(words, " or ")
	}
	return "any"
}

var typeWords = map[string]string{
	"string": "text", "array": "list", "object": "object", "boolean": "true or false", "integer": "integer", "number": "number", "null": "nothing",
}

func (s *Schema) hasLimits() bool { return len(limitsOf(s, true)) > 0 }

// limits prints what a value may be. Whole also says what the description mostly says already.
func (s *Screen) limits(indent string, f *Schema, whole bool) {
	for _, l := range limitsOf(f, whole) {
		s.Wrapped(indent+pad(l[0], 8)+" ", l[1])
	}
}

func limitsOf(f *Schema, whole bool) (out [][2]string) {
	add := func(what, says string) {
		if says != "" {
			out = append(out, [2]string{what, says})
		}
	}
	if len(f.Enum) > 0 {
		add("one of", jsonWords(f.Enum))
	}
	if f.Const != nil {
		add("only", jsonWords([]any{f.Const}))
	}
	if f.Items != nil && len(f.Items.Enum) > 0 {
		add("each of", jsonWords(f.Items.Enum))
	}
	if f.Default != nil {
		add("default", jsonWords([]any{f.Default}))
	}
	if !whole {
		return out
	}
	add("length", between(f.MinLength, f.MaxLength, "character"))
	add("size", between(f.MinItems, nil, "item"))
	add("range", rangeOf(f))
	if f.Unique {
		add("items", "each only once")
	}
	if add("form", f.PatternSay); f.PatternSay == "" {
		add("form", f.Pattern)
	}
	if len(f.Literal) > 0 {
		add("literal", jsonWords(f.Literal)+": to be written in the plan, not worked out by an expression")
	}
	if f.Sensitive {
		add("secret", "given by a sensitive input; never printed or written down")
	}
	return out
}

func between(least, most *int, thing string) string {
	switch {
	case least != nil && most != nil && *least == *most:
		return count(*least, thing)
	case least != nil && most != nil:
		return fmt.Sprintf("%d to %s", *least, count(*most, thing))
	case least != nil && *least > 0:
		return "at least " + count(*least, thing)
	case most != nil:
		return "at most " + count(*most, thing)
	}
	return ""
}

func rangeOf(f *Schema) string {
	number := func(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }
	switch {
	case f.Minimum != nil && f.Maximum != nil:
		return number(*f.Minimum) + " to " + number(*f.Maximum)
	case f.Minimum != nil:
		return "at least " + number(*f.Minimum)
	case f.Maximum != nil:
		return "at most " + number(*f.Maximum)
	case f.Above != nil:
		return "more than " + number(*f.Above)
	}
	return ""
}

// example shows how a field is written in a plan.
func (s *Screen) example(name string, value any) {
	for _, line := range yamlLines(name, value, "") {
		s.Line("  %s", line)
	}
}

// yamlLines writes an example: on one line as long as it is short.
func yamlLines(name string, value any, indent string) []string {
	if flat := indent + name + ": " + flow(value); len(flat) <= 72 {
		return []string{flat}
	}
	lines := []string{indent + name + ":"}
	switch v := value.(type) {
	case map[string]any:
		for _, key := range sortedKeys(v) {
			lines = append(lines, yamlLines(key, v[key], indent+"  ")...)
		}
	case []any:
		for _, item := range v {
			lines = append(lines, indent+"  - "+flow(item))
		}
	default:
		return []string{indent + name + ": " + flow(value)}
	}
	return lines
}

// flow is a value on one line, as YAML.
func flow(value any) string {
	switch v := value.(type) {
	case []any:
		items := make([]string, len(v))
		for i, item := range v {
			items[i] = flow(item)
		}
		return "[" + strings.Join(items, ", ") + "]"
	case map[string]any:
		var fields []string
		for _, key := range sortedKeys(v) {
			fields = append(fields, key+": "+flow(v[key]))
		}
		return "{" + strings.Join(fields, ", ") + "}"
	case string:
		if isPlainWord(v) {
			return v
		}
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(value) != nil {
		return ""
	}
	return strings.TrimSpace(b.String())
}

// isPlainWord reports whether a text needs no quotes: nobody takes it for something else.
func isPlainWord(text string) bool {
	letters := false
	for _, r := range text {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z':
			letters = true
		case r >= '0' && r <= '9', r == '_', r == '.', r == '-' && letters:
		default:
			return false
		}
	}
	return letters && !slices.Contains([]string{"true", "false", "null", "yes", "no", "on", "off", "y", "n"}, strings.ToLower(text)) &&
		(text[0] < '0' || text[0] > '9')
}

func lastName(path string) string { return path[strings.LastIndex(path, ".")+1:] }
