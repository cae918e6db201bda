package expr

import "strings"

const (
	opener = "${{"
	closer = "}}"
)

// Has reports whether text holds at least one ${{.
func Has(text string) bool { return strings.Contains(text, opener) }

// Template is text with expressions in it, parsed and typed. It is immutable and safe for
// concurrent use.
type Template struct {
	parts  []part
	typ    Type
	length int // of the text, in bytes
}

// Type is the type of what Eval gives.
func (t *Template) Type() Type { return t.typ }

// isWhole reports whether the template is one expression and nothing else.
func (t *Template) isWhole() bool { return len(t.parts) == 1 && t.parts[0].isExpr }

// part is a piece of a template: plain text, or the source of an expression without blanks around.
type part struct {
	text   string
	offset int // of text in the template
	isExpr bool
	expr   *expression
}

// trimWhole drops the blanks around a lone expression, which YAML's folded scalars leave behind.
func trimWhole(parts []part) []part {
	var lone []part
	for _, p := range parts {
		if p.isExpr || strings.TrimSpace(p.text) != "" {
			lone = append(lone, p)
		}
	}
	if len(lone) == 1 && lone[0].isExpr {
		return lone
	}
	return parts
}

// split cuts text into plain text and expressions. An opener without a closer ends it.
func split(text string) ([]part, []Fault) {
	var parts []part
	at := 0
	for at < len(text) {
		open := strings.Index(text[at:], opener)
		if open < 0 {
			break
		}
		parts = appendText(parts, text[at:at+open], at)
		begin := at + open + len(opener)
		length, closed := scan(text[begin:])
		if !closed {
			return parts, []Fault{{
				Offset: begin - len(opener), End: begin, Rule: RuleUnclosed, Message: "${{ has no }}",
			}}
		}
		parts = append(parts, exprPart(text[begin:begin+length], begin))
		at = begin + length + len(closer)
	}
	return appendText(parts, text[at:], at), nil
}

func appendText(parts []part, text string, offset int) []part {
	if text == "" {
		return parts
	}
	return append(parts, part{text: text, offset: offset})
}

func exprPart(source string, offset int) part {
	trimmed := strings.TrimLeft(source, blanks)
	offset += len(source) - len(trimmed)
	return part{text: strings.TrimRight(trimmed, blanks), offset: offset, isExpr: true}
}

const blanks = " \t\r\n\f"

// scan finds the length of the expression at the start of whole: up to the first }} that is not in a
// literal and not within the expression's own braces. A literal that never ends is a fault of the
// expression, which then goes to the next }} of any kind.
func scan(whole string) (length int, closed bool) {
	text := whole[:min(len(whole), maxSource+len(closer))] // what is longer is refused anyway
	depth := 0
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case depth == 0 && strings.HasPrefix(text[i:], closer):
			return i, true
		case c == '{':
			depth++
		case c == '}':
			depth = max(0, depth-1)
		case strings.HasPrefix(text[i:], "//"):
			i = skipComment(text, i)
			continue
		case c == '"' || c == '\'' || c == '`':
			end, ok := skipLiteral(text, i)
			if !ok {
				return scanPlain(whole, i)
			}
			i = end
			continue
		}
		i++
	}
	return scanPlain(whole, 0)
}

// scanPlain is for expressions that are wrong anyway: the first }} from there on ends them.
func scanPlain(text string, from int) (length int, closed bool) {
	found := strings.Index(text[from:], closer)
	return from + found, found >= 0
}

// skipComment goes to the end of the line, or to a }} before it: who comments at the end of a
// one-line expression means to close it.
func skipComment(text string, at int) int {
	end := len(text)
	if i := strings.IndexByte(text[at:], '\n'); i >= 0 {
		end = at + i
	}
	if i := strings.Index(text[at:end], closer); i >= 0 {
		return at + i
	}
	return end
}

// skipLiteral gives the index after the literal whose quote stands at text[at].
func skipLiteral(text string, at int) (end int, ok bool) {
	quote := text[at : at+1]
	long := strings.HasPrefix(text[at:], strings.Repeat(quote, 3)) && quote != "`"
	if long {
		quote = text[at : at+3]
	}
	raw := quote == "`" || isRaw(text, at)
	for i := at + len(quote); i < len(text); i++ {
		switch {
		case strings.HasPrefix(text[i:], quote):
			return i + len(quote), true
		case text[i] == '\\' && !raw:
			i++
		case text[i] == '\n' && !long:
			return 0, false
		}
	}
	return 0, false
}

// isRaw reports whether an r before the quote, alone or with a b, makes the literal raw.
func isRaw(text string, quote int) bool {
	begin := quote
	for begin > 0 && isWordByte(text[begin-1]) {
		begin--
	}
	switch strings.ToLower(text[begin:quote]) {
	case "r", "br", "rb":
		return true
	}
	return false
}

func isWordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// wordEnd is the index after the word that starts at text[at].
func wordEnd(text string, at int) int {
	for at < len(text) && isWordByte(text[at]) {
		at++
	}
	return at
}
