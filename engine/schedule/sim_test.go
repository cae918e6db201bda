package schedule

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"writ/engine/journal"
	"writ/engine/step"
)

// This file is a driver of the scheduler without cloud, clock or disk: a seed decides which command is answered next,
// a script how.

// world is a plan, and how its instances fare.
type world struct {
	steps   []journal.Step
	options journal.Options
	keys    map[string][]string // of a step with for_each
	skips   map[string]bool     // steps whose if is false
	broken  map[string]bool     // steps that cannot be evaluated
	objects map[string][]string // by address
	scripts map[string]script   // by address
}

// script is how one instance fares. Writes and undos are the answers to each attempt; after the last all is well.
type script struct {
	satisfied, unreadable, gone bool
	writes, undos               []answer
}

type answer string

const (
	ok        answer = "ok"
	throttled answer = "throttled"
	refused   answer = "refused"
	lost      answer = "lost, and did not act"
	lostActed answer = "lost, but acted"
)

func (a answer) acts() bool { return a == ok || a == lostActed }

func (w *world) open() journal.Record {
	return journal.Record{K: journal.RunOpen, Open: &journal.Opening{Run: "r", Options: w.options, Steps: w.steps}}
}

func (w *world) addresses(id string) []string {
	keys, each := w.keys[id]
	if !each {
		return []string{id}
	}
	out := []string{}
	for _, k := range keys {
		out = append(out, journal.Address(id, k))
	}
	return out
}

// sim is one process that drives a run.
type sim struct {
	world   *world
	s       *Scheduler
	run     *journal.Run
	rng     *rand.Rand
	cloud   map[string]bool // address → its goal stands
	writes  map[string]int  // address → how many of its writes acted
	records []journal.Record
	pending []Command
	trace   []string
	lasts   int // commands that end the run

	trusting bool // does not hold each command to the laws: for large runs
	stopAt   int  // the record after which a person asks to stop; 0 never
	explain  func(format string, args ...any)
	each     func(*sim) // after each record
	handed   func(*sim, Command)
}

func newSim(w *world, seed uint64, cloud map[string]bool, records []journal.Record, fail func(string, ...any)) *sim {
	run, err := journal.Fold(records)
	if err != nil {
		fail("fold: %v", err)
	}
	return &sim{
		world: w, s: New(run), run: run, rng: rand.New(rand.NewPCG(seed, 1)), cloud: maps.Clone(cloud),
		writes: map[string]int{}, records: slices.Clone(records), explain: fail,
	}
}

// start is the cloud before a run.
func (w *world) start() map[string]bool {
	cloud := map[string]bool{}
	for address, s := range w.scripts {
		cloud[address] = s.satisfied
	}
	return cloud
}

// drive goes on until the run is closed or paused.
func (m *sim) drive() *sim {
	for range 1_000_000 {
		for commands := m.s.Next(); len(commands) > 0 && m.lasts == 0; commands = m.s.Next() {
			for _, c := range commands {
				m.take(c)
			}
		}
		if m.lasts > 0 {
			m.finish()
			return m
		}
		if len(m.pending) == 0 {
			m.explain("nothing is under way, and nothing is handed out\n%s", m)
			return m
		}
		if m.stopAt > 0 && len(m.records) >= m.stopAt {
			m.stopAt = 0
			m.s.Stop()
			continue
		}
		i := m.rng.IntN(len(m.pending))
		c := m.pending[i]
		m.pending = slices.Delete(m.pending, i, i+1)
		m.feed(m.answer(c)...)
	}
	m.explain("the run does not end\n%s", m)
	return m
}

func (m *sim) take(c Command) {
	m.trace = append(m.trace, m.tell(c))
	if !m.trusting {
		m.check(c)
	}
	if m.handed != nil {
		m.handed(m, c)
	}
	switch c.Do {
	case Close, Pause:
		m.lasts++
		m.feed(m.answer(c)...)
	case Rollback:
		m.feed(m.answer(c)...)
	case Apply:
		m.feed(journal.Record{K: journal.StepIntent, Step: c.Part.Address, Attempt: c.Part.Attempt + 1, Before: c.Part.Before, Goal: c.Part.Goal})
		m.pending = append(m.pending, c)
	default:
		m.pending = append(m.pending, c)
	}
}

