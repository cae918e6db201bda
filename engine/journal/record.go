package journal

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"writ/engine/step"
)

// Type is what a record tells.
type Type string

// The records of a run, in the order in which a step meets them.
const (
	RunOpen      Type = "run.open"      // a run begins: plan, target, steps and their edges
	StepEvaluate Type = "step.evaluate" // arguments are resolved, for_each is expanded, or the step is skipped
	StepObserve  Type = "step.observe"  // what Read found, what the goal is, whether that is a change
	StepIntent   Type = "step.intent"   // the write is about to be sent
	StepOutcome  Type = "step.outcome"  // how the write ended
	StepVerify   Type = "step.verify"   // what a read after the write found
	StepWait     Type = "step.wait"     // the effect is not there yet; re-reading goes on until Until
	StepWake     Type = "step.wake"     // the pause before another attempt is over
	StepDone     Type = "step.done"     // the step reached its goal, or needed nothing
	StepFail     Type = "step.fail"     // the step ended short of its goal
	RunRollback  Type = "run.rollback"  // from here on everything is put back
	UndoIntent   Type = "undo.intent"   // an undo is about to be sent
	UndoOutcome  Type = "undo.outcome"  // how it ended
	UndoDone     Type = "undo.done"     // what stands after it, read back, and what is left
	UndoVerify   Type = "undo.verify"   // what stands once everything is put back
	UndoSkipped  Type = "undo.skipped"  // nothing of this step is undone, and why
	RunPause     Type = "run.pause"     // stopped on purpose, or in doubt; can be resumed
	RunResume    Type = "run.resume"    // another process goes on
	Note         Type = "note"          // a person's word
	SegmentOpen  Type = "segment.open"  // the file before this record ended badly and was repaired
	RunClose     Type = "run.close"     // the run is over
)

// known is every type that this writ reads and writes.
var known = map[Type]bool{
	RunOpen: true, StepEvaluate: true, StepObserve: true, StepIntent: true, StepOutcome: true, StepVerify: true,
	StepWait: true, StepWake: true, StepDone: true, StepFail: true, RunRollback: true, UndoIntent: true,
	UndoOutcome: true, UndoDone: true, UndoVerify: true, UndoSkipped: true, RunPause: true, RunResume: true,
	Note: true, SegmentOpen: true, RunClose: true,
}

// Outcome is how a write ended.
type Outcome string

// The outcomes. Only an answer that the operation's documentation lists is OK or Rejected.
const (
	OK       Outcome = "ok"       // acted
	Rejected Outcome = "rejected" // did not act
	Unknown  Outcome = "unknown"  // anything else
)

// Found is what a read after a write shows.
type Found string

// What can be found.
const (
	FoundGoal   Found = "goal"       // what was wanted
	FoundBefore Found = "before"     // what stood before
	FoundOther  Found = "other"      // neither: somebody else wrote
	Unread      Found = "unreadable" // the read failed, or no call can read it
	NotLooked   Found = "not_looked" // a stop came before the read
)

// Change is what a step does to the cloud.
type Change string

// The changes. Hidden is a change that cannot be known yet.
const (
	NoChange Change = "none"
	Create   Change = "create"
	Update   Change = "update"
	Remove   Change = "remove"
	Hidden   Change = "unknown"
)

// How says why a step is done.
type How string

// The ways to be done.
const (
	Applied   How = "applied"   // its write acted, read back or answered
	Adopted   How = "adopted"   // its write's answer was lost, and a read found the goal
	Satisfied How = "satisfied" // the goal was met before; never undone
	Evidence  How = "evidence"  // an earlier run journaled it and no call can read it
	Looked    How = "read"      // it only reads
	Skipped   How = "skipped"   // its if was false, or a parent it needs was skipped or failed
	Blocked   How = "blocked"   // a step it needs failed
	Assumed   How = "assumed"   // a person said that its write acted
	Absent    How = "absent"    // a person said that its write did not act
	Predicted How = "predicted" // a preview: what it would do
)

