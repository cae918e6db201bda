package plan

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"writ/engine/diag"
)

// subject is what a fault is told about: a value, and what people call it.
type subject struct {
	name string // step "mpc"; "" for the plan
	root *Value // what paths lead into
	at   *Value // where a fault of the root itself is shown
}

// violations words what a schema found. What follows from a fault already told is left out.
func (f *faults) violations(s subject, found []violation) {
	slices.SortStableFunc(found, func(a, b violation) int { return strings.Compare(a.word, b.word) }) // unknown keys before missing ones
	for _, x := range found {
		place := s.find(x.path)
		if place.value == nil || place.broken {
			continue
		}
		f.violation(s, x, place)
	}
}

// place is where a path leads.
type place struct {
	value  *Value
	key    *Value // the value's key, when it is one of a mapping's
	of     *Value // what holds the value
	label  string // retry.max
	broken bool
}

func (s subject) find(path []string) place {
	p := place{value: s.root, broken: s.root.broken}
	for _, part := range path {
		p.of = p.value
		switch p.value.kind {
		case list:
			i, _ := strconv.Atoi(part)
			if i >= len(p.value.items()) {
				return place{}
			}
			p.value, p.key, p.label = p.value.items()[i], nil, p.label+"["+part+"]"
		case mapping:
			f := p.value.field(part)
			if f == nil {
				return place{}
			}
			p.value, p.key, p.label = f.value, f.key, joinPath(p.label, part)
		default:
			return place{}
		}
		p.broken = p.broken || p.value.broken
	}
	return p
}

// about begins a sentence on a place: step "mpc": retry.max, or step "mpc" for the subject itself.
func (s subject) about(p place) string {
	switch {
	case s.name == "" && p.label == "":
		return "the plan"
	case s.name == "":
		return p.label
	case p.label == "":
		return s.name
	}
	return s.name + ": " + p.label
}

// shown is the value that a fault of a whole mapping or list points to: its key, if it has one.
func (s subject) shown(p place) *Value {
	switch {
	case p.key != nil:
		return p.key
	case p.value == s.root && s.at != nil:
		return s.at
	}
	return p.value
}

func (f *faults) violation(s subject, x violation, p place) {
	if keys := eitherKey(x.schema); x.word == "anyOf" && len(keys) > 0 {
		f.needs(s, p, strings.Join(keys, " or "))
		return
	}
	switch x.word {
	case "required":
		f.missing(s, x, p)
	case "additionalProperties":
		f.unknown(s, x, p)
	case "uniqueItems":
		f.repeated(s, p)
	case "":
		if p.key != nil {
			f.say(ruleCombination, p.key, "%s is not allowed here", s.about(p))
			return
		}
		f.say(ruleCombination, p.value, "%s is not allowed here", s.about(p))
	default:
		f.wrong(s, x, p)
	}
}

func (f *faults) missing(s subject, x violation, p place) {
	for _, word := range asList(x.schema["required"]) {
		key := asText(word)
		if p.value.get(key) != nil || slices.Contains(f.meant[p.value], key) {
			continue
		}
		f.needs(s, p, key)
	}
}

func (f *faults) needs(s subject, p place, key string) {
	at := s.shown(p)
	f.add(fault{rule: ruleMissingKey, at: at.At(), end: at.endCol(), says: s.about(p) + " needs " + key})
}

func (f *faults) unknown(s subject, x violation, p place) {
	known := known(x.schema)
	for _, field := range p.value.entries() {
		word := field.key.text
		if slices.Contains(known, word) || field.key.broken {
			continue
		}
		d := fault{rule: ruleUnknownKey, at: field.key.At(), end: field.key.endCol()}
		d.says = fmt.Sprintf("unknown key %q", word)
		if name := s.about(p); p.label != "" || s.name != "" {
			d.says = name + ": " + d.says
		}
		if !isASCII(word) {
			d.rule, d.says = ruleLookAlike, d.says+"; "+lookAlike(word)
		}
		if near := diag.Nearest(latin(word), absent(known, p.value)); near != "" {
			d.suggest = "did you mean " + near + "?"
			f.mean(p.value, near)
		} else {
			d.suggest = knownAre(known)
		}
		f.add(d)
	}
}