func (m *sim) tell(c Command) string {
	switch {
	case c.Part != nil:
		return string(c.Do) + " " + c.Part.Address
	case c.Do == Evaluate:
		return "evaluate " + m.world.steps[c.Node].ID
	}
	return string(c.Do)
}

func (m *sim) String() string {
	graph, _ := json.Marshal(m.world.steps)
	var b strings.Builder
	for _, r := range m.records {
		fmt.Fprintf(&b, "%s %s %s %s %s\n", r.K, r.Step, r.Outcome, r.Found, r.Why)
	}
	return b.String() + strings.Join(m.trace, "\n") + "\n" + string(graph)
}

func (m *sim) feed(recs ...journal.Record) {
	for _, rec := range recs {
		if err := m.s.Feed(rec); err != nil {
			m.explain("feed %s: %v\n%s", rec.K, err, m)
		}
		m.records = append(m.records, rec)
		if m.each != nil {
			m.each(m)
		}
	}
}

// finish makes sure that a scheduler that is over stays so.
func (m *sim) finish() {
	if more := m.s.Next(); len(more) > 0 || m.lasts != 1 {
		m.explain("%d last commands, and %d more\n%s", m.lasts, len(more), m)
	}
}

// under counts the commands under way that take up a place.
func (m *sim) under() int {
	n := 0
	for _, c := range m.pending {
		if c.Do != Wake {
			n++
		}
	}
	return n
}

// check holds each command to the laws, said slowly.
func (m *sim) check(c Command) {
	switch c.Do {
	case Close, Pause, Rollback:
		if m.under() > 0 {
			m.explain("%s while commands are under way\n%s", c.Do, m)
		}
		if c.Closed == journal.ClosedDone && slices.ContainsFunc(m.run.Nodes, func(n *journal.Node) bool { return !n.Finished() }) {
			m.explain("the run is done, and not all of its steps are\n%s", m)
		}
		return
	case Wake:
		return
	}
	if m.under() >= max(1, m.world.options.Parallelism) {
		m.explain("more than %d under way\n%s", m.world.options.Parallelism, m)
	}
	switch c.Do {
	case Evaluate:
		m.checkParents(c)
	case Read, Apply, Settle, Await:
		m.checkForward(c)
	case Look, Undo, Skip:
		m.checkBack(c)
	}
}

func (m *sim) checkParents(c Command) {
	for _, p := range m.run.Nodes[c.Node].Parents {
		if !m.run.Nodes[p].Finished() {
			m.explain("%s before its parent %s is finished\n%s", m.tell(c), m.run.Nodes[p].ID, m)
		}
	}
}

func (m *sim) checkForward(c Command) {
	m.overlapping(c.Part, func(q *journal.Progress) {
		if m.isUnder(q) || q.Attempt > 0 && !q.Finished() {
			m.explain("%s while %s has the same object\n%s", m.tell(c), q.Address, m)
		}
	})
	n := m.run.Nodes[c.Node]
	if c.Do != Read || n.Effect != step.Irreversible || m.world.options.Order == "file" || c.Part.Attempt > 0 || m.world.anyGone() {
		return
	}
	for i, other := range m.run.Nodes {
		if other.Effect != step.Irreversible && !other.Finished() && !m.behindIrreversible(i) {
			m.explain("%s while %s is left to do\n%s", m.tell(c), other.ID, m)
		}
	}
}

func (w *world) anyGone() bool {
	for _, s := range w.scripts {
		if s.gone {
			return true
		}
	}
	return false
}

// behindIrreversible reports whether an unfinished irreversible step is above a step.
func (m *sim) behindIrreversible(node int) bool {
	for _, p := range m.run.Nodes[node].Parents {
		n := m.run.Nodes[p]
		if n.Effect == step.Irreversible && !n.Finished() || m.behindIrreversible(p) {
			return true
		}
	}
	return false
}

