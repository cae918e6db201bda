package plan

import (
	"slices"
	"strings"

	"writ/engine/diag"
)

// layout is a plan as it stands in its file. The parser's own notion of comments moves some and loses some, so they
// are found here: outside of scalars, a # begins one.
type layout struct {
	src     *source
	root    *part
	opening []remark     // comments above everything
	remarks []remark     // all comments, in the order of the file
	next    int          // the first that has no place yet
	lost    bool         // a scalar was not found in the file
	texts   map[int]bool // lines on which a block scalar ends: it may do so with spaces
}

// remark is a comment.
type remark struct {
	text  string
	at    int // its first byte
	place diag.Pos
	own   bool // nothing else stands on its line
	blank bool // an empty line stands above it
}

// part is a value, the bytes it takes, and what is in it.
type part struct {
	*Value
	from, to int
	bracket  bool     // it has brackets of its own
	flow     bool     // it stands in brackets, its own or others'
	open     bool     // it is taken out of its brackets, however short it is
	remarked bool     // comments stand in it
	keys     []string // their order
	entries  []entry
	foot     []remark // comments below the last entry
	block    blockText
}

// entry is a field of a mapping or an item of a list, with what people put around it.
type entry struct {
	key   *part // nil in lists
	value *part
	start int // its key's or dash's first byte
	head  []remark
	tail  remark
	blank bool // an empty line stands above it
}

// readLayout answers false when the file is written in a way that it does not see through.
func readLayout(src *source, v *Value) (*layout, bool) {
	l := &layout{src: src, texts: map[int]bool{}}
	l.root = l.measure(v, 0, false)
	if l.lost || len(l.root.entries) == 0 {
		return nil, false
	}
	l.findRemarks()
	l.root.isPlan()
	l.opening = l.take(l.root.entries[0].start)
	l.settle(l.root, -1, len(src.text)+1)
	l.root.foot = append(l.root.foot, l.take(len(src.text)+1)...)
	return l, true
}

// isPlan gives the keys of a plan and of its steps their order.
func (p *part) isPlan() {
	p.open, p.keys = true, planOrder
	for _, e := range p.entries {
		if e.key.text != "steps" {
			continue
		}
		e.value.open = true
		for _, s := range e.value.entries {
			s.value.keys = stepOrder
		}
	}
}

// sorted are the entries in the order in which they are printed.
func (p *part) sorted() []entry {
	out := slices.Clone(p.entries)
	if p.keys != nil && p.kind == mapping {
		slices.SortStableFunc(out, func(a, b entry) int { return p.rank(a) - p.rank(b) })
	}
	return out
}

func (p *part) rank(e entry) int {
	if i := slices.Index(p.keys, e.key.text); i >= 0 {
		return i
	}
	return len(p.keys)
}

// measure finds the bytes of a value. Indent is that of the mapping or list that it stands in.
func (l *layout) measure(v *Value, indent int, flow bool) *part {
	p := &part{Value: v, flow: flow, from: l.src.offset(v.At())}
	p.to = p.from
	if v.kind == scalar {
		l.measureScalar(p, indent)
		return p
	}
	p.bracket = strings.IndexByte("{[", l.src.text[p.from]) >= 0
	p.flow = p.flow || p.bracket
	for _, item := range v.items() {
		value := l.measure(item, int(v.col)-1, p.flow)
		e := entry{value: value, start: value.from}
		if !p.flow {
			e.start = l.dash(v, item)
		}
		p.add(e, value.to)
	}
	for _, f := range v.entries() {
		key, value := l.measure(f.key, 0, p.flow), l.measure(f.value, int(v.col)-1, p.flow)
		p.add(entry{key: key, value: value, start: key.from}, max(key.to, value.to))
	}
	if p.bracket {
		p.to = l.closing(max(p.to, p.from+1))
	}
	return p
}

func (p *part) add(e entry, to int) {
	p.entries = append(p.entries, e)
	p.to = to
}

func (l *layout) measureScalar(p *part, indent int) {
	found := true
	switch text := l.src.text; {
	case p.style == literal || p.style == folded:
		p.block, p.to = l.src.blockText(p.Value, indent)
		l.texts[l.src.place(p.to).Line] = true
	case p.style == single, p.style == double:
		p.to = closingQuote(text, p.from)
		found = p.to > 0
	case p.text != "":
		var at []int
		if at, found = p.offsets(); found {
			p.to = at[len(p.text)]
		}
	}
	l.lost = l.lost || !found
}

// closingQuote is the byte after a quoted scalar, or 0.
func closingQuote(text []byte, from int) int {
	quote := text[from]
	for i := from + 1; i < len(text); i++ {
		switch {
		case quote == '"' && text[i] == '\\':
			i++
		case text[i] != quote:
		case quote == '\'' && i+1 < len(text) && text[i+1] == quote:
			i++
		default:
			return i + 1
		}
	}
	return 0
}

// closing is the byte after the bracket that closes, looked for after the last thing within.
func (l *layout) closing(at int) int {
	for ; at < len(l.src.text); at++ {
		switch l.src.text[at] {
		case '}', ']':
			return at + 1
		case '#':
			for at < len(l.src.text) && l.src.text[at] != '\n' {
				at++
			}
		}
	}
	l.lost = true
	return at
}

