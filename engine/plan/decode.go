package plan

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"gopkg.in/yaml.v3"

	"writ/engine/diag"
)

// style is how a scalar is written.
type style uint8

const (
	plain style = iota
	single
	double
	literal
	folded
)

// Decode reads any YAML or JSON file under the limits of plans: its scalars are what they look like in their exact
// forms, and text otherwise. The value is nil when there is an error.
func Decode(file string, src []byte) (*Value, []diag.Diagnostic) {
	f := &faults{src: newSource(file, src)}
	v := f.decode()
	if found := f.sorted(); v == nil || len(found) > 0 {
		return nil, found
	}
	v.direct(nil)
	return v, nil
}

// decode turns a file into a tree of values, all of them still text, or nil when there is none. What YAML has beyond
// trees of text (anchors, tags, several documents) is a fault.
func (f *faults) decode() *Value {
	if !f.checkBytes() {
		return nil
	}
	root, ok := f.parse()
	if !ok {
		return nil
	}
	d := decoder{faults: f, bang: loneBang(f.src.text)}
	if root.Kind != yaml.DocumentNode || len(root.Content) == 0 {
		return &Value{src: f.src, line: 1, col: 1}
	}
	return d.value(root.Content[0], 1)
}

type decoder struct {
	*faults
	tooDeep bool // said once
	bang    bool // the file may have a lone exclamation mark for a tag
}

func (d *decoder) value(n *yaml.Node, depth int) *Value {
	v := &Value{src: d.src, line: int32(n.Line), col: int32(n.Column)}
	if depth > maxDepth {
		if !d.tooDeep {
			d.say(ruleLimit, v, "nested more than %d deep", maxDepth)
		}
		d.tooDeep, v.broken = true, true
		return v
	}
	d.checkPlain(n, v)
	switch n.Kind {
	case yaml.SequenceNode:
		v.kind = list
		v.parts = &parts{items: make([]*Value, len(n.Content))}
		for i, item := range n.Content {
			v.parts.items[i] = d.value(item, depth+1)
		}
	case yaml.MappingNode:
		d.mapping(n, v, depth)
	case yaml.ScalarNode:
		d.scalar(n, v)
	}
	n.Content = nil // the tree is large, and nobody asks for it again
	return v
}

// checkPlain refuses what is not plain data: anchors, aliases and tags.
func (d *decoder) checkPlain(n *yaml.Node, v *Value) {
	if n.Kind == yaml.AliasNode {
		v.broken = true
		d.say(ruleAnchor, v, "*%s is an alias; plans have none: vars and defaults do their work", n.Value)
		return
	}
	if n.Anchor != "" {
		d.say(ruleAnchor, v, "&%s is an anchor; plans have none: vars and defaults do their work", n.Anchor)
	}
	switch {
	case n.Style&yaml.TaggedStyle != 0:
		d.say(ruleTag, v, "%s is a tag; plans have none: the schema says what a value is", n.Tag)
	case d.bang && d.startsWith(v, '!'):
		d.say(ruleTag, v, "! is a tag; plans have none: the schema says what a value is")
	}
}

// loneBang reports whether an exclamation mark stands where it could be a tag by itself: the parser would drop it.
func loneBang(text []byte) bool {
	for _, form := range []string{"! ", "!\t", "!\n", "!\r"} {
		if bytes.Contains(text, []byte(form)) {
			return true
		}
	}
	return false
}

// startsWith reports whether a value's first byte is b. Columns too far to the right to be counted cheaply do not
// count.
func (d *decoder) startsWith(v *Value, b byte) bool {
	if d.src.wide && v.col > longLine {
		return false
	}
	o := d.src.offset(v.At())
	return o < len(d.src.text) && d.src.text[o] == b
}

func (d *decoder) scalar(n *yaml.Node, v *Value) {
	v.text, v.style = n.Value, styleOf(n.Style)
	if len(v.text) > maxScalar {
		d.add(fault{rule: ruleLimit, at: v.At(), says: fmt.Sprintf("a text of %d bytes; at most %d are read", len(v.text), maxScalar)})
		v.text, v.broken = "", true
	}
	if v.style == double {
		d.checkEscaped(v)
	}
}

// checkEscaped finds the characters that were refused as such and came back as escapes.
func (d *decoder) checkEscaped(v *Value) {
	for i, r := range v.text {
		if says := strange(r); says != "" && r != '\n' && r != '\t' && r != '\r' {
			at, _ := v.span(i, i+utf8.RuneLen(r))
			if o := d.src.offset(at); o < len(d.src.text) && d.src.text[o] == '\\' {
				d.character(at, r, says)
			}
		}
	}
}