// checkBack holds an undo to come after everything that follows it, and after newer changes of the same object.
func (m *sim) checkBack(c Command) {
	for i, n := range m.run.Nodes {
		if !m.follows(i, c.Node) {
			continue
		}
		for _, q := range n.Parts {
			if wantsUndo(q) && !undone(q) {
				m.explain("%s before %s, which follows it\n%s", m.tell(c), q.Address, m)
			}
			if q.Undo.Phase == journal.UndoFailed && c.Do != Skip {
				m.explain("%s although %s, which follows it, could not be undone\n%s", m.tell(c), q.Address, m)
			}
		}
	}
	if c.Do == Skip {
		return
	}
	m.overlapping(c.Part, func(q *journal.Progress) {
		if m.isUnder(q) || q.Began > c.Part.Began && wantsUndo(q) && !undone(q) {
			m.explain("%s before or beside %s, which changed the same object later\n%s", m.tell(c), q.Address, m)
		}
	})
}

// follows reports whether a path leads from step b down to step a.
func (m *sim) follows(a, b int) bool {
	for _, p := range m.run.Nodes[a].Parents {
		if p == b || m.follows(p, b) {
			return true
		}
	}
	return false
}

func (m *sim) overlapping(p *journal.Progress, meet func(*journal.Progress)) {
	for _, n := range m.run.Nodes {
		for _, q := range n.Parts {
			if q != p && shares(p.Objects, q.Objects) {
				meet(q)
			}
		}
	}
}

func shares(a, b []string) bool {
	var x step.Index[int]
	for _, object := range a {
		x.Add(object, 1)
	}
	return slices.ContainsFunc(b, func(object string) bool {
		_, taken := x.Other(object, 2)
		return taken
	})
}

func (m *sim) isUnder(p *journal.Progress) bool {
	return slices.ContainsFunc(m.pending, func(c Command) bool { return c.Part == p && c.Do != Wake && c.Do != Skip })
}

// answer is what the cloud, or the evaluator, says to a command.
func (m *sim) answer(c Command) []journal.Record {
	switch c.Do {
	case Evaluate:
		return m.evaluate(m.run.Nodes[c.Node])
	case Rollback:
		return []journal.Record{{K: journal.RunRollback, Auto: true, Why: "failed"}}
	case Close:
		return []journal.Record{{K: journal.RunClose, Closed: c.Closed}}
	case Pause:
		return []journal.Record{{K: journal.RunPause, Why: c.Why}}
	}
	address := c.Part.Address
	one := func(rec journal.Record) []journal.Record {
		rec.Step = address
		return []journal.Record{rec}
	}
	switch c.Do {
	case Wake:
		return one(journal.Record{K: journal.StepWake})
	case Read:
		return m.read(c.Part)
	case Apply:
		return m.apply(c.Part)
	case Settle:
		if m.cloud[address] {
			return one(journal.Record{K: journal.StepVerify, Found: journal.FoundGoal})
		}
		if c.Part.Outcome == journal.Rejected {
			return append(one(journal.Record{K: journal.StepVerify, Found: journal.FoundBefore}), journal.Record{K: journal.StepFail, Step: address, Why: "refused"})
		}
		return one(journal.Record{K: journal.StepVerify, Found: journal.FoundBefore, Wait: 1})
	case Await:
		return one(journal.Record{K: journal.StepDone, How: journal.Applied})
	case Skip:
		return one(journal.Record{K: journal.UndoSkipped, Why: c.Why, Residue: []journal.Residue{{Step: address, Why: c.Why}}})
	case Look:
		if !m.cloud[address] {
			return one(journal.Record{K: journal.UndoDone})
		}
		return one(journal.Record{K: journal.UndoIntent, Attempt: c.Part.Undo.Attempt + 1, Want: json.RawMessage("0")})
	case Undo:
		return m.undo(c.Part)
	case Check:
		return one(journal.Record{K: journal.UndoVerify})
	}
	panic(c.Do)
}