// mean notes that a misspelt key of a mapping stands for another, which is then not missing.
func (f *faults) mean(v *Value, key string) {
	if f.meant == nil {
		f.meant = map[*Value][]string{}
	}
	f.meant[v] = append(f.meant[v], key)
}

// knownAre lists a few words that could stand instead.
func knownAre(known []string) string {
	switch n := len(known); {
	case n == 0, n > 8:
		return ""
	case n == 1:
		return "known is " + known[0]
	}
	return "known are " + strings.Join(known, ", ")
}

func known(schema map[string]any) []string {
	var keys []string
	for key := range asMap(schema["properties"]) {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// absent are those keys that are not there yet: nobody means the same key twice.
func absent(keys []string, v *Value) []string {
	var out []string
	for _, key := range keys {
		if v.get(key) == nil {
			out = append(out, key)
		}
	}
	return out
}

func (f *faults) repeated(s subject, p place) {
	seen := map[string]*Value{}
	for _, item := range p.value.items() {
		text := fmt.Sprintf("%T %v", item.tree(), item.tree())
		if first := seen[text]; first != nil {
			f.add(fault{
				rule: ruleRepeatedItem, at: item.At(), end: item.endCol(),
				says:    fmt.Sprintf("%s has %s twice", s.about(p), shown(item)),
				related: []diag.Related{f.related(first.At(), "the first %s", shown(item))},
			})
			continue
		}
		seen[text] = item
	}
}

func (f *faults) wrong(s subject, x violation, p place) {
	at := p.value
	name := s.about(p)
	if x.aboutOf {
		at, name = p.key, fmt.Sprintf("the key %q", p.key.text)
		if kind := keyed(p); kind != "" {
			name = fmt.Sprintf("the %s %q", kind, p.key.text)
		}
	}
	rule, says, suggest := demand(x, at)
	d := fault{rule: rule, at: at.At(), end: at.endCol(), says: name + " " + says, suggest: suggest}
	if at.kind != scalar || at.text == "" && at.style == plain {
		shown := s.shown(p)
		d.at, d.end = shown.At(), shown.endCol()
	}
	if rule == ruleWrongForm && !isASCII(at.text) {
		d.rule, d.suggest = ruleLookAlike, lookAlike(at.text)
	}
	f.add(d)
}

// keyed is what the keys of the plan's named things are called.
func keyed(p place) string {
	switch strings.SplitN(p.label, ".", 2)[0] {
	case "inputs":
		return "input"
	case "vars":
		return "var"
	case "outputs":
		return "output"
	}
	return ""
}

// demand says what a keyword asks of a value: must be a list, not text.
func demand(x violation, v *Value) (rule, says, suggest string) {
	limit := x.schema[x.word]
	switch x.word {
	case "type":
		return demandType(namesOf(limit), v)
	case "enum":
		return ruleWrongValue, "must be " + oneOf(asList(limit)) + notThis(v), nearestOf(v, asList(limit))
	case "const":
		return ruleWrongValue, "must be " + plainWord(limit) + notThis(v), ""
	case "pattern", "format":
		if says := asText(x.schema["patternErrorMessage"]); says != "" {
			return ruleWrongForm, says + notThis(v), ""
		}
		return ruleWrongForm, fmt.Sprintf("must match %v", limit) + notThis(v), ""
	case "not", "oneOf", "anyOf":
		return ruleCombination, "has keys or values that do not go together", ""
	case "dependencies":
		return ruleCombination, "has keys that need others: " + dependencies(asMap(limit), v), ""
	}
	return demandSize(x.word, limit, v)
}

func demandType(names []any, v *Value) (rule, says, suggest string) {
	var words []string
	for _, name := range names {
		words = append(words, typeWord(asText(name)))
	}
	says = "must be " + joined(words)
	if v.kind == scalar && v.typed == nil {
		if v.text != "" {
			suggest = fmt.Sprintf("write %q if you mean the word", v.text)
		}
		return ruleWrongType, "needs a value: it " + says, suggest
	}
	return ruleWrongType, says + ", not " + kindWord(v), ""
}

func typeWord(name string) string {
	switch name {
	case "string":
		return "text"
	case "boolean":
		return "true or false"
	case "integer":
		return "a whole number"
	case "number":
		return "a number"
	case "array":
		return "a list"
	case "object":
		return "a mapping"
	}
	return "nothing"
}

func kindWord(v *Value) string {
	switch v.kind {
	case list:
		return "a list"
	case mapping:
		return "a mapping"
	}
	return shown(v)
}

func demandSize(word string, limit any, v *Value) (rule, says, suggest string) {
	n := plainWord(limit)
	chars := utf8.RuneCountInString(v.text)
	switch word {
	case "minLength":
		if chars == 0 {
			return ruleOutOfRange, "must not be empty", ""
		}
		says = fmt.Sprintf("must have at least %s characters, not %d", n, chars)
	case "maxLength":
		says = fmt.Sprintf("must have at most %s characters, not %d", n, chars)
	case "minItems":
		says = "must have at least " + counted(n, "item")
	case "maxItems", "additionalItems":
		says = "must have at most " + counted(n, "item")
	case "minProperties":
		says = "must have at least " + counted(n, "key")
	case "maxProperties":
		says = "must have at most " + counted(n, "key")
	case "minimum":
		says = "must be at least " + n + notThis(v)
	case "maximum":
		says = "must be at most " + n + notThis(v)
	case "exclusiveMinimum":
		says = "must be more than " + n + notThis(v)
	case "exclusiveMaximum":
		says = "must be less than " + n + notThis(v)
	case "multipleOf":
		says = "must be a multiple of " + n + notThis(v)
	default:
		return ruleCombination, "is not as its place asks", ""
	}
	return ruleOutOfRange, says, ""
}

func counted(n, what string) string {
	if n == "1" {
		return "1 " + what
	}
	return n + " " + what + "s"
}

func dependencies(needs map[string]any, v *Value) string {
	var out []string
	for key, others := range needs {
		for _, other := range asList(others) {
			if v.get(key) != nil && v.get(asText(other)) == nil {
				out = append(out, fmt.Sprintf("%s needs %v", key, other))
			}
		}
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// notThis ends a sentence with what stands there instead.
func notThis(v *Value) string {
	if v.kind != scalar {
		return ""
	}
	return ", not " + shown(v)
}

// maxShown is how many characters of a value a message repeats.
const maxShown = 40

func shown(v *Value) string {
	if v.kind != scalar {
		return kindWord(v)
	}
	text := v.text
	if utf8.RuneCountInString(text) > maxShown {
		text = string([]rune(text)[:maxShown]) + "…"
	}
	if _, isText := v.value().(string); isText {
		return strconv.Quote(text)
	}
	return text
}

func plainWord(v any) string {
	if n, ok := v.(float64); ok {
		return strconv.FormatFloat(n, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}

func oneOf(values []any) string {
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = plainWord(v)
	}
	return joined(words)
}

// joined lists words: a, b or c.
func joined(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

func nearestOf(v *Value, values []any) string {
	words := make([]string, len(values))
	for i, known := range values {
		words[i] = plainWord(known)
	}
	return didYouMean(v.text, words)
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// lookAlike names the first character that is not ASCII.
func lookAlike(text string) string {
	for _, r := range text {
		if r >= utf8.RuneSelf {
			if ascii := latin(string(r)); ascii != string(r) {
				return fmt.Sprintf("its %c is U+%04X, not the letter %s", r, r, ascii)
			}
			return fmt.Sprintf("its %c is U+%04X; keys and ids are ASCII", r, r)
		}
	}
	return ""
}

// latin replaces letters of other scripts that look like ASCII.
func latin(text string) string {
	const others = "аеіјорсухѕԁһӏмтвкАВЕКМНОРСТХοανιρυκτΑΒΕΗΙΚΜΝΟΡΤΥΧ"
	const ascii = "aeijopcyxsdhlmtbkABEKMHOPCTXoavipuktABEHIKMNOPTYX"
	from := []rune(others)
	return strings.Map(func(r rune) rune {
		if i := slices.Index(from, r); i >= 0 {
			return rune(ascii[i])
		}
		return r
	}, text)
}
