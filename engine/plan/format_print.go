package plan

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

const (
	level     = 2   // columns
	flowWidth = 100 // columns that something in brackets may reach
)

type printer struct {
	src   *source
	lines []printed
	fresh bool // nothing stands yet in this file, or in this block
	kept  bool // the empty lines at the end are part of a scalar
}

// printed is a line in parts, so that what stood in columns can be put in columns again.
type printed struct {
	text  string // all but the comment
	value int    // the byte of text where the value begins, or 0
	tail  string // the comment
	// The columns of both in the file as it was; 0 is none.
	valueCol, tailCol int
}

func (l *layout) print() []byte {
	p := &printer{src: l.src, fresh: true}
	top := l.root.sorted()
	top[0].head, top[0].blank = joinHeads(l.opening, top[0].head, l.root.entries[0].blank)
	l.root.entries = top
	p.block(l.root, 0, "")
	return p.bytes()
}

// joinHeads puts what stands above everything before the comments of what comes first now.
func joinHeads(opening, head []remark, blank bool) ([]remark, bool) {
	if len(opening) == 0 || len(head) == 0 {
		return append(opening, head...), blank && len(opening) > 0
	}
	head[0].blank = blank
	return append(opening, head...), false
}

// block prints each entry on lines of its own. Lead is what the first one's line begins with already.
func (p *printer) block(b *part, indent int, lead string) {
	for _, e := range b.sorted() {
		if lead == "" {
			p.heads(e, indent)
			lead = strings.Repeat(" ", indent)
		}
		p.entry(e, indent, lead)
		lead = ""
	}
	p.remarks(indent, b.foot)
}

// heads prints the comments above an entry, and above what begins on the line of its dash.
func (p *printer) heads(e entry, indent int) {
	p.remarks(indent, e.head)
	if e.blank {
		p.empty()
	}
	for in := indent + level; e.key == nil && p.isBlock(e.value, in); in += level {
		e = e.value.sorted()[0]
		p.remarks(indent, e.head)
	}
}

func (p *printer) remarks(indent int, remarks []remark) {
	for _, r := range remarks {
		if r.blank {
			p.empty()
		}
		p.add(printed{text: strings.Repeat(" ", indent) + r.text})
	}
}

func (p *printer) entry(e entry, indent int, lead string) {
	text := lead + "-"
	if e.key != nil {
		text = lead + p.key(e.key) + ":"
	}
	v := e.value
	switch {
	case v.kind == scalar:
		p.scalar(e, indent, text)
	case !p.isBlock(v, utf8.RuneCountInString(text)+1):
		p.add(p.line(text, p.inline(v), e))
	case e.key == nil:
		p.block(v, indent+level, text+" ")
	default:
		p.add(p.line(text, "", e))
		p.fresh = true
		p.block(v, indent+level, "")
	}
}

// line is the one line of an entry.
func (p *printer) line(text, value string, e entry) printed {
	out := printed{text: text, tail: e.tail.text, tailCol: e.tail.place.Col}
	if value == "" {
		return out
	}
	out.text += " " + value
	if e.key != nil && e.key.line == e.value.line {
		out.value, out.valueCol = len(text)+1, int(e.value.col)
	}
	return out
}

func (p *printer) scalar(e entry, indent int, text string) {
	if b := e.value.block; b.header != "" {
		p.add(p.line(text, b.header, e))
		if b.given == 0 {
			b.given = level
		}
		p.raw(b.lines, indent+b.given)
		p.kept = b.keeps
		return
	}
	lines := strings.Split(p.written(e.value), "\n")
	last := len(lines) - 1
	if last == 0 {
		p.add(p.line(text, lines[0], e))
		return
	}
	p.add(printed{text: text + " " + strings.TrimRight(lines[0], "\r")})
	p.raw(dedent(lines[1:last+1]), indent+level)
	p.lines[len(p.lines)-1].tail, p.lines[len(p.lines)-1].tailCol = e.tail.text, e.tail.place.Col
}

// written is a scalar as it stands in the file.
func (p *printer) written(v *part) string { return string(p.src.text[v.from:v.to]) }