func (m *sim) evaluate(n *journal.Node) []journal.Record {
	rec := journal.Record{K: journal.StepEvaluate, Step: n.ID}
	for _, p := range n.Parents {
		if parent := m.run.Nodes[p]; parent.Blocked || parent.Failed > 0 {
			rec.How, rec.Why = journal.Blocked, "step "+parent.ID+" failed"
			return []journal.Record{rec}
		}
	}
	if m.world.broken[n.ID] {
		rec.Instances = []journal.Instance{{Step: n.ID}}
		return []journal.Record{rec, {K: journal.StepFail, Step: n.ID, Why: "no such field"}}
	}
	for _, address := range m.world.addresses(n.ID) {
		in := journal.Instance{Step: address, In: json.RawMessage("{}"), Objects: m.world.objects[address]}
		if m.world.skips[n.ID] {
			in.Skip = "its if is false"
		}
		rec.Instances = append(rec.Instances, in)
	}
	return []journal.Record{rec}
}

func (m *sim) read(p *journal.Progress) []journal.Record {
	a, s := p.Address, m.world.scripts[p.Address]
	switch {
	case p.In == nil, s.unreadable:
		return []journal.Record{{K: journal.StepFail, Step: a, Why: "denied"}}
	case m.run.Nodes[p.Node].Effect == step.Reads:
		return []journal.Record{{K: journal.StepDone, Step: a, How: journal.Looked}}
	case m.cloud[a] && p.MayAct:
		return []journal.Record{{K: journal.StepVerify, Step: a, Found: journal.FoundGoal}}
	case m.cloud[a]:
		return []journal.Record{{K: journal.StepObserve, Step: a, Change: journal.NoChange}, {K: journal.StepDone, Step: a, How: journal.Satisfied}}
	}
	return []journal.Record{{K: journal.StepObserve, Step: a, Change: journal.Update, Reverse: &step.Reverse{Gone: s.gone}}}
}

// nth is the script's answer to an attempt. Attempts that a crash left without an outcome do not count.
func (m *sim) nth(p *journal.Progress, k journal.Type, answers []answer) answer {
	n := 0
	if len(answers) == 0 {
		return ok
	}
	for _, rec := range m.records {
		if rec.K == k && rec.Step == p.Address {
			n++
		}
	}
	if n < len(answers) {
		return answers[n]
	}
	return ok
}

func (m *sim) apply(p *journal.Progress) []journal.Record {
	a := m.nth(p, journal.StepOutcome, m.world.scripts[p.Address].writes)
	m.act(p.Address, a, true)
	rec := journal.Record{K: journal.StepOutcome, Step: p.Address, Outcome: journal.Rejected}
	switch a {
	case ok:
		rec.Outcome = journal.OK
	case throttled:
		rec.Wait = 1
	case lost, lostActed:
		rec.Outcome = journal.Unknown
	case refused:
		return []journal.Record{rec, {K: journal.StepFail, Step: p.Address, Why: "refused"}}
	}
	return []journal.Record{rec}
}

func (m *sim) act(address string, a answer, goal bool) {
	if a.acts() {
		m.cloud[address] = goal
		m.writes[address]++
	}
}

func (m *sim) undo(p *journal.Progress) []journal.Record {
	a := m.nth(p, journal.UndoOutcome, m.world.scripts[p.Address].undos)
	m.act(p.Address, a, false)
	rec := journal.Record{K: journal.UndoOutcome, Step: p.Address, Outcome: journal.Rejected}
	switch a {
	case ok:
		rec.Outcome = journal.OK
	case throttled:
		rec.Wait = 1
	case lost, lostActed:
		rec.Outcome = journal.Unknown
	case refused:
		return []journal.Record{rec, {
			K: journal.UndoDone, Step: p.Address, Error: &step.Error{Class: step.Denied},
			Residue: []journal.Residue{{Step: p.Address, Why: "its undo failed"}},
		}}
	}
	return []journal.Record{rec}
}

