// Package mirror turns what kinds read on a cloud into a document that a sandbox begins with, so that a plan can be
// tried there on what really stands. It knows the states that kinds answer and the sandbox's document, both by their
// JSON alone, and makes no calls. It copies only what was read: what no step looks at is not there.
package mirror

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Place is the project that was read.
type Place struct {
	Project, Region string
}

// Read is what a kind found for one step. State is null for what no call can read and nobody knows.
type Read struct {
	Step  string // its address
	Kind  string
	In    json.RawMessage
	State json.RawMessage
}

// Note is one thing that the copy does not have as the cloud has it.
type Note struct {
	Step string `json:"step"`
	What string `json:"what"`
	// Missing says that it is not there at all; else something stands in its place.
	Missing bool `json:"missing,omitempty"`
}

// readers take over what each kind reads. Who knows more of a thing stands before who knows less.
var readers = []struct {
	kind    string
	take    func(*picture, Read) error
	changes []string // the places in the document that its writes and undos change
}{
	{"dbss.obs_buckets", (*picture).dbssBuckets, nil},
	{"obs.buckets", (*picture).obsBuckets, nil},
	{"dli.agency", (*picture).dliAgency, []string{"dli.agency"}},
	{"mpc.agency", (*picture).mpcAgency, []string{"mpc.agency"}},
	{"mpc.bucket_authorization", (*picture).mpcBucket, []string{"mpc.buckets"}},
	{"dli.obs_authorization", (*picture).dliBuckets, []string{"dli.authorized_buckets"}},
	{"modelarts.authorization", (*picture).authorizations, []string{"modelarts.authorizations"}},
	{"iam.agency", (*picture).agency, []string{"iam.agencies"}},
	{"modelarts.agency", (*picture).modelartsAgency, []string{"iam.agencies", "modelarts.agencies"}},
	{"iam.agency_role", (*picture).agencyRole, []string{"iam.agencies"}},
}

// MayChange reports whether a step of the kind may change what stands at that place of a document, such as
// projects.0123.mpc.agency.
func MayChange(kind, place string) bool {
	if rest, ok := strings.CutPrefix(place, "projects."); ok {
		_, place, _ = strings.Cut(rest, ".")
	}
	for _, r := range readers {
		if r.kind == kind {
			return slices.ContainsFunc(r.changes, func(p string) bool { return place == p || strings.HasPrefix(place, p+".") })
		}
	}
	return false
}

// Kinds lists the kinds whose reads can be copied.
func Kinds() []string {
	var names []string
	for _, r := range readers {
		names = append(names, r.kind)
	}
	return names
}

// Seed is a document for a sandbox in which the same reads answer the same, and what about it is not so. An error says
// that a state is not what its kind is known to answer.
func Seed(at Place, reads ...Read) ([]byte, []Note, error) {
	p := newPicture(at)
	for _, r := range readers {
		for _, read := range reads {
			if read.Kind != r.kind {
				continue
			}
			if err := r.take(p, read); err != nil {
				return nil, nil, fmt.Errorf("copy what %s read: %w", read.Step, err)
			}
		}
	}
	for _, read := range reads {
		if !slices.Contains(Kinds(), read.Kind) {
			p.missing(read, "what %s reads: the sandbox has no place for it", read.Kind)
		}
	}
	seed, err := json.MarshalIndent(p.doc, "", "  ")
	return seed, p.notes, err
}

// picture is a document in the making.
type picture struct {
	doc   document
	here  *project
	notes []Note
}

func newPicture(at Place) *picture {
	here := newProject(at.Region)
	return &picture{here: here, doc: document{Projects: map[string]*project{at.Project: here}}}
}

func (p *picture) imitated(r Read, format string, args ...any) {
	p.notes = append(p.notes, Note{Step: r.Step, What: fmt.Sprintf(format, args...)})
}

func (p *picture) missing(r Read, format string, args ...any) {
	p.notes = append(p.notes, Note{Step: r.Step, What: fmt.Sprintf(format, args...), Missing: true})
}

// decode reads a state, in the fields that matter here. That of what no call can read leaves them empty.
func (r Read) decode(in, state any) error {
	if in != nil {
		if err := json.Unmarshal(r.In, in); err != nil {
			return err
		}
	}
	return json.Unmarshal(r.State, state)
}
