package engine

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"writ/engine/plan"
)

// A saved preview is one JSON object. Its first key tells the format, its second the digest of what follows, so that
// damage shows; a person, or a pipeline, who wants to be sure of more pins the whole file by its own digest. A file has
// one spelling: what is not to the letter as Encode writes it is refused, so that nobody reads two things in it.
const (
	savedBegin   = `{"writ_preview":`
	savedVersion = "1"
	savedMiddle  = `,"digest":"`
	savedThen    = "\",\"saved\":\n"
	savedEnd     = "}\n"
)

// IsSaved reports whether a file's content begins as a saved preview does.
func IsSaved(raw []byte) bool { return bytes.HasPrefix(raw, []byte(savedBegin)) }

// DigestOf is the digest that pins a file's content.
func DigestOf(raw []byte) string {
	sum := sha256.Sum256(raw)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Encode is the file's content.
func (s *Saved) Encode() ([]byte, error) {
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(s); err != nil {
		return nil, fmt.Errorf("save the preview: %w", err)
	}
	raw := []byte(savedBegin + savedVersion + savedMiddle + DigestOf(body.Bytes()) + savedThen + body.String() + savedEnd)
	if len(raw) > plan.MaxFile {
		return nil, refuse(ExitWrong, "the preview has more than %d MiB and cannot be saved", plan.MaxFile>>20)
	}
	return raw, nil
}

// LoadSaved reads a saved preview.
func LoadSaved(raw []byte) (*Saved, error) {
	version, rest, _ := strings.Cut(strings.TrimPrefix(string(raw), savedBegin), ",")
	if isNumber(version) && version != savedVersion {
		return nil, refuse(ExitStale, "this preview was saved by a newer writ (format %s); take that one, or preview the plan again", version)
	}
	digest, body, _ := strings.Cut(strings.TrimPrefix(","+rest, savedMiddle), savedThen)
	body = strings.TrimSuffix(body, savedEnd)
	if DigestOf([]byte(body)) != digest {
		return nil, damaged("it is not what was written")
	}
	var s Saved
	d := json.NewDecoder(strings.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return nil, damaged(err.Error())
	}
	if again, err := s.Encode(); err != nil || !bytes.Equal(again, raw) {
		return nil, damaged("it is not as writ writes it")
	}
	return &s, s.check()
}

func isNumber(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

func damaged(why string) error {
	return refuse(ExitStale, "the saved preview is damaged: %s; preview the plan again", why)
}

// check refuses what no Save makes, and parts that do not belong together.
func (s *Saved) check() error {
	var values bytes.Buffer
	if err := json.Compact(&values, s.Inputs.Values); err != nil {
		return damaged("its inputs: " + err.Error())
	}
	salt, err := hex.DecodeString(s.Salt)
	switch {
	case s.ID == "" || s.At.IsZero() || s.Until.IsZero():
		return damaged("it has no id or no date")
	case err != nil || len(salt) == 0:
		return damaged("it has no salt")
	case DigestOf([]byte(s.Plan.Text)) != s.Plan.Digest:
		return damaged("its plan is not the one that was previewed")
	case DigestOf(values.Bytes()) != s.Inputs.Digest:
		return damaged("its inputs are not those of the preview")
	}
	return nil
}