// Closed says how a run ended.
type Closed string

// The ends of a run.
const (
	ClosedDone       Closed = "done"
	ClosedFailed     Closed = "failed"      // with or without changes left, by choice
	ClosedRolledBack Closed = "rolled_back" // everything is put back, and read back
	ClosedResidue    Closed = "residue"     // something could not be put back
)

// Record is one line of a journal. Which fields a record carries follows from its Type; the zero of every other
// field is left out of the file.
type Record struct {
	K  Type      `json:"k"`
	At time.Time `json:"at"`
	// Step is the address of a step or of one of its instances: mpc, or grant["bucket-1"].
	Step    string `json:"step,omitempty"`
	Attempt int    `json:"attempt,omitempty"` // from 1

	Open      *Opening   `json:"open,omitempty"`
	Instances []Instance `json:"instances,omitempty"`

	In      json.RawMessage `json:"in,omitempty"`
	Before  json.RawMessage `json:"before,omitempty"`
	Goal    json.RawMessage `json:"goal,omitempty"`
	Now     json.RawMessage `json:"now,omitempty"`
	Want    json.RawMessage `json:"want,omitempty"`
	After   json.RawMessage `json:"after,omitempty"`
	Outputs json.RawMessage `json:"outputs,omitempty"`

	Change  Change        `json:"change,omitempty"`
	Reverse *step.Reverse `json:"reverse,omitempty"`
	Doubt   *step.Doubt   `json:"doubt,omitempty"`

	Outcome Outcome       `json:"outcome,omitempty"`
	Error   *step.Error   `json:"error,omitempty"`
	Found   Found         `json:"found,omitempty"`
	How     How           `json:"how,omitempty"`
	From    string        `json:"from,omitempty"`    // the run that is evidence
	Wait    time.Duration `json:"wait_ns,omitempty"` // how long the next attempt holds off
	Sent    time.Time     `json:"sent,omitzero"`     // of a call with no known outcome: when it was about to be sent
	Until   time.Time     `json:"until,omitzero"`

	Why      string          `json:"why,omitempty"`
	Exit     int             `json:"exit,omitempty"`
	Closed   Closed          `json:"closed,omitempty"`
	Auto     bool            `json:"auto,omitempty"`
	Force    bool            `json:"force,omitempty"`
	Residue  []Residue       `json:"residue,omitempty"`
	Results  json.RawMessage `json:"results,omitempty"`  // the plan's outputs
	Unknown  []string        `json:"unknown,omitempty"`  // a preview: the arguments, or outputs, that cannot be known yet
	Partial  bool            `json:"partial,omitempty"`  // a preview: outputs that are missing are not known yet
	Process  *Process        `json:"process,omitempty"`  // run.open and run.resume: who writes
	Warnings []string        `json:"warnings,omitempty"` // what a person should know of this step
	Calls    []step.Call     `json:"calls,omitempty"`    // the last calls that were made for it
}

// Residue is something that undo could not put back, or left alone because others changed it since.
type Residue struct {
	Step    string `json:"step"`
	Field   string `json:"field,omitempty"`
	Why     string `json:"why"`
	Foreign bool   `json:"foreign,omitempty"` // others changed it: not ours to put back
}

// Opening is what a run needs to know of itself, so that views and rollback need no plan.
type Opening struct {
	Run         string            `json:"run"`
	Plan        string            `json:"plan"`           // the plan's name
	File        string            `json:"file,omitempty"` // where it was read from; empty for standard input
	Target      Target            `json:"target"`
	PlanDigest  string            `json:"plan_digest"`
	InputDigest string            `json:"input_digest,omitempty"`
	Endpoints   map[string]string `json:"endpoints,omitempty"`
	AccessKey   string            `json:"access_key,omitempty"` // the id of the key that signs; empty for a token
	Source      string            `json:"source,omitempty"`     // where the credentials came from
	Expect      Expect            `json:"expect,omitzero"`      // whom the plan is for
	Options     Options           `json:"options"`
	Preview     string            `json:"preview,omitempty"` // the saved preview that it carries out
	Steps       []Step            `json:"steps"`
	Forecast    []Forecast        `json:"forecast,omitempty"` // what the preview said that was agreed to
}