// dedent takes from lines the indentation that all of them have.
func dedent(lines []string) []string {
	least := -1
	for _, line := range lines {
		if text := strings.TrimLeft(line, " "); strings.TrimSpace(text) != "" && (least < 0 || len(line)-len(text) < least) {
			least = len(line) - len(text)
		}
	}
	out := make([]string, len(lines))
	for i, line := range lines {
		if strings.TrimSpace(line) != "" {
			out[i] = strings.TrimRight(line[least:], "\r")
		}
	}
	return out
}

// raw prints lines of a scalar.
func (p *printer) raw(lines []string, indent int) {
	for _, line := range lines {
		if line != "" {
			line = strings.Repeat(" ", indent) + line
		}
		p.add(printed{text: line})
	}
}

func (p *printer) add(line printed) {
	p.lines = append(p.lines, line)
	p.fresh, p.kept = false, false
}

// empty prints an empty line, but no two of them, and none at the beginning.
func (p *printer) empty() {
	if !p.fresh && !p.kept && p.lines[len(p.lines)-1].text != "" {
		p.lines = append(p.lines, printed{})
	}
}

// isBlock reports whether a value gets lines of its own: it had them, or it is too long for one.
func (p *printer) isBlock(v *part, col int) bool {
	switch {
	case v.kind == scalar || len(v.entries) == 0:
		return false
	case !v.flow || v.open || v.remarked || p.src.place(v.from).Line != p.src.place(v.to).Line:
		return true
	}
	return col+utf8.RuneCountInString(p.inline(v)) > flowWidth
}

// inline is a value on one line.
func (p *printer) inline(v *part) string {
	if v.kind == scalar {
		if v.from == v.to {
			return "null"
		}
		return p.written(v)
	}
	var parts []string
	for _, e := range v.sorted() {
		text := p.inline(e.value)
		if e.key != nil {
			text = p.key(e.key) + ": " + text
		}
		parts = append(parts, text)
	}
	if v.kind == list {
		return "[" + strings.Join(parts, ", ") + "]"
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// Keys that some reader of YAML takes for something else than text keep their quotes.
var (
	plainKey = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)
	noKey    = regexp.MustCompile(`^(?i:y|n|yes|no|on|off|true|false|null)$`)
)

func (p *printer) key(k *part) string {
	if k.style == plain || plainKey.MatchString(k.text) && !noKey.MatchString(k.text) {
		return k.text // a plain one may have stood on two lines
	}
	return p.written(k)
}

// bytes puts into columns what was in columns, and ends lines as the file did.
func (p *printer) bytes() []byte {
	p.alignValues()
	p.alignTails()
	end := "\n"
	if len(p.src.lines) > 1 && strings.HasSuffix(string(p.src.text[:p.src.lines[1]]), "\r\n") {
		end = "\r\n"
	}
	var b strings.Builder
	for _, line := range p.lines {
		b.WriteString(line.text + end)
	}
	return []byte(b.String())
}

// alignValues: values of neighbouring keys that stood one below the other still do.
func (p *printer) alignValues() {
	column := func(l printed) (int, int) { return l.valueCol, len(l.text) - len(strings.TrimLeft(l.text, " -")) }
	for from := 0; from < len(p.lines); {
		to, wide := from, 0
		col, in := column(p.lines[from])
		for ; to < len(p.lines); to++ {
			if c, i := column(p.lines[to]); c != col || i != in {
				break
			}
			wide = max(wide, utf8.RuneCountInString(p.lines[to].text[:p.lines[to].value]))
		}
		for i := from; i < to && col > 0; i++ {
			l := &p.lines[i]
			l.text = pad(l.text[:l.value], wide) + l.text[l.value:]
		}
		from = max(to, from+1)
	}
}

// alignTails does the same for comments behind values.
func (p *printer) alignTails() {
	for from := 0; from < len(p.lines); {
		to, wide := from, 0
		for ; to < len(p.lines) && p.lines[to].tailCol == p.lines[from].tailCol; to++ {
			wide = max(wide, utf8.RuneCountInString(p.lines[to].text))
		}
		for i := from; i < to; i++ {
			if l := &p.lines[i]; l.tail != "" {
				l.text = pad(l.text, wide+2) + l.tail
			}
		}
		from = max(to, from+1)
	}
}

func pad(text string, wide int) string {
	return text + strings.Repeat(" ", max(0, wide-utf8.RuneCountInString(text)))
}