func styleOf(s yaml.Style) style {
	switch {
	case s&yaml.SingleQuotedStyle != 0:
		return single
	case s&yaml.DoubleQuotedStyle != 0:
		return double
	case s&yaml.LiteralStyle != 0:
		return literal
	case s&yaml.FoldedStyle != 0:
		return folded
	}
	return plain
}

// mapping keeps the first of equal keys.
func (d *decoder) mapping(n *yaml.Node, v *Value, depth int) {
	v.kind = mapping
	v.parts = &parts{fields: make([]field, 0, len(n.Content)/2)}
	var seen map[string]*Value
	if len(n.Content) > 2*fewKeys {
		seen = make(map[string]*Value, len(n.Content)/2)
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, ok := d.key(n.Content[i], v)
		value := d.value(n.Content[i+1], depth+1)
		if !ok {
			continue
		}
		if before := v.seen(key, seen); before != nil {
			d.duplicate(key, before)
			continue
		}
		if seen != nil {
			seen[normal(key.text)] = key
		}
		v.parts.fields = append(v.parts.fields, field{key: key, value: value})
	}
}

// fewKeys are found faster by looking through them than in a map.
const fewKeys = 16

func (v *Value) seen(key *Value, seen map[string]*Value) *Value {
	if seen != nil {
		return seen[normal(key.text)]
	}
	for _, f := range v.entries() {
		if f.key.text == key.text || normal(f.key.text) == normal(key.text) {
			return f.key
		}
	}
	return nil
}

// normal makes equal what looks equal: é is one character or two.
func normal(text string) string {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return norm.NFC.String(text)
		}
	}
	return text
}

func (d *decoder) duplicate(key, before *Value) {
	d.add(fault{
		rule: ruleDuplicateKey, at: key.At(), end: key.endCol(),
		says:    fmt.Sprintf("key %q stands twice; the first is in line %d", key.text, before.line),
		related: []diag.Related{d.related(before.At(), "the first %q", before.text)},
	})
}

// key takes a mapping's key, or reports why it is none.
func (d *decoder) key(n *yaml.Node, of *Value) (*Value, bool) {
	key := &Value{src: d.src, line: int32(n.Line), col: int32(n.Column)}
	if n.Kind != yaml.ScalarNode {
		of.broken = true
		d.checkPlain(n, key)
		if n.Kind != yaml.AliasNode {
			d.say(ruleKeyNotText, key, "a key is text, not a list or a mapping")
		}
		return nil, false
	}
	d.checkPlain(n, key)
	d.scalar(n, key)
	key.typed = itsText{}
	if key.style == plain && n.Value == "<<" {
		of.broken = true
		d.say(ruleAnchor, key, "<< merges mappings; plans do not: vars and defaults do its work")
		return nil, false
	}
	if n.ShortTag() != "!!str" && key.style == plain && n.Style&yaml.TaggedStyle == 0 {
		d.keyNotText(key)
	}
	return key, true
}

func (d *decoder) keyNotText(key *Value) {
	x := fault{rule: ruleKeyNotText, at: key.At(), end: key.endCol(), says: "a key is missing before the colon"}
	if key.text != "" {
		x.says = fmt.Sprintf("the key %s is not text for every reader", key.text)
		x.suggest = fmt.Sprintf("write %q", key.text)
	}
	d.add(x)
}

// parse runs the YAML parser, whose own mistakes must not end the program.
func (f *faults) parse() (root *yaml.Node, ok bool) {
	root, err := parseYAML(f.src.text)
	if err == nil {
		return root, true
	}
	line := f.src.faultyLine()
	text := f.src.line(line)
	at := diag.Pos{Line: line, Col: 1 + len(text) - len(strings.TrimLeft(text, " "))}
	if name, col := unknownAlias(text); name != "" {
		f.add(fault{rule: ruleAnchor, at: diag.Pos{Line: line, Col: col}, says: fmt.Sprintf("*%s is an alias; plans have none: vars and defaults do their work", name)})
		return nil, false
	}
	f.add(fault{rule: ruleSyntax, at: at, says: "the YAML cannot be read from here on: " + parserWords(err)})
	return nil, false
}

func parseYAML(text []byte) (root *yaml.Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("yaml: %v", r)
		}
	}()
	root = new(yaml.Node)
	return root, yaml.Unmarshal(text, root)
}