// Expect is the account that a plan says it is for; empty where it does not say.
type Expect struct {
	Domain  string `json:"domain,omitempty"`
	Project string `json:"project,omitempty"`
}

// Target is what a run works on.
type Target struct {
	Cloud     string `json:"cloud"`
	Region    string `json:"region"`
	ProjectID string `json:"project_id"`
	DomainID  string `json:"domain_id,omitempty"`
	Sandbox   string `json:"sandbox,omitempty"`    // embedded, or the address of one that stands alone; empty for a cloud
	SandboxID string `json:"sandbox_id,omitempty"` // which sandbox: two at one address are not the same cloud
}

// String is the target's name: two targets with the same name are the same.
func (t Target) String() string {
	cloud := t.Cloud
	if t.Sandbox != "" {
		cloud = "sandbox-" + t.SandboxID
	}
	return cloud + "/" + t.Region + "/" + t.ProjectID
}

// Options are a run's own choices.
type Options struct {
	Parallelism int    `json:"parallelism"`
	OnFailure   string `json:"on_failure"` // rollback, stop or continue
	Order       string `json:"order"`      // file, or empty: irreversible steps last
	Resend      bool   `json:"resend,omitempty"`
	Reversible  bool   `json:"reversible,omitempty"` // only what undo can put back to the letter
}

// Step is one entry of the plan as the run sees it.
type Step struct {
	ID           string        `json:"id"`
	Name         string        `json:"name,omitempty"`
	Uses         string        `json:"uses"`
	Effect       step.Effect   `json:"effect"`
	Parents      []int         `json:"parents,omitempty"` // indexes of the steps it follows
	Each         bool          `json:"each,omitempty"`
	OnFailure    string        `json:"on_failure,omitempty"`
	Rollback     string        `json:"rollback,omitempty"` // none, or empty
	Irreversible bool          `json:"irreversible,omitempty"`
	RetryMax     int           `json:"retry_max,omitempty"`
	Backoff      time.Duration `json:"backoff_ns,omitempty"`
	Timeout      time.Duration `json:"timeout_ns,omitempty"`
	WaitFor      time.Duration `json:"wait_for_ns,omitempty"`
	WaitEvery    time.Duration `json:"wait_every_ns,omitempty"`
	Line         int           `json:"line,omitempty"` // where the plan's file has it
}

// Instance is one evaluated step, or one element of its for_each.
type Instance struct {
	Step    string          `json:"step"`
	In      json.RawMessage `json:"in,omitempty"`
	Value   json.RawMessage `json:"value,omitempty"` // each.value; in a preview of an unknown for_each, that
	Objects []string        `json:"objects,omitempty"`
	Skip    string          `json:"skip,omitempty"`    // why it is skipped
	Unknown []string        `json:"unknown,omitempty"` // a preview: the paths in In that hold a Gap; "if" or "for_each" when these do
	Rests   []string        `json:"rests,omitempty"`   // a preview: the steps whose predicted, or unknown, outputs it rests on
}

// Process tells who writes a journal.
type Process struct {
	PID     int    `json:"pid"`
	Host    string `json:"host"`
	Version string `json:"version"`
}

// Address names an instance of a for_each step.
func Address(id, key string) string { return id + "[" + strconv.Quote(key) + "]" }

// KeyOf is the key in an address; ok is false for a step without for_each.
func KeyOf(address string) (key string, ok bool) {
	_, rest, ok := strings.Cut(address, "[")
	if !ok {
		return "", false
	}
	key, err := strconv.Unquote(strings.TrimSuffix(rest, "]"))
	return key, err == nil
}