// crash answers a process that goes on from the first n records. Each write that was out then acted or not, as the
// seed has it.
func (m *sim) crash(n int, seed uint64, cloud map[string]bool) *sim {
	records := slices.Clone(m.records[:n])
	run, err := journal.Fold(records)
	if err != nil {
		m.explain("fold: %v", err)
		return m
	}
	dead := &sim{world: m.world, run: run, records: records, cloud: maps.Clone(cloud), writes: map[string]int{}}
	rng := rand.New(rand.NewPCG(seed, uint64(n)))
	for _, node := range run.Nodes {
		for _, p := range node.Parts {
			acted := rng.IntN(2) == 0
			switch {
			case p.Undo.Phase == journal.UndoIntended && acted:
				dead.undo(p)
			case p.Phase == journal.PhaseIntended && p.Undo.Phase == journal.UndoNone && acted:
				dead.apply(p)
			}
		}
	}
	records = append(records, journal.Record{K: journal.RunResume, At: time.Unix(1, 0)})
	return newSim(m.world, seed, dead.cloud, records, m.explain)
}

// chances say how often things go wrong in a drawn world, in percent.
type chances struct {
	wobbles  int // throttled, lost
	failures int // refused, unreadable, broken
	badUndos int
	gone     int
	effects  []step.Effect
	policies []string
}

// drawWorld draws a plan of up to eight steps with its fate.
func drawWorld(rt *rapid.T, c chances) *world {
	w := &world{
		options: journal.Options{Parallelism: rapid.IntRange(1, 4).Draw(rt, "parallelism"), OnFailure: "rollback"},
		keys:    map[string][]string{}, skips: map[string]bool{}, broken: map[string]bool{},
		objects: map[string][]string{}, scripts: map[string]script{},
	}
	if rapid.IntRange(0, 3).Draw(rt, "order") == 0 {
		w.options.Order = "file"
	}
	chance := func(percent int, what string) bool {
		return percent > 0 && rapid.IntRange(0, 99).Draw(rt, what) < percent
	}
	n := rapid.IntRange(1, 8).Draw(rt, "steps")
	for i := range n {
		s := journal.Step{ID: string(rune('a' + i)), Effect: rapid.SampledFrom(c.effects).Draw(rt, "effect"), OnFailure: rapid.SampledFrom(c.policies).Draw(rt, "policy")}
		// Parents need not stand above their children in the file: odd steps follow even ones, wherever those are.
		for p := range n {
			if (p%2 < i%2 || p%2 == i%2 && p < i) && chance(30, "edge") {
				s.Parents = append(s.Parents, p)
			}
		}
		if chance(20, "for each") {
			s.Each = true
			w.keys[s.ID] = []string{"x", "y", "z"}[:rapid.IntRange(0, 3).Draw(rt, "keys")]
		}
		w.skips[s.ID] = chance(10, "skip")
		w.broken[s.ID] = chance(c.failures/3, "broken")
		w.steps = append(w.steps, s)
		for _, address := range w.addresses(s.ID) {
			w.scripts[address] = drawScript(c, s.Effect, chance, rt)
			if s.Effect != step.Reads && chance(60, "shared") {
				w.objects[address] = []string{rapid.SampledFrom([]string{"o/1", "o/2", "o/3", "o/*"}).Draw(rt, "object")}
			}
		}
	}
	return w
}

func drawScript(c chances, effect step.Effect, chance func(int, string) bool, rt *rapid.T) script {
	s := script{satisfied: chance(20, "satisfied"), unreadable: chance(c.failures/3, "unreadable"), gone: effect == step.Reversible && chance(c.gone, "gone")}
	wobble := rapid.SampledFrom([]answer{throttled, lost, lostActed})
	for len(s.writes) < 3 && chance(c.wobbles, "write wobbles") {
		s.writes = append(s.writes, wobble.Draw(rt, "write"))
	}
	if chance(c.failures, "write refused") {
		s.writes = append(s.writes, refused)
	}
	for len(s.undos) < 3 && chance(c.wobbles, "undo wobbles") {
		s.undos = append(s.undos, wobble.Draw(rt, "undo"))
	}
	if chance(c.badUndos, "undo refused") {
		s.undos = append(s.undos, refused)
	}
	return s
}
