package engine

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
	"time"

	"writ/engine/journal"
	"writ/engine/plan"
	"writ/engine/step"
)

// Saved is a preview as a file keeps it: all that an apply needs to do the same again, and all that it needs to see
// that the cloud is still as it was. Secrets stand in it as references and keyed digests only.
type Saved struct {
	ID      string          `json:"id"`
	Writ    string          `json:"writ"` // the version that made it
	At      time.Time       `json:"at"`
	Until   time.Time       `json:"until"`
	Plan    SavedPlan       `json:"plan"`
	Inputs  SavedInputs     `json:"inputs"`
	For     SavedIdentity   `json:"for"`
	Options journal.Options `json:"options"`
	Salt    string          `json:"salt"` // of the fingerprints
	Steps   []savedPart     `json:"steps"`
}

// SavedPlan is the plan that was previewed, to the byte.
type SavedPlan struct {
	File   string `json:"file,omitempty"` // where it stood; - for standard input
	Digest string `json:"digest"`
	Text   string `json:"text"`
}

// SavedInputs are the inputs that it was previewed with, as a run's folder keeps them.
type SavedInputs struct {
	Digest string          `json:"digest"`
	Values json.RawMessage `json:"values"`
}

// SavedIdentity is on what and as whom it was previewed.
type SavedIdentity struct {
	Target    journal.Target    `json:"target"`
	Endpoints map[string]string `json:"endpoints,omitempty"`
	Source    string            `json:"source,omitempty"`
	Who       Identity          `json:"who"`
}

// Identity is as whom a cloud is asked, as far as it is known.
type Identity struct {
	DomainID  string `json:"domain_id,omitempty"`
	UserID    string `json:"user_id,omitempty"`
	AccessKey string `json:"access_key,omitempty"` // the id of a key that lasts; empty for one that is replaced by itself
}

// Save makes of a preview what a file keeps of it. A preview that no apply would follow is refused.
func (e *Engine) Save(preview *journal.Run, job Job, expires time.Duration) (*Saved, error) {
	if err := Obstacle(preview); err != nil {
		return nil, err
	}
	salt := make([]byte, 32)
	if _, err := io.ReadFull(e.chance(), salt); err != nil {
		return nil, err
	}
	inputs, err := job.Inputs.store()
	if err != nil {
		return nil, err
	}
	id, err := e.newID()
	if err != nil {
		return nil, err
	}
	now := e.clock().Now().UTC().Round(0)
	s := &Saved{
		ID: id, Writ: e.Version, At: now, Until: now.Add(expires),
		Plan:    SavedPlan{File: shownFile(job.Plan), Digest: DigestOf(job.Plan.Source), Text: string(job.Plan.Source)},
		Inputs:  SavedInputs{Digest: DigestOf(inputs), Values: inputs},
		For:     SavedIdentity{Target: job.Target, Endpoints: job.Endpoints, Source: job.Source, Who: job.Who},
		Options: job.Options, Salt: hex.EncodeToString(salt),
	}
	s.Steps, err = e.savedParts(preview, job, salt)
	return s, err
}

// shownFile is where a plan came from: its file, whatever folder an apply is asked for in, or - for standard input.
func shownFile(p *plan.Plan) string {
	if file := fileOf(p); file != "" {
		return file
	}
	return p.File
}

// LoadPlan reads the plan again. When its own file still stands and differs, that is a refusal.
func (s *Saved) LoadPlan(kinds step.Kinds) (*plan.Plan, error) {
	src := []byte(s.Plan.Text)
	if differs(s.Plan.File, src) {
		return nil, refuse(ExitStale, "%s has changed since it was previewed; preview it again, or put the file back", s.Plan.File)
	}
	p, faults := plan.Load(s.Plan.File, src, kinds)
	if p == nil {
		return nil, refuse(ExitStale, "this writ cannot read the plan of this preview: %s", faults[0])
	}
	return p, nil
}

// differs reports whether a file stands there that holds something else.
func differs(file string, src []byte) bool {
	if !isPlain(file) {
		return false
	}
	now, err := os.ReadFile(file)
	return err == nil && !bytes.Equal(now, src)
}

// LoadInputs reads the inputs again. Secrets are looked up anew, and have to be those of the preview.
func (s *Saved) LoadInputs(p *plan.Plan, getenv func(string) string) (*Inputs, error) {
	in, err := restoreInputs(s.Inputs.Values, p.Inputs, getenv)
	if errors.Is(err, ErrSecretChanged) {
		return nil, refuse(ExitStale, "%s", strings.Replace(err.Error(), ErrSecretChanged.Error(), "the secret is not the one of the preview", 1))
	}
	if err != nil {
		return nil, refuse(ExitWrong, "%s", err)
	}
	return in, nil
}

// Given answers what an input was given for the preview: its value, or a secret's reference.
func (s *Saved) Given(input string) (value any, ref string) {
	var stored storedInputs
	d := json.NewDecoder(bytes.NewReader(s.Inputs.Values))
	d.UseNumber()
	if d.Decode(&stored) != nil {
		return nil, ""
	}
	return stored.Values[input], stored.Secrets[input].Ref
}

// usable refuses a saved preview that is over, that has been applied, or that was made by or for somebody else.
func (e *Engine) usable(job Job, history []*journal.Run) error {
	s := job.Saved
	if s == nil {
		return nil
	}
	if err := s.For.same(job); err != nil {
		return err
	}
	for _, run := range history {
		if run.Open.Preview == s.ID {
			return refuse(ExitStale, "this preview was applied by run %s, and is for one apply; preview the plan again", run.Open.Run)
		}
	}
	return e.fresh(s)
}

// fresh refuses a saved preview whose time is over.
func (e *Engine) fresh(s *Saved) error {
	if s == nil || e.clock().Now().Before(s.Until) {
		return nil
	}
	return refuse(ExitStale, "this preview of %s expired at %s; preview the plan again", s.At.Format(time.RFC3339), s.Until.Format(time.RFC3339))
}

// same refuses a job that is on something else, or done as somebody else, than the preview.
func (i SavedIdentity) same(job Job) error {
	for _, c := range []struct{ what, was, is string }{
		{"cloud", i.Target.Cloud, job.Target.Cloud},
		{"region", i.Target.Region, job.Target.Region},
		{"project", i.Target.ProjectID, job.Target.ProjectID},
		{"sandbox", i.Target.SandboxID, job.Target.SandboxID},
	} {
		if c.was != c.is {
			return another(c.what, c.was, c.is)
		}
	}
	for service, was := range i.Endpoints {
		if is := job.Endpoints[service]; is != was {
			return another("address of "+service, was, is)
		}
	}
	for service, is := range job.Endpoints {
		if _, known := i.Endpoints[service]; !known {
			return another("address of "+service, "", is)
		}
	}
	return i.Who.same(job.Who)
}

// same compares what both sides know. An access key stands for its user where the cloud does not name the user.
func (i Identity) same(now Identity) error {
	for _, c := range []struct{ what, was, is string }{
		{"account", i.DomainID, now.DomainID},
		{"user", i.UserID, now.UserID},
		{"access key", i.AccessKey, now.AccessKey},
	} {
		if c.was != "" && c.is != "" && c.was != c.is {
			return another(c.what, c.was, c.is)
		}
	}
	return nil
}

func another(what, was, is string) error {
	if was == "" {
		was = "none of its own"
	}
	if is == "" {
		is = "none of its own"
	}
	return refuse(ExitDenied, "this preview was made with %s %s, and here it is %s; nothing is changed", what, was, is)
}