// dash finds the dash of an item, which may stand some lines above it.
func (l *layout) dash(list, item *Value) int {
	for n := int(item.line); n >= int(list.line); n-- {
		if line := l.src.line(n); len(line) >= int(list.col) && line[list.col-1] == '-' && strings.Trim(line[:list.col], " -") == "" {
			return int(l.src.lines[n-1]) + int(list.col) - 1
		}
	}
	return l.src.offset(item.At())
}

// findRemarks finds the comments: what begins with # outside of scalars.
func (l *layout) findRemarks() {
	spans := l.spans(l.root, nil)
	for at := 0; at < len(l.src.text); at++ {
		for len(spans) > 0 && spans[0][0] <= at {
			at = max(at, spans[0][1])
			spans = spans[1:]
		}
		if at >= len(l.src.text) || l.src.text[at] != '#' {
			continue
		}
		r := remark{at: at, place: l.src.place(at)}
		line := l.src.line(r.place.Line)
		begin := at - int(l.src.lines[r.place.Line-1])
		r.text = strings.TrimRight(line[begin:], " \t")
		r.own = slices.Contains([]string{"", "---", "..."}, strings.TrimSpace(line[:begin]))
		r.blank = l.isEmptyAbove(r.place.Line)
		l.remarks = append(l.remarks, r)
		at += len(line) - begin - 1
	}
	l.noteRemarked(l.root)
}

// spans lists the bytes of scalars. The first line of a block scalar may end with a comment.
func (l *layout) spans(p *part, out [][2]int) [][2]int {
	switch {
	case p.kind != scalar:
		for _, e := range p.entries {
			if e.key != nil {
				out = l.spans(e.key, out)
			}
			out = l.spans(e.value, out)
		}
	case p.block.header != "":
		out = append(out, [2]int{p.from, p.from + len(p.block.header)})
		if p.block.from > 0 {
			out = append(out, [2]int{p.block.from, p.to})
		}
	case p.to > p.from:
		out = append(out, [2]int{p.from, p.to})
	}
	return out
}

func (l *layout) isEmptyAbove(line int) bool {
	return line > 1 && !l.texts[line-1] && strings.TrimSpace(l.src.line(line-1)) == ""
}

// noteRemarked marks what has comments in it.
func (l *layout) noteRemarked(p *part) {
	for _, e := range p.entries {
		l.noteRemarked(e.value)
	}
	p.remarked = slices.ContainsFunc(l.remarks, func(r remark) bool { return r.at >= p.from && r.at < p.to })
}

// settle gives the comments in a part their places. Until is where the next thing after it begins; what stands there
// further in than the part's surroundings are still belongs to the part.
func (l *layout) settle(p *part, outside, until int) {
	for i := range p.entries {
		e := &p.entries[i]
		limit := until
		if i+1 < len(p.entries) {
			limit = p.entries[i+1].start
		}
		line := l.src.place(e.start).Line
		e.head = l.take(e.start)
		e.blank = l.isEmptyAbove(line) && strings.Trim(string(l.src.text[l.src.lines[line-1]:e.start]), " ") == ""
		l.settleValue(e, int(p.col)-1, limit)
	}
	for l.next < len(l.remarks) {
		r := l.remarks[l.next]
		if below := r.own && r.place.Col-1 > outside && !p.bracket; r.at >= until || !below && r.at >= p.to {
			return
		}
		p.foot = append(p.foot, r)
		l.next++
	}
}

func (l *layout) settleValue(e *entry, outside, limit int) {
	v := e.value
	switch {
	case v.block.header != "":
		e.head = append(e.head, l.take(v.from)...)
		e.tail = l.behind(v.from+len(v.block.header), limit)
	case v.kind == scalar, v.flow && !v.remarked:
		end := v.to
		if e.key != nil {
			end = max(end, e.key.to)
		}
		e.head = append(e.head, l.take(end)...)
		e.tail = l.behind(end, limit)
	default:
		if e.key != nil {
			e.tail = l.behind(e.key.to, v.entryStart())
		}
		l.settle(v, outside, limit)
		if v.bracket {
			l.settleClosing(e, limit)
		}
	}
}

// settleClosing places the comment behind a closing bracket that will be gone.
func (l *layout) settleClosing(e *entry, limit int) {
	switch r := l.behind(e.value.to, limit); {
	case r.text == "":
	case e.key != nil && e.tail.text == "":
		e.tail = r
	default:
		e.head = append(e.head, r)
	}
}

func (p *part) entryStart() int {
	if len(p.entries) > 0 {
		return p.entries[0].start
	}
	return p.to
}

// take answers the comments before a byte that have no place yet.
func (l *layout) take(before int) []remark {
	first := l.next
	for l.next < len(l.remarks) && l.remarks[l.next].at < before {
		l.next++
	}
	return slices.Clone(l.remarks[first:l.next])
}

// behind answers the comment that follows on the same line.
func (l *layout) behind(at, limit int) remark {
	if l.next == len(l.remarks) {
		return remark{}
	}
	r := l.remarks[l.next]
	if r.at < at || r.at >= limit || r.place.Line != l.src.place(at).Line {
		return remark{}
	}
	l.next++
	return r
}

// comments are the words of all comments, sorted.
func (l *layout) comments() []string {
	out := make([]string, len(l.remarks))
	for i, r := range l.remarks {
		out[i] = r.text
	}
	slices.Sort(out)
	return out
}
