package plan

import (
	"time"

	"writ/engine/diag"
	"writ/engine/expr"
	"writ/engine/step"
)

// String is a text of the plan and the place where it was written. Absent, it is the zero String.
type String struct {
	Value string
	At    diag.Pos
}

// Plan is a plan without faults. Nothing changes it after Load, so that it may be used from many goroutines.
type Plan struct {
	File        string
	Source      []byte // the bytes as read
	Name        String
	Description String
	Inputs      []Input
	Vars        []Var
	Target      Target
	Defaults    Defaults
	Steps       []*Step
	Outputs     []Output
}

// Target is what the plan says of the cloud, region and project that it is for. What it leaves out is empty.
type Target struct {
	Cloud         String
	Region        String
	ProjectID     String
	ExpectDomain  String
	ExpectProject String
}

// Defaults hold for every step that does not say otherwise. What the plan leaves out is filled in.
type Defaults struct {
	Retry     Retry
	Timeout   time.Duration
	OnFailure string // rollback, stop or continue
	Order     string // safe, or file
}

// Retry says how often a read, or a write that certainly did not act, is tried again.
type Retry struct {
	Max     int // further attempts after the first
	Backoff time.Duration
}

// What holds when the plan does not say.
const (
	DefaultRetryMax     = 3
	DefaultRetryBackoff = 2 * time.Second
	DefaultTimeout      = 60 * time.Second
	DefaultWaitEvery    = 30 * time.Second
	DefaultWaitFor      = 60 * time.Minute
)

// Var is a named value of the plan. It may read inputs, target and the vars above it.
type Var struct {
	Name  String
	Value *Value
	Type  expr.Type
}

// Output is what a finished run answers under a name.
type Output struct {
	Name  String
	Value *Value
}

// Step is one step of a plan, defaults filled in.
type Step struct {
	ID    String
	Name  String
	Uses  String
	Kind  *step.Kind // shared by all steps of the kind
	Index int        // in Plan.Steps

	With    *Value // the arguments: always a mapping
	If      *Value // nil when absent
	ForEach *Value // nil when absent

	Needs   []String
	Parents []int // steps that come first, for a reference or by needs: sorted, each once
	Hard    []int // those whose outputs are read without ?. : when one is skipped, so is this step

	Retry        Retry
	Timeout      time.Duration
	Wait         *Wait  // nil when absent
	OnFailure    string // rollback, stop or continue
	Rollback     string // auto or none
	Irreversible bool   // irreversible: accept

	checks *kindSchema
}

// Wait says how long to look for the effect. Until is nil when the kind's own Await answers.
type Wait struct {
	Until *Value
	Every time.Duration
	For   time.Duration
}

// Bind is the plan with these kinds, which can make calls; a plan is loaded with kinds that only describe themselves.
func (p *Plan) Bind(kinds step.Kinds) *Plan {
	bound := *p
	bound.Steps = make([]*Step, len(p.Steps))
	found := map[string]*step.Kind{}
	for i, s := range p.Steps {
		s := *s
		if found[s.Uses.Value] == nil {
			k, _ := kinds.Find(s.Uses.Value)
			found[s.Uses.Value] = &k
		}
		s.Kind = found[s.Uses.Value]
		bound.Steps[i] = &s
	}
	return &bound
}
