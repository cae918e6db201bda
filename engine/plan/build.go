package plan

import (
	"fmt"
	"time"

	"writ/engine/step"
)

func (l *loader) buildTop() {
	p, root := l.plan, l.root
	p.Name, p.Description = root.get("name").string(), root.get("description").string()
	target := root.get("target")
	p.Target = Target{
		Cloud:         target.get("cloud").string(),
		Region:        target.get("region").string(),
		ProjectID:     target.get("project_id").string(),
		ExpectDomain:  target.get("expect").get("domain").string(),
		ExpectProject: target.get("expect").get("project").string(),
	}
	d := root.get("defaults")
	p.Defaults = Defaults{
		Retry:     d.get("retry").retry(Retry{Max: DefaultRetryMax, Backoff: DefaultRetryBackoff}),
		Timeout:   d.get("timeout").duration(DefaultTimeout),
		OnFailure: d.get("on_failure").word("rollback"),
		Order:     d.get("order").word("safe"),
	}
	for _, f := range root.get("vars").entries() {
		p.Vars = append(p.Vars, Var{Name: f.key.string(), Value: f.value})
	}
	for _, f := range root.get("outputs").entries() {
		p.Outputs = append(p.Outputs, Output{Name: f.key.string(), Value: f.value})
	}
}

func (l *loader) buildSteps() {
	steps := l.root.get("steps")
	if steps == nil {
		return
	}
	l.written = steps.items()
	l.plan.Steps = make([]*Step, len(l.written))
	l.edges = make([]edges, len(l.written))
	for i, v := range l.written {
		l.plan.Steps[i] = l.buildStep(i, v)
	}
}

func (l *loader) buildStep(i int, v *Value) *Step {
	d := l.plan.Defaults
	s := &Step{
		Index: i,
		ID:    v.get("id").string(), Name: v.get("name").string(), Uses: v.get("uses").string(),
		With: v.get("with"), If: v.get("if"), ForEach: v.get("for_each"),
		Retry:        v.get("retry").retry(d.Retry),
		Timeout:      v.get("timeout").duration(d.Timeout),
		Wait:         v.get("wait").wait(),
		OnFailure:    v.get("on_failure").word(d.OnFailure),
		Rollback:     v.get("rollback").word("auto"),
		Irreversible: v.get("irreversible").word("") == "accept",
	}
	if s.With == nil {
		s.With = &Value{src: l.src, kind: mapping, line: v.line, col: v.col}
	}
	for _, n := range v.get("needs").items() {
		s.Needs = append(s.Needs, n.string())
	}
	l.buildKind(s, v.get("uses"))
	return s
}

// buildKind finds the step's kind, and reads its arguments as the kind's schema asks.
func (l *loader) buildKind(s *Step, uses *Value) {
	k, found := l.kinds.Find(s.Uses.Value)
	if !found {
		s.Kind = &step.Kind{}
		if uses != nil && !uses.broken && s.Uses.Value != "" {
			l.unknownKind(s, uses)
		}
		return
	}
	s.checks = l.kindSchema(k)
	s.Kind = s.checks.kind
	s.With.direct(s.checks.args)
	l.checkSensitive(s)
}

func (l *loader) unknownKind(s *Step, uses *Value) {
	name := s.Uses.Value
	d := fault{rule: ruleUnknownKind, at: uses.At(), end: uses.endCol()}
	d.says = fmt.Sprintf("%s uses %s, which is no kind", stepName(s), shownWord(name))
	if !isASCII(name) {
		d.rule, d.says = ruleLookAlike, d.says+"; "+lookAlike(name)
	}
	d.suggest = didYouMean(latin(name), l.kinds.Names())
	if d.suggest == "" {
		d.suggest = "writ explain lists the kinds"
	}
	l.add(d)
}

// shownWord keeps a word short and free of what a terminal would obey.
func shownWord(word string) string {
	if len(word) > maxShown || !isASCII(word) {
		return fmt.Sprintf("%.*q", maxShown, word)
	}
	return word
}

// word is a text, or what holds when there is none.
func (v *Value) word(otherwise string) string {
	if text := v.string().Value; text != "" {
		return text
	}
	return otherwise
}

func (v *Value) duration(otherwise time.Duration) time.Duration {
	d, err := time.ParseDuration(v.string().Value)
	if err != nil {
		return otherwise
	}
	return d
}

func (v *Value) retry(r Retry) Retry {
	if n := v.get("max"); n != nil {
		if count, ok := n.typed.(int64); ok {
			r.Max = int(count)
		}
	}
	r.Backoff = v.get("backoff").duration(r.Backoff)
	return r
}

func (v *Value) wait() *Wait {
	if v == nil {
		return nil
	}
	return &Wait{
		Until: v.get("until"),
		Every: v.get("every").duration(DefaultWaitEvery),
		For:   v.get("for").duration(DefaultWaitFor),
	}
}
