package main

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"writ/cmd/writ/view"
	"writ/engine"
	"writ/engine/journal"
)

// certificate is what is kept of a rehearsal: what it is true of, and how it went. Values and inputs stand in it as
// salted fingerprints only.
type certificate struct {
	Format  int               `json:"writ_rehearsal"` // the first key, by which the file is known
	Writ    string            `json:"writ"`
	At      time.Time         `json:"at"`
	Until   time.Time         `json:"until"`
	Plan    string            `json:"plan"`
	Digest  string            `json:"plan_digest"`
	Target  string            `json:"target"`
	Salt    string            `json:"salt"`
	Inputs  string            `json:"inputs"`
	Read    map[string]string `json:"read"` // step → fingerprint of what its look found
	Outcome view.Rehearsal    `json:"rehearsal"`
}

const (
	certificateFormat = 1
	certificateBegin  = `{"writ_rehearsal":`
	certificateLife   = 24 * time.Hour
)

// checkCertificatePlace refuses to write over something else than an earlier certificate.
func checkCertificatePlace(file string) error {
	if file == "" {
		return nil
	}
	return checkOut(file, "a rehearsal", isCertificate)
}

func isCertificate(raw []byte) bool { return bytes.HasPrefix(raw, []byte(certificateBegin)) }

// certify keeps a rehearsal in a file.
func (a *app) certify(file string, preview *journal.Run, s *session, outcome view.Rehearsal) error {
	salt := make([]byte, 16)
	if _, err := rand.Read(salt); err != nil {
		return err
	}
	c, err := certificateOf(preview, s, hex.EncodeToString(salt))
	if err != nil {
		return err
	}
	now := time.Now().UTC().Truncate(time.Second)
	c.At, c.Until, c.Outcome = now, now.Add(certificateLife), outcome
	raw, err := json.Marshal(c)
	if err != nil {
		return err
	}
	if err := place(file, append(raw, '\n')); err != nil {
		return &engine.Refusal{Exit: engine.ExitFailed, Message: "--out: " + err.Error()}
	}
	return nil
}

// certificateOf is what a rehearsal of this preview is true of.
func certificateOf(preview *journal.Run, s *session, salt string) (certificate, error) {
	c := certificate{
		Format: certificateFormat, Plan: preview.Open.Plan, Digest: engine.DigestOf(s.job.Plan.Source), Target: s.job.Target.String() + " " + s.job.Target.DomainID, Writ: version(),
		Salt: salt, Read: map[string]string{},
	}
	for _, p := range partsOf(preview) {
		kind, _ := s.engine.Kinds.Find(preview.Nodes[p.Node].Uses)
		found, err := engine.Found(p, kind)
		if err != nil {
			return c, err
		}
		c.Read[p.Address] = c.fingerprint(found)
	}
	given, err := inputsIn(preview, s)
	c.Inputs = c.fingerprint(given)
	return c, err
}

// inputsIn is what the plan was given: values, and secrets with where they come from.
func inputsIn(preview *journal.Run, s *session) (json.RawMessage, error) {
	saved, err := s.engine.Save(preview, s.job, certificateLife)
	if err != nil {
		return nil, err
	}
	given := map[string]any{"secrets": slices.Sorted(slices.Values(s.job.Inputs.Secrets()))}
	for _, in := range s.job.Plan.Inputs {
		value, ref := saved.Given(in.Name.Value)
		given["input "+in.Name.Value] = []any{value, ref}
	}
	return json.Marshal(given)
}

func (c certificate) fingerprint(raw json.RawMessage) string {
	return engine.Fingerprint([]byte(c.Salt), raw)
}

// checkRehearsal refuses a run whose rehearsal is not kept in that file, is over, was of something else, or left what no
// preview announces. Nothing has been written by then.
func (a *app) checkRehearsal(file string, preview *journal.Run, s *session) error {
	raw, err := a.readPlan(file)
	if err != nil {
		return wrong("--require-rehearsal: %s", err)
	}
	c, err := decodeCertificate(raw)
	if err != nil {
		return unrehearsed(file, "cannot be used: %s", err)
	}
	now, err := certificateOf(preview, s, c.Salt)
	switch {
	case err != nil:
		return err
	case time.Now().After(c.Until):
		return unrehearsed(file, "expired at %s", c.Until.Format(time.RFC3339))
	case c.Writ != now.Writ:
		return unrehearsed(file, "was made by writ %s, and this is %s", c.Writ, now.Writ)
	case c.Digest != now.Digest:
		return unrehearsed(file, "is of another plan, or of another version of this one")
	case c.Target != now.Target:
		return unrehearsed(file, "is of the target %s, and this is %s", c.Target, now.Target)
	case c.Inputs != now.Inputs:
		return unrehearsed(file, "was made with other inputs")
	case c.Outcome.Worst() != "":
		return unrehearsed(file, "says that something would be left, or be unknown, that the preview does not announce")
	}
	if moved := differing(c.Read, now.Read); len(moved) > 0 {
		return unrehearsed(file, "no longer holds: what stands at %s has changed since", strings.Join(moved, ", "))
	}
	return nil
}

func unrehearsed(file, format string, args ...any) error {
	return &engine.Refusal{
		Exit:    engine.ExitStale,
		Message: "the rehearsal in " + file + " " + fmt.Sprintf(format, args...) + "; nothing is changed; rehearse again",
	}
}

func decodeCertificate(raw []byte) (certificate, error) {
	var c certificate
	if !isCertificate(raw) {
		return c, errors.New("it is none")
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		return c, err
	}
	if c.Format != certificateFormat {
		return c, fmt.Errorf("its format %d is not %d", c.Format, certificateFormat)
	}
	if len(c.Outcome.Rows) == 0 || c.Outcome.Trials < 2 {
		return c, errors.New("nothing was tried in it")
	}
	return c, nil
}

// differing lists the keys whose values differ, sorted.
func differing(a, b map[string]string) []string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return slices.DeleteFunc(slices.Sorted(maps.Keys(all)), func(key string) bool { return a[key] == b[key] && a[key] != "" })
}
